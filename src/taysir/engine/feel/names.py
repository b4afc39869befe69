"""Names with spaces and signs: ``date and time``, ``Applicant's age``, ``a+b``.

FEEL lets a name hold spaces and the signs ``. / - ' + *``, so a text can only be read with the
names in scope in hand. The longest known name at a place wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from taysir.engine.feel.lexer import NAME_PART, SPACE, WORD

_PIECE = re.compile(rf"{WORD}|[0-9]+|{NAME_PART}+|[^\s]")
_SIMPLE = re.compile(WORD)
_SPACES = re.compile(rf"{SPACE}+")
_NEW_NAME = rf"({WORD}(?:{NAME_PART}|[./\-'+*]|{SPACE})*?)"
_KEY = re.compile(rf"{_NEW_NAME}{SPACE}*:")
_VARIABLE = re.compile(rf"{_NEW_NAME}{SPACE}+in(?!{NAME_PART})")
_PARAMETER = re.compile(rf"{_NEW_NAME}{SPACE}*(?=[,)])")


def normalise(name: str) -> str:
    """Return a name with single spaces."""
    return _SPACES.sub(" ", name).strip()


class Names:
    """The long names known at a place of a text; short ones need no help."""

    __slots__ = ("_by_word", "_parent")

    def __init__(self, names: Iterable[str], *, parent: Names | None = None) -> None:
        self._parent = parent
        by_word: dict[str, dict[str, re.Pattern[str]]] = {}
        for name in names:
            if not _SIMPLE.fullmatch(name):
                pieces = _PIECE.findall(name)
                if pieces and _SIMPLE.match(pieces[0]):
                    by_word.setdefault(pieces[0], {})[normalise(name)] = _pattern(pieces)
        self._by_word = {
            word: sorted(found.items(), key=lambda pair: -len(pair[0]))
            for word, found in by_word.items()
        }

    def longest(self, word: str, *, text: str, position: int) -> tuple[str, int] | None:
        """Return the longest known name that begins here, and where it ends."""
        best = self._parent.longest(word, text=text, position=position) if self._parent else None
        for name, pattern in self._by_word.get(word, ()):
            match = pattern.match(text, position)
            if match and (best is None or match.end() > best[1]):
                best = (name, match.end())
        return best


def _pattern(pieces: list[str]) -> re.Pattern[str]:
    out = re.escape(pieces[0])
    for before, piece in pairwise(pieces):
        both_words = re.match(NAME_PART, before) and re.match(NAME_PART, piece)
        out += rf"{SPACE}{'+' if both_words else '*'}" + re.escape(piece)
    tail = rf"(?!{NAME_PART})" if re.match(NAME_PART, pieces[-1]) else ""
    return re.compile(out + tail)


def variable_at(text: str, position: int) -> tuple[str, int] | None:
    """Return the name that stands before ``in`` here, and where ``in`` ends."""
    match = _VARIABLE.match(text, position)
    return (normalise(match[1]), match.end()) if match else None


def parameter_at(text: str, position: int) -> tuple[str, int] | None:
    """Return the name of a parameter without a type here, and where it ends."""
    match = _PARAMETER.match(text, position)
    return (normalise(match[1]), match.end()) if match else None


def key_at(text: str, position: int) -> tuple[str, int] | None:
    """Return the name that stands before a colon here, and where the colon ends."""
    match = _KEY.match(text, position)
    return (normalise(match[1]), match.end()) if match else None


LONG_FUNCTIONS = (
    "date and time",
    "years and months duration",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "list contains",
    "insert before",
    "index of",
    "distinct values",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "met by",
    "overlaps before",
    "overlaps after",
    "finished by",
    "started by",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "string join",
    "list replace",
)
"""The built-in functions whose names have spaces; a test keeps this equal to the table."""

LONG_PROPERTIES = ("time offset", "start included", "end included")
LONG_TYPES = ("date and time", "days and time duration", "years and months duration")

BASE_NAMES = Names({*LONG_FUNCTIONS, *LONG_PROPERTIES, *LONG_TYPES})
