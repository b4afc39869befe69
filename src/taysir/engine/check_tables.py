"""Looks through the tables of a pack for cases without a row, with too many rows, and dead rows.

Each table is judged as it is law in each span of days that has not ended, with what the pack knows
of its inputs: the options and bounds of a fact are all the values there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from taysir.engine.check_errors import (
    ENG_CHECK_DEAD_ROW,
    ENG_CHECK_GAP,
    ENG_CHECK_OVERLAP,
    ENG_CHECK_UNPROVEN,
)
from taysir.engine.definition import Pack
from taysir.engine.dmn.analysis import Analysis, Domain, Overlap, analyse_table
from taysir.engine.dmn.tables import Table
from taysir.engine.facts import Fact, FactType
from taysir.engine.feel import to_feel
from taysir.engine.findings import Finding, Place, Severity, finding
from taysir.engine.rulebook import Law

_SINGLE: Final = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY"})
_WHOLE: Final = frozenset({FactType.INTEGER, FactType.MONEY})


def table_findings(pack: Pack, *, on: date) -> Iterator[Finding]:
    """Yield what is wrong with the tables that are law on a day or later, each mistake once."""
    seen: set[tuple[str, Place, str]] = set()
    judged: set[int] = set()
    for law in _laws(pack, on):
        if id(law.model) in judged:
            continue
        judged.add(id(law.model))
        for table in law.model.tables:
            for found in _judge(pack, law, table):
                key = (found.code, found.place, found.message["en"])
                if key not in seen:
                    seen.add(key)
                    yield found


def _laws(pack: Pack, on: date) -> Iterator[Law]:
    spans = pack.rules.spans
    for index, span in enumerate(spans):
        following = spans[index + 1].start if index + 1 < len(spans) else None
        before_all = span.start is None and len(spans) > 1
        if not before_all and (following is None or following > on):
            yield from span.laws.values()


def _judge(pack: Pack, law: Law, table: Table) -> Iterator[Finding]:
    domains = {
        index: _domain(pack.facts[column.text])
        for index, column in enumerate(table.columns)
        if column.text in pack.facts
    }
    analysis = analyse_table(table, domains=domains)
    place = Place(law.file.file, table.line)
    if table.hit_policy in _SINGLE:
        yield from _incomplete(table, analysis, place)
    for overlap in analysis.overlaps:
        if table.hit_policy == "UNIQUE" or _differ(law, table, overlap):
            row = table.rules[overlap.rows[-1] - 1]
            yield finding(
                ENG_CHECK_OVERLAP,
                Place(law.file.file, row.line),
                name=table.owner,
                rows=", ".join(str(_number(law, table, each)) for each in overlap.rows),
                where=_where(table, overlap.where),
            )
    for number in analysis.unreachable:
        row = table.rules[number - 1]
        yield finding(
            ENG_CHECK_DEAD_ROW,
            Place(law.file.file, row.line),
            name=table.owner,
            row=_number(law, table, number),
        )


def _incomplete(table: Table, analysis: Analysis, place: Place) -> Iterator[Finding]:
    if not analysis.complete and all(output.default is None for output in table.outputs):
        yield finding(ENG_CHECK_UNPROVEN, place, severity=Severity.WARNING, name=table.owner)
    for gap in analysis.gaps:
        yield finding(ENG_CHECK_GAP, place, name=table.owner, where=_where(table, gap))


def _number(law: Law, table: Table, number: int) -> int:
    """Return the number a row has in the file, where rows of other days stand between."""
    line = table.rules[number - 1].line
    return law.rows[line].row.number if line in law.rows else number


def _differ(law: Law, table: Table, overlap: Overlap) -> bool:
    """Whether the rows that hold together give different results."""
    lines = [table.rules[each - 1].line for each in overlap.rows]
    outputs = {law.rows[line].row.outputs for line in lines if line in law.rows}
    return len(outputs) != 1


def _where(table: Table, tests: tuple[str, ...]) -> str:
    parts = [
        f"{column.text}: {test}"
        for column, test in zip(table.columns, tests, strict=False)
        if test != "-"
    ]
    return "; ".join(parts) or "-"


def _domain(fact: Fact) -> Domain:
    """Return what the pack knows of a fact's values."""
    if fact.options:
        return Domain(values=tuple(to_feel(option.value) for option in fact.options))
    if fact.type not in (*_WHOLE, FactType.NUMBER):
        return Domain()
    return Domain(
        low=to_feel(fact.schema.get("minimum")),
        high=to_feel(fact.schema.get("maximum")),
        whole=fact.type in _WHOLE,
    )
