"""Finds every text that the source gives to the catalogue: templates by Jinja, code by its tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import nodes

from taysir.ui.jinja import environment

MARKERS = {"_", "translate", "lazy", "mark"}


def in_template(file: Path) -> Iterator[str]:
    """Yield the texts of one template."""
    tree = environment().parse(file.read_text("utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            first = call.args[0]
            if isinstance(first, nodes.Const) and isinstance(first.value, str):
                yield first.value
            elif isinstance(first, nodes.CondExpr):
                yield from (c.value for c in first.find_all(nodes.Const) if arabic(c.value))


def in_code(file: Path) -> Iterator[str]:
    """Yield the texts of one module that uses the catalogue."""
    source = file.read_text("utf-8")
    if "taysir.ui" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            first = node.args[0] if node.args else None
            if name in MARKERS and isinstance(first, ast.Constant) and arabic(first.value):
                yield first.value


def arabic(value: object) -> bool:
    """Tell whether a value is a text with Arabic letters."""
    return isinstance(value, str) and any("\u0600" <= c <= "\u06ff" for c in value)


def used_plurals(root: Path) -> set[str]:
    """Return the names of the plural tables that templates and code ask for."""
    names: set[str] = set()
    for file in root.rglob("jinja2/**/*.html"):
        for call in environment().parse(file.read_text("utf-8")).find_all(nodes.Call):
            named = isinstance(call.node, nodes.Name) and call.node.name == "plural"
            if named and len(call.args) > 1 and isinstance(call.args[1], nodes.Const):
                names.add(call.args[1].value)
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                second = node.args[1] if len(node.args) > 1 else None
                if name == "plural" and isinstance(second, ast.Constant):
                    names.add(str(second.value))
    return names


def all_texts(root: Path) -> dict[str, set[str]]:
    """Return every text of the source with the files that use it."""
    found: dict[str, set[str]] = {}
    for file in sorted(root.rglob("jinja2/**/*.html")):
        for text in in_template(file):
            found.setdefault(text, set()).add(str(file.relative_to(root)))
    for file in sorted(root.rglob("*.py")):
        for text in in_code(file):
            found.setdefault(text, set()).add(str(file.relative_to(root)))
    return found
