"""The DMN Technology Compatibility Kit judges FEEL and DMN."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from taysir.engine.dmn.tck import run_directory
from taysir.engine.dmn.writing import write_xml
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.engine.feel.parser import parse_expression
from taysir.engine.feel.printer import write_node
from taysir.kernel.errors import Problem
from tests.conformance.suites import suite
from tests.engine.dmn.test_sheets import shape

GOAL = 0.98


def test_the_compatibility_kit_passes() -> None:
    """At least 98 % of the kit's test cases pass at both levels."""
    report = run_directory(suite("dmn-tck"), now=datetime(2026, 1, 31, 10, 0, tzinfo=UTC))

    assert report.total >= 2800
    assert report.passed / report.total >= GOAL, report.failures[:20]
    for passed, total in report.levels.values():
        assert passed / total >= GOAL


def test_every_model_of_the_kit_is_written_as_it_was_read(tmp_path: Path) -> None:
    """Parse, write, parse gives the same tree, a second round the same bytes; all still pass."""
    directory = suite("dmn-tck")
    for file in directory.rglob("*"):
        if file.suffix not in {".dmn", ".xml"}:
            continue
        data = file.read_bytes()
        if file.suffix == ".dmn":
            tree = parse_xml(data, file=file.name)
            data = write_xml(tree)
            again = parse_xml(data, file=file.name)
            assert shape(again) == shape(tree), file
            assert write_xml(again) == data, file
        copy = tmp_path / file.relative_to(directory)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
    now = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
    rewritten, original = run_directory(tmp_path, now=now), run_directory(directory, now=now)
    assert (rewritten.passed, rewritten.total) == (original.passed, original.total)


def test_every_expression_of_the_kit_is_printed_as_it_was_read() -> None:
    """Reading, printing and reading a text gives the same tree, for people's texts too."""
    same = 0
    for file in suite("dmn-tck").rglob("*.dmn"):
        for text in literals(parse_xml(file.read_bytes(), file=file.name)):
            try:
                node = parse_expression(text)
            except Problem:
                continue  # names with spaces are known only within their model
            assert parse_expression(write_node(node)) == node, text
            same += 1
    assert same >= 2500


def literals(element: Element) -> Iterator[str]:
    """Yield the texts of all literal expressions."""
    for child in element.children:
        if child.name == "literalExpression":
            yield child.child_text("text")
        yield from literals(child)
