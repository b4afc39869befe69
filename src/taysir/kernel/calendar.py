"""Two calendars, working days, and the two clocks of a case.

A date is stored once, as a Gregorian ``date``; the Hijri date is its Umm al-Qura reading. People
write dates in either calendar, with either digits: :func:`parse_date` accepts what cannot be
misread and refuses the rest. The day always comes before the month, unless the year comes first.

The gross clock of a case runs from start to end; the net clock stops while somebody else than the
agency is awaited, and every stop has a cause. Everything is pure: "now" is a parameter. Formatting
for people lives in ``taysir.ui.formats``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from hijridate import Gregorian, Hijri

from taysir.kernel import limits
from taysir.kernel.errors import Language, Mender, Problem, Retry, declare
from taysir.kernel.text import normalise_digits

KRN_DATE = declare(
    "KRN-0101",
    status=400,
    ar="لا يمكن قراءة التاريخ.",
    en="The date cannot be read.",
    remedy_ar="اكتب اليوم ثم الشهر ثم السنة، مثل 12/7/1447 أو 1/1/2026.",
    remedy_en="Write the day, then the month, then the year, such as 12/7/1447 or 1/1/2026.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)
KRN_HIJRI_RANGE = declare(
    "KRN-0102",
    status=400,
    ar="التاريخ خارج تقويم أم القرى المعروف: من 1343 إلى 1500 للهجرة.",
    en="The date is outside the known Umm al-Qura calendar: 1343 to 1500 AH.",
    remedy_ar="استخدم التاريخ الميلادي.",
    remedy_en="Use the Gregorian date.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)
KRN_NO_WORKING_DAY = declare(
    "KRN-0103",
    status=500,
    ar="لا يوجد يوم عمل ضمن {days} يوما: راجع قائمة العطل.",
    en="There is no working day within {days} days: check the list of holidays.",
    remedy_ar="صحح قائمة العطل الرسمية.",
    remedy_en="Correct the list of public holidays.",
    mender=Mender.OPERATOR,
)

HIJRI_FIRST: Final = date(1924, 8, 1)
HIJRI_LAST: Final = date(2077, 11, 16)

HIJRI_MONTHS: Final[MappingProxyType[Language, tuple[str, ...]]] = MappingProxyType(
    {
        "ar": (
            *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
            *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
        ),
        "en": (
            *("Muharram", "Safar", "Rabi al-Awwal", "Rabi al-Thani", "Jumada al-Ula"),
            *("Jumada al-Akhirah", "Rajab", "Shaban", "Ramadan", "Shawwal"),
            *("Dhu al-Qadah", "Dhu al-Hijjah"),
        ),
    }
)
GREGORIAN_MONTHS: Final[MappingProxyType[Language, tuple[str, ...]]] = MappingProxyType(
    {
        "ar": (
            *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
            *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
        ),
        "en": (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
    }
)
WEEKDAYS: Final[MappingProxyType[Language, tuple[str, ...]]] = MappingProxyType(
    {
        "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
        "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class HijriDate:
    """A day of the Umm al-Qura calendar."""

    year: int
    month: int
    day: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the Hijri reading of a Gregorian date; raises KRN-0102."""
        if not HIJRI_FIRST <= day <= HIJRI_LAST:
            raise Problem(KRN_HIJRI_RANGE)
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
        return cls(hijri.year, hijri.month, hijri.day)

    def to_gregorian(self) -> date:
        """Return the Gregorian date; raises KRN-0101 for a day that the month does not have."""
        try:
            day = Hijri(self.year, self.month, self.day).to_gregorian()
        except OverflowError as error:
            raise Problem(KRN_HIJRI_RANGE) from error
        except ValueError as error:
            raise Problem(KRN_DATE) from error
        return date(day.year, day.month, day.day)

    def __str__(self) -> str:
        return f"{self.day}/{self.month}/{self.year}"


# --- Reading dates ------------------------------------------------------------------------------

