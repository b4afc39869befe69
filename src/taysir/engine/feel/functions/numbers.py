"""Functions on numbers."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from taysir.engine.feel.functions.registry import Table
from taysir.engine.feel.temporal import DaysTime, YearsMonths
from taysir.engine.feel.values import ARITHMETIC, Value

TABLE = Table()

_SCALE_MIN = -6111
_SCALE_MAX = 6176


def round_to(number: Decimal, scale: Decimal | None, mode: str) -> Decimal | None:
    """Round to a number of decimals; the scales are those of decimal128."""
    if scale is None:
        scale = Decimal(0)
    if not _SCALE_MIN <= scale <= _SCALE_MAX:
        return None
    digits = int(scale)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= digits:
        return number
    if digits < -number.adjusted() - 1:
        # Everything is cut off; only the direction of rounding decides between 0 and one unit.
        number = Decimal(1).copy_sign(number).scaleb(-digits - 2) if number else number
    rounded = number.quantize(Decimal((0, (1,), -digits)), rounding=mode, context=_WIDE)
    return ARITHMETIC.plus(rounded)


_WIDE = ARITHMETIC.copy()
_WIDE.prec = 13_000
"""Wide enough to hold any decimal128 with all its digits."""


@TABLE.add("decimal", "n: number, scale: number")
def decimal(n: Decimal, scale: Decimal) -> Decimal | None:
    """Round half to even."""
    return round_to(n, scale, ROUND_HALF_EVEN)


@TABLE.add("floor", "n: number, scale?: number")
def floor(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    """Round down to minus infinity."""
    return round_to(n, scale, ROUND_FLOOR)


@TABLE.add("ceiling", "n: number, scale?: number")
def ceiling(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    """Round up to infinity."""
    return round_to(n, scale, ROUND_CEILING)


@TABLE.add("round up", "n: number, scale: number")
def round_up(n: Decimal, scale: Decimal) -> Decimal | None:
    """Round away from zero."""
    return round_to(n, scale, ROUND_UP)


@TABLE.add("round down", "n: number, scale: number")
def round_down(n: Decimal, scale: Decimal) -> Decimal | None:
    """Round towards zero."""
    return round_to(n, scale, ROUND_DOWN)


@TABLE.add("round half up", "n: number, scale: number")
def round_half_up(n: Decimal, scale: Decimal) -> Decimal | None:
    """Round to nearest, halves away from zero."""
    return round_to(n, scale, ROUND_HALF_UP)


@TABLE.add("round half down", "n: number, scale: number")
def round_half_down(n: Decimal, scale: Decimal) -> Decimal | None:
    """Round to nearest, halves towards zero."""
    return round_to(n, scale, ROUND_HALF_DOWN)


@TABLE.add("abs", "n: number")
def absolute(n: Decimal) -> Decimal:
    """Return the size of a number."""
    return n.copy_abs()


@TABLE.add("abs", "n: duration")
def absolute_duration(n: Value) -> Value:
    """Return the size of a duration."""
    return DaysTime(abs(n.nanos)) if type(n) is DaysTime else YearsMonths(abs(n.months))


@TABLE.add("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return the remainder with the sign of the divisor."""
    if not divisor:
        return None
    if dividend.adjusted() - divisor.adjusted() > 6000:
        return None
    remainder = _WIDE.remainder(dividend, divisor)
    if remainder and (remainder < 0) != (divisor < 0):
        remainder = _WIDE.add(remainder, divisor)
    return ARITHMETIC.plus(remainder)


@TABLE.add("sqrt", "number: number")
def square_root(number: Decimal) -> Decimal | None:
    """Return the square root."""
    return ARITHMETIC.sqrt(number) if number >= 0 else None


@TABLE.add("log", "number: number")
def logarithm(number: Decimal) -> Decimal | None:
    """Return the natural logarithm."""
    return ARITHMETIC.ln(number) if number > 0 else None


@TABLE.add("exp", "number: number")
def exponential(number: Decimal) -> Decimal:
    """Return e to the power of a number."""
    return ARITHMETIC.exp(number)


@TABLE.add("odd", "number: number")
def odd(number: Decimal) -> bool:
    """Whether a number is odd."""
    return _WIDE.remainder(number, Decimal(2)).copy_abs() == 1


@TABLE.add("even", "number: number")
def even(number: Decimal) -> bool:
    """Whether a number is even."""
    return _WIDE.remainder(number, Decimal(2)) == 0
