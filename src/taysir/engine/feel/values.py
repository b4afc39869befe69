"""The values of FEEL, and the bridge to and from Python's own.

Inside the engine a value is one of: None, bool, Decimal, str, the temporal kinds of ``temporal``,
list, Context (a dict), Range, Test (a unary test as a value) or Function. ``to_feel`` adopts Python
values at the edge, ``from_feel`` gives native ones back where Python can hold them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context as DecimalContext
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any
from zoneinfo import ZoneInfo

from taysir.engine.feel.errors import ENG_FEEL_DEPTH, ENG_FEEL_VALUE
from taysir.engine.feel.temporal import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem

Value = Any
"""A FEEL value; the kinds are checked where they are used, as the language demands."""

ARITHMETIC = DecimalContext(
    prec=34, Emax=6144, Emin=-6143, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""IEEE 754-2008 decimal128, as DMN asks for."""


class Context(dict[str, Value]):
    """A FEEL context whose entries are FEEL values already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is null makes every question about it null."""

    low: Value
    high: Value
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison standing as a value, e.g. ``(< 10)``."""

    __test__ = False

    operator: str
    operand: Value


class Function:
    """Something that can be invoked: written in FEEL, or a model of business knowledge."""

    __slots__ = ("call", "name", "parameters", "result_type", "types")

    def __init__(
        self,
        *,
        name: str,
        parameters: tuple[str, ...],
        call: Callable[[list[Value], Any], Value],
        types: tuple[Any, ...] = (),
        result_type: Any = None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.call = call
        self.types = types
        self.result_type = result_type


_INTEGER_MAX = 10**6144
_EXACT_MAX = 10**34
_EXACT_MIN = -_EXACT_MAX
"""Whole numbers between these need no rounding."""

_NATIVE = frozenset(
    {bool, str, type(None), Date, Time, DateTime, DaysTime, YearsMonths, Context, Range}
    | {Test, Function}
)


def to_feel(value: Any, *, depth: int = 0) -> Value:
    """Adopt a Python value: int becomes Decimal, date becomes Date, dict becomes Context, …"""
    kind: Any = type(value)
    if kind in _NATIVE:
        return value
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if depth > limits.FEEL_VALUE_DEPTH:
        raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_VALUE_DEPTH)
    if kind is int:
        return Decimal(value) if _EXACT_MIN < value < _EXACT_MAX else _scalar(value)
    if isinstance(value, list | tuple):
        return _items(value, depth + 1)
    if kind is dict or isinstance(value, Mapping):
        return _context(value, depth + 1)
    return _scalar(value)


def _items(values: Sequence[Any], depth: int) -> list[Value]:
    return [each if type(each) in _NATIVE else to_feel(each, depth=depth) for each in values]


def _context(entries: Mapping[Any, Any], depth: int) -> Context:
    return Context(
        {
            str(name): value if type(value) in _NATIVE else to_feel(value, depth=depth)
            for name, value in entries.items()
        }
    )


def _scalar(value: object) -> Value:
    if isinstance(value, int):
        return ARITHMETIC.create_decimal(value) if abs(value) < _INTEGER_MAX else None
    if isinstance(value, float):
        return Decimal(repr(value)) if value - value == 0 else None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dt.datetime):
        return DateTime(Date(value.year, value.month, value.day), _time(value.timetz(), value))
    if isinstance(value, dt.date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, dt.time):
        return _time(value, None)
    if isinstance(value, dt.timedelta):
        return DaysTime(value.days * DAY + value.seconds * SECOND + value.microseconds * 1000)
    raise Problem(ENG_FEEL_VALUE, type=type(value).__name__)


def _time(value: dt.time, moment: dt.datetime | None) -> Time:
    nanos = value.hour * HOUR + value.minute * MINUTE + value.second * SECOND
    nanos += value.microsecond * 1000
    if value.tzinfo is None:
        return Time(nanos)
    if isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key:
        return Time(nanos, None, value.tzinfo.key)
    offset = value.tzinfo.utcoffset(moment)
    return Time(nanos, int(offset.total_seconds()) if offset is not None else None)


def from_feel(value: Value) -> Any:
    """Give a value back as Python's own kind, where one can hold it without loss."""
    kind = type(value)
    if kind is Context:
        return {key: from_feel(entry) for key, entry in value.items()}
    if kind is list:
        return [from_feel(item) for item in value]
    convert = _OUT.get(kind)
    return value if convert is None else convert(value)


def _date_out(value: Date) -> dt.date | Date:
    return dt.date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value


def _time_out(value: Time) -> dt.time | Time:
    hour, minute, second, nanos = value.clock
    if nanos % 1000:
        return value
    zone: dt.tzinfo | None = None
    if value.zone is not None:
        zone = ZoneInfo(value.zone)
    elif value.offset is not None:
        zone = dt.timezone(dt.timedelta(seconds=value.offset))
    return dt.time(hour, minute, second, nanos // 1000, tzinfo=zone)


def _date_time_out(value: DateTime) -> dt.datetime | DateTime:
    date, time = _date_out(value.date), _time_out(value.time)
    if isinstance(date, Date) or isinstance(time, Time):
        return value
    return dt.datetime.combine(date, time)


def _days_time_out(value: DaysTime) -> dt.timedelta | DaysTime:
    if value.nanos % 1000 or abs(value.nanos) >= 999_999_999 * DAY:
        return value
    return dt.timedelta(microseconds=value.nanos // 1000)


_OUT: dict[type, Callable[[Any], Any]] = {
    Date: _date_out,
    Time: _time_out,
    DateTime: _date_time_out,
    DaysTime: _days_time_out,
}


def as_list(value: Value) -> Sequence[Value]:
    """Return a list as it is, and anything else as a list of one."""
    return value if type(value) is list else [value]
