"""How much of the law a pack's own tests would notice: each rule is changed a little and tried.

A threshold moved by one, ``<`` for ``<=``, ``and`` for ``or``, a sum for a difference: each such
change makes another law. If every test still passes, none of them says what the law says there,
and a mistake at that place would reach people. :func:`changes` lists the changes of rules and
parameters, :func:`is_noticed` runs the tests under one. Words, articles and dates are left alone:
``check.py`` looks after them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape, unescape

from taysir.engine.definition import Pack
from taysir.engine.findings import Finding, PackErrors, Place
from taysir.engine.law import build_parameters
from taysir.engine.rulebook import build_rule_book
from taysir.engine.scenarios import Scenario, run_scenario
from taysir.engine.source import read_yaml
from taysir.kernel.errors import Problem
from taysir.kernel.limits import STRENGTH_CHANGES

_LAW: Final = "law.yaml"
_QUOTES: Final = {"&quot;": '"', "&apos;": "'"}
_CELL: Final = re.compile(
    r"<(?:\w+:)?(?:inputEntry|outputEntry|inputExpression|literalExpression)\b[^>]*>\s*"
    r"<(?:\w+:)?text>(?P<text>[^<]*)</"
)
_AMOUNT: Final = re.compile(r"\b(?:value|[a-z_]+): (?P<text>[0-9]{2,15})(?=[,}\s])")
_DURATION: Final = r'"P[0-9]+[YMD]"'
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_NUMBER: Final = r"(?<![\w.-])[0-9]+(?![\w-])"
_TOKEN: Final = re.compile(
    rf"{_DURATION}|{_STRING}|<=|>=|!=|<|>|=|\b(?:true|false|and|or)\b"
    rf"|\b(?:min|max|floor|ceiling)(?=\s*\()|(?<= )[-+](?= )|{_NUMBER}"
)
_OTHERS: Final = {
    "<=": "<",
    "<": "<=",
    ">=": ">",
    ">": ">=",
    "=": "!=",
    "!=": "=",
    "true": "false",
    "false": "true",
    "and": "or",
    "or": "and",
    "min": "max",
    "max": "min",
    "floor": "ceiling",
    "ceiling": "floor",
    "+": "-",
    "-": "+",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One small change of a rule or a parameter: what stands there, and what is tried instead."""

    place: Place
    was: str
    becomes: str
    span: tuple[int, int]
    written: str

    def applied(self, data: bytes) -> bytes:
        """Return the file under this change."""
        text = data.decode()
        start, end = self.span
        return (text[:start] + self.written + text[end:]).encode()

    def as_json(self) -> dict[str, object]:
        """Return the change for programs."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "was": self.was,
            "becomes": self.becomes,
        }


def changes(pack: Pack) -> tuple[Change, ...]:
    """Return the changes to try, file by file in the order of their lines."""
    found: list[Change] = []
    for name in sorted(pack.files):
        if name.startswith("rules/") and name.endswith(".dmn"):
            found.extend(_in_file(pack, name, _CELL))
        elif name == _LAW:
            found.extend(_in_file(pack, name, _AMOUNT))
    return tuple(islice(found, STRENGTH_CHANGES))


def is_noticed(pack: Pack, change: Change, scenarios: Iterable[Scenario]) -> bool | None:
    """Whether a test fails under a change; None if the change makes no law at all."""
    other = _changed(pack, change)
    if other is None:
        return None
    for scenario in scenarios:
        try:
            if not run_scenario(other, scenario).passed:
                return True
        except Problem:
            # A rule that cannot be applied any more is noticed as well.
            return True
    return False


# --- finding the changes -------------------------------------------------------------------------


def _in_file(pack: Pack, name: str, cells: re.Pattern[str]) -> Iterator[Change]:
    text = pack.files[name].decode()
    is_xml = cells is _CELL
    for cell in cells.finditer(text):
        start = cell.start("text")
        was = unescape(cell["text"], _QUOTES) if is_xml else cell["text"]
        line = text.count("\n", 0, start) + 1
        for becomes, offset in _variants(was):
            written = escape(becomes) if is_xml else becomes
            place = Place(name, line + was.count("\n", 0, offset), 1)
            words = " ".join(was.split()), " ".join(becomes.split())
            yield Change(place, *words, cell.span("text"), written)


def _variants(text: str) -> Iterator[tuple[str, int]]:
    """Yield an expression with one token changed, for each token that can be, and where it is."""
    for token in _TOKEN.finditer(text):
        other = _other(token[0])
        if other is not None:
            yield text[: token.start()] + other + text[token.end() :], token.start()


def _other(token: str) -> str | None:
    if re.fullmatch(rf"{_DURATION}|[0-9]+", token):
        return re.sub("[0-9]+", lambda number: str(int(number[0]) + 1), token)
    return _OTHERS.get(token)


# --- the pack under a change ---------------------------------------------------------------------


def _changed(pack: Pack, change: Change) -> Pack | None:
    """Return the pack with one file changed; only what depends on it is built again."""
    data = change.applied(pack.files[change.place.file])
    files = MappingProxyType({**pack.files, change.place.file: data})
    findings: list[Finding] = []
    try:
        if change.place.file == _LAW:
            source = read_yaml(data, file=_LAW)
            parameters = build_parameters(source, findings)
            other = replace(pack, parameters=parameters, files=files)
        else:
            rules = {name: data for name, data in files.items() if name.startswith("rules/")}
            book = build_rule_book(rules, model=pack.facts, plan=pack.plan, findings=findings)
            other = replace(pack, rules=book, files=files)
    except PackErrors:
        return None
    return None if findings else other
