"""How dates, times, numbers and amounts are written for people, in one policy for every screen.

Digits in output are always 0-9, because people copy and compare them; input takes both kinds. A
date shows both calendars: ``12 رجب 1447هـ / 1 يناير 2026م``. Times are shown in the country's zone
(Django's current zone). Nothing here reads the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from django.utils import timezone
from markupsafe import Markup

from taysir.kernel import limits
from taysir.kernel.calendar import (
    GREGORIAN_MONTHS,
    HIJRI_FIRST,
    HIJRI_LAST,
    HIJRI_MONTHS,
    WEEKDAYS,
    HijriDate,
    parse_date,
)
from taysir.kernel.errors import Language
from taysir.kernel.money import Money
from taysir.ui.texts import Forms, current_language, plural

CalendarChoice = Literal["both", "gregorian", "hijri"]

_LEFT_TO_RIGHT: Final = "\u200e"

DAYS: Final[Forms] = {
    "ar": {
        "zero": "أقل من يوم", "one": "يوم واحد", "two": "يومان", "few": "{n} أيام",
        "many": "{n} يومًا", "other": "{n} يوم",
    },
    "en": {"one": "{n} day", "other": "{n} days"},
}  # fmt: skip
HOURS: Final[Forms] = {
    "ar": {
        "zero": "أقل من ساعة", "one": "ساعة واحدة", "two": "ساعتان", "few": "{n} ساعات",
        "many": "{n} ساعة", "other": "{n} ساعة",
    },
    "en": {"one": "{n} hour", "other": "{n} hours"},
}  # fmt: skip
MINUTES: Final[Forms] = {
    "ar": {
        "zero": "أقل من دقيقة", "one": "دقيقة واحدة", "two": "دقيقتان", "few": "{n} دقائق",
        "many": "{n} دقيقة", "other": "{n} دقيقة",
    },
    "en": {"one": "{n} minute", "other": "{n} minutes"},
}  # fmt: skip
SECONDS: Final[Forms] = {
    "ar": {
        "zero": "أقل من ثانية", "one": "ثانية واحدة", "two": "ثانيتان", "few": "{n} ثوان",
        "many": "{n} ثانية", "other": "{n} ثانية",
    },
    "en": {"one": "{n} second", "other": "{n} seconds"},
}  # fmt: skip


def format_date(
    day: date, language: Language | None = None, *, calendar: CalendarChoice = "both"
) -> str:
    """Write a date in both calendars or in one; outside Umm al-Qura only the Gregorian."""
    chosen = language or current_language()
    if isinstance(day, datetime):
        day = _local(day).date()
    if not HIJRI_FIRST <= day <= HIJRI_LAST or calendar == "gregorian":
        return _gregorian(day, chosen)
    hijri = _hijri(HijriDate.of(day), chosen)
    return hijri if calendar == "hijri" else f"{hijri} / {_gregorian(day, chosen)}"


def _gregorian(day: date, language: Language) -> str:
    suffix = "م" if language == "ar" else ""
    return f"{day.day} {GREGORIAN_MONTHS[language][day.month - 1]} {day.year}{suffix}"


def _hijri(day: HijriDate, language: Language) -> str:
    suffix = "هـ" if language == "ar" else " AH"
    return f"{day.day} {HIJRI_MONTHS[language][day.month - 1]} {day.year}{suffix}"


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def format_datetime(
    moment: datetime, language: Language | None = None, *, calendar: CalendarChoice = "gregorian"
) -> str:
    """Write a moment: ``1 يناير 2026م، 14:05``."""
    chosen = language or current_language()
    local = _local(moment)
    comma = "،" if chosen == "ar" else ","
    return f"{format_date(local.date(), chosen, calendar=calendar)}{comma} {local:%H:%M}"


def format_time(moment: datetime) -> str:
    """Write the time of day: ``14:05``."""
    return f"{_local(moment):%H:%M}"


def format_weekday(day: date, language: Language | None = None) -> str:
    """Write the name of the day of the week."""
    return WEEKDAYS[language or current_language()][day.weekday()]


def format_money(minor: int, language: Language | None = None) -> str:
    """Write an amount of qirsh in dinars: ``200 دينار``."""
    return Money(minor).format(language or current_language())


def format_number(number: float | Decimal, language: Language | None = None) -> str:
    """Write a number with grouping and up to two decimals; the same in both languages."""
    del language  # one policy of digits: what one person reads aloud another can find
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def format_percent(share: float | Decimal, language: Language | None = None) -> str:
    """Write a share of 1 as a percentage with at most one decimal: ``98.5%``.

    In Arabic a mark of direction goes before it: after Arabic letters the sign would change sides.
    """
    mark = _LEFT_TO_RIGHT if (language or current_language()) == "ar" else ""
    return mark + f"{share * 100:.1f}".removesuffix(".0") + "%"


def format_duration(duration: timedelta, language: Language | None = None) -> str:
    """Write a duration in its largest fitting unit: ``3 أيام``, ``2 hours``."""
    chosen = language or current_language()
    seconds = int(duration.total_seconds())
    for size, forms in ((86_400, DAYS), (3_600, HOURS), (60, MINUTES)):
        if seconds >= size:
            return plural(seconds // size, forms, chosen)
    if seconds < 1 and chosen == "en":
        return "less than a second"
    return plural(seconds, SECONDS, chosen)


def format_list(parts: Iterable[str], language: Language | None = None) -> str:
    """Join words as a sentence does: ``الصحة والعدل والبلدية``, ``health, justice and post``."""
    words = list(parts)
    if (language or current_language()) == "ar":
        return " و".join(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def reference(code: str) -> Markup:
    """Mark up a number or code so that its parts keep their order in Arabic sentences.

    A short one is never broken over two lines; a long one may be, so that it fits a phone.
    """
    whole = " ref--whole" if len(code) <= limits.WHOLE_REFERENCE_CHARACTERS else ""
    return Markup('<bdi class="ref{}" dir="ltr">{}</bdi>').format(whole, code)


def time_element(moment: date | datetime, text: str | None = None) -> Markup:
    """Mark up a date or moment with its machine-readable form."""
    if text is None:
        text = format_datetime(moment) if isinstance(moment, datetime) else format_date(moment)
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), text)


__all__ = [
    "CalendarChoice", "format_date", "format_datetime", "format_duration", "format_list",
    "format_money", "format_number", "format_percent", "format_time", "format_weekday",
    "parse_date", "reference", "time_element",
]  # fmt: skip
