"""Functions that relate points and ranges to each other: ``before``, ``meets``, ``during``, …

Source: DMN 1.5 clause 10.3.4.11, table 78, the algebra of J. F. Allen.
"""

from __future__ import annotations

from collections.abc import Callable

from taysir.engine.feel.functions.registry import Table
from taysir.engine.feel.operators import both, compare
from taysir.engine.feel.values import Range, Test, Value

TABLE = Table()
_ENDLESS = object()
"""The end that a comparison such as ``(< 10)`` does not have."""

Relation = Callable[[Range, Range], bool | None]

_BELOW = frozenset({"<", "<="})
_CLOSED = frozenset({"<=", ">=", "="})


def as_range(value: Value) -> Range | None:
    """Return a range as it is, a comparison as an open range, a point as a range of one."""
    if type(value) is Range:
        return value
    if type(value) is not Test:
        return Range(value, value, True, True)
    closed = value.operator in _CLOSED
    if value.operator == "=":
        return Range(value.operand, value.operand, True, True)
    if value.operator == "!=":
        return None
    if value.operator in _BELOW:
        return Range(_ENDLESS, value.operand, False, closed)
    return Range(value.operand, _ENDLESS, closed, False)


def _order(left: Value, right: Value, *, open_left: int, open_right: int) -> int | None:
    """Compare two ends; an endless one lies infinitely far in its direction."""
    if left is _ENDLESS or right is _ENDLESS:
        a = open_left if left is _ENDLESS else 0
        b = open_right if right is _ENDLESS else 0
        return (a > b) - (a < b)
    return compare(left, right)


def _declare(
    name: str, *, points: str = "", first: str = "", second: str = "", both_ranges: str = ""
) -> Callable[[Relation], Relation]:
    """Declare a relation for the ways its arguments may be points or ranges."""
    forms = [form for form in (points, first, second, both_ranges) if form]

    def declare(relation: Relation) -> Relation:
        def call(left: Value, right: Value) -> bool | None:
            a, b = as_range(left), as_range(right)
            return None if a is None or b is None else relation(a, b)

        for form in forms:
            TABLE.add(name, form)(call)
        return relation

    return declare


_POINTS = "point1: point, point2: point"
_POINT_RANGE = "point: point, range: range"
_RANGE_POINT = "range: range, point: point"
_RANGES = "range1: range, range2: range"


def _is_before(a: Range, b: Range) -> bool | None:
    order = _order(a.high, b.low, open_left=1, open_right=-1)
    if order is None:
        return None
    return order < 0 or (order == 0 and not (a.high_closed and b.low_closed))


_ALL = {"points": _POINTS, "first": _POINT_RANGE, "second": _RANGE_POINT, "both_ranges": _RANGES}


@_declare("before", **_ALL)
def before(a: Range, b: Range) -> bool | None:
    """All of the first is before all of the second."""
    return _is_before(a, b)


@_declare("after", **_ALL)
def after(a: Range, b: Range) -> bool | None:
    """All of the first is after all of the second."""
    return _is_before(b, a)


@_declare("meets", both_ranges=_RANGES)
def meets(a: Range, b: Range) -> bool | None:
    """The first ends where the second starts, both with that point."""
    order = _order(a.high, b.low, open_left=1, open_right=-1)
    return None if order is None else order == 0 and a.high_closed and b.low_closed


@_declare("met by", both_ranges=_RANGES)
def met_by(a: Range, b: Range) -> bool | None:
    """The first starts where the second ends, both with that point."""
    return meets(b, a)


@_declare("overlaps", both_ranges=_RANGES)
def overlaps(a: Range, b: Range) -> bool | None:
    """The two share a point."""
    left, right = _is_before(a, b), _is_before(b, a)
    return None if left is None or right is None else not left and not right


def _starts_before(a: Range, b: Range) -> int | None:
    """Return -1 if the first starts before the second, 0 if together, 1 if after."""
    order = _order(a.low, b.low, open_left=-1, open_right=-1)
    if order != 0 or a.low_closed == b.low_closed:
        return order
    return -1 if a.low_closed else 1


def _ends_before(a: Range, b: Range) -> int | None:
    order = _order(a.high, b.high, open_left=1, open_right=1)
    if order != 0 or a.high_closed == b.high_closed:
        return order
    return 1 if a.high_closed else -1


@_declare("overlaps before", both_ranges=_RANGES)
def overlaps_before(a: Range, b: Range) -> bool | None:
    """The first starts earlier, they share a point, and the second ends no earlier."""
    start, end, shared = _starts_before(a, b), _ends_before(a, b), overlaps(a, b)
    if start is None or end is None or shared is None:
        return None
    return start < 0 and end <= 0 and shared


@_declare("overlaps after", both_ranges=_RANGES)
def overlaps_after(a: Range, b: Range) -> bool | None:
    """The first starts later, they share a point, and the first ends no earlier."""
    start, end, shared = _starts_before(b, a), _ends_before(b, a), overlaps(a, b)
    if start is None or end is None or shared is None:
        return None
    return start <= 0 and end < 0 and shared


@_declare("finishes", first=_POINT_RANGE, both_ranges=_RANGES)
def finishes(a: Range, b: Range) -> bool | None:
    """The two end together and the first starts no earlier."""
    start, end = _starts_before(b, a), _ends_before(a, b)
    return None if start is None or end is None else start <= 0 and end == 0


@_declare("finished by", second=_RANGE_POINT, both_ranges=_RANGES)
def finished_by(a: Range, b: Range) -> bool | None:
    """The two end together and the second starts no earlier."""
    return finishes(b, a)


@_declare("includes", second=_RANGE_POINT, both_ranges=_RANGES)
def includes(a: Range, b: Range) -> bool | None:
    """The second lies in the first."""
    start, end = _starts_before(a, b), _ends_before(b, a)
    return None if start is None or end is None else both(start <= 0, end <= 0)


@_declare("during", first=_POINT_RANGE, both_ranges=_RANGES)
def during(a: Range, b: Range) -> bool | None:
    """The first lies in the second."""
    return includes(b, a)


@_declare("starts", first=_POINT_RANGE, both_ranges=_RANGES)
def starts(a: Range, b: Range) -> bool | None:
    """The two start together and the first ends no later."""
    start, end = _starts_before(a, b), _ends_before(a, b)
    return None if start is None or end is None else start == 0 and end <= 0


@_declare("started by", second=_RANGE_POINT, both_ranges=_RANGES)
def started_by(a: Range, b: Range) -> bool | None:
    """The two start together and the second ends no later."""
    return starts(b, a)


@_declare("coincides", points=_POINTS, both_ranges=_RANGES)
def coincides(a: Range, b: Range) -> bool | None:
    """The two are the same."""
    start, end = _starts_before(a, b), _ends_before(a, b)
    return None if start is None or end is None else start == 0 and end == 0
