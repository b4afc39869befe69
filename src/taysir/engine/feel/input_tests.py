"""The ways in which a unary test asks something of its input, as closures.

The first three know a constant beforehand and look at the kind of the input only: most cells of
decision tables are such. Which way a cell takes is for the compiler to choose.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

from taysir.engine.feel.operators import COMPARE, equal, matches, truth
from taysir.engine.feel.runtime import BUDGET, HEAVY, INPUT, Run, Scope
from taysir.engine.feel.values import Range, Value

UnaryTest = Callable[[Value, Scope], bool | None]

FAST: dict[str, Callable[[Any, Any], bool]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "=": eq,
}
"""The comparisons of numbers, for operands whose kind has been looked at."""


def compares_constant(operator: str, bound: Decimal) -> UnaryTest:
    """Compare the value with a constant number."""
    slow, fast = COMPARE[operator], FAST[operator]

    def test(value: Value, _scope: Scope) -> bool | None:
        if type(value) is Decimal:
            return fast(value, bound)
        return truth(slow(value, bound))

    return test


def equals_constant(constant: Value) -> UnaryTest:
    """Ask whether the value is a constant."""
    kind = type(constant)

    def test(value: Value, _scope: Scope) -> bool | None:
        if type(value) is kind:
            return bool(value == constant)
        return equal(value, constant)

    return test


def in_constant_range(interval: Range) -> UnaryTest:
    """Ask whether the value lies between two constant numbers."""
    low, high = interval.low, interval.high
    above = le if interval.low_closed else lt
    below = le if interval.high_closed else lt

    def test(value: Value, _scope: Scope) -> bool | None:
        if type(value) is Decimal:
            return bool(above(low, value) and below(value, high))
        return matches(value, interval)

    return test


def matches_result(run: Run) -> UnaryTest:
    """Hold the value against what an expression gives without knowing it."""

    def test(value: Value, scope: Scope) -> bool | None:
        expected = run(scope)
        if type(expected) in HEAVY:
            scope[BUDGET].charge(expected)
        return matches(value, expected)

    return test


def holds_for_input(run: Run) -> UnaryTest:
    """Ask a condition that reads the value as ``?``."""

    def test(value: Value, scope: Scope) -> bool | None:
        return truth(run({**scope, INPUT: value}))

    return test


def accepts_input(run: Run) -> UnaryTest:
    """Take what an expression over ``?`` gives as the answer, or else as what to match."""

    def test(value: Value, scope: Scope) -> bool | None:
        result = run({**scope, INPUT: value})
        return result if result is None else truth(result) or matches(value, result)

    return test
