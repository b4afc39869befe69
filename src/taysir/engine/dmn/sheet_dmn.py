"""Decision tables of a spreadsheet to DMN, and DMN back to the rows of a spreadsheet.

What a table needs (inputs, other decisions) is read from the names in its cells. A model with
anything but tables and formulas is refused by name: nothing is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from taysir.engine.dmn.errors import ENG_SHEET_CELL, ENG_SHEET_FORM, ENG_SHEET_LOGIC
from taysir.engine.dmn.loader import read_root
from taysir.engine.dmn.sheets import SETTINGS, SheetModel, SheetTable, cell_at, policy_of
from taysir.engine.dmn.workbook import Rows
from taysir.engine.dmn.writing import write_xml
from taysir.engine.dmn.xml_tree import Element
from taysir.engine.feel import compile_expression, compile_unary_tests
from taysir.engine.feel.functions import BUILTINS
from taysir.kernel.errors import Problem

DMN: Final = "https://www.omg.org/spec/DMN/20230324/MODEL/"
TAYSIR: Final = "urn:taysir:dmn:1"
_KEPT: Final = frozenset({"inputData", "decision", "description"})


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
    for key in SETTINGS[1:]:
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
            raise Problem(ENG_SHEET_CELL, file=file, line=line, detail=str(problem)) from problem
        roots = (name if name in decisions else name.partition(".")[0] for name in sorted(names))
        found.update(dict.fromkeys(root for root in roots if root not in BUILTINS))
    return [name for name in found if name != table.name]


def _texts(table: SheetTable) -> Iterator[tuple[str, int, bool]]:
    """Yield what is FEEL in a table, with its line and whether it is a unary test."""
    if table.formula:
        yield table.formula, table.line, False
        return
    inputs, outputs = table.columns("input"), table.columns("output")
    for column in inputs:
        yield table.head("name", column), table.line, False
        yield _test(table.head("values", column), table.line)
    for column in outputs:
        yield _test(table.head("values", column), table.line)
        yield _value(table.head("default", column), table.line)
    for _, cells, line in table.rules:
        yield from (_test(cell_at(cells, column), line) for column in inputs)
        yield from (_value(cell_at(cells, column), line) for column in outputs)


def _test(cell: str, line: int) -> tuple[str, int, bool]:
    return cell or "-", line, True


def _value(cell: str, line: int) -> tuple[str, int, bool]:
    return cell or "null", line, False


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


def _table(table: SheetTable) -> Element:
    policy, aggregation = policy_of(table)
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
        made.children.append(_text("inputEntry", cell_at(cells, column) or "-"))
    for column in table.columns("output"):
        made.children.append(_text("outputEntry", cell_at(cells, column) or "null"))
    for column in table.columns("annotation"):
        made.children.append(_text("annotationEntry", cell_at(cells, column)))
    return made


# --- DMN to cells --------------------------------------------------------------------------------


def sheets_of(data: bytes, *, file: str) -> list[tuple[str, Rows]]:
    """Return the sheets of a DMN file, one a decision; raises ENG-0130 for what none can hold."""
    root = read_root(data, file=file)
    for child in root.children:
        if child.name not in _KEPT and child.namespace == root.namespace:
            raise Problem(ENG_SHEET_LOGIC, name=child.get("name") or child.name, file=file)
    head = _model_rows(root)
    sheets: list[tuple[str, Rows]] = []
    for decision in root.all("decision"):
        rows = _decision_rows(decision, file)
        sheets.append((decision.get("name"), rows if sheets else [*head, [], *rows]))
    if not sheets:
        raise Problem(ENG_SHEET_FORM, file=file, detail="decision")
    return sheets


def _model_rows(root: Element) -> Rows:
    rows: Rows = [["model", root.get("name")], ["namespace", root.get("namespace")]]
    for key in SETTINGS[1:]:
        if value := root.attributes.get(f"{TAYSIR}\n{key}"):
            rows.append([key, value])
    rows.extend(["given", each.get("name"), _kind_of(each)] for each in root.all("inputData"))
    return rows


def _kind_of(element: Element) -> str:
    variable = element.first("variable")
    return variable.get("typeRef") if variable else ""


def _decision_rows(decision: Element, file: str) -> Rows:
    name = decision.get("name")
    table, literal = decision.first("decisionTable"), decision.first("literalExpression")
    described = decision.child_text("description")
    kind = _kind_of(decision)
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
    policy = " ".join(filter(None, (table.get("hitPolicy", "UNIQUE"), table.get("aggregation"))))
    rows: Rows = [["table", name, policy, *([kind] if kind else [])]]
    rows.extend(head for head in _heads(table) if head[0] in {"kind", "name"} or any(head[1:]))
    for rule in table.all("rule"):
        entries = (*rule.all("inputEntry"), *rule.all("outputEntry"), *rule.all("annotationEntry"))
        rows.append([rule.get("id"), *(each.child_text("text") for each in entries)])
    return rows


def _heads(table: Element) -> Iterator[list[str]]:
    """Yield the rows above the rules, each with its word and a cell for every column."""
    inputs, outputs, notes = table.all("input"), table.all("output"), table.all("annotation")
    expressions = [each.first("inputExpression") or each for each in inputs]
    read = [each.child_text("text") for each in expressions]
    columns = [*inputs, *outputs]
    yield ["kind", *["input"] * len(inputs), *["output"] * len(outputs), *["note"] * len(notes)]
    yield ["name", *read, *(each.get("name") for each in (*outputs, *notes))]
    yield ["label", *(each.get("label") for each in columns)]
    yield ["type", *(each.get("typeRef") for each in (*expressions, *outputs))]
    yield ["values", *(_inner(each, "inputValues", "outputValues") for each in columns)]
    yield ["default", *(_inner(each, "defaultOutputEntry") for each in columns)]


def _inner(element: Element, *names: str) -> str:
    child = element.first(*names)
    return child.child_text("text") if child else ""
