"""The code keeps its shape: short files, short functions, described modules."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "taysir"
FILES = sorted(f for f in SOURCE.rglob("*.py") if "migrations" not in f.parts)
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}


@functools.cache
def trees() -> dict[Path, ast.Module]:
    """Return every file of the package, parsed once for all tests."""
    return {file: ast.parse(file.read_bytes()) for file in FILES}


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    lines = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_no_file_is_longer_than_600_lines() -> None:
    """A file has one idea."""
    long = [f for f in FILES if len(f.read_text("utf-8").splitlines()) > 600]

    assert [] == long


def test_no_function_body_is_longer_than_70_lines() -> None:
    """A function can be read without scrolling."""
    long = [
        f"{file.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > 70
    ]

    assert [] == long


def test_every_module_says_why_it_exists() -> None:
    """A newcomer reads the first lines of a file and knows what it is for."""
    silent = [file for file, tree in trees().items() if not ast.get_docstring(tree)]

    assert [] == silent


def test_no_file_is_a_drawer() -> None:
    """Files are named by their idea."""
    assert [] == [f for f in FILES if f.name in FORBIDDEN_NAMES]
