"""Cuts one input of a decision table into regions at constants: the points, and what is between.

Each region is a FEEL test with a sample of its values. Which constants there are is for
``analysis.py`` to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import cmp_to_key
from typing import Any

from taysir.engine.feel.operators import compare, equal
from taysir.engine.feel.temporal import Date, DaysTime, Time, YearsMonths, date_from_ordinal
from taysir.engine.feel.text import write_value
from taysir.engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Region:
    """A part of one input in which no cell changes its answer, as a FEEL test and a sample."""

    text: str
    sample: Value


def regions_at(
    constants: list[Value], *, ordered: bool, whole: bool = False
) -> list[Region] | None:
    """Cut an input at constants of one kind; None if that kind cannot be cut.

    Args:
        constants: the points to cut at; an input without any is one region.
        ordered: whether a cell compares by order: strings cannot be cut then.
        whole: whether the input is a whole number, so that nothing lies between 1 and 2.
    """
    points = _distinct(constants)
    if not points:
        return [Region("-", None)]
    kind = type(points[0])
    if kind is bool:
        return [Region("true", True), Region("false", False)]
    if kind is str:
        return None if ordered else _named(points)
    if kind not in _STEPS:
        return None
    ascending = sorted(points, key=cmp_to_key(lambda a, b: compare(a, b) or 0))
    return _intervals(ascending, whole=whole and kind is Decimal)


def _distinct(values: list[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        if not any(equal(value, each) is True for each in kept):
            kept.append(value)
    return kept


def _named(points: list[Value]) -> list[Region]:
    """Return a region for each name, and one for all others."""
    other = "".join(points) + "…"
    texts = [quoted(point) for point in points]
    return [
        *(Region(text, point) for text, point in zip(texts, points, strict=True)),
        Region(f"not({', '.join(texts)})", other),
    ]


def _intervals(points: list[Value], *, whole: bool) -> list[Region]:
    """Return the points and what lies between, below and above them."""
    out: list[Region] = []
    below = _between(None, points[0], whole=whole)
    if below is not None:
        out.append(Region(f"< {quoted(points[0])}", below))
    for index, point in enumerate(points):
        out.append(Region(quoted(point), point))
        after = points[index + 1] if index + 1 < len(points) else None
        inside = _between(point, after, whole=whole)
        if inside is None:
            continue
        low = quoted(point)
        text = f"> {low}" if after is None else f"({low}..{quoted(after)})"
        out.append(Region(text, inside))
    return out


def quoted(value: Value) -> str:
    """Write a constant as FEEL."""
    if type(value) is str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = write_value(value)
    return text if type(value) is Decimal else f'@"{text}"'


def _between(low: Value, high: Value, *, whole: bool) -> Value:
    """Return a value between two, or beyond one; None if there is none."""
    to_number, from_number = _STEPS[type(low if low is not None else high)]
    if low is None:
        return from_number(to_number(high) - 1)
    if high is None:
        return from_number(to_number(low) + 1)
    start, end = to_number(low), to_number(high)
    if isinstance(start, Decimal):
        if not whole:
            return (start + end) / 2
        inside = start.to_integral_value(ROUND_FLOOR) + 1
        return inside if inside < end else None
    return from_number((start + end) // 2) if end - start > 1 else None


def _time_at(nanos: int) -> Time | None:
    return Time(nanos) if 0 <= nanos < 86_400 * 10**9 else None


_STEPS: dict[type, tuple[Any, Any]] = {
    Decimal: (lambda value: value, lambda value: value),
    Date: (lambda value: value.ordinal, date_from_ordinal),
    DaysTime: (lambda value: value.nanos, DaysTime),
    YearsMonths: (lambda value: value.months, YearsMonths),
    Time: (lambda value: value.nanos, _time_at),
}
