"""Applies the rules of a pack to one case under the law of a day, and keeps how it went.

``Applier.apply`` takes a decision of the rule files and returns its value with the rows that made
it; ``Applier.step`` turns that into a step of the decision: the rows, the inputs with their
sources, why the other rows did not match, and the dated values and periods of the law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from taysir.engine.decision import ColumnValue, LawUse, MissedRow, RuleRow, Step, TableUse, Words
from taysir.engine.definition import Pack
from taysir.engine.dmn import Model, Result, TableTrace
from taysir.engine.dmn.model import Session
from taysir.engine.errors import ENG_DECISION_FAILED
from taysir.engine.facts import Json, json_value
from taysir.engine.law import LAW_NAME
from taysir.engine.periods import LawDay, LawView
from taysir.engine.reasoning import Reasoner
from taysir.engine.rulebook import Law, RowInForce
from taysir.kernel.errors import Problem

_NONE: Final[dict[str, Words]] = {}
_NO_WORDS: Final[Words] = {}


@dataclass(slots=True)
class Brief:
    """Decide without words, inputs and trace, as for many cases at once.

    It keeps what rules see of the case and what models decided. A second decision of the same case
    by a pack whose rules see the same facts may take it over, and computes only what differs.
    """

    context: dict[str, Any] | None = None
    sessions: dict[int, Session] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """A decision that was taken: its value, the rows that made it, and the tables on the way."""

    law: Law
    value: Json
    rows: tuple[RowInForce, ...]
    tables: tuple[TableUse, ...]
    uses: tuple[LawUse, ...]


@dataclass(slots=True)
class Applier:
    """The rules of a pack as they are law for one case; ``context`` is what they see."""

    pack: Pack
    words: Reasoner
    context: dict[str, Any]
    day: LawDay
    laws: Mapping[str, Law] = field(init=False)
    view: LawView | None = None
    sessions: dict[int, Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.laws = self.pack.rules.on(self.day.day, known=self.day.known).laws
        if self.pack.rules.uses_law or self.pack.parameters:
            self.view = LawView(self.pack, self.day, self._seen, self.row)
            self.context[LAW_NAME] = self.view.variable()

    def _seen(self) -> Mapping[str, Any]:
        return self.context

    def law(self, name: str) -> Law:
        """Return a decision in force; raises ENG-1104 if there is none."""
        law = self.laws.get(name)
        if law is None:
            detail = self.day.day.isoformat()
            raise Problem(ENG_DECISION_FAILED, decision=name, file="rules/", detail=detail)
        return law

    def apply(self, name: str) -> Applied:
        """Take a decision."""
        law = self.law(name)
        result = self._session(law.model).decide(law.decision)
        return Applied(
            law=law,
            value=json_value(result.value),
            rows=tuple(law.selected(result)),
            tables=() if self.words.brief else self._tables(law, result),
            uses=self.view.take(law.parameters) if self.view else (),
        )

    def _session(self, model: Model) -> Session:
        """Return the session of a model; the decisions of one case share what they decide."""
        found = self.sessions.get(id(model))
        if found is None:
            found = self.sessions[id(model)] = model.session(self.context)
        return found

    def step(self, applied: Applied, *, fact: str = "") -> Step:
        """Tell how a decision went."""
        law = applied.law
        if self.words.brief:
            return Step(law.decision, law.file.file, applied.value, fact=fact)
        known = self.pack.facts.get(fact)
        return Step(
            decision=law.decision,
            file=law.file.file,
            result=applied.value,
            rows=tuple(map(self.row, applied.rows)) or _formula(law),
            inputs=self.words.inputs(law.facts),
            fact=fact,
            label=dict(known.label) if known else {},
            words=self.words.words_of(fact, applied.value) if known else {},
            checked=law.own_rows,
            tables=applied.tables,
            law=applied.uses,
        )

    def row(self, item: RowInForce) -> RuleRow:
        """Return a row with its place, its article and the days on which it is law."""
        row = item.row
        return RuleRow(
            file=row.place.file,
            decision=row.decision,
            row=row.number,
            line=row.place.line,
            article=row.article,
            since=row.validity.start,
            until=row.validity.end,
            enacted=row.enacted if row.is_retroactive else None,
            because=self._text(row.because) if row.is_retroactive else {},
        )

    def _tables(self, law: Law, result: Result) -> tuple[TableUse, ...]:
        return tuple(self._table(law, table) for step in result.trace for table in step.tables)

    def _table(self, law: Law, table: TableTrace) -> TableUse:
        missed: list[MissedRow] = []
        rows = law.rows
        for row in table.rows:
            if row.matched or row.line not in rows:
                continue
            source = rows[row.line].row
            # A row all of whose cells hold fails where an input is none of the allowed values.
            column = next((at for at, cell in enumerate(row.cells) if cell is not True), -1)
            test = source.cells[column] if 0 <= column < len(source.cells) else ""
            missed.append(MissedRow(source.number, row.line, source.article, column, test))
        owner = self.laws.get(table.owner, law)
        columns = tuple(
            ColumnValue(
                each.text,
                json_value(each.value),
                owner.options.get(each.text, _NONE),
                self._text(each.text),
            )
            for each in table.inputs
        )
        return TableUse(table.owner, columns, tuple(missed), self._text(table.owner))

    def _text(self, code: str) -> Words:
        """Return the pack's text of a name: of a decision, or of the reason for a change."""
        text = self.pack.texts.get(code)
        return _NO_WORDS if text is None else dict(text)


def _formula(law: Law) -> tuple[RuleRow, ...]:
    """Return what stands for a decision that is a formula: its place and its file's article."""
    source = law.file.decisions[law.decision]
    if source.columns:
        return ()
    file = law.file
    return (
        RuleRow(
            file=file.file,
            decision=law.decision,
            line=source.place.line,
            article=file.article,
            since=file.validity.start,
            until=file.validity.end,
        ),
    )
