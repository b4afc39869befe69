"""The properties of values that are not contexts: ``date.year``, ``range.start``, ``list.name``.

Source: DMN 1.5 clause 10.3.2.15, table 65.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from taysir.engine.feel.temporal import (
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    zone_offset,
)
from taysir.engine.feel.values import Context, Range, Test, Value

Read = Callable[[Any], Value]


def _offset(moment: Time | DateTime) -> DaysTime | None:
    if isinstance(moment, DateTime):
        seconds = moment.offset
    elif moment.zone is not None:
        seconds = zone_offset(moment.zone, Date(1970, 1, 1), moment.nanos)
    else:
        seconds = moment.offset
    return None if seconds is None else DaysTime(seconds * SECOND)


def _seconds(time: Time) -> Decimal:
    return Decimal(time.nanos // SECOND % 60)


def _sign(duration: DaysTime, part: int) -> Decimal:
    value = Decimal(duration.parts[part])
    return -value if duration.nanos < 0 else value


def _months(duration: YearsMonths, unit: int) -> Decimal:
    value = Decimal(divmod(abs(duration.months), 12)[unit])
    return -value if duration.months < 0 else value


def _of_part(part: str, read: Read) -> Read:
    return lambda moment: read(getattr(moment, part))


_DATE: dict[str, Read] = {
    "year": lambda d: Decimal(d.year),
    "month": lambda d: Decimal(d.month),
    "day": lambda d: Decimal(d.day),
    "weekday": lambda d: Decimal((d.ordinal + 3) % 7 + 1),
}
_TIME: dict[str, Read] = {
    "hour": lambda t: Decimal(t.clock[0]),
    "minute": lambda t: Decimal(t.clock[1]),
    "second": _seconds,
    "time offset": _offset,
    "timezone": lambda t: t.zone,
}
_LOW = {"=": True, ">": False, ">=": True}
_HIGH = {"=": True, "<": False, "<=": True}

PROPERTIES: dict[type, dict[str, Read]] = {
    Date: _DATE,
    Time: _TIME,
    DateTime: {
        **{name: _of_part("date", read) for name, read in _DATE.items()},
        **{name: _of_part("time", read) for name, read in _TIME.items()},
        "time offset": _offset,
    },
    DaysTime: {
        "days": lambda d: _sign(d, 0),
        "hours": lambda d: _sign(d, 1),
        "minutes": lambda d: _sign(d, 2),
        "seconds": lambda d: _sign(d, 3),
    },
    YearsMonths: {"years": lambda d: _months(d, 0), "months": lambda d: _months(d, 1)},
    Range: {
        "start": lambda r: r.low,
        "end": lambda r: r.high,
        "start included": lambda r: r.low_closed,
        "end included": lambda r: r.high_closed,
    },
    Test: {
        "start": lambda t: t.operand if t.operator in _LOW else None,
        "end": lambda t: t.operand if t.operator in _HIGH else None,
        "start included": lambda t: _LOW.get(t.operator, False),
        "end included": lambda t: _HIGH.get(t.operator, False),
    },
}


def read_property(value: Value, name: str) -> Value:
    """Return a property; of a list, that of each item; null if there is none."""
    if type(value) is list:
        return [
            item.get(name) if type(item) is Context else read_property(item, name) for item in value
        ]
    read = PROPERTIES.get(type(value), {}).get(name)
    return None if read is None else read(value)
