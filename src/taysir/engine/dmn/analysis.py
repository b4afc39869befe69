"""Find the gaps, overlaps and dead rows of a decision table before they harm anyone.

Each input is cut into regions at the constants its cells name; within a region every cell has one
answer. Walking through the combinations of regions shows which rows hold where. What is known of
an input from elsewhere (its list of values, that it is whole, its bounds) comes in as a ``Domain``,
so that nothing is reported which cannot happen. A column that compares with one expression only,
such as ``< decision_date``, is cut below, at and above it. Any other cell that reads names, or that
compares strings by order, cannot be cut: such a table is "not analysable".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from taysir.engine.dmn.regions import Region, quoted, regions_at
from taysir.engine.dmn.tables import Table
from taysir.engine.feel import syntax
from taysir.engine.feel.analysis import walk
from taysir.engine.feel.compiler import compile_node, compile_test
from taysir.engine.feel.expression import UnaryTests
from taysir.engine.feel.input_tests import UnaryTest
from taysir.engine.feel.operators import compare
from taysir.engine.feel.printer import write_node
from taysir.engine.feel.runtime import BUDGET, Budget
from taysir.engine.feel.values import Value
from taysir.kernel import limits

_REPORTED = 50
_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What is known of an input beyond the table: its values, its bounds, that it is whole."""

    values: tuple[Value, ...] = ()
    low: Value = None
    high: Value = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Overlap:
    """Rows that hold together, and where."""

    rows: tuple[int, ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found; rows are counted from one.

    ``gaps`` are combinations of inputs, one test for each column, for which no row holds.
    ``unreachable`` rows never make the result. ``complete`` is false if the table was too large,
    ``analysable`` if a cell could not be cut into regions.
    """

    gaps: tuple[tuple[str, ...], ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    unreachable: tuple[int, ...] = ()
    complete: bool = True
    analysable: bool = True


def analyse_table(table: Table, *, domains: Mapping[int, Domain] | None = None) -> Analysis:
    """Return what is wrong with a table; ``domains`` are what is known of its inputs, by column."""
    axes: list[_Axis] = []
    for index in range(len(table.columns)):
        axis = _axis(table, index, (domains or {}).get(index) or Domain())
        if axis is None:
            return Analysis(analysable=False, complete=False)
        axes.append(axis)
    masks = [axis.masks() for axis in axes]
    return _walk(table, [axis.regions for axis in axes], masks)


@dataclass(frozen=True, slots=True)
class _Axis:
    """One input cut into regions, with the test of each row's cell."""

    regions: list[Region]
    checks: tuple[UnaryTest | None, ...]

    def masks(self) -> list[int]:
        """Return for each region the rows whose cell holds there."""
        scope: dict[str, Value] = {BUDGET: Budget()}
        out = []
        for region in self.regions:
            mask = 0
            for row, check in enumerate(self.checks):
                if check is None or check(region.sample, scope) is True:
                    mask |= 1 << row
            out.append(mask)
        return out


def _walk(table: Table, axes: list[list[Region]], masks: list[list[int]]) -> Analysis:
    """Look at every combination of regions."""
    seen = _Seen(table, axes)
    complete = True
    for count, (mask, place) in enumerate(_combinations(masks, (1 << len(table.rules)) - 1)):
        if count >= limits.DMN_ANALYSIS_POINTS:
            complete = False
            break
        seen.note(mask, place)
    return Analysis(
        _merge(seen.gaps, axes),
        tuple(seen.overlaps.values())[:_REPORTED],
        seen.dead() if complete else (),
        complete=complete,
    )


class _Seen:
    """What the combinations looked at so far have shown of a table."""

    def __init__(self, table: Table, axes: list[list[Region]]) -> None:
        self.gaps: list[tuple[str, ...]] = []
        self.overlaps: dict[int, Overlap] = {}
        self._axes, self._rules = axes, len(table.rules)
        self._live = 0
        self._first_only = table.hit_policy == "FIRST"
        self._single = table.hit_policy in ("UNIQUE", "ANY")
        self._may_gap = all(output.default is None for output in table.outputs)

    def note(self, mask: int, place: tuple[int, ...]) -> None:
        """Take in which rows hold at a place."""
        if not mask:
            self._note_gap(place)
        lowest = mask & -mask
        if self._single and mask != lowest and mask not in self.overlaps:
            self.overlaps[mask] = Overlap(_rows(mask), _where(self._axes, place))
        self._live |= lowest if self._first_only else mask

    def _note_gap(self, place: tuple[int, ...]) -> None:
        if not self._may_gap or len(self.gaps) >= _REPORTED:
            return
        where = _where(self._axes, place)
        if "null" not in where:
            self.gaps.append(where + ("-",) * (len(self._axes) - len(where)))

    def dead(self) -> tuple[int, ...]:
        """Return the rows that made the result nowhere."""
        return tuple(n + 1 for n in range(self._rules) if not self._live >> n & 1)


def _where(axes: list[list[Region]], place: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(axis[at].text for axis, at in zip(axes, place, strict=False))


def _combinations(
    masks: Sequence[list[int]], rows: int, place: tuple[int, ...] = ()
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the rows that hold in each combination; stop early where none does any more."""
    if len(place) == len(masks) or not rows:
        yield rows, place
        return
    for at, mask in enumerate(masks[len(place)]):
        yield from _combinations(masks, rows & mask, (*place, at))


def _rows(mask: int) -> tuple[int, ...]:
    return tuple(n + 1 for n in range(mask.bit_length()) if mask >> n & 1)


def _merge(gaps: list[tuple[str, ...]], axes: list[list[Region]]) -> tuple[tuple[str, ...], ...]:
    """Join gaps that differ only in their last region and cover the whole input there."""
    merged: dict[tuple[str, ...], list[str]] = {}
    for gap in gaps:
        merged.setdefault(gap[:-1], []).append(gap[-1])
    whole = [region.text for region in axes[-1]] if axes else []
    return tuple(
        (*head, "-" if tails == whole else ", ".join(tails)) for head, tails in merged.items()
    )


def _axis(table: Table, index: int, domain: Domain) -> _Axis | None:
    """Cut one input into regions, or return None if that cannot be done."""
    cells = [rule.tests[index] for rule in table.rules]
    checks = tuple(rule.checks[index] for rule in table.rules)
    allowed = table.columns[index].allowed
    named = [*cells, *([allowed] if allowed is not None else [])]
    constants = _constants(node for tests in named for node in tests.node.tests)
    if constants is None:
        return _relative_axis(cells)
    regions = _cut(constants, cells, domain)
    if regions is None:
        return None
    possible = _possible(regions, domain, allowed)
    if any(value is None for value in constants):
        possible.append(Region("null", None))
    return _Axis(possible, checks)


def _cut(
    constants: list[Value], cells: Sequence[UnaryTests], domain: Domain
) -> list[Region] | None:
    """Return the values an input is known to have, or cut it at its constants and bounds."""
    points = [value for value in constants if value is not None]
    if constants and not points:
        return [Region("not(null)", "…")]
    if domain.values:
        return [Region(quoted(each), each) for each in domain.values]
    if points:
        points += [bound for bound in (domain.low, domain.high) if bound is not None]
    if len(set(map(type, points))) > 1:
        return None
    return regions_at(points, ordered=any(map(_is_ordered, cells)), whole=domain.whole)


def _possible(regions: list[Region], domain: Domain, allowed: UnaryTests | None) -> list[Region]:
    """Return the regions that the domain and the allowed values of the column leave."""
    within = [each for each in regions if _within(each.sample, domain)]
    if allowed is None:
        return within
    scope: dict[str, Value] = {BUDGET: Budget()}
    return [each for each in within if allowed.passes(each.sample, scope) is True]


def _within(sample: Value, domain: Domain) -> bool:
    if sample is None:
        return True
    above = domain.low is None or compare(sample, domain.low) in (0, 1)
    return above and (domain.high is None or compare(sample, domain.high) in (0, -1))


def _relative_axis(cells: Sequence[UnaryTests]) -> _Axis | None:
    """Cut an input whose cells compare it with one and the same expression: below, at, above."""
    names: set[str] = set()
    checks: list[UnaryTest | None] = []
    has_null = False
    for tests in cells:
        swapped = [_relative(node, names) for node in tests.node.tests]
        if any(node is None for node in swapped) or len(names) > 1:
            return None
        has_null = has_null or syntax.Literal(None) in tests.node.tests
        compiled = tuple(compile_test(node) for node in swapped if node is not None)
        checks.append(replace(tests, tests=compiled).check)
    if len(names) != 1:
        return None
    (name,) = names
    regions = [
        Region(f"< {name}", Decimal(-1)),
        Region(name, Decimal(0)),
        Region(f"> {name}", Decimal(1)),
    ]
    return _Axis([*regions, Region("null", None)] if has_null else regions, tuple(checks))


def _relative(node: syntax.Node, names: set[str]) -> syntax.Node | None:
    """Put nought in the place of the expression compared with; None for any other form of test."""
    if node == syntax.Literal(None):
        return node
    operator, operand = "=", node
    if isinstance(node, syntax.Comparison):
        operator, operand = node.operator, node.operand
    if not isinstance(operand, syntax.Name | syntax.Path | syntax.Binary):
        return None
    names.add(write_node(operand))
    return syntax.Comparison(operator, syntax.Literal(Decimal(0)))


def _is_ordered(tests: UnaryTests) -> bool:
    return any(
        isinstance(node, syntax.RangeOf | syntax.Comparison)
        for test in tests.node.tests
        for node in walk(test)
    )


def _constants(nodes: Iterable[syntax.Node]) -> list[Value] | None:
    """Return the constants of tests, or None if there is anything but constants in them."""
    constants: list[Value] = []
    for node in nodes:
        if _is_constant(node):
            constants.append(compile_node(node)({BUDGET: Budget()}))
            continue
        operands = _operands(node)
        found = None if operands is None else _constants(operands)
        if found is None:
            return None
        constants += found
    return constants


def _operands(node: syntax.Node) -> Sequence[syntax.Node] | None:
    """Return what a test compares with; None if it is no comparison."""
    match node:
        case syntax.RangeOf(low=low, high=high):
            return low, high
        case syntax.Comparison(operand=operand):
            return (operand,)
        case syntax.ListOf(items=items):
            return items
    return None


def _is_constant(node: syntax.Node) -> bool:
    if isinstance(node, syntax.Negate):
        return _is_constant(node.operand)
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name):
        return node.function.name in _CONSTRUCTORS and all(map(_is_constant, node.arguments))
    return isinstance(node, syntax.Literal | syntax.AtLiteral)
