"""Reads a mapping file; every mistake is named with its file, line and remedy.

The YAML reader is that of service packs, so that both kinds of definition follow one set of rules
(no anchors, no repeated keys, ``no`` is a word). Mistakes are collected, because an author mends a
file in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import jsonschema_rs
import orjson

from taysir.dataservice.errors import (
    DSV_FILE_MISSING,
    DSV_MAPPING_KEY_MISSING,
    DSV_MAPPING_KEY_UNKNOWN,
    DSV_MAPPING_SHAPE,
)
from taysir.dataservice.model import Mapping, as_mapping
from taysir.engine.findings import Finding, PackErrors, Place, finding
from taysir.engine.source import Source, read_yaml
from taysir.kernel.errors import TaysirError

ValuePath = tuple[str | int, ...]
Kinds = jsonschema_rs.ValidationErrorKind


class MappingErrors(TaysirError):
    """A mapping that cannot be used; ``findings`` is never empty and is sorted by place."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda found: found.place))
        super().__init__("\n".join(found.in_words() for found in self.findings))


class LoadedMapping:
    """A mapping with the places of its values, so that later checks can name lines too."""

    def __init__(self, mapping: Mapping, source: Source) -> None:
        self.mapping = mapping
        self._source = source

    def at(self, *path: str | int) -> Place:
        """Return the file and line of a value."""
        return self._source.at(path)


def load_mapping(file: Path) -> LoadedMapping:
    """Read and check a mapping file; raises :class:`MappingErrors`."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise MappingErrors([finding(DSV_FILE_MISSING, Place(str(file)))]) from error
    try:
        source = read_yaml(data, file=str(file))
    except PackErrors as errors:
        raise MappingErrors(errors.findings) from errors
    found = list(_shape_findings(source))
    if found:
        raise MappingErrors(found)
    mapping = as_mapping(source.value)
    found = [
        finding(DSV_MAPPING_SHAPE, source.at(path), path=dotted(path), detail=f"{detail}.")
        for path, detail in _contradictions(mapping)
    ]
    if found:
        raise MappingErrors(found)
    return LoadedMapping(mapping, source)


def dotted(path: ValuePath) -> str:
    """Write the path of a value for people."""
    return ".".join(str(step) for step in path) or "/"


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    text = resources.files(__package__).joinpath("mapping.schema.json").read_bytes()
    return jsonschema_rs.Draft202012Validator(orjson.loads(text))


def _shape_findings(source: Source) -> Iterator[Finding]:
    for error in _validator().iter_errors(source.value):
        path = tuple(error.instance_path)
        match error.kind:
            case Kinds.Required(property=key):
                place = source.at(path)
                yield finding(DSV_MAPPING_KEY_MISSING, place, key=str(key), path=dotted(path))
            case Kinds.AdditionalProperties(unexpected=keys):
                for key in keys:
                    place = source.at((*path, key))
                    yield finding(DSV_MAPPING_KEY_UNKNOWN, place, key=key, path=dotted(path))
            case Kinds.OneOfNotValid() | Kinds.OneOfMultipleValid():
                detail = "exactly one of: key, column, parts, of + count, of + sum."
                yield finding(DSV_MAPPING_SHAPE, source.at(path), path=dotted(path), detail=detail)
            case Kinds.Enum(options=options):
                detail = " | ".join(str(option) for option in options) + "."
                yield finding(DSV_MAPPING_SHAPE, source.at(path), path=dotted(path), detail=detail)
            case _:
                detail = error.message[:300] + "."
                yield finding(DSV_MAPPING_SHAPE, source.at(path), path=dotted(path), detail=detail)


def _contradictions(mapping: Mapping) -> Iterator[tuple[ValuePath, str]]:
    """Yield what the schema cannot see: parts of the mapping that do not fit each other."""
    key = mapping.key
    if bool(key.check) == bool(key.pattern):
        yield ("key",), "either check or pattern"
    if key.pattern and not _compiles(key.pattern):
        yield ("key", "pattern"), "not a regular expression"
    if bool(mapping.table) != bool(key.column):
        yield ("key",), "table and key.column go together"
    yield from _field_contradictions(mapping)
    for name, part in mapping.lists.items():
        if name in mapping.fields:
            yield ("lists", name), "a field has this name"
        for field_name, field in part.fields.items():
            if not field.column:
                yield ("lists", name, "fields", field_name), "fields of a list are columns"


def _field_contradictions(mapping: Mapping) -> Iterator[tuple[ValuePath, str]]:
    for name, field in mapping.fields.items():
        path = ("fields", name)
        if field.of and field.of not in mapping.lists:
            yield (*path, "of"), f"no list named {field.of}"
        if any(field.columns()) and not mapping.table:
            yield path, "a column needs a table"
        if any(part.key or part.of or part.parts for part in field.parts.values()):
            yield (*path, "parts"), "parts are columns"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
