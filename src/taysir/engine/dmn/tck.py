"""Run a directory in the format of the DMN Technology Compatibility Kit.

Each folder that holds test files ``*.xml`` beside models ``*.dmn`` is one group; a test case counts
as passed when all its result nodes do. Expected numbers are compared with the digits they are given
with, as the kit's runner does. Source: dmn-tck/tck, ``testCases.xsd`` and its README.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from taysir.engine.dmn.loader import load_dmn, read_root
from taysir.engine.dmn.model import Decision, Knowledge, Model, Service
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.engine.feel.names import normalise
from taysir.engine.feel.operators import equal
from taysir.engine.feel.temporal import Date, DateTime, Time
from taysir.engine.feel.temporal_text import (
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from taysir.engine.feel.text import write_value
from taysir.engine.feel.values import Context, Value
from taysir.kernel.errors import Problem

_LEVEL = re.compile(r"compliance-level-(\d+)")
_CLOSE_DIGITS = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Failure:
    """One result node that was not as expected."""

    level: str
    group: str
    case: str
    node: str
    expected: str
    found: str
    reason: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Report:
    """How many test cases passed, by level, and what failed."""

    passed: int = 0
    total: int = 0
    levels: dict[str, list[int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def add(self, level: str, failures: list[Failure]) -> None:
        """Count one test case."""
        counts = self.levels.setdefault(level, [0, 0])
        self.total += 1
        counts[1] += 1
        if not failures:
            self.passed += 1
            counts[0] += 1
        self.failures += failures

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "passed": self.passed,
            "total": self.total,
            "by_level": {
                level: {"passed": passed, "total": total}
                for level, (passed, total) in sorted(self.levels.items())
            },
            "failures": [failure.as_json() for failure in self.failures],
        }


def run_directory(directory: Path, *, now: Any = None) -> Report:
    """Run every test file below a directory."""
    report = Report()
    for folder in sorted({file.parent for file in directory.rglob("*.dmn")}):
        run_folder(folder, report, now=now)
    return report


def run_folder(folder: Path, report: Report, *, now: Any) -> None:
    """Run the test files of one folder."""
    found = _LEVEL.search(str(folder.resolve()))
    level = found[1] if found else "other"
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))}
    by_namespace: dict[str, bytes] = {}
    for name, data in files.items():
        by_namespace[read_root(data, file=name).get("namespace")] = data
    models: dict[str, Model | Problem] = {}
    for path in sorted(folder.glob("*.xml")):
        tests = parse_xml(path.read_bytes(), file=path.name)
        name = tests.child_text("modelName")
        if name not in models:
            models[name] = _load(files.get(name), name, by_namespace)
        for case in tests.all("testCase"):
            report.add(level, list(_run_case(case, models[name], (level, folder.name), now)))


def _load(data: bytes | None, name: str, available: dict[str, bytes]) -> Model | Problem:
    try:
        return load_dmn(data or b"", file=name, imports=available, lenient=True)
    except Problem as problem:
        return problem


def _run_case(
    case: Element, model: Model | Problem, place: tuple[str, str], now: Any
) -> Iterator[Failure]:
    inputs = {_input_name(node, model): read_value(node) for node in case.all("inputNode")}
    for node in case.all("resultNode"):
        expected_node = node.first("expected")
        expected = read_value(expected_node) if expected_node else None
        found: Value = None
        reason = ""
        try:
            found = _ask(model, case, node, inputs, now)
        except Problem as problem:
            reason = str(problem)
        wrong = not same(found, expected)
        if wrong or (isinstance(model, Problem) and node.get("errorResult") != "true"):
            name = node.get("name")
            yield Failure(*place, case.get("id"), name, _shown(expected), _shown(found), reason)


def _shown(value: Value) -> str:
    return "null" if value is None else write_value(value)


def _input_name(node: Element, model: Model | Problem) -> str:
    """Return the name of an input; one of an imported model is known by its namespace."""
    name, space = normalise(node.get("name")), node.get("namespace")
    if not space or isinstance(model, Problem) or space == model.namespace:
        return name
    return f"{space}#{name}"


def _ask(
    model: Model | Problem, case: Element, node: Element, inputs: dict[str, Value], now: Any
) -> Value:
    """Ask what a case asks for; raises what the model itself was refused for."""
    if isinstance(model, Problem):
        raise model
    name = normalise(node.get("name"))
    kind = case.get("type", "decision")
    invoked = normalise(case.get("invocableName"))
    target = invoked if kind != "decision" and invoked else name
    element = model.elements.get(model.own.get(target, ""))
    if isinstance(element, Knowledge):
        return model.invoke(target, inputs, now=now)
    if isinstance(element, Service):
        result = model.evaluate(target, inputs, now=now)
        several = len(element.outputs) > 1 and type(result) is Context
        return result.get(name) if several and name in result else result
    if isinstance(element, Decision):
        return model.evaluate(target, inputs, now=now)
    return model.evaluate(name, inputs, now=now)


def read_value(node: Element) -> Value:
    """Read a value of a test file."""
    listing = node.first("list")
    if listing is not None:
        return None if _is_nil(listing) else [read_value(item) for item in listing.all("item")]
    value = node.first("value")
    if value is not None:
        return _scalar(value)
    components = node.all("component")
    if components:
        return Context({normalise(each.get("name")): read_value(each) for each in components})
    return None


def _is_nil(node: Element) -> bool:
    return any(
        name.rpartition("\n")[2] == "nil" and value == "true"
        for name, value in node.attributes.items()
    )


def _scalar(node: Element) -> Value:
    if _is_nil(node):
        return None
    kind = next(
        (
            v.rpartition(":")[2]
            for k, v in node.attributes.items()
            if k.rpartition("\n")[2] == "type"
        ),
        "",
    )
    text = node.text
    if kind in ("decimal", "double", "integer", "int", "float"):
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None
    if kind == "boolean":
        return text.strip() == "true"
    read = _READERS.get(kind)
    return read(text.strip()) if read else text


_READERS: dict[str, Any] = {
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_date_time,
    "duration": parse_duration,
}


def same(found: Value, expected: Value) -> bool:
    """Whether a value is the expected one; numbers may differ beyond eight digits."""
    kind = type(found)
    if kind in (Date, Time, DateTime):
        return bool(found == expected)
    alike = _SAME.get(kind) if kind is type(expected) else None
    return alike(found, expected) if alike else equal(found, expected) is True


def _same_numbers(found: Decimal, expected: Decimal) -> bool:
    return abs(found - expected) <= _CLOSE_DIGITS * max(abs(expected), Decimal(1))


def _same_lists(found: list[Value], expected: list[Value]) -> bool:
    return len(found) == len(expected) and all(map(same, found, expected))


def _same_contexts(found: Context, expected: Context) -> bool:
    return found.keys() == expected.keys() and all(
        same(value, expected[name]) for name, value in found.items()
    )


_SAME: dict[type, Callable[[Any, Any], bool]] = {
    Decimal: _same_numbers,
    list: _same_lists,
    Context: _same_contexts,
}
