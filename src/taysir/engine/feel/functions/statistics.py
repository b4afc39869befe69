"""Functions that reduce a list: sums, extremes, averages, all and any.

Each takes one list, or its items as separate arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from taysir.engine.feel.functions.registry import Table
from taysir.engine.feel.operators import add, compare
from taysir.engine.feel.temporal import DaysTime, YearsMonths
from taysir.engine.feel.values import ARITHMETIC, Value

TABLE = Table()
Reduce = Callable[[list[Value]], Value]


def _reducer(name: str) -> Callable[[Reduce], Reduce]:
    """Declare a reduction under both ways of calling it."""

    def declare(function: Reduce) -> Reduce:
        TABLE.add(name, "list: list")(function)
        TABLE.add(name, "*items: any")(function)
        return function

    return declare


def _numbers(items: list[Value]) -> bool:
    return bool(items) and all(type(item) is Decimal for item in items)


@TABLE.add("count", "list: list")
def count(items: list[Value]) -> Decimal:
    """Return the number of items."""
    return Decimal(len(items))


@_reducer("min")
def smallest(items: list[Value]) -> Value:
    """Return the smallest item."""
    return _extreme(items, sign=-1)


@_reducer("max")
def largest(items: list[Value]) -> Value:
    """Return the largest item."""
    return _extreme(items, sign=1)


def _extreme(items: list[Value], *, sign: int) -> Value:
    if not items:
        return None
    best = items[0]
    if compare(best, best) is None:
        return None
    for item in items[1:]:
        order = compare(item, best)
        if order is None:
            return None
        if order == sign:
            best = item
    return best


@_reducer("sum")
def total(items: list[Value]) -> Value:
    """Return the sum of numbers or durations."""
    if not items or type(items[0]) not in (Decimal, DaysTime, YearsMonths):
        return None
    result = items[0]
    for item in items[1:]:
        result = add(result, item) if type(item) is type(items[0]) else None
    return result


@_reducer("mean")
def mean(items: list[Value]) -> Value:
    """Return the arithmetic mean."""
    if not _numbers(items):
        return None
    return ARITHMETIC.divide(total(items), Decimal(len(items)))


@_reducer("product")
def product(items: list[Value]) -> Value:
    """Return the product."""
    if not _numbers(items):
        return None
    result = Decimal(1)
    for item in items:
        result = ARITHMETIC.multiply(result, item)
    return result


@_reducer("median")
def median(items: list[Value]) -> Value:
    """Return the middle value, or the mean of the two in the middle."""
    if not _numbers(items):
        return None
    ordered = sorted(items)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return ARITHMETIC.divide(ARITHMETIC.add(ordered[half - 1], ordered[half]), Decimal(2))


@_reducer("stddev")
def standard_deviation(items: list[Value]) -> Value:
    """Return the standard deviation of a sample."""
    if not _numbers(items) or len(items) < 2:
        return None
    middle = mean(items)
    squares = Decimal(0)
    for item in items:
        distance = ARITHMETIC.subtract(item, middle)
        squares = ARITHMETIC.add(squares, ARITHMETIC.multiply(distance, distance))
    return ARITHMETIC.sqrt(ARITHMETIC.divide(squares, Decimal(len(items) - 1)))


@_reducer("mode")
def mode(items: list[Value]) -> Value:
    """Return the most frequent numbers, in ascending order."""
    if not items:
        return []
    if not _numbers(items):
        return None
    counts = Counter(items)
    most = max(counts.values())
    return sorted(item for item, times in counts.items() if times == most)


@_reducer("all")
def every(items: list[Value]) -> bool | None:
    """Whether all items are true."""
    return _decide(items, decisive=False)


@_reducer("any")
def some(items: list[Value]) -> bool | None:
    """Whether at least one item is true."""
    return _decide(items, decisive=True)


def _decide(items: list[Value], *, decisive: bool) -> bool | None:
    if any(item is decisive for item in items):
        return decisive
    return (not decisive) if all(type(item) is bool for item in items) else None
