"""Reads one YAML file of a pack into plain values and remembers where each value stood.

The parser's events are turned into values with a stack, not by recursion, so that a deeply nested
file meets our bound and not the interpreter's. Scalars follow the YAML 1.2 core schema: ``no`` is
the word "no" and ``2026-01-01`` stays text. Anchors, aliases, tags and repeated keys are refused:
a definition that others sign must read the same to every reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from taysir.engine.errors import ENG_FILE_SIZE, ENG_YAML_FEATURE, ENG_YAML_KEY, ENG_YAML_SYNTAX
from taysir.engine.findings import Finding, PackErrors, Place, finding
from taysir.kernel.limits import PACK_FILE_BYTES, PACK_NESTING

Path = tuple[str | int, ...]

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}", re.ASCII)
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file's contents as plain values, with the place of every value by its path."""

    file: str
    value: Any
    places: dict[Path, Place] = field(repr=False)

    def at(self, path: Path) -> Place:
        """Return the place of a value, or of the nearest value around it."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return place
        return Place(self.file)


def read_yaml(data: bytes, *, file: str) -> Source:
    """Parse a YAML document; raises :class:`PackErrors` that name line and column."""
    if len(data) > PACK_FILE_BYTES:
        raise PackErrors([finding(ENG_FILE_SIZE, Place(file), bytes=PACK_FILE_BYTES)])
    try:
        reader = _Reader(file)
        for event in yaml.parse(data.decode("utf-8"), Loader=yaml.CSafeLoader):
            reader.take(event)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PackErrors(
            [finding(ENG_YAML_SYNTAX, Place(file, line, 1), detail="UTF-8")]
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise PackErrors(
            [finding(ENG_YAML_SYNTAX, place, detail=error.problem or "YAML")]
        ) from error
    except yaml.YAMLError as error:
        raise PackErrors([finding(ENG_YAML_SYNTAX, Place(file), detail="YAML")]) from error
    if reader.findings:
        raise PackErrors(reader.findings)
    return Source(file, reader.root, reader.places)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not been met yet."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None

    def next_path(self) -> Path:
        if isinstance(self.value, list):
            return (*self.path, len(self.value))
        return self.path if self.key is None else (*self.path, self.key)


class _Reader:
    """Builds values from parser events."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.places: dict[Path, Place] = {}
        self.findings: list[Finding] = []
        self._open: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        """Handle the next event of the parser."""
        mark = event.start_mark
        place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)
        if isinstance(event, yaml.NodeEvent):
            self._refuse_features(event, place)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start({}, place)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start([], place)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _refuse_features(self, event: yaml.NodeEvent, place: Place) -> None:
        feature = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            feature = "& *"
        if feature:
            raise PackErrors([finding(ENG_YAML_FEATURE, place, feature=feature)])

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event.value, place)
            return
        self._add(_resolve(event.value) if event.implicit[0] else event.value, place)

    def _key(self, parent: _Open, key: str, place: Place) -> None:
        if key in parent.value:
            self.findings.append(finding(ENG_YAML_KEY, place, key=key))
        parent.key = key
        self.places[(*parent.path, key)] = place

    def _start(self, value: dict[str, Any] | list[Any], place: Place) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            raise PackErrors([finding(ENG_YAML_FEATURE, place, feature="? :")])
        if len(self._open) >= PACK_NESTING:
            raise PackErrors([finding(ENG_YAML_FEATURE, place, feature=f"> {PACK_NESTING}")])
        path = parent.next_path() if parent else ()
        self._add(value, place)
        self._open.append(_Open(value, path))

    def _add(self, value: Any, place: Place) -> None:
        if not self._open:
            self.root = value
            self.places[()] = place
            return
        parent = self._open[-1]
        self.places.setdefault(parent.next_path(), place)
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is not None:
            parent.value[parent.key] = value
            parent.key = None


def _resolve(text: str) -> object:
    """Give a plain scalar its type by the YAML 1.2 core schema, without octals and infinities."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
