"""Dates, times and durations as texts: the lexical forms of DMN 1.5 clause 10.3.4.1.

Reading returns None for a text that is not one; writing gives the canonical form.
"""

from __future__ import annotations

import re

from taysir.engine.feel.temporal import (
    DAY,
    DURATION_DAYS_MAX,
    HOUR,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    find_zone,
    make_date,
)

_DATE = re.compile(r"(-?)(\d{4,9})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z0-9_+/-]+))?",
    re.ASCII,
)
_DAYS_TIME = re.compile(
    r"(-?)P(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?", re.ASCII
)
_YEARS_MONTHS = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_LONGEST = 64
_OFFSET_MAX = 18 * 3600


def parse_date(text: str) -> Date | None:
    """Read ``2026-01-31``."""
    match = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or (len(match[2]) > 4 and match[2].startswith("0")):
        return None
    year = int(match[1] + match[2])
    return make_date(year, int(match[3]), int(match[4]))


def parse_time(text: str) -> Time | None:
    """Read ``13:20:00``, ``13:20:00.5Z``, ``13:20:00+02:00``, ``13:20:00@Asia/Riyadh``."""
    match = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3]) > 59:
        return None
    nanos = int(match[1]) * HOUR + int(match[2]) * MINUTE + int(match[3]) * SECOND
    nanos += _fraction(match[4])
    return _zoned(nanos, match)


def _zoned(nanos: int, match: re.Match[str]) -> Time | None:
    if match[5]:
        return Time(nanos, 0)
    if match[6]:
        offset = _offset(match)
        return None if offset is None else Time(nanos, offset)
    if match[10]:
        return Time(nanos, None, match[10]) if find_zone(match[10]) else None
    return Time(nanos)


def _offset(match: re.Match[str]) -> int | None:
    """Return the seconds of ``+02:00``; None if no clock is that far from UTC."""
    hours, minutes, seconds = map(_whole, match.group(7, 8, 9))
    if minutes > 59 or seconds > 59:
        return None
    offset = hours * 3600 + minutes * 60 + seconds
    if offset > _OFFSET_MAX:
        return None
    return -offset if match[6] == "-" else offset


def parse_date_time(text: str) -> DateTime | None:
    """Read ``2026-01-31T13:20:00…``; ``24:00:00`` is the end of the day."""
    day, t, clock = text.partition("T")
    date = parse_date(day)
    if date is None or not t:
        return None
    if clock.startswith("24:00:00"):
        time = parse_time("00" + clock[2:])
        return DateTime(date, time).plus(DAY) if time and time.nanos == 0 else None
    time = parse_time(clock)
    return DateTime(date, time) if time else None


def _whole(digits: str | None) -> int:
    return int(digits or 0)


def _fraction(digits: str | None) -> int:
    return int((digits or "")[:9].ljust(9, "0"))


def parse_days_time(text: str) -> DaysTime | None:
    """Read ``P1DT2H3M4.5S``."""
    match = _DAYS_TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not any(match[i] for i in (2, 4, 5, 6)) or match[3] == "T":
        return None
    days, hours, minutes, seconds = map(_whole, match.group(2, 4, 5, 6))
    nanos = days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + _fraction(match[7])
    return days_time(-nanos if match[1] else nanos)


def days_time(nanos: int) -> DaysTime | None:
    """Return the duration if it is in range."""
    return DaysTime(nanos) if abs(nanos) <= DURATION_DAYS_MAX * DAY else None


def years_months(months: int) -> YearsMonths | None:
    """Return the duration if it is in range."""
    return YearsMonths(months) if abs(months) <= DURATION_DAYS_MAX else None


def parse_years_months(text: str) -> YearsMonths | None:
    """Read ``P1Y2M``."""
    match = _YEARS_MONTHS.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not (match[2] or match[3]):
        return None
    months = _whole(match[2]) * 12 + _whole(match[3])
    return years_months(-months if match[1] else months)


def parse_duration(text: str) -> DaysTime | YearsMonths | None:
    """Read either kind of duration."""
    return parse_years_months(text) or parse_days_time(text)


def parse_temporal(text: str) -> Date | Time | DateTime | DaysTime | YearsMonths | None:
    """Read the text of an ``@"…"`` literal."""
    return parse_date(text) or parse_time(text) or parse_date_time(text) or parse_duration(text)


def write_date(date: Date) -> str:
    """Write a date."""
    sign = "-" if date.year < 0 else ""
    return f"{sign}{abs(date.year):04d}-{date.month:02d}-{date.day:02d}"


def write_time(time: Time) -> str:
    """Write a time with its offset or zone."""
    hour, minute, second, nanos = time.clock
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{fraction}{_write_zone(time)}"


def _write_zone(time: Time) -> str:
    if time.zone is not None:
        return f"@{time.zone}"
    if time.offset is None:
        return ""
    if time.offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(time.offset), 60)
    sign = "-" if time.offset < 0 else "+"
    tail = f":{seconds:02d}" if seconds else ""
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}{tail}"


def write_date_time(value: DateTime) -> str:
    """Write a date and time."""
    return f"{write_date(value.date)}T{write_time(value.time)}"


def write_days_time(duration: DaysTime) -> str:
    """Write a days and time duration."""
    days, hours, minutes, seconds, nanos = duration.parts
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or nanos:
        clock += f"{seconds}{fraction}S"
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if duration.nanos < 0 else "") + "P" + (body or "T0S")


def write_years_months(duration: YearsMonths) -> str:
    """Write a years and months duration."""
    years, months = divmod(abs(duration.months), 12)
    body = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-" if duration.months < 0 else "") + "P" + (body or "0M")
