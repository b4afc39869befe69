"""Decision tables: inputs, rules, hit policies; every evaluation leaves a trace.

Source: DMN 1.5 clause 8. A table compiles once; an evaluation computes the inputs, tests every cell
(so that the explanation can say of each row why it did not match) and lets the hit policy choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from taysir.engine.dmn.model import TABLES
from taysir.engine.dmn.trace import InputTrace, RowTrace, TableTrace
from taysir.engine.feel.expression import UnaryTests
from taysir.engine.feel.functions.statistics import largest, smallest, total
from taysir.engine.feel.input_tests import UnaryTest
from taysir.engine.feel.operators import equal
from taysir.engine.feel.runtime import Run, Scope
from taysir.engine.feel.types import ANY, FeelType, coerce
from taysir.engine.feel.values import Context, Value, from_feel


@dataclass(frozen=True, slots=True)
class Column:
    """One input: its expression, and the values it may have."""

    text: str
    label: str
    run: Run
    allowed: UnaryTests | None
    kind: FeelType = ANY


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its values in order of priority, and what it is when no rule matches."""

    name: str
    priorities: tuple[Run, ...]
    default: Run | None
    kind: FeelType = ANY
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row."""

    number: int
    id: str
    line: int
    checks: tuple[UnaryTest | None, ...]
    outputs: tuple[Run, ...]
    annotations: dict[str, str]
    tests: tuple[UnaryTests, ...] = ()
    asked: tuple[tuple[int, UnaryTest], ...] = field(init=False, repr=False, compare=False)
    """The columns in which the row asks for anything, with the test."""

    def __post_init__(self) -> None:
        asked = ((at, check) for at, check in enumerate(self.checks) if check is not None)
        object.__setattr__(self, "asked", tuple(asked))

    def cells(self, inputs: Sequence[Value], scope: Scope) -> list[bool | None]:
        """Return for each cell whether it holds."""
        cells: list[bool | None] = [True] * len(inputs)
        for at, check in self.asked:
            cells[at] = check(inputs[at], scope)
        return cells


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled decision table."""

    id: str
    owner: str
    line: int
    hit_policy: str
    aggregation: str
    columns: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def run(self, scope: Scope) -> Value:
        """Return the result and add the trace to those of the decision."""
        inputs = [coerce(each.run(scope), each.kind) for each in self.columns]
        rows = [rule.cells(inputs, scope) for rule in self.rules]
        valid = self._valid(inputs, scope)
        hits = [
            (index, self._outputs(self.rules[index], scope))
            for index, cells in enumerate(rows)
            if valid and cells.count(True) == len(cells)
        ]
        chosen = _POLICIES[self.hit_policy](self, hits, scope)
        self._leave_trace(inputs, rows, hits, chosen, scope)
        return self._result(chosen, scope)

    def _valid(self, inputs: list[Value], scope: Scope) -> bool:
        return all(
            column.allowed is None or value is None or column.allowed.passes(value, scope) is True
            for column, value in zip(self.columns, inputs, strict=True)
        )

    def _outputs(self, rule: Rule, scope: Scope) -> tuple[Value, ...]:
        return tuple(
            coerce(run(scope), output.kind)
            for run, output in zip(rule.outputs, self.outputs, strict=True)
        )

    def _result(self, chosen: Sequence[Hit] | None, scope: Scope) -> Value:
        if chosen is None:
            return None
        if not chosen:
            return self._default(scope)
        if self.hit_policy == "COLLECT" and self.aggregation:
            return self._aggregate(chosen)
        values = [self._shape(outputs) for _, outputs in chosen]
        return values if self.hit_policy in _LISTS else values[0]

    def _aggregate(self, chosen: Sequence[Hit]) -> Value:
        aggregate = _AGGREGATES.get(self.aggregation)
        if aggregate is None:
            return None
        if len(self.outputs) == 1:
            return aggregate([outputs[0] for _, outputs in chosen])
        return Context(
            {
                output.name: aggregate([outputs[index] for _, outputs in chosen])
                for index, output in enumerate(self.outputs)
            }
        )

    def _default(self, scope: Scope) -> Value:
        if any(output.default is not None for output in self.outputs):
            values = [each.default(scope) if each.default else None for each in self.outputs]
            shaped = self._shape(values)
            return [shaped] if self.hit_policy in _LISTS and not self.aggregation else shaped
        if self.aggregation == "COUNT":
            return Decimal(0)
        return [] if self.hit_policy in _LISTS and not self.aggregation else None

    def _shape(self, outputs: Sequence[Value]) -> Value:
        if len(self.outputs) == 1:
            return outputs[0]
        names = [each.name for each in self.outputs]
        return Context(zip(names, outputs, strict=True))

    def _leave_trace(
        self,
        inputs: list[Value],
        rows: list[list[bool | None]],
        hits: Sequence[Hit],
        chosen: Sequence[Hit] | None,
        scope: Scope,
    ) -> None:
        traces = scope.get(TABLES)
        if traces is None:
            return
        matched = dict(hits)
        selected = {index for index, _ in chosen or ()}
        names = [each.name or self.owner for each in self.outputs]
        traces.append(
            TableTrace(
                self.id,
                self.owner,
                self.line,
                self.hit_policy,
                tuple(
                    InputTrace(column.text, column.label, from_feel(value))
                    for column, value in zip(self.columns, inputs, strict=True)
                ),
                tuple(
                    _row(self.rules[n], cells, matched.get(n), n in selected, names)
                    for n, cells in enumerate(rows)
                ),
            )
        )


