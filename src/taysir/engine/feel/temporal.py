"""Dates, times and durations of FEEL, wider than Python's own.

FEEL counts years from -999,999,999 to 999,999,999, nanoseconds, times with an offset or a named
zone, and two kinds of duration. Dates use the proleptic Gregorian calendar. Pure arithmetic on
integers; reading and writing of texts is in ``temporal_text``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

YEAR_MAX = 999_999_999
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DURATION_DAYS_MAX = 800_000_000_000
"""Durations beyond two thousand million years are mistakes."""

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


@dataclass(frozen=True, slots=True)
class DaysTime:
    """A days and time duration, in nanoseconds."""

    nanos: int

    @property
    def parts(self) -> tuple[int, int, int, int, int]:
        """Days, hours, minutes, seconds, nanoseconds, without the sign."""
        seconds, nanos = divmod(abs(self.nanos), SECOND)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return days, hours, minutes, seconds, nanos


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years and months duration, in months."""

    months: int


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the calendar."""

    year: int
    month: int
    day: int

    @property
    def ordinal(self) -> int:
        """Days since 1970-01-01.

        Source: H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
        """
        year = self.year - (self.month <= 2)
        era, of_era = divmod(year, 400)
        of_year = (153 * ((self.month + 9) % 12) + 2) // 5 + self.day - 1
        return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

    def plus_months(self, months: int) -> Date | None:
        """Move by months; the day is cut to the length of the month."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        if abs(year) > YEAR_MAX:
            return None
        return Date(year, month + 1, min(self.day, month_days(year, month + 1)))


def date_from_ordinal(ordinal: int) -> Date | None:
    """Return the day that is so many days after 1970-01-01, if its year is in range."""
    era, of_era = divmod(ordinal + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month <= 2)
    return Date(year, month, day) if abs(year) <= YEAR_MAX else None


def make_date(year: int, month: int, day: int) -> Date | None:
    """Return the date, or None if there is none."""
    if abs(year) > YEAR_MAX or not 1 <= month <= 12 or not 1 <= day <= month_days(year, month):
        return None
    return Date(year, month, day)


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day; ``offset`` in seconds east of UTC, or the name of a zone, or neither."""

    nanos: int
    offset: int | None = None
    zone: str | None = None

    @property
    def has_zone(self) -> bool:
        """Whether the time says where it holds."""
        return self.offset is not None or self.zone is not None

    @property
    def clock(self) -> tuple[int, int, int, int]:
        """Hour, minute, second, nanosecond."""
        seconds, nanos = divmod(self.nanos, SECOND)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return hour, minute, second, nanos

    def plus(self, nanos: int) -> Time:
        """Move round the clock."""
        return Time((self.nanos + nanos) % DAY, self.offset, self.zone)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and a time of day."""

    date: Date
    time: Time

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC, also for a named zone; None for a local time."""
        if self.time.zone is not None:
            return zone_offset(self.time.zone, self.date, self.time.nanos)
        return self.time.offset

    @property
    def local_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 on the local clock."""
        return self.date.ordinal * DAY + self.time.nanos

    @property
    def instant_nanos(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z; a local time counts as UTC."""
        return self.local_nanos - (self.offset or 0) * SECOND

    def plus(self, nanos: int) -> DateTime | None:
        """Move on the local clock."""
        days, rest = divmod(self.local_nanos + nanos, DAY)
        date = date_from_ordinal(days)
        return DateTime(date, Time(rest, self.time.offset, self.time.zone)) if date else None

    def plus_months(self, months: int) -> DateTime | None:
        """Move by months on the calendar."""
        date = self.date.plus_months(months)
        return DateTime(date, self.time) if date else None


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo | None:
    """Return a zone of the IANA database, or None if there is none of that name."""
    if not name or name.startswith("/") or ".." in name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_offset(name: str, date: Date, nanos: int) -> int | None:
    """Return the offset of a zone at a local time; the rules of 9999 hold for all later years."""
    zone = find_zone(name)
    if zone is None:
        return None
    year = min(max(date.year, 1), 9998)
    day = min(date.day, month_days(year, date.month))
    seconds = nanos // SECOND
    local = dt.datetime(
        year, date.month, day, seconds // 3600, seconds // 60 % 60, seconds % 60, tzinfo=zone
    )
    offset = local.utcoffset()
    return None if offset is None else int(offset.total_seconds())


def months_between(start: Date, end: Date) -> int:
    """Return the whole months from one date to another."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    if months < 0 and end.day > start.day:
        return months + 1
    return months