_HIJRI_YEARS: Final = range(1343, 1501)
_GREGORIAN_YEARS: Final = range(1850, 2151)
_SEPARATORS: Final = re.compile(r"[\s/.\-،,]+")
_INVISIBLE: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u2066-\u2069\u0640]")
_ERA: Final = MappingProxyType(
    {"هـ": "hijri", "ه": "hijri", "ah": "hijri", "م": "gregorian", "ce": "gregorian"}
)
_SPELLINGS: Final = MappingProxyType(
    {
        "كانون الثاني": ("gregorian", 1), "شباط": ("gregorian", 2), "اذار": ("gregorian", 3),
        "نيسان": ("gregorian", 4), "ابريل": ("gregorian", 4), "ايار": ("gregorian", 5),
        "حزيران": ("gregorian", 6), "تموز": ("gregorian", 7), "اب": ("gregorian", 8),
        "ايلول": ("gregorian", 9), "تشرين الاول": ("gregorian", 10),
        "تشرين الثاني": ("gregorian", 11), "كانون الاول": ("gregorian", 12),
        "المحرم": ("hijri", 1), "ربيع الثاني": ("hijri", 4), "جمادي الاول": ("hijri", 5),
        "جمادي الثانيه": ("hijri", 6), "جمادي الاخر": ("hijri", 6), "ذي القعده": ("hijri", 11),
        "ذي الحجه": ("hijri", 12), "rabi al-akhir": ("hijri", 4), "rabi i": ("hijri", 3),
        "rabi ii": ("hijri", 4), "jumada al-awwal": ("hijri", 5), "jumada al-thani": ("hijri", 6),
        "jumada i": ("hijri", 5), "jumada ii": ("hijri", 6), "sha'ban": ("hijri", 8),
    }
)  # fmt: skip


def _fold(word: str) -> str:
    """Return a month name without the differences that people do not mind."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return plain.lower().translate(str.maketrans("ىةآأإ’", "يهااا'"))


def _month_names() -> dict[str, tuple[str, int]]:
    names: dict[str, tuple[str, int]] = dict(_SPELLINGS)
    for calendar, tables in (("hijri", HIJRI_MONTHS), ("gregorian", GREGORIAN_MONTHS)):
        for months in tables.values():
            for number, name in enumerate(months, start=1):
                names[_fold(name)] = (calendar, number)
    for number, name in enumerate(GREGORIAN_MONTHS["en"], start=1):
        names[name[:3].lower()] = ("gregorian", number)
    # "Rabi al-Awwal" is split at its hyphen like any other separator, so names are kept that way.
    return {" ".join(_SEPARATORS.split(name)): value for name, value in names.items()}


_MONTHS: Final = MappingProxyType(_month_names())


def parse_date(text: str) -> date:
    """Read a date that a person wrote, in either calendar; raises KRN-0101.

    The year tells the calendar (1343-1500 Hijri, 1850-2150 Gregorian), unless a month name or an
    era does; if they disagree the date is refused. ``05/06/2026`` is the fifth of June.
    """
    problem = Problem(KRN_DATE)
    if len(text) > limits.DATE_TEXT_CHARS:
        raise problem
    plain = normalise_digits(_INVISIBLE.sub("", text)).strip()
    # The era may touch the year: "1447هـ".
    plain = re.sub(r"(\d)([^\W\d])", r"\1 \2", plain)
    words = [word for word in _SEPARATORS.split(plain) if word]
    calendars: set[str] = set()
    if words and words[-1].lower() in _ERA:
        calendars.add(_ERA[words.pop().lower()])
    if len(words) < 3:
        raise problem
    numbers, name = _numbers_and_name(words)
    month_calendar, month = _MONTHS.get(_fold(name), ("", 0))
    if name:
        calendars.add(month_calendar)
        numbers.insert(1, month)
    if len(numbers) != 3:
        raise problem
    day, month, year = numbers if numbers[2] > 31 else reversed(numbers)
    calendars.add(_calendar_of(year))
    try:
        return _build(calendars, day=day, month=month, year=year)
    except ValueError as error:
        raise problem from error


def _numbers_and_name(words: list[str]) -> tuple[list[int], str]:
    """Split ``12 ربيع الأول 1447`` into its two numbers and the name between them."""
    middle = [word for word in words[1:-1] if not word.isdecimal()]
    numbers = [int(word) for word in words if word.isdecimal() and len(word) <= 4]
    if len(middle) + len(numbers) != len(words):
        return [], ""
    return numbers, " ".join(middle)


def _calendar_of(year: int) -> str:
    if year in _HIJRI_YEARS:
        return "hijri"
    return "gregorian" if year in _GREGORIAN_YEARS else ""


def _build(calendars: set[str], *, day: int, month: int, year: int) -> date:
    if calendars == {"hijri"}:
        return HijriDate(year, month, day).to_gregorian()
    if calendars == {"gregorian"}:
        return date(year, month, day)
    raise ValueError("the year, the month and the era name different calendars")


# --- Working days -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """The days on which agencies work: all but the weekend and the public holidays.

    ``weekend`` holds Python weekday numbers; Friday and Saturday by default.
    """

    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({4, 5})

    def is_working_day(self, day: date) -> bool:
        """Tell whether agencies work on this day."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def add(self, day: date, *, working_days: int) -> date:
        """Return the day on which the given number of working days after ``day`` has passed.

        The day itself does not count; nought working days is the day itself or, if agencies do
        not work on it, the next working day. Raises KRN-0103 where holidays never end.
        """
        if not 0 <= working_days <= limits.WORKING_DAYS:
            raise ValueError(f"working days out of bounds: {working_days}")
        current = self._on_or_after(day) if working_days == 0 else day
        for _ in range(working_days):
            current = self._on_or_after(current + timedelta(days=1))
        return current

    def between(self, start: date, end: date) -> int:
        """Count the working days after ``start`` up to and including ``end``."""
        days = max(0, (end - start).days)
        return sum(self.is_working_day(start + timedelta(days=n)) for n in range(1, days + 1))

    def _on_or_after(self, day: date) -> date:
        for ahead in range(limits.HOLIDAY_RUN_DAYS + 1):
            candidate = day + timedelta(days=ahead)
            if self.is_working_day(candidate):
                return candidate
        raise Problem(KRN_NO_WORKING_DAY, days=limits.HOLIDAY_RUN_DAYS)


