"""Split a FEEL text into tokens, on demand, so that the parser can reread a place as a long name.

Source: DMN 1.5 clause 10.3.1.2, grammar rules 27-31, 36-38, 61-63.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from taysir.engine.feel.errors import ENG_FEEL_SYNTAX
from taysir.kernel.errors import Problem

SPACE = r"[\s\u0085\u00A0\u1680\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]"
_START_CHARS = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d"
    "\u180f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf"
    "\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U000effff"
)
NAME_START = f"[{_START_CHARS}]"
NAME_PART = f"[{_START_CHARS}0-9\u00b7\u0300-\u036f\u203f-\u2040]"
WORD = f"{NAME_START}{NAME_PART}*"

_SKIP = re.compile(rf"(?:{SPACE}|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(
    rf"(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf'|(?P<string>"(?:[^"\\]|\\.)*")'
    rf"|(?P<name>{WORD})"
    r"|(?P<op>\.\.|\*\*|<=|>=|!=|->|[-+*/<>=()\[\]{},:.?@])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))|(\\)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``kind`` is number, string, name, op or end."""

    kind: str
    text: str
    start: int
    end: int


def next_token(text: str, position: int) -> Token:
    """Read the token at or after a position."""
    skipped = _SKIP.match(text, position)
    start = skipped.end() if skipped else position
    if start >= len(text):
        return Token("end", "", len(text), len(text))
    match = _TOKEN.match(text, start)
    if match is None or match.lastgroup is None:
        raise syntax_error(text, start, expected="a FEEL token")
    return Token(match.lastgroup, match.group(), start, match.end())


def syntax_error(text: str, position: int, *, expected: str) -> Problem:
    """Return the error for a place in a text; the Arabic of ``expected`` is in ``errors.py``."""
    before = text[:position]
    found = text[position : position + 20].partition("\n")[0] or "…"
    return Problem(
        ENG_FEEL_SYNTAX,
        line=before.count("\n") + 1,
        column=position - (before.rfind("\n") + 1) + 1,
        found=found,
        expected=expected,
    )


def unescape(quoted: str) -> str:
    """Return what a quoted string means; an unknown escape stands for itself, as in a pattern."""

    def replace(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            point = int(code, 16)
            return chr(point) if point <= 0x10FFFF else match[0]
        return _ESCAPES.get(match[3], match[0])

    text = _ESCAPE.sub(replace, quoted[1:-1]) if "\\" in quoted else quoted[1:-1]
    return _SURROGATES.sub(_join_surrogates, text)


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = (ord(each) for each in match[0])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def escape(text: str) -> str:
    """Return a string literal for a text."""
    out = text.replace("\\", "\\\\").replace('"', '\\"')
    for letter, char in (("n", "\n"), ("r", "\r"), ("t", "\t")):
        out = out.replace(char, "\\" + letter)
    return f'"{out}"'