Hit = tuple[int, tuple[Value, ...]]
Choose = Callable[[Table, Sequence[Hit], Scope], Sequence[Hit] | None]
_LISTS = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})


def _row(
    rule: Rule,
    cells: list[bool | None],
    outputs: tuple[Value, ...] | None,
    selected: bool,
    names: list[str],
) -> RowTrace:
    if outputs is None:
        return RowTrace(
            rule.number, rule.id, rule.line, tuple(cells), False, False, {}, rule.annotations
        )
    made = {name: from_feel(value) for name, value in zip(names, outputs, strict=True)}
    return RowTrace(
        rule.number, rule.id, rule.line, tuple(cells), True, selected, made, rule.annotations
    )


def _unique(_table: Table, hits: Sequence[Hit], _scope: Scope) -> Sequence[Hit] | None:
    return None if len(hits) > 1 else hits


def _first(_table: Table, hits: Sequence[Hit], _scope: Scope) -> Sequence[Hit] | None:
    return hits[:1]


def _any(_table: Table, hits: Sequence[Hit], _scope: Scope) -> Sequence[Hit] | None:
    if not hits:
        return hits
    same = all(equal(list(hits[0][1]), list(other)) is True for _, other in hits[1:])
    return hits[:1] if same else None


def _every(_table: Table, hits: Sequence[Hit], _scope: Scope) -> Sequence[Hit] | None:
    return hits


def _by_priority(table: Table, hits: Sequence[Hit], scope: Scope) -> list[Hit]:
    """Order the hits by the place of their outputs in the lists of output values."""
    ranks = [[run(scope) for run in output.priorities] for output in table.outputs]

    def rank(hit: Hit) -> tuple[int, ...]:
        places = []
        for order, value in zip(ranks, hit[1], strict=True):
            found = [place for place, each in enumerate(order) if equal(each, value) is True]
            places.append(found[0] if found else len(order))
        return tuple(places)

    return sorted(hits, key=rank)


def _priority(table: Table, hits: Sequence[Hit], scope: Scope) -> Sequence[Hit] | None:
    return _by_priority(table, hits, scope)[:1]


def _output_order(table: Table, hits: Sequence[Hit], scope: Scope) -> Sequence[Hit] | None:
    return _by_priority(table, hits, scope)


_POLICIES: dict[str, Choose] = {
    "UNIQUE": _unique,
    "FIRST": _first,
    "ANY": _any,
    "PRIORITY": _priority,
    "RULE ORDER": _every,
    "OUTPUT ORDER": _output_order,
    "COLLECT": _every,
}
HIT_POLICIES = frozenset(_POLICIES)
_AGGREGATES: dict[str, Callable[[list[Value]], Value]] = {
    "SUM": total,
    "MIN": smallest,
    "MAX": largest,
    "COUNT": lambda values: Decimal(len(values)),
}
