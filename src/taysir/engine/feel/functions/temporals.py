"""Functions that make or ask about dates and times."""

from __future__ import annotations

from decimal import Decimal

from taysir.engine.feel.functions.registry import Caller, Table
from taysir.engine.feel.operators import equal
from taysir.engine.feel.temporal import (
    HOUR,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    make_date,
    months_between,
)
from taysir.engine.feel.temporal_text import (
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from taysir.engine.feel.values import Value

TABLE = Table()

_OFFSET_MAX = 18 * 3600
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@TABLE.add("date", "from: string")
def date_from_text(text: str) -> Date | None:
    """Read a date."""
    return parse_date(text)


@TABLE.add("date", "from: moment")
def date_from(moment: Value) -> Date:
    """Return the date of a date and time."""
    return moment.date if type(moment) is DateTime else moment


@TABLE.add("date", "year: number, month: number, day: number")
def date_of(year: Decimal, month: Decimal, day: Decimal) -> Date | None:
    """Return the date of a year, month and day."""
    if max(abs(year), abs(month), abs(day)) > 10**10:
        return None
    return make_date(int(year), int(month), int(day))


@TABLE.add("time", "from: string")
def time_from_text(text: str) -> Time | None:
    """Read a time."""
    return parse_time(text)


@TABLE.add("time", "from: time|moment")
def time_from(value: Value) -> Time:
    """Return the time of a date and time; of a date, midnight UTC."""
    if type(value) is Date:
        return Time(0, 0)
    return value.time if type(value) is DateTime else value


@TABLE.add("time", "hour: number, minute: number, second: number, offset?: days and time duration?")
def time_of(
    hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None = None
) -> Time | None:
    """Return the time of its parts."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return None
    nanos = int(hour) * HOUR + int(minute) * MINUTE + int(second * SECOND)
    if offset is None:
        return Time(nanos)
    seconds = int(Decimal(offset.nanos) / SECOND)
    return Time(nanos, seconds) if abs(seconds) <= _OFFSET_MAX else None


@TABLE.add("date and time", "from: string")
def date_time_from_text(text: str) -> DateTime | None:
    """Read a date and time; a date alone means its start."""
    moment = parse_date_time(text)
    if moment is not None:
        return moment
    date = parse_date(text)
    return DateTime(date, Time(0)) if date else None


@TABLE.add("date and time", "date: moment, time: time")
def date_time_of(date: Value, time: Time) -> DateTime:
    """Put a date and a time together."""
    return DateTime(date.date if type(date) is DateTime else date, time)


@TABLE.add("date and time", "from: moment")
def date_time_from(moment: Value) -> DateTime:
    """Return a date and time as it is, and the start of a date."""
    return moment if type(moment) is DateTime else DateTime(moment, Time(0))


@TABLE.add("date and time", "date: date and time, timezone: string")
def date_time_in(moment: DateTime, timezone: str) -> DateTime | None:
    """Return the moment on the clock of another zone."""
    there = parse_time(f"00:00:00@{timezone}")
    offset = moment.offset
    if there is None or offset is None:
        return None
    utc = DateTime(moment.date, Time(moment.time.nanos, None, timezone)).plus(-offset * SECOND)
    shift = utc.offset if utc else None
    return None if utc is None or shift is None else utc.plus(shift * SECOND)


@TABLE.add("duration", "from: string")
def duration(text: str) -> Value:
    """Read a duration of either kind."""
    return parse_duration(text)


@TABLE.add("years and months duration", "from: moment, to: moment")
def years_and_months(start: Value, end: Value) -> YearsMonths:
    """Return the whole months from one date to another."""
    first = start.date if type(start) is DateTime else start
    last = end.date if type(end) is DateTime else end
    return YearsMonths(months_between(first, last))


@TABLE.add("now", "", calls_back=True)
def now(*, back: Caller) -> DateTime | None:
    """Return the moment the evaluation was given."""
    return back.now


@TABLE.add("today", "", calls_back=True)
def today(*, back: Caller) -> Date | None:
    """Return the date the evaluation was given."""
    return back.now.date if back.now else None


@TABLE.add("is", "value1?: any, value2?: any")
def is_same(value1: Value = None, value2: Value = None) -> bool:
    """Whether two values are the same also in kind, offset and zone."""
    if type(value1) is not type(value2):
        return False
    if type(value1) is Time:
        return bool(value1 == value2)
    if type(value1) is DateTime:
        return bool(value1.date == value2.date and value1.time == value2.time)
    return equal(value1, value2) is True


def _date(moment: Value) -> Date:
    date: Date = moment.date if type(moment) is DateTime else moment
    return date


@TABLE.add("day of year", "date: moment")
def day_of_year(moment: Value) -> Decimal:
    """Return the number of the day in its year."""
    date = _date(moment)
    return Decimal(date.ordinal - Date(date.year, 1, 1).ordinal + 1)


@TABLE.add("day of week", "date: moment")
def day_of_week(moment: Value) -> str:
    """Return the English name of the day."""
    return _WEEKDAYS[(_date(moment).ordinal + 3) % 7]


@TABLE.add("month of year", "date: moment")
def month_of_year(moment: Value) -> str:
    """Return the English name of the month."""
    return _MONTHS[_date(moment).month - 1]


@TABLE.add("week of year", "date: moment")
def week_of_year(moment: Value) -> Decimal:
    """Return the number of the week. Source: ISO 8601."""
    ordinal = _date(moment).ordinal
    year = _date(moment).year
    thursday = ordinal - (ordinal + 3) % 7 + 3
    for candidate in (year + 1, year, year - 1):
        start = Date(candidate, 1, 1).ordinal
        if thursday >= start:
            return Decimal((thursday - start) // 7 + 1)
    return Decimal(1)
