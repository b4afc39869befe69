"""Says in words what a cell of a decision table asks of its input: "at least 18", "before 1 May".

The cell is read as FEEL; names in it are worded by the caller, constants by their kind. A cell too
involved for a sentence is given as it is written. Nothing is evaluated but constants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from taysir.engine.boundaries import constant
from taysir.engine.facts import json_value
from taysir.engine.feel import syntax
from taysir.engine.feel.analysis import dotted
from taysir.engine.feel.parser import parse_tests
from taysir.engine.feel.temporal import Date
from taysir.engine.feel.values import from_feel
from taysir.engine.findings import Text
from taysir.engine.wording import word_plain
from taysir.kernel.errors import Language, Problem

_ANY: Final = frozenset({"", "-"})
_NUMBERS: Final[dict[str, Text]] = {
    "<": {"ar": "أقل من {it}", "en": "less than {it}"},
    "<=": {"ar": "{it} على الأكثر", "en": "at most {it}"},
    ">": {"ar": "أكثر من {it}", "en": "more than {it}"},
    ">=": {"ar": "{it} على الأقل", "en": "at least {it}"},
}
_DAYS: Final[dict[str, Text]] = {
    "<": {"ar": "قبل {it}", "en": "before {it}"},
    "<=": {"ar": "في {it} أو قبله", "en": "on or before {it}"},
    ">": {"ar": "بعد {it}", "en": "after {it}"},
    ">=": {"ar": "في {it} أو بعده", "en": "on or after {it}"},
}
_SAME: Final[dict[str, Text]] = {
    "=": {"ar": "{it}", "en": "{it}"},
    "!=": {"ar": "غير {it}", "en": "other than {it}"},
}
_RANGE: Final[Text] = {"ar": "من {low} إلى {high}", "en": "from {low} to {high}"}
_BOTH: Final[Text] = {"ar": "{low} و{high}", "en": "{low} and {high}"}
_NOT: Final[Text] = {"ar": "غير {it}", "en": "other than {it}"}
_OR: Final[Text] = {"ar": " أو ", "en": " or "}

WordName = Callable[[str], tuple[str, bool] | None]
"""Words a name that a cell reads, and says whether it is a day; None if it is not known."""


def word_cell(text: str, language: Language, *, name: WordName, options: dict[str, str]) -> str:
    """Say what a cell asks; ``options`` are the labels of values that have one."""
    if text.strip() in _ANY:
        return text
    tests = _parsed(text)
    if tests is None:
        return text
    words = _Words(language, name, options)
    parts = [words.test(node) for node in tests.tests]
    told = [part for part in parts if part is not None]
    if len(told) < len(parts):
        return text
    joined = _OR[language].join(told)
    return _NOT[language].format(it=joined) if tests.negated else joined


@lru_cache(maxsize=4096)
def _parsed(text: str) -> syntax.Tests | None:
    """Read a cell; the cells of a table come again with every case."""
    try:
        return parse_tests(text)
    except Problem:
        return None


@dataclass(frozen=True, slots=True)
class _Words:
    """Words the tests of one cell in one language; None for what is too involved."""

    language: Language
    name: WordName
    options: dict[str, str]

    def test(self, node: syntax.Node) -> str | None:
        if isinstance(node, syntax.Comparison):
            return self._compared(node.operator, node.operand)
        if isinstance(node, syntax.RangeOf):
            return self._between(node)
        found = self._operand(node)
        return found[0] if found else None

    def _compared(self, operator: str, operand: syntax.Node) -> str | None:
        found = self._operand(operand)
        if found is None:
            return None
        words, is_day = found
        table = _SAME if operator in _SAME else _DAYS if is_day else _NUMBERS
        return table[operator][self.language].format(it=words)

    def _between(self, node: syntax.RangeOf) -> str | None:
        if node.low_closed and node.high_closed:
            low, high = self._operand(node.low), self._operand(node.high)
            if low is None or high is None:
                return None
            return _RANGE[self.language].format(low=low[0], high=high[0])
        above = self._compared(">=" if node.low_closed else ">", node.low)
        below = self._compared("<=" if node.high_closed else "<", node.high)
        if above is None or below is None:
            return None
        return _BOTH[self.language].format(low=above, high=below)

    def _operand(self, node: syntax.Node) -> tuple[str, bool] | None:
        if node == syntax.Literal(None):
            return word_plain(None, self.language), False
        if path := dotted(node):
            return self.name(path)
        value = constant(node)
        if value is None:
            return None
        if type(value) is str:
            return self.options.get(value, f"“{value}”"), False
        return word_plain(json_value(from_feel(value)), self.language), type(value) is Date