# --- The clocks of a case -----------------------------------------------------------------------


class StopCause(StrEnum):
    """Who is awaited while the net clock of a case stands."""

    APPLICANT = "applicant"
    OTHER_AGENCY = "other_agency"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stop of the net clock; ``until`` is None while it lasts."""

    cause: StopCause
    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError("a stop cannot end before it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClock:
    """The gross and the net reading of a case's duration. Times must be aware of their zone.

    Source: domain.md clause 4.3: the agency's clock excludes the applicant's deficiency time and
    other agencies' time, so both readings are kept. Stops may overlap; time is subtracted once.
    """

    started: datetime
    stops: tuple[Stop, ...] = ()
    ended: datetime | None = None

    def gross(self, *, now: datetime) -> timedelta:
        """The time from start to end, or to now while the case is open."""
        return max(timedelta(), (self.ended or now) - self.started)

    def net(self, *, now: datetime) -> timedelta:
        """The gross time without the stops."""
        return self.gross(now=now) - self._covered(self.stops, now=now)

    def stopped(self, *, cause: StopCause, now: datetime) -> timedelta:
        """The time for which this cause alone would have stopped the clock."""
        return self._covered((s for s in self.stops if s.cause is cause), now=now)

    def stopped_by(self, *, now: datetime) -> StopCause | None:
        """The cause of the stop that lasts now; the latest if there are several."""
        lasting = [s for s in self.stops if s.since <= now and (s.until is None or s.until > now)]
        return max(lasting, key=lambda stop: stop.since).cause if lasting else None

    def _covered(self, stops: Iterable[Stop], *, now: datetime) -> timedelta:
        """Measure the union of the stops within the case's life."""
        end = max(self.started, self.ended or now)
        total, reached = timedelta(), self.started
        for since, until in sorted((stop.since, stop.until or end) for stop in stops):
            first, last = max(since, reached), min(until, end)
            if last > first:
                total += last - first
                reached = last
        return total
