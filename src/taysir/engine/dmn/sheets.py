"""Decision tables in a spreadsheet: rows of cells to DMN, and DMN back to rows.

The first cell of a row says what the row is, in Arabic or English; the cells after it are FEEL, as
in a DMN editor. ``docs/howto/write-a-table-in-a-spreadsheet.md`` shows the layout. What a table
needs (inputs, other decisions) is read from the names in its cells. A model with anything but
tables and formulas is refused by name: nothing is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from taysir.engine.dmn.errors import ENG_SHEET_CELL, ENG_SHEET_FORM, ENG_SHEET_LOGIC
from taysir.engine.dmn.loader import read_root
from taysir.engine.dmn.tables import HIT_POLICIES
from taysir.engine.dmn.workbook import Rows
from taysir.engine.dmn.writing import write_xml
from taysir.engine.dmn.xml_tree import Element
from taysir.engine.feel import compile_expression, compile_unary_tests
from taysir.engine.feel.functions import BUILTINS
from taysir.kernel.errors import Problem

DMN: Final = "https://www.omg.org/spec/DMN/20230324/MODEL/"
TAYSIR: Final = "urn:taysir:dmn:1"

_NAMES: Final = {
    "model": ("model", "نموذج"),
    "namespace": ("namespace", "نطاق"),
    "valid-from": ("valid-from", "يسري من"),
    "valid-until": ("valid-until", "يسري إلى"),
    "article": ("article", "المادة"),
    "given": ("given", "معطى"),
    "table": ("table", "جدول"),
    "formula": ("formula", "صيغة"),
    "description": ("description", "وصف"),
    "kind": ("kind", "العمود"),
    "name": ("name", "الاسم"),
    "label": ("label", "العنوان"),
    "type": ("type", "النوع"),
    "values": ("values", "القيم"),
    "default": ("default", "الافتراضي"),
}
WORDS: Final = {word: key for key, words in _NAMES.items() for word in words}
_KINDS: Final = {
    "input": "input",
    "مدخل": "input",
    "output": "output",
    "ناتج": "output",
    "note": "annotation",
    "ملاحظة": "annotation",
}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HEADS: Final = frozenset({"kind", "name", "label", "type", "values", "default"})
_MODEL: Final = ("namespace", "valid-from", "valid-until", "article")
_KEPT: Final = frozenset({"inputData", "decision", "description"})


@dataclass(slots=True)
class SheetTable:
    """One decision: a table with its head rows and rules, or a formula."""

    name: str
    line: int
    policy: str = "UNIQUE"
    kind: str = ""
    formula: str = ""
    description: str = ""
    heads: dict[str, list[str]] = field(default_factory=dict)
    rules: list[tuple[str, list[str], int]] = field(default_factory=list)

    def columns(self, kind: str) -> list[int]:
        """Return the columns of a kind, counted from nought after the first cell."""
        kinds = self.heads.get("kind", [])
        return [index for index, each in enumerate(kinds) if each == kind]

    def head(self, row: str, column: int) -> str:
        """Return a cell of a head row; empty where there is none."""
        return _at(self.heads.get(row, []), column)


@dataclass(slots=True)
class SheetModel:
    """The decisions of a file with what is said of all of them."""

    name: str = "rules"
    settings: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    tables: list[SheetTable] = field(default_factory=list)


# --- cells to tables -----------------------------------------------------------------------------


def read_sheets(sheets: Iterable[Rows], *, file: str) -> SheetModel:
    """Read the decisions of a file; raises ENG-0128 and ENG-0129."""
    model = SheetModel()
    for rows in sheets:
        current: SheetTable | None = None
        for line, row in enumerate(rows, 1):
            if any(row):
                current = _row(model, current, row, line, file)
    if not model.tables:
        raise Problem(ENG_SHEET_FORM, file=file, detail="table / جدول")
    for table in model.tables:
        _check(table, file)
        _date(table)
    return model


def _date(table: SheetTable) -> None:
    """Write days as FEEL: a spreadsheet hands over a day as ``2026-01-31``, a subtraction."""
    columns = {*table.columns("input"), *table.columns("output")}
    for _, cells, _ in table.rules:
        for column, text in enumerate(cells):
            if column in columns and _DAY.fullmatch(text):
                cells[column] = f'@"{text}"'


def _row(
    model: SheetModel, current: SheetTable | None, row: list[str], line: int, file: str
) -> SheetTable | None:
    first, cells = row[0], row[1:]
    key = WORDS.get(first.casefold(), "")
    if key == "table":
        policy = _at(cells, 1).upper() or "UNIQUE"
        current = SheetTable(_at(cells, 0), line, policy=policy, kind=_at(cells, 2))
        model.tables.append(current)
    elif key == "formula":
        made = SheetTable(_at(cells, 0), line, kind=_at(cells, 2), formula=_at(cells, 1))
        model.tables.append(made)
        return made
    elif current is None or current.formula:
        _setting(model, current, key, cells)
        if key not in {"model", "given", "description", *_MODEL}:
            raise Problem(ENG_SHEET_CELL, file=file, line=line, detail=first or "—")
    elif key == "description":
        current.description = _at(cells, 0)
    elif key in _HEADS and not current.rules:
        words = [_KINDS.get(cell.casefold(), cell) for cell in cells] if key == "kind" else cells
        current.heads[key] = list(words)
    else:
        current.rules.append((first, cells, line))
    return current


def _setting(model: SheetModel, current: SheetTable | None, key: str, cells: list[str]) -> None:
    if key == "model":
        model.name = _at(cells, 0) or model.name
    elif key == "given":
        model.given[_at(cells, 0)] = _at(cells, 1)
    elif key == "description" and current is not None:
        current.description = _at(cells, 0)
    elif key in _MODEL:
        model.settings[key] = _at(cells, 0)


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _check(table: SheetTable, file: str) -> None:
    policy, _ = _policy(table)
    wrong = ""
    if not table.name:
        wrong = "name / الاسم"
    elif not table.formula:
        kinds = table.heads.get("kind", [])
        unknown = [kind for kind in kinds if kind and kind not in _KINDS.values()]
        if unknown or not table.columns("output"):
            wrong = unknown[0] if unknown else "output / ناتج"
        elif policy not in HIT_POLICIES:
            wrong = table.policy
        elif any(not table.head("name", column) for column in table.columns("input")):
            wrong = "name / الاسم"
    if wrong:
        raise Problem(ENG_SHEET_CELL, file=file, line=table.line, detail=wrong)


# --- tables to DMN -------------------------------------------------------------------------------


def dmn_of(model: SheetModel, *, file: str) -> bytes:
    """Return the DMN file of sheets; raises ENG-0129 for a cell that is not FEEL."""
    decisions = {table.name for table in model.tables}
    needs = {table.name: _needs(table, decisions, file) for table in model.tables}
    free = [name for names in needs.values() for name in names if name not in decisions]
    attributes = {
        "id": "rules",
        "name": model.name,
        "namespace": model.settings.get("namespace") or f"urn:taysir:rules:{_slug(model.name)}",
    }
    for key in _MODEL[1:]:
        if model.settings.get(key):
            attributes[f"{TAYSIR}\n{key}"] = model.settings[key]
    root = Element("definitions", DMN, attributes, 0, prefixes={"": DMN, "taysir": TAYSIR})
    for name in dict.fromkeys((*model.given, *free)):
        typed = {"name": name, **_typed(model.given.get(name, ""))}
        variable = _element("variable", typed)
        root.children.append(
            _element("inputData", {"id": f"i_{_slug(name)}", "name": name}, variable)
        )
    for table in model.tables:
        root.children.append(_decision(table, needs[table.name], decisions))
    return write_xml(root)


def _needs(table: SheetTable, decisions: set[str], file: str) -> list[str]:
    """Return the names that a decision reads, in order of appearance."""
    found: dict[str, None] = {}
    for text, line, is_test in _texts(table):
        try:
            if is_test:
                names = compile_unary_tests(text, names=decisions).references
            else:
                names = compile_expression(text, names=decisions).references
        except Problem as problem:
            detail = f"{problem.title('en')} · {problem.title('ar')}"
            raise Problem(ENG_SHEET_CELL, file=file, line=line, detail=detail) from problem
        roots = (name if name in decisions else name.partition(".")[0] for name in sorted(names))
        found.update(dict.fromkeys(root for root in roots if root not in BUILTINS))
    return [name for name in found if name != table.name]


def _texts(table: SheetTable) -> Iterator[tuple[str, int, bool]]:
    if table.formula:
        yield table.formula, table.line, False
        return
    inputs, outputs = table.columns("input"), table.columns("output")
    for column in inputs:
        yield table.head("name", column), table.line, False
        yield table.head("values", column) or "-", table.line, True
    for column in outputs:
        yield table.head("values", column) or "-", table.line, True
        yield table.head("default", column) or "null", table.line, False
    for _, cells, line in table.rules:
        yield from ((_at(cells, column) or "-", line, True) for column in inputs)
        yield from ((_at(cells, column) or "null", line, False) for column in outputs)


def _element(name: str, attributes: dict[str, str], *children: Element, text: str = "") -> Element:
    return Element(name, DMN, attributes, 0, text, list(children))


def _text(name: str, text: str) -> Element:
    return _element(name, {}, _element("text", {}, text=text))


def _typed(kind: str) -> dict[str, str]:
    return {"typeRef": kind} if kind else {}


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


def _decision(table: SheetTable, needs: list[str], decisions: set[str]) -> Element:
    made = _element("decision", {"id": f"d_{_slug(table.name)}", "name": table.name})
    if table.description:
        made.children.append(_element("description", {}, text=table.description))
    made.children.append(_element("variable", {"name": table.name, **_typed(table.kind)}))
    for name in needs:
        kind, mark = ("requiredDecision", "d") if name in decisions else ("requiredInput", "i")
        required = _element(kind, {"href": f"#{mark}_{_slug(name)}"})
        made.children.append(_element("informationRequirement", {}, required))
    if table.formula:
        literal = _element("literalExpression", {}, _element("text", {}, text=table.formula))
        made.children.append(literal)
    else:
        made.children.append(_table(table))
    return made


def _policy(table: SheetTable) -> tuple[str, str]:
    """Return the hit policy and the aggregation; other policies have a space in their name."""
    if not table.policy.startswith("COLLECT"):
        return table.policy, ""
    policy, _, aggregation = table.policy.partition(" ")
    return policy, aggregation


def _table(table: SheetTable) -> Element:
    policy, aggregation = _policy(table)
    attributes = {"id": f"t_{_slug(table.name)}", "hitPolicy": policy}
    if aggregation:
        attributes["aggregation"] = aggregation
    made = _element("decisionTable", attributes)
    for column in table.columns("input"):
        made.children.append(_input(table, column))
    for column in table.columns("output"):
        made.children.append(_output(table, column))
    for column in table.columns("annotation"):
        made.children.append(_element("annotation", {"name": table.head("name", column)}))
    for number, (identifier, cells, _) in enumerate(table.rules, 1):
        made.children.append(_rule(table, cells, identifier or f"{_slug(table.name)}_{number}"))
    return made


def _input(table: SheetTable, column: int) -> Element:
    label = table.head("label", column)
    text = _text("inputExpression", table.head("name", column))
    text.attributes.update(_typed(table.head("type", column)))
    made = _element("input", {"label": label} if label else {}, text)
    if values := table.head("values", column):
        made.children.append(_text("inputValues", values))
    return made


def _output(table: SheetTable, column: int) -> Element:
    name, label = table.head("name", column), table.head("label", column)
    attributes = {"name": name} if name and len(table.columns("output")) > 1 else {}
    attributes.update({"label": label} if label else {})
    made = _element("output", {**attributes, **_typed(table.head("type", column))})
    if values := table.head("values", column):
        made.children.append(_text("outputValues", values))
    if default := table.head("default", column):
        made.children.append(_text("defaultOutputEntry", default))
    return made


def _rule(table: SheetTable, cells: list[str], identifier: str) -> Element:
    made = _element("rule", {"id": _slug(identifier)})
    for column in table.columns("input"):
        made.children.append(_text("inputEntry", _at(cells, column) or "-"))
    for column in table.columns("output"):
        made.children.append(_text("outputEntry", _at(cells, column) or "null"))
    for column in table.columns("annotation"):
        made.children.append(_text("annotationEntry", _at(cells, column)))
    return made


# --- DMN to cells --------------------------------------------------------------------------------


def sheets_of(data: bytes, *, file: str) -> list[tuple[str, Rows]]:
    """Return the sheets of a DMN file, one a decision; raises ENG-0130 for what none can hold."""
    root = read_root(data, file=file)
    for child in root.children:
        if child.name not in _KEPT and child.namespace == root.namespace:
            raise Problem(ENG_SHEET_LOGIC, name=child.get("name") or child.name, file=file)
    head: Rows = [["model", root.get("name")], ["namespace", root.get("namespace")]]
    for key in _MODEL[1:]:
        if value := root.attributes.get(f"{TAYSIR}\n{key}"):
            head.append([key, value])
    for each in root.all("inputData"):
        variable = each.first("variable")
        head.append(["given", each.get("name"), variable.get("typeRef") if variable else ""])
    sheets: list[tuple[str, Rows]] = []
    for decision in root.all("decision"):
        rows = _decision_rows(decision, file)
        sheets.append((decision.get("name"), rows if sheets else [*head, [], *rows]))
    if not sheets:
        raise Problem(ENG_SHEET_FORM, file=file, detail="decision")
    return sheets


def _decision_rows(decision: Element, file: str) -> Rows:
    name = decision.get("name")
    table, literal = decision.first("decisionTable"), decision.first("literalExpression")
    described = decision.child_text("description")
    variable = decision.first("variable")
    kind = variable.get("typeRef") if variable else ""
    if table is not None and decision.all("knowledgeRequirement") == []:
        rows = _table_rows(name, kind, table)
    elif literal is not None and decision.all("knowledgeRequirement") == []:
        rows = [["formula", name, literal.child_text("text"), kind]]
    else:
        raise Problem(ENG_SHEET_LOGIC, name=name, file=file)
    if described:
        rows.insert(1, ["description", described])
    return rows


def _table_rows(name: str, kind: str, table: Element) -> Rows:
    inputs, outputs, notes = table.all("input"), table.all("output"), table.all("annotation")
    policy = " ".join(filter(None, (table.get("hitPolicy", "UNIQUE"), table.get("aggregation"))))
    expressions = [each.first("inputExpression") or each for each in inputs]
    columns = [*inputs, *outputs]
    heads: Rows = [
        ["kind", *["input"] * len(inputs), *["output"] * len(outputs), *["note"] * len(notes)],
        [
            "name",
            *(each.child_text("text") for each in expressions),
            *(each.get("name") for each in outputs),
            *(each.get("name") for each in notes),
        ],
        ["label", *(each.get("label") for each in columns)],
        ["type", *(each.get("typeRef") for each in (*expressions, *outputs))],
        ["values", *(_inner(each, "inputValues", "outputValues") for each in columns)],
        ["default", *(_inner(each, "defaultOutputEntry") for each in columns)],
    ]
    rows: Rows = [["table", name, policy, *([kind] if kind else [])]]
    rows.extend(head for head in heads if head[0] in {"kind", "name"} or any(head[1:]))
    for rule in table.all("rule"):
        cells = [
            each.child_text("text")
            for entry in ("inputEntry", "outputEntry", "annotationEntry")
            for each in rule.all(entry)
        ]
        rows.append([rule.get("id"), *cells])
    return rows


def _inner(element: Element, *names: str) -> str:
    child = element.first(*names)
    return child.child_text("text") if child else ""
