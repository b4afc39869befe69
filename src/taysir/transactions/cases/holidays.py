"""The public holidays of an installation, from its data file to the days on which agencies work.

The file lists each holiday once, with the law's first and last day of force: by its day in the
Umm al-Qura calendar (``hijri: 10-01``), in the Gregorian one (``gregorian: 09-23``), or as a single
date that was announced (``date: 2026-11-29``). Reading gives a :class:`WorkingCalendar`, from which
deadlines and escalations are counted. Nothing here looks at a clock; when the moon is announced a
day later than the calendar says, the operator writes that year's dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import yaml

from taysir.kernel import limits
from taysir.kernel.calendar import HIJRI_LAST, HijriDate, WorkingCalendar
from taysir.kernel.errors import Problem
from taysir.kernel.reasons import reason_of
from taysir.transactions.cases.errors import TRX_HOLIDAYS

MonthAndDay = Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
_LAST_YEAR: Final = HIJRI_LAST.year - 1
_COMMON_YEAR: Final = 2001
"""A year without a 29th of February."""


class HolidayName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a holiday is called, in both languages."""

    ar: str
    en: str


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: a holiday of every year, or of one year.

    Attributes:
        name: what it is called.
        hijri: month and day of its first day in the Umm al-Qura calendar; or
        gregorian: month and day of its first day in the Gregorian calendar; or
        date: its first day in one year alone, as announced.
        days: how long it lasts.
        since: the first day on which the law gives it; needed unless ``date`` is given.
        until: the last such day, if the law has ended it.
    """

    name: HolidayName
    hijri: MonthAndDay = ""
    gregorian: MonthAndDay = ""
    date: dt.date | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=limits.HOLIDAY_DAYS)] = 1
    since: dt.date | None = None
    until: dt.date | None = None


class HolidayFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    holidays: Annotated[list[Holiday], msgspec.Meta(max_length=limits.HOLIDAYS)]
    weekend: tuple[Weekday, ...] = ("friday", "saturday")


@lru_cache(maxsize=4)
def working_calendar(file: str) -> WorkingCalendar:
    """Return the working days that a file leaves; without a file only weekends are free.

    Raises:
        Problem: TRX-0206 naming the file and what is wrong with it.
    """
    if not file:
        return WorkingCalendar()
    found = _read(Path(file))
    return WorkingCalendar(
        holidays=frozenset(day for holiday in found.holidays for day in days_of(holiday)),
        weekend=frozenset(_WEEKDAYS.index(name) for name in found.weekend),
    )


def days_of(holiday: Holiday) -> Iterator[dt.date]:
    """Yield every free day of an entry, as far as the Umm al-Qura calendar is known."""
    for first in _first_days(holiday):
        for number in range(holiday.days):
            day = first + dt.timedelta(days=number)
            if _in_force(holiday, day):
                yield day


def _first_days(holiday: Holiday) -> Iterator[dt.date]:
    if holiday.date is not None:
        yield holiday.date
    elif holiday.since is not None:
        month, day = (int(part) for part in (holiday.hijri or holiday.gregorian).split("-"))
        first = holiday.since.year
        last = min(holiday.until.year if holiday.until else _LAST_YEAR, _LAST_YEAR)
        if holiday.hijri:
            begun, ended = (HijriDate.of(dt.date(year, 12, 31)).year for year in (first - 1, last))
            yield from (HijriDate(y, month, day).to_gregorian() for y in range(begun, ended + 1))
        else:
            yield from (dt.date(year, month, day) for year in range(first - 1, last + 1))


def _in_force(holiday: Holiday, day: dt.date) -> bool:
    begun = holiday.since is None or holiday.since <= day
    return begun and (holiday.until is None or day <= holiday.until)


def _read(file: Path) -> HolidayFile:
    try:
        text = file.read_bytes()[: limits.HOLIDAY_FILE_BYTES + 1]
        if len(text) > limits.HOLIDAY_FILE_BYTES:
            raise Problem(TRX_HOLIDAYS, file=file.name, finding="too large")
        found = msgspec.convert(yaml.safe_load(text), HolidayFile)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        finding = reason_of(error)
        raise Problem(TRX_HOLIDAYS, file=file.name, finding=finding) from error
    for holiday in found.holidays:
        if finding := _finding(holiday):
            name = holiday.name.en
            raise Problem(TRX_HOLIDAYS, file=file.name, finding=f"{name}: {finding}")
    return found


def _finding(holiday: Holiday) -> str:
    """Say what is wrong with an entry that has the right form."""
    kinds = [kind for kind in ("hijri", "gregorian", "date") if getattr(holiday, kind)]
    if len(kinds) != 1:
        return "give one of hijri, gregorian and date"
    if holiday.date is None and holiday.since is None:
        return "give since, the first day on which the law gives this holiday"
    if holiday.since and holiday.since.year < limits.HOLIDAY_FIRST_YEAR:
        return f"since lies before {limits.HOLIDAY_FIRST_YEAR}"
    if holiday.hijri.endswith(("-30", "-31")):
        return "not every year has this day; begin on a day that every year has"
    if holiday.gregorian:
        try:
            dt.date.fromisoformat(f"{_COMMON_YEAR}-{holiday.gregorian}")
        except ValueError:
            return "not every year has this day; begin on a day that every year has"
    return ""
