"""The rules of a pack as dated law: for every day, the decisions and rows in force on that day.

The days on which any file or row starts or ends cut time into spans; within one span the law does
not change. Each span has its own compiled DMN models, made from the files with the rows that are
not law then left out (``rulexml.py``), so a decision for a past day uses exactly the past law.
Where a row became law after days it applies to, there is one set of spans for each state of
knowledge: a decision taken before that day is decided again as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from taysir.engine.definition import DecisionPlan
from taysir.engine.dmn import Model, Result, load_dmn
from taysir.engine.errors import ENG_DECISION_MISSING, ENG_DUPLICATE, ENG_RULES
from taysir.engine.facts import FactModel
from taysir.engine.findings import Finding, PackErrors, Place, finding, problem_finding
from taysir.engine.law import LAW_NAME
from taysir.engine.references import References
from taysir.engine.rulexml import Row, RuleFile, Validity, law_of, scan_rules
from taysir.kernel.errors import Language, Problem


@dataclass(frozen=True, slots=True)
class RowInForce:
    """A row and the facts that its cells rest on."""

    row: Row
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One decision in force: the compiled model that holds it and the file it stands in."""

    decision: str
    model: Model = field(repr=False)
    file: RuleFile
    rows: Mapping[int, RowInForce] = field(repr=False)
    """The rows in force in the file's tables, by line: the compiled model names rows by it."""
    facts: tuple[str, ...]
    """The facts that the decision rests on, through the decisions it requires."""
    parameters: tuple[str, ...]
    """The parameters of the law that it reads, likewise."""
    own_rows: int
    """How many rows of the decision's own table are in force."""
    options: Mapping[str, dict[str, dict[Language, str]]] = field(default_factory=dict, repr=False)
    """For each column that is a fact with options: the labels of those that its cells name."""

    def selected(self, result: Result) -> list[RowInForce]:
        """Return the rows in force that made a result, those of required decisions too."""
        chosen = (row for step in result.trace for table in step.tables for row in table.selected)
        return [self.rows[row.line] for row in chosen if row.line in self.rows]


