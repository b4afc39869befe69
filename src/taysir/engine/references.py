"""Finds which facts a rule rests on, by reading the names in its expressions.

A name in an expression is a fact (``licence.expires_on``), part of one (``.year`` behind it), or
another decision of the same file, whose facts then count too. Reading names instead of tracing
the evaluation gives the same answer for every case and costs nothing at the decision.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import Final

from taysir.engine.facts import FactModel
from taysir.engine.law import LAW_NAME
from taysir.engine.rulexml import Row, RuleFile

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_ANY: Final = frozenset({"", "-"})


class References:
    """The names used by the decisions and rows of one file."""

    def __init__(self, file: RuleFile, model: FactModel) -> None:
        self._file = file
        self._model = model
        self._done: dict[str, tuple[str, ...]] = {}
        self._parameters: dict[str, tuple[str, ...]] = {}

    def of_decision(self, name: str) -> tuple[str, ...]:
        """Return the facts that a decision rests on, in order of appearance."""
        if name not in self._done:
            self._done[name] = ()  # a decision that requires itself is the DMN engine's to refuse
            self._done[name] = self._facts(self._texts(name))
        return self._done[name]

    def parameters_of(self, name: str) -> tuple[str, ...]:
        """Return the parameters of the law that a decision reads, in order of appearance."""
        if name not in self._parameters:
            self._parameters[name] = ()
            found: dict[str, None] = {}
            for path in (path for text in self._texts(name) for path in names_in(text)):
                root, _, rest = path.partition(".")
                if root == LAW_NAME and rest:
                    found[rest.partition(".")[0]] = None
                elif root in self._file.decisions:
                    found.update(dict.fromkeys(self.parameters_of(root)))
            self._parameters[name] = tuple(found)
        return self._parameters[name]

    def _texts(self, name: str) -> list[str]:
        source = self._file.decisions[name]
        texts = [*source.columns, *source.expressions]
        for row in self._file.rows:
            if row.decision == name:
                texts.extend((*row.cells, *row.outputs))
        return texts

    def of_row(self, row: Row) -> tuple[str, ...]:
        """Return the facts that decide whether a row matches, and those in its result."""
        columns = self._file.decisions[row.decision].columns
        texts: list[str] = []
        for column, cell in zip(columns, row.cells, strict=False):
            if cell not in _ANY:
                texts.extend((column, cell))
        return self._facts([*texts, *row.outputs])

    def _facts(self, texts: Iterable[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text in texts:
            for name in names_in(text):
                if fact := longest_known(name, self._model):
                    found[fact] = None
                elif name.split(".", 1)[0] in self._file.decisions:
                    found.update(dict.fromkeys(self.of_decision(name.split(".", 1)[0])))
        return tuple(found)


def names_in(text: str) -> Iterator[str]:
    """Yield the dotted names of an expression, string literals left out."""
    for match in _NAME.finditer(_STRING.sub('""', text)):
        yield re.sub(r"\s", "", match.group())


def longest_known(name: str, known: Container[str]) -> str | None:
    """Return the longest leading part of a dotted name that is known."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if (candidate := ".".join(parts[:length])) in known:
            return candidate
    return None
