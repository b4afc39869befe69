"""The operators of FEEL on values: arithmetic, equality, order, three-valued logic.

Source: DMN 1.5 clauses 10.3.2.10-10.3.2.15, tables 50-55. An operator that does not know its
operands gives null; so does arithmetic that has no result.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import is_
from typing import Any, Final

from taysir.engine.feel.errors import ENG_FEEL_SIZE
from taysir.engine.feel.temporal import (
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    zone_offset,
)
from taysir.engine.feel.temporal_text import days_time, years_months
from taysir.engine.feel.values import ARITHMETIC, Context, Function, Range, Test, Value
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_INTERVALS = {Range, Test}
_EPOCH = Date(1970, 1, 1)
Operator = Callable[[Value, Value], Value]


def bounded(text: str) -> str:
    """Return a string that an expression made, if it is not too long."""
    if len(text) > limits.FEEL_STRING_CHARS:
        raise Problem(ENG_FEEL_SIZE, size=limits.FEEL_STRING_CHARS)
    return text


# --- arithmetic ----------------------------------------------------------------------------------


def add(left: Value, right: Value) -> Value:
    """``left + right``."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        try:
            return ARITHMETIC.add(left, right)
        except ArithmeticError:
            return None
    if a is str and b is str:
        return bounded(left + right)
    if a in (DaysTime, YearsMonths):
        if a is b:
            return _add_durations(left, right)
        return _move(right, left, 1)
    return _move(left, right, 1)


def subtract(left: Value, right: Value) -> Value:
    """``left - right``."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        try:
            return ARITHMETIC.subtract(left, right)
        except ArithmeticError:
            return None
    if b in (DaysTime, YearsMonths):
        if a is b:
            return _add_durations(left, negate(right))
        return _move(left, right, -1)
    if a is Time and b is Time:
        return _times_apart(left, right)
    return _moments_apart(left, right)


def _add_durations(left: Value, right: Value) -> Value:
    if type(left) is DaysTime:
        return days_time(left.nanos + right.nanos)
    return years_months(left.months + right.months)


def _move(moment: Value, duration: Value, sign: int) -> Value:
    kind = type(moment)
    if type(duration) is YearsMonths and kind in (Date, DateTime):
        return moment.plus_months(sign * duration.months)
    if type(duration) is not DaysTime:
        return None
    if kind is Date:
        moved = DateTime(moment, Time(0)).plus(sign * duration.nanos)
        return moved.date if moved else None
    if kind in (Time, DateTime):
        return moment.plus(sign * duration.nanos)
    return None


def _times_apart(left: Time, right: Time) -> Value:
    start, end = seconds_of(right), seconds_of(left)
    if start is None or end is None or left.has_zone != right.has_zone:
        return None
    return days_time(end - start)


def _moments_apart(left: Value, right: Value) -> Value:
    if type(left) is Date and type(right) is Date:
        return days_time((left.ordinal - right.ordinal) * 86_400 * SECOND)
    if type(left) is Date:
        left = DateTime(left, Time(0, 0))
    if type(right) is Date:
        right = DateTime(right, Time(0, 0))
    if type(left) is not DateTime or type(right) is not DateTime:
        return None
    if left.time.has_zone != right.time.has_zone:
        return None
    return days_time(left.instant_nanos - right.instant_nanos)


def multiply(left: Value, right: Value) -> Value:
    """``left * right``."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        try:
            return ARITHMETIC.multiply(left, right)
        except ArithmeticError:
            return None
    if a is Decimal:
        left, right, a, b = right, left, b, a
    return _scale(left, right) if b is Decimal else None


def _scale(duration: Value, factor: Decimal) -> Value:
    amount = _amount(duration)
    if amount is None or abs(factor.adjusted()) > 40:
        return None
    return _with_amount(duration, int(ARITHMETIC.multiply(Decimal(amount), factor)))


def _amount(duration: Value) -> int | None:
    if type(duration) is DaysTime:
        return duration.nanos
    return duration.months if type(duration) is YearsMonths else None


def _with_amount(duration: Value, amount: int) -> Value:
    return days_time(amount) if type(duration) is DaysTime else years_months(amount)


def divide(left: Value, right: Value) -> Value:
    """``left / right``."""
    a, b = type(left), type(right)
    try:
        if a is Decimal and b is Decimal:
            return ARITHMETIC.divide(left, right)
        amount = _amount(left)
        if amount is None:
            return None
        if b is Decimal:
            quotient = ARITHMETIC.divide(Decimal(amount), right)
            return _with_amount(left, int(quotient)) if quotient.adjusted() < 40 else None
        if a is b:
            return ARITHMETIC.divide(Decimal(amount), Decimal(_amount(right) or 0))
    except ArithmeticError:
        return None
    return None


def power(left: Value, right: Value) -> Value:
    """``left ** right``."""
    if type(left) is not Decimal or type(right) is not Decimal:
        return None
    try:
        return ARITHMETIC.power(left, right)
    except ArithmeticError:
        return None


