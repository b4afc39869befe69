"""Classes of characters in regular expressions: escapes, Unicode categories and blocks.

Source: XML Schema part 2, appendix F.1.1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Accepts = Callable[[str], bool]

SINGLE_ESCAPES = {
    "n": "\n", "r": "\r", "t": "\t",
    **{c: c for c in "\\|.?*+(){}-[]^$"},
}  # fmt: skip

_BLOCKS: dict[str, tuple[int, int]] = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Syriac": (0x0700, 0x074F),
    "ArabicSupplement": (0x0750, 0x077F),
    "Thaana": (0x0780, 0x07BF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Thai": (0x0E00, 0x0E7F),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x137F),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "GeometricShapes": (0x25A0, 0x25FF),
    "Dingbats": (0x2700, 0x27BF),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "PrivateUse": (0xE000, 0xF8FF),
    "AlphabeticPresentationForms": (0xFB00, 0xFB4F),
    "ArabicPresentationForms-A": (0xFB50, 0xFDFF),
    "ArabicPresentationForms-B": (0xFE70, 0xFEFF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
    "Specials": (0xFFF0, 0xFFFF),
}
_CATEGORIES = frozenset(
    {"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc"}
    | {"Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So"}
    | {"C", "Cc", "Cf", "Co", "Cn"}
)


def property_class(name: str) -> Accepts | None:
    """Return the class of a Unicode property, or None if there is no such property."""
    if name in _CATEGORIES:
        return lambda c: unicodedata.category(c).startswith(name)
    block = _BLOCKS.get(name[2:]) if name.startswith("Is") else None
    if block is None:
        return None
    low, high = block
    return lambda c: low <= ord(c) <= high


def negated(accepts: Accepts) -> Accepts:
    """Return the characters outside a class."""
    return lambda c: not accepts(c)


def union_of(parts: Sequence[Accepts]) -> Accepts:
    """Return the characters of any of the classes."""
    if len(parts) == 1:
        return parts[0]
    return lambda c: any(part(c) for part in parts)


def fold_case(accepts: Accepts) -> Accepts:
    """Return the class without regard to case."""
    return lambda c: accepts(c) or accepts(c.lower()) or accepts(c.upper())


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC"


def _is_name_start(char: str) -> bool:
    return char in "_:" or unicodedata.category(char)[0] == "L"


def _is_name(char: str) -> bool:
    return char in "_:-." or unicodedata.category(char) in _NAME_CATEGORIES


_NAME_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc", "Nl"})


def _is_space(char: str) -> bool:
    return char in " \t\n\r"


def _is_digit(char: str) -> bool:
    return unicodedata.category(char) == "Nd"


_POSITIVE: dict[str, Accepts] = {
    "s": _is_space,
    "d": _is_digit,
    "w": _is_word,
    "i": _is_name_start,
    "c": _is_name,
}
MULTI_ESCAPES: dict[str, Accepts] = {
    **_POSITIVE,
    **{letter.upper(): negated(accepts) for letter, accepts in _POSITIVE.items()},
}
