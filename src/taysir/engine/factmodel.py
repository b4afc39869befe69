"""Builds the fact model from ``facts.schema.json``: every annotated property becomes a fact.

The file is an ordinary JSON Schema 2020-12 whose objects give facts their dotted names. A property
with a ``taysir`` annotation is a fact; its own schema, with the root's ``$defs``, validates values.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from taysir.engine.errors import ENG_SHAPE
from taysir.engine.facts import Fact, FactModel, FactSource, FactType, Option, Sensitivity
from taysir.engine.findings import Finding, finding
from taysir.engine.shapes import compile_schema, dotted, shape_findings
from taysir.engine.source import Path, Source

_KEY = "taysir"
_TYPES = {
    "string": FactType.TEXT,
    "integer": FactType.INTEGER,
    "number": FactType.NUMBER,
    "boolean": FactType.BOOLEAN,
    "array": FactType.LIST,
    "object": FactType.OBJECT,
}


def build_fact_model(source: Source, findings: list[Finding]) -> FactModel:
    """Return the facts of the schema; mistakes are added to ``findings``."""
    facts: dict[str, Fact] = {}
    root = source.value if isinstance(source.value, dict) else {}
    if whole := compile_finding(root, source):
        findings.append(whole)
        return FactModel(MappingProxyType(facts))
    for path, schema in _annotated(root, ()):
        wrong = shape_findings(source, "annotation", prefix=(*path, _KEY))
        if wrong:
            findings.extend(wrong)
            continue
        if fact := _fact(path, schema, root, source, findings):
            facts[fact.name] = fact
    return FactModel(MappingProxyType(facts))


def compile_finding(schema: dict[str, Any], source: Source) -> Finding | None:
    """Return what keeps the whole file from being a JSON Schema, if anything does."""
    compiled = compile_schema(schema, source.at(()))
    return compiled if isinstance(compiled, Finding) else None


def _annotated(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    for name, inner in properties.items():
        here = (*path, "properties", name)
        if not isinstance(inner, dict):
            continue
        if _KEY in inner:
            yield here, inner
        else:
            yield from _annotated(inner, here)


def _fact(
    path: Path,
    schema: dict[str, Any],
    root: dict[str, Any],
    source: Source,
    findings: list[Finding],
) -> Fact | None:
    notes = schema[_KEY]
    bare = {key: value for key, value in schema.items() if key != _KEY}
    if "$defs" in root:
        bare["$defs"] = root["$defs"]
    validator = compile_schema(bare, source.at(path))
    if isinstance(validator, Finding):
        findings.append(validator)
        return None
    kind = _type_of(schema, money=bool(notes.get("money")))
    if kind is None:
        findings.append(
            finding(ENG_SHAPE, source.at(path), path=dotted(path), detail="type: string, integer…")
        )
        return None
    return Fact(
        name=".".join(str(step) for step in path[1::2]),
        label=notes["label"],
        type=kind,
        source=FactSource(notes["source"]),
        sensitivity=Sensitivity(notes["sensitivity"]),
        retention=notes["retention"],
        schema=MappingProxyType(bare),
        options=_options(schema, notes),
        asked_because=notes.get("asked_because"),
        validator=validator,
    )


def _type_of(schema: dict[str, Any], *, money: bool) -> FactType | None:
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    name = next((item for item in names if item != "null"), None)
    if name == "string" and schema.get("format") == "date":
        return FactType.DATE
    if name == "integer" and money:
        return FactType.MONEY
    return _TYPES.get(str(name))


def _options(schema: dict[str, Any], notes: dict[str, Any]) -> tuple[Option, ...]:
    labels = notes.get("options", {})
    holder = schema.get("items", schema) if schema.get("type") == "array" else schema
    # Without an enum the labels only name the known values: a registry may hold others.
    values = holder.get("enum", list(labels)) if isinstance(holder, dict) else []
    return tuple(Option(value, labels[str(value)]) for value in values if str(value) in labels)