@dataclass(frozen=True, slots=True)
class Span:
    """Days with the same law; ``start`` None reaches back to the beginning."""

    start: date | None
    laws: Mapping[str, Law]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rule files of a pack and their spans, oldest first.

    ``spans`` are the law as all the files state it; ``earlier`` holds, for each day on which a
    retroactive row became law, the spans as they were known before it, oldest first.
    """

    files: tuple[RuleFile, ...]
    spans: tuple[Span, ...]
    earlier: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    uses_law: bool = False
    """Whether any model reads the variable ``law``."""

    def on(self, day: date, *, known: date | None = None) -> Span:
        """Return the law of a day, as it was known on another (None: as all files state it)."""
        spans = self.spans_known(known)
        found = spans[0]
        for span in spans:
            if span.start is not None and span.start > day:
                break
            found = span
        return found

    def spans_known(self, known: date | None) -> tuple[Span, ...]:
        """Return the spans as they were known on a day."""
        if known is not None:
            for enacted, spans in self.earlier:
                if known < enacted:
                    return spans
        return self.spans

    def change_days(self) -> tuple[date, ...]:
        """Return the days on which the law of this pack changes."""
        return tuple(span.start for span in self.spans if span.start is not None)


def build_rule_book(
    files: Mapping[str, bytes],
    *,
    model: FactModel,
    plan: DecisionPlan,
    findings: list[Finding],
) -> RuleBook:
    """Scan and compile the rule files; mistakes are added to ``findings``."""
    scanned: list[RuleFile] = []
    for name, data in sorted(files.items()):
        try:
            scanned.append(scan_rules(data, file=name))
        except PackErrors as error:
            findings.extend(error.findings)
    starts = (None, *sorted(_change_days(scanned)))
    compiled: dict[tuple[str, bytes], Model | None] = {}

    def spans_known(known: date | None) -> tuple[Span, ...]:
        compiler = _Compiler(scanned, model, compiled, findings, known)
        return tuple(Span(start, MappingProxyType(compiler.laws(start))) for start in starts)

    enacted = sorted({row.enacted for file in scanned for row in file.rows if row.enacted})
    before = tuple((day, spans_known(day - timedelta(days=1))) for day in enacted)
    book = RuleBook(
        files=tuple(scanned),
        spans=spans_known(None),
        earlier=before,
        uses_law=any(dmn is not None and LAW_NAME in dmn.inputs for dmn in compiled.values()),
    )
    if not findings:
        findings.extend(_missing_decisions(book, plan))
    return book


def _change_days(files: Iterable[RuleFile]) -> set[date]:
    validities: list[Validity] = []
    for file in files:
        validities.append(file.validity)
        validities.extend(row.validity for row in file.rows)
    starts = {validity.start for validity in validities if validity.start}
    ends = {
        validity.end + timedelta(days=1)
        for validity in validities
        if validity.end and validity.end < date.max
    }
    return starts | ends


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Makes the law of each span; the same text is compiled once."""

    files: list[RuleFile]
    facts: FactModel
    compiled: dict[tuple[str, bytes], Model | None]
    findings: list[Finding]
    known: date | None

    def laws(self, start: date | None) -> dict[str, Law]:
        """Return the decisions in force from a day on."""
        laws: dict[str, Law] = {}
        day = start or date.min
        for file in self.files:
            if not file.validity.covers(day):
                continue
            data = law_of(file, day, known=self.known)
            key = (file.file, data)
            if key not in self.compiled:
                self.compiled[key] = self._compile(file, data)
            dmn = self.compiled[key]
            if dmn is None:
                continue
            rows = self._rows_by_line(file, day)
            uses = References(file, self.facts)
            for name, source in file.decisions.items():
                if name in laws:
                    self.findings.append(finding(ENG_DUPLICATE, source.place, name=name))
                laws[name] = Law(
                    decision=name,
                    model=dmn,
                    file=file,
                    rows=rows,
                    facts=uses.of_decision(name),
                    parameters=uses.parameters_of(name),
                    own_rows=sum(item.row.decision == name for item in rows.values()),
                    options=self._options(file, name),
                )
        return laws

    def _options(self, file: RuleFile, decision: str) -> dict[str, dict[str, dict[Language, str]]]:
        named: dict[str, dict[str, dict[Language, str]]] = {}
        rows = [row for row in file.rows if row.decision == decision]
        for index, column in enumerate(file.decisions[decision].columns):
            fact = self.facts.get(column)
            if fact is None or not fact.options:
                continue
            cells = " ".join(row.cells[index] for row in rows if index < len(row.cells))
            named[column] = {
                str(option.value): dict(option.label)
                for option in fact.options
                if f'"{option.value}"' in cells
            }
        return named

    def _rows_by_line(self, file: RuleFile, day: date) -> Mapping[int, RowInForce]:
        uses = References(file, self.facts)
        in_force = file.rows_on(day, known=self.known)
        return MappingProxyType(
            {row.place.line: RowInForce(row, uses.of_row(row)) for row in in_force}
        )

    def _compile(self, file: RuleFile, data: bytes) -> Model | None:
        try:
            return _load(file.file, data)
        except Problem as error:
            line, column = error.params.get("line", 1), error.params.get("column", 1)
            place = Place(file.file, int(line), int(column))
            self.findings.append(problem_finding(ENG_RULES, place, error))
            return None


@lru_cache(maxsize=256)
def _load(file: str, data: bytes) -> Model:
    """Compile a model once for all packs: versions of a service share most of their rules."""
    return load_dmn(data, file=file)


def _missing_decisions(book: RuleBook, plan: DecisionPlan) -> Iterable[Finding]:
    """Every decision of the plan must be law in every span after the first rule begins."""
    tables = (plan.refusals, plan.referrals) if plan.referrals else (plan.refusals,)
    wanted = (*tables, *plan.values.values())
    for span in book.spans:
        if span.start is None and len(book.spans) > 1:
            continue
        for name in wanted:
            if name not in span.laws:
                day = span.start.isoformat() if span.start else "—"
                yield finding(ENG_DECISION_MISSING, plan.place, decision=name, date=day)
