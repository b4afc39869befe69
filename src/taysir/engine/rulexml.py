"""Reads from a DMN file what the standard leaves to annotations: validity, article, row codes.

A rule file may carry ``taysir:valid-from``, ``taysir:valid-until`` and ``taysir:article`` on its
root element; a row carries the same in annotation columns named ``from``, ``until``, ``article``,
``code`` and ``conclusive``. A row that became law after days it applies to says so: ``enacted`` is
the day from which it is known, ``because`` a text of the pack that gives the reason, ``replaces``
the identifiers of the rows it takes the place of. All are standard extension points, so other DMN
tools keep them. The scan records byte ranges, and :func:`law_of` blanks the rows that are not law
on a day before the file goes to the DMN engine; line numbers stay true because the newlines are
kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from xml.parsers import expat

from taysir.engine.errors import ENG_FILE_SIZE, ENG_RULES, ENG_VALIDITY
from taysir.engine.findings import Finding, PackErrors, Place, finding
from taysir.kernel.limits import PACK_FILE_BYTES, PACK_NESTING

NAMESPACE: Final = "urn:taysir:dmn:1"


@dataclass(frozen=True, slots=True)
class Validity:
    """Days on which something is law, both ends included; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether a day lies within."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a decision table: its number in the file, its cells and its annotations."""

    decision: str
    number: int
    id: str = ""
    place: Place
    validity: Validity
    enacted: date | None = None
    because: str = ""
    replaces: tuple[str, ...] = ()
    code: str
    article: str
    conclusive: bool
    cells: tuple[str, ...]
    outputs: tuple[str, ...]
    span: tuple[int, int] = field(repr=False)

    @property
    def is_retroactive(self) -> bool:
        """Whether the row applies to days before the one on which it became law."""
        start = self.validity.start
        return self.enacted is not None and (start is None or start < self.enacted)

    def is_known(self, known: date | None) -> bool:
        """Whether the row had become law by a day; None knows all that the file says."""
        return self.enacted is None or known is None or self.enacted <= known


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSource:
    """A decision as written: the columns of its table, its other expressions, what it requires."""

    name: str
    place: Place
    columns: tuple[str, ...]
    expressions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A DMN file with its validity and the rows of its tables."""

    file: str
    data: bytes = field(repr=False)
    validity: Validity
    article: str
    decisions: Mapping[str, DecisionSource]
    rows: tuple[Row, ...]

    def rows_on(self, day: date, *, known: date | None = None) -> tuple[Row, ...]:
        """Return the rows that are law on a day, in the order of the file.

        ``known`` leaves out what became law only later, as a decision of that time did.
        """
        rows = [row for row in self.rows if row.validity.covers(day) and row.is_known(known)]
        replaced = {name for row in rows for name in row.replaces}
        return tuple(row for row in rows if not row.id or row.id not in replaced)


def law_of(file: RuleFile, day: date, *, known: date | None = None) -> bytes:
    """Return the file with every row blanked that is not law on a day."""
    data = bytearray(file.data)
    kept = {row.span for row in file.rows_on(day, known=known)}
    for row in file.rows:
        if row.span not in kept:
            start, end = row.span
            data[start:end] = bytes(10 if byte == 10 else 32 for byte in data[start:end])
    return bytes(data)


def scan_rules(data: bytes, *, file: str) -> RuleFile:
    """Scan a DMN file; raises :class:`PackErrors` for broken XML, entities or dates."""
    if len(data) > PACK_FILE_BYTES:
        raise PackErrors([finding(ENG_FILE_SIZE, Place(file), bytes=PACK_FILE_BYTES)])
    scanner = _Scanner(file)
    try:
        scanner.parser.Parse(data, True)
    except expat.ExpatError as error:
        place = Place(file, error.lineno, error.offset + 1)
        detail = expat.ErrorString(error.code) or "XML"
        raise PackErrors([finding(ENG_RULES, place, detail=detail)]) from error
    if scanner.findings:
        raise PackErrors(scanner.findings)
    return RuleFile(
        file=file,
        data=data,
        validity=scanner.validity,
        article=scanner.article,
        decisions=scanner.decisions,
        rows=tuple(scanner.rows),
    )


@dataclass(slots=True)
class _Table:
    """The table being scanned."""

    notes: list[str] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class _OpenDecision:
    """The decision being scanned."""

    name: str
    place: Place
    columns: list[str] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _OpenRow:
    """The row being scanned; texts by the element they stand in."""

    place: Place
    start: int
    id: str = ""
    texts: dict[str, list[str]] = field(default_factory=dict)


class _Scanner:
    """Handlers of the XML parser; entity declarations are refused before they can expand."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.validity = Validity()
        self.article = ""
        self.decisions: dict[str, DecisionSource] = {}
        self.rows: list[Row] = []
        self.findings: list[Finding] = []
        self._decision: _OpenDecision | None = None
        self._table: _Table | None = None
        self._row: _OpenRow | None = None
        self._text: list[str] | None = None
        self._path: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.StartDoctypeDeclHandler = self._refuse_entity

    def _place(self) -> Place:
        parser = self.parser
        return Place(self.file, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def _refuse_entity(self, *_: object) -> None:
        raise PackErrors([finding(ENG_RULES, self._place(), detail="DOCTYPE")])

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= PACK_NESTING:
            raise PackErrors([finding(ENG_RULES, self._place(), detail="nesting")])
        local = name.rpartition(" ")[2]
        self._path.append(local)
        match local:
            case "definitions" if len(self._path) == 1:
                self._definitions(attributes)
            case "decision" if len(self._path) == 2:
                self._decision = _OpenDecision(attributes.get("name", ""), self._place())
            case "decisionTable" if self._decision is not None:
                self._table = _Table()
            case "annotation" if self._table is not None and self._row is None:
                self._table.notes.append(attributes.get("name", ""))
            case "rule" if self._table is not None:
                start = self.parser.CurrentByteIndex
                self._row = _OpenRow(self._place(), start, attributes.get("id", ""))
            case "inputEntry" | "outputEntry" | "annotationEntry" if self._row is not None:
                # An entry without a text is legal; it must not move the entries after it.
                self._row.texts.setdefault(local, []).append("")
            case "text":
                self._text = []

    def _end(self, _: str) -> None:
        local = self._path.pop()
        match local:
            case "text":
                self._take_text("".join(self._text or ()).strip())
                self._text = None
            case "rule" if self._row is not None and self._table is not None:
                self._finish_row(self._row, self._table)
                self._row = None
            case "decisionTable":
                self._table = None
            case "decision" if self._decision is not None and len(self._path) == 1:
                self._finish_decision(self._decision)
                self._decision = None

    def _take_text(self, text: str) -> None:
        """Keep the text of an expression where it belongs: row, column or decision."""
        if self._decision is None or not self._path:
            return
        holder = self._path[-1]
        if self._row is not None:
            if entries := self._row.texts.get(holder):
                entries[-1] = text
        elif holder == "inputExpression":
            self._decision.columns.append(text)
        elif holder == "literalExpression":
            self._decision.expressions.append(text)

    def _finish_decision(self, decision: _OpenDecision) -> None:
        self.decisions[decision.name] = DecisionSource(
            name=decision.name,
            place=decision.place,
            columns=tuple(decision.columns),
            expressions=tuple(decision.expressions),
        )

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _definitions(self, attributes: dict[str, str]) -> None:
        place = self._place()
        self.article = attributes.get(f"{NAMESPACE} article", "")
        self.validity = self._read_validity(
            attributes.get(f"{NAMESPACE} valid-from", ""),
            attributes.get(f"{NAMESPACE} valid-until", ""),
            place,
        )

    def _finish_row(self, row: _OpenRow, table: _Table) -> None:
        table.count += 1
        notes = dict(zip(table.notes, row.texts.get("annotationEntry", ()), strict=False))
        validity = self._read_validity(notes.get("from", ""), notes.get("until", ""), row.place)
        self.rows.append(
            Row(
                decision=self._decision.name if self._decision else "",
                number=table.count,
                id=row.id,
                place=row.place,
                validity=validity,
                enacted=self._read_validity(notes.get("enacted", ""), "", row.place).start,
                because=notes.get("because", ""),
                replaces=tuple(notes.get("replaces", "").replace(",", " ").split()),
                code=notes.get("code", ""),
                # A column of articles with an empty cell is a row that names none: not inherited.
                article=notes.get("article", self.article),
                conclusive=notes.get("conclusive", "").casefold() in {"yes", "true"},
                cells=tuple(row.texts.get("inputEntry", ())),
                outputs=tuple(row.texts.get("outputEntry", ())),
                span=(row.start, self.parser.CurrentByteIndex + self._closing_length()),
            )
        )

    def _closing_length(self) -> int:
        """Length of the end tag at the parser's position, from ``<`` to ``>``."""
        context = self.parser.GetInputContext() or b""
        return context.find(b">") + 1

    def _read_validity(self, start: str, end: str, place: Place) -> Validity:
        try:
            first = date.fromisoformat(start) if start else None
            last = date.fromisoformat(end) if end else None
        except ValueError:
            self.findings.append(
                finding(ENG_VALIDITY, place, given="/".join(filter(None, (start, end))))
            )
            return Validity()
        if first and last and last < first:
            self.findings.append(
                finding(ENG_VALIDITY, place, given="/".join(filter(None, (start, end))))
            )
        return Validity(first, last)
