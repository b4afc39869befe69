"""Values as FEEL writes them: the function ``string``, and literals for the printer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from taysir.engine.feel.lexer import escape
from taysir.engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from taysir.engine.feel.temporal_text import (
    write_date,
    write_date_time,
    write_days_time,
    write_time,
    write_years_months,
)
from taysir.engine.feel.values import Context, Range, Test, Value

_TEMPORAL: dict[type, Any] = {
    Date: write_date,
    Time: write_time,
    DateTime: write_date_time,
    DaysTime: write_days_time,
    YearsMonths: write_years_months,
}


def write_number(number: Decimal) -> str:
    """Write a number without an exponent, as long as that stays readable."""
    if -40 < number.adjusted() < 40:
        return f"{number:f}" if number else "0"
    return str(number)


def write_value(value: Value) -> str:
    """Return the text of a value; strings inside lists and contexts are quoted."""
    return value if type(value) is str else _inner(value)


def _inner(value: Value) -> str:
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is str:
        return escape(value)
    if kind is Decimal:
        return write_number(value)
    if kind in _TEMPORAL:
        return str(_TEMPORAL[kind](value))
    return _structure(value)


def _structure(value: Value) -> str:
    kind = type(value)
    if kind is list:
        return "[" + ", ".join(map(_inner, value)) + "]"
    if kind is Context:
        return "{" + ", ".join(f"{name}: {_inner(each)}" for name, each in value.items()) + "}"
    if kind is Range:
        low, high = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
        return f"{low}{_inner(value.low)} .. {_inner(value.high)}{high}"
    if kind is Test:
        return f"({value.operator} {_inner(value.operand)})"
    return "function"
