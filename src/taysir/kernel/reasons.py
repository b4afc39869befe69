"""Keep the Arabic of every reason, so that an Arabic sentence holds no English words.

A reason is the part of an error that only the place of failure knows: ``raise Problem(KRN_TOKEN,
reason="a proof of the wrong length")``. The English text is what travels: in ``params``, in logs,
between processes and between nodes, so that machines compare the same words for ever. Its Arabic
is declared once, beside the errors of the part, by :func:`phrases`, and is looked up only when
an error is read in Arabic. A reason with values is declared with ``{}`` in their places.

This module does not know any part and does not translate names, numbers or other values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

REASON_PARAMETERS: Final = frozenset(
    {"detail", "expected", "fault", "finding", "limit", "reason", "what"}
)
"""The parameters of errors that hold words and not values."""

REASON_CHARACTERS: Final = 400
"""The longest reason that is compared with the patterns; a longer one is no sentence of ours."""

REASON_DEPTH: Final = 4
"""How deep reasons are looked for within reasons, so that a text of many colons costs little."""

LIBRARY_WORDS_CHARACTERS: Final = 200
"""The most of a library's words that an error carries."""

_HOLE: Final = "{}"


class _Pattern(NamedTuple):
    """One declared reason that holds values."""

    english: re.Pattern[str]
    arabic: str
    letters: int


_EXACT: dict[str, str] = {}
_PATTERNS: list[_Pattern] = []


def phrases(arabic: Mapping[str, str]) -> None:
    """Declare the Arabic of reasons, each under its English; ``{}`` stands for a value.

    Raises: ValueError for a reason declared twice with different Arabic.
    """
    for english, said in arabic.items():
        if _EXACT.setdefault(english, said) != said:
            raise ValueError(f"reason declared twice: {english}")
        if _HOLE in english:
            parts = [re.escape(part) for part in english.split(_HOLE)]
            pattern = re.compile("(.+?)".join(parts), re.DOTALL)
            letters = len(english.replace(_HOLE, ""))
            _PATTERNS.append(_Pattern(english=pattern, arabic=said, letters=letters))
    _PATTERNS.sort(key=lambda pattern: -pattern.letters)


def declared() -> Mapping[str, str]:
    """Return every declared reason: its English and its Arabic."""
    return dict(_EXACT)


def reason_in_arabic(reason: str, *, depth: int = REASON_DEPTH) -> str:
    """Return the Arabic of a declared reason, with the same values; another text as it is.

    A value that is a declared reason itself is put into Arabic too, so that reasons may be nested.
    """
    exact = _EXACT.get(reason)
    if exact is not None:
        return exact
    if depth == 0 or len(reason) > REASON_CHARACTERS:
        return reason
    for pattern in _PATTERNS:
        found = pattern.english.fullmatch(reason)
        if found is not None:
            values = (reason_in_arabic(value, depth=depth - 1) for value in found.groups())
            return pattern.arabic.format(*values)
    return reason


def reason_of(error: Exception) -> str:
    """Return the reason that a library's exception gives, with its line and column if it has them.

    Words of a library that have no Arabic are quoted as the library's, so that an Arabic sentence
    does not pass them off as its own. Never for a library that repeats values of persons.
    """
    said = getattr(error, "strerror", None) or getattr(error, "problem", None) or str(error)
    words = str(said).strip().partition("\n")[0][:LIBRARY_WORDS_CHARACTERS] or type(error).__name__
    if reason_in_arabic(words) == words:
        words = f'the library says "{words}"'
    mark = getattr(error, "problem_mark", None)
    return words if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: {words}"
