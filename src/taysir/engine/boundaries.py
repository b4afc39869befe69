"""Finds the values around which a pack changes its mind: every threshold, and just beside it.

A constant that a condition or a cell compares a fact with is a boundary of that fact; so are the
bounds and options of its schema. Where a rule computes with a date before it compares, the numbers
and durations of the rule are days around the day of the decision. ``samples`` gives the values to
try for each fact; ``is_decidable`` tells whether trying them all settles a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from taysir.engine.definition import DATE_NAME, Pack
from taysir.engine.expressions import Condition
from taysir.engine.facts import Fact, FactType, Json, json_value
from taysir.engine.feel import syntax
from taysir.engine.feel.analysis import dotted, walk
from taysir.engine.feel.compiler import compile_node
from taysir.engine.feel.parser import parse_expression, parse_tests
from taysir.engine.feel.runtime import BUDGET, Budget
from taysir.engine.feel.temporal import DaysTime
from taysir.engine.feel.values import Value, from_feel
from taysir.engine.references import longest_known
from taysir.kernel.calendar import HIJRI_FIRST
from taysir.kernel.errors import Problem
from taysir.kernel.limits import BOUNDARY_VALUES

_DAY: Final = timedelta(days=1)
_DAY_TEXT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONSTRUCTORS: Final = frozenset({"date", "duration"})
_COMPARISONS: Final = frozenset({"<", "<=", ">", ">=", "=", "!="})
_LOGIC: Final = frozenset({"and", "or"})
_LONGEST: Final = 40_000
"""Days: no threshold of a service lies further than this from the day of the decision."""


@dataclass(slots=True)
class _Thresholds:
    """What was found for each fact: constants compared with it, and distances in days."""

    constants: dict[str, list[Value]] = field(default_factory=dict)
    days: dict[str, set[int]] = field(default_factory=dict)


def samples(pack: Pack, *, on: date) -> Mapping[str, tuple[Json, ...]]:
    """Return for each fact the values worth trying on a day, all of which its schema accepts."""
    found = _Thresholds()
    for text in _conditions(pack):
        _take_node(text.expression.node, pack, found)
    for span in pack.rules.spans:
        for law in span.laws.values():
            _take_rules(pack, law.file, law.facts, law.decision, found)
    return {name: tuple(_values(fact, found, on)) for name, fact in pack.facts.items()}


def is_decidable(condition: Condition, pack: Pack) -> bool:
    """Whether a condition only compares facts with constants, so that samples settle it."""
    return _closed(condition.expression.node, pack)


def _closed(node: object, pack: Pack) -> bool:
    match node:
        case syntax.Binary(operator=operator, left=left, right=right) if operator in _LOGIC:
            return _closed(left, pack) and _closed(right, pack)
        case syntax.Call(function=syntax.Name(name="not"), arguments=(inner,)):
            return _closed(inner, pack)
        case syntax.Literal(value=value):
            return isinstance(value, bool)
    return _asks_one_fact(node, pack)


def _asks_one_fact(node: object, pack: Pack) -> bool:
    """Whether a node is a fact, or holds one against constants."""
    match node:
        case syntax.Binary(operator=operator, left=left, right=right) if operator in _COMPARISONS:
            return _is_fact(left, pack) and _is_known(right)
        case syntax.In(value=value, tests=tests):
            return _is_fact(value, pack) and all(map(_is_known_test, tests))
        case syntax.Between(value=value, low=low, high=high):
            return _is_fact(value, pack) and all(map(_is_known, (low, high)))
    return _is_fact(node, pack)


def _is_known(node: object) -> bool:
    return constant(node) is not None


def _is_known_test(node: object) -> bool:
    return any(True for _ in _constants_in(node))


def _is_fact(node: object, pack: Pack) -> bool:
    return dotted(node) in pack.facts


def _conditions(pack: Pack) -> Iterator[Condition]:
    for page in pack.pages:
        yield from (item for item in (page.when, *(q.when for q in page.questions)) if item)
        yield from (check.test for check in page.checks)
    yield from (lookup.when for lookup in pack.lookups if lookup.when)


# --- reading thresholds --------------------------------------------------------------------------


def _take_rules(
    pack: Pack, file: Any, facts: tuple[str, ...], decision: str, found: _Thresholds
) -> None:
    """Read the cells of a decision against its columns, and its formulas."""
    source = file.decisions[decision]
    distances: set[int] = set()
    for row in file.rows:
        if row.decision == decision:
            distances.update(_take_cells(zip(source.columns, row.cells, strict=False), pack, found))
    for text in (*source.expressions, *source.columns):
        node = _parsed(text, pack)
        if node is not None:
            _take_node(node, pack, found)
            distances.update(_distances(_all_constants(node)))
    for name in facts:
        if pack.facts[name].type is FactType.DATE:
            found.days.setdefault(name, set()).update(distances)


def _take_cells(cells: Iterable[tuple[str, str]], pack: Pack, found: _Thresholds) -> Iterator[int]:
    """Note the constants of a row under its columns; yield those that may be distances."""
    for column, cell in cells:
        constants = [each for test in _tests(cell) for each in _constants_in(test)]
        if column in pack.facts:
            found.constants.setdefault(column, []).extend(constants)
        yield from _distances(constants)


def _tests(cell: str) -> tuple[syntax.Node, ...]:
    try:
        return parse_tests(cell or "-", names=(DATE_NAME,)).tests
    except Problem:
        return ()


def _parsed(text: str, pack: Pack) -> syntax.Node | None:
    try:
        return parse_expression(text, names=(*pack.facts.groups, DATE_NAME))
    except Problem:
        return None


def _take_node(node: syntax.Node, pack: Pack, found: _Thresholds) -> None:
    """Note every constant that is compared with a fact anywhere in an expression."""
    for side, others in (pair for each in walk(node) for pair in _compared(each)):
        name = longest_known(dotted(side) or "", pack.facts)
        if name:
            values = [value for other in others for value in _constants_in(other)]
            found.constants.setdefault(name, []).extend(values)


def _compared(node: object) -> Iterable[tuple[object, Iterable[object]]]:
    """Return each side of a comparison with what it is held against; nothing for other nodes."""
    match node:
        case syntax.Binary(operator=operator, left=left, right=right) if operator in _COMPARISONS:
            return (left, (right,)), (right, (left,))
        case syntax.In(value=value, tests=tests):
            return ((value, tests),)
        case syntax.Between(value=value, low=low, high=high):
            return ((value, (low, high)),)
    return ()


def constant(node: object) -> Value:
    """Return the value of a constant; None for anything else."""
    match node:
        case syntax.Negate(operand=syntax.Literal(value=Decimal() as number)):
            return -number
        case syntax.Literal(value=value):
            return value
        case syntax.AtLiteral():
            return compile_node(node)({BUDGET: Budget()})
        case syntax.Call(function=syntax.Name(name=name), arguments=arguments):
            plain = all(isinstance(each, syntax.Literal) for each in arguments)
            if name in _CONSTRUCTORS and plain:
                return compile_node(node)({BUDGET: Budget()})
    return None


def _constants_in(node: object) -> Iterator[Value]:
    """Yield the constants of a test or an operand."""
    match node:
        case syntax.RangeOf(low=low, high=high):
            inner: Iterable[object] = (low, high)
        case syntax.Comparison(operand=operand):
            inner = (operand,)
        case syntax.ListOf(items=items):
            inner = items
        case _:
            inner = ()
            value = constant(node)
            if value is not None:
                yield value
    for each in inner:
        yield from _constants_in(each)


def _all_constants(node: syntax.Node) -> Iterator[Value]:
    return (value for each in walk(node) if (value := constant(each)) is not None)


def _distances(constants: Iterable[Value]) -> Iterator[int]:
    """Yield the constants that may be a number of days."""
    for value in constants:
        days: Any = None
        if isinstance(value, Decimal) and value == value.to_integral_value():
            days = int(value)
        elif isinstance(value, DaysTime):
            days = round(value.nanos / (86_400 * 10**9))
        if days is not None and abs(days) <= _LONGEST:
            yield days


# --- values to try -------------------------------------------------------------------------------


def _values(fact: Fact, found: _Thresholds, on: date) -> Iterator[Json]:
    candidates = dict.fromkeys(_candidates(fact, found, on))
    accepted = [value for value in candidates if fact.accepts(value)]
    yield from accepted[:BOUNDARY_VALUES]
    if fact.accepts(None):
        yield None


def _candidates(fact: Fact, found: _Thresholds, on: date) -> Iterator[Json]:
    constants = [json_value(from_feel(each)) for each in found.constants.get(fact.name, ())]
    if fact.options:
        yield from (option.value for option in fact.options)
        return
    match fact.type:
        case FactType.BOOLEAN:
            yield from (True, False)
        case FactType.INTEGER | FactType.MONEY | FactType.NUMBER:
            yield from _numbers(fact, constants)
        case FactType.DATE:
            yield from _dates(constants, found.days.get(fact.name, set()), on)
        case FactType.TEXT:
            yield from (value for value in constants if isinstance(value, str))
            yield "…"


def _numbers(fact: Fact, constants: list[Json]) -> Iterator[Json]:
    bounds = [fact.schema[key] for key in ("minimum", "maximum") if key in fact.schema]
    step = Decimal("0.01") if fact.type is FactType.NUMBER else Decimal(1)
    for value in (0, *bounds, *constants):
        if isinstance(value, int | float) and not isinstance(value, bool):
            middle = Decimal(str(value))
            yield from (json_value(each) for each in (middle - step, middle, middle + step))


def _dates(constants: list[Json], distances: set[int], on: date) -> Iterator[Json]:
    days = [date.fromisoformat(value) for value in constants if _is_day(value)]
    reach = sorted({0, *distances, *(-each for each in distances)})
    days += [on + timedelta(days=each) for each in reach]
    for day in days:
        if HIJRI_FIRST < day < date.max - _DAY:
            yield from (each.isoformat() for each in (day - _DAY, day, day + _DAY))


def _is_day(value: Json) -> bool:
    return isinstance(value, str) and _DAY_TEXT.fullmatch(value) is not None