def negate(value: Value) -> Value:
    """``-value``."""
    if type(value) is Decimal:
        return ARITHMETIC.minus(value)
    if type(value) is DaysTime:
        return DaysTime(-value.nanos)
    return YearsMonths(-value.months) if type(value) is YearsMonths else None


# --- equality and order --------------------------------------------------------------------------


def seconds_of(time: Time) -> int | None:
    """Return nanoseconds since midnight UTC; of a named zone as it was on 1970-01-01."""
    offset = time.offset or 0
    if time.zone is not None:
        found = zone_offset(time.zone, _EPOCH, time.nanos)
        if found is None:
            return None
        offset = found
    return time.nanos - offset * SECOND


def _order_key(value: Value) -> tuple[int, ...] | None:
    """Return what a temporal value is ordered by, to the second; the first part is its kind."""
    kind = type(value)
    if kind is Date:
        return 0, value.year, value.month, value.day
    if kind is Time:
        nanos = seconds_of(value)
        return None if nanos is None else (1 + value.has_zone, nanos // SECOND)
    if kind is DateTime:
        return 3 + value.time.has_zone, value.instant_nanos // SECOND
    if kind is DaysTime:
        return 5, value.nanos
    return (6, value.months) if kind is YearsMonths else None


def equal(left: Value, right: Value) -> bool | None:
    """``left = right``; null if the two are of different kinds."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is not type(right):
        return False if {kind, type(right)} == _INTERVALS else None
    if kind in (Decimal, str, bool):
        return bool(left == right)
    by_parts = _EQUAL_PARTS.get(kind)
    if by_parts is not None:
        return by_parts(left, right)
    return _order_key(left) == _order_key(right)


def _equal_lists(left: list[Value], right: list[Value]) -> bool:
    return len(left) == len(right) and all(
        equal(a, b) is True for a, b in zip(left, right, strict=True)
    )


def _equal_contexts(left: Context, right: Context) -> bool:
    return left.keys() == right.keys() and all(
        equal(value, right[key]) is True for key, value in left.items()
    )


def _equal_tests(left: Test, right: Test) -> bool:
    return left.operator == right.operator and equal(left.operand, right.operand) is True


def _equal_ranges(left: Range, right: Range) -> bool:
    return (
        (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed)
        and equal(left.low, right.low) is True
        and equal(left.high, right.high) is True
    )


_EQUAL_PARTS: Final[dict[type, Callable[[Any, Any], bool]]] = {
    list: _equal_lists,
    Context: _equal_contexts,
    Test: _equal_tests,
    Range: _equal_ranges,
    Function: is_,
}
"""How two values of a kind that has parts are compared; functions only by identity."""


def not_equal(left: Value, right: Value) -> bool | None:
    """``left != right``."""
    same = equal(left, right)
    return None if same is None else not same


def compare(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1; None if the two cannot be ordered."""
    kind = type(left)
    if kind is not type(right):
        return None
    if kind is Decimal or kind is str:
        return int(left > right) - int(left < right)
    if kind is Date:
        first = (left.year, left.month, left.day)
        second = (right.year, right.month, right.day)
        return int(first > second) - int(first < second)
    a, b = _order_key(left), _order_key(right)
    if a is None or b is None or a[0] != b[0]:
        return None
    return int(a > b) - int(a < b)


def less(left: Value, right: Value) -> bool | None:
    """``left < right``."""
    order = compare(left, right)
    return None if order is None else order < 0


def less_or_equal(left: Value, right: Value) -> bool | None:
    """``left <= right``."""
    order = compare(left, right)
    return None if order is None else order <= 0


def greater(left: Value, right: Value) -> bool | None:
    """``left > right``."""
    order = compare(left, right)
    return None if order is None else order > 0


def greater_or_equal(left: Value, right: Value) -> bool | None:
    """``left >= right``."""
    order = compare(left, right)
    return None if order is None else order >= 0


COMPARE: dict[str, Operator] = {
    "<": less,
    "<=": less_or_equal,
    ">": greater,
    ">=": greater_or_equal,
    "=": equal,
    "!=": not_equal,
}
ARITHMETICS: dict[str, Operator] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}


def both(left: bool | None, right: bool | None) -> bool | None:
    """Three-valued ``and``."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def in_range(value: Value, interval: Range) -> bool | None:
    """Whether a value lies in a range; null if an end of the range is null."""
    above = (less_or_equal if interval.low_closed else less)(interval.low, value)
    below = (less_or_equal if interval.high_closed else less)(value, interval.high)
    return both(above, below)


def matches(value: Value, test: Value) -> bool | None:
    """Whether a value passes a test that was itself a value: a range, a list, a comparison, …"""
    kind = type(test)
    if kind is Range:
        return True if type(value) is Range and equal(value, test) else in_range(value, test)
    if kind is Test:
        return truth(COMPARE[test.operator](value, test.operand))
    if kind is list:
        if type(value) is list and equal(value, test):
            return True
        return any(matches(value, each) is True for each in test)
    return equal(value, test)


def truth(value: Value) -> bool | None:
    """Return a boolean as it is and anything else as null."""
    return value if isinstance(value, bool) else None
