"""Arabic and digits as people type them, brought to one form for comparing and searching.

Text flows: what a person or a registry wrote → :func:`normalise_digits` where a number is read,
:func:`search_key` where names are compared, :func:`isolate` where a value of unknown direction is
put into a sentence. Nothing here changes what is stored or shown as a name: the folded form is a
key, never a spelling. It does not transliterate (Latin names come from the registry) or collate.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ARABIC_INDIC: Final = "٠١٢٣٤٥٦٧٨٩"
_PERSIAN: Final = "۰۱۲۳۴۵۶۷۸۹"
_DIGITS: Final = str.maketrans(_ARABIC_INDIC + _PERSIAN, "0123456789" * 2)

_TATWEEL: Final = "\u0640"
_LETTERS: Final = str.maketrans(
    {
        "ٱ": "ا",  # alef wasla; the other alefs fall to their base letter by decomposition
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",  # Persian yeh, typed on many keyboards
        "ک": "ك",  # Persian kaf
        "ہ": "ه",
        "ھ": "ه",
        "ء": None,  # written or left out at will at the end of names: ضياء، ضيا
        _TATWEEL: None,
        "'": None,
        "’": None,
        "‘": None,
        "ʿ": None,
        "ʾ": None,
    }
)
_NOT_A_WORD: Final = re.compile(r"[^\w]+|_+")
_ABD: Final = re.compile(r"(?<!\S)عبد (?=\S)")

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_DIRECTION_MARKS: Final = dict.fromkeys(
    map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def normalise_digits(text: str) -> str:
    """Return the text with Arabic-Indic (٠-٩) and Persian (۰-۹) digits as ASCII digits.

    >>> normalise_digits("١٤٤٧/٠٧/12")
    '1447/07/12'
    """
    return text.translate(_DIGITS)


def search_key(text: str) -> str:
    """Return the folded form under which a name is indexed and looked for.

    Equal keys mean that a person would accept the two spellings as one name: alefs (أ إ آ ٱ ا), ة
    and ه, ى and ي, hamza on و and ي or left out, tashkeel, tatweel, presentation forms, Persian
    letters, the space after عبد, Latin case and accents, hyphens, and digits of every kind.

    >>> search_key("عَبْدُ اللّٰه أحمد") == search_key("عبدالله احمد")
    True
    """
    base = _without_marks(_without_marks(text).casefold())
    words = _NOT_A_WORD.sub(" ", normalise_digits(base.translate(_LETTERS)))
    return _ABD.sub("عبد", " ".join(words.split()))


fold_arabic = search_key
"""The same function under the name that readers of Arabic text processing look for."""


def _without_marks(text: str) -> str:
    """Decompose and drop combining marks and invisible characters.

    The decomposition turns أ into ا and a mark, so that hamza and madda go with the tashkeel.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    if decomposed.isascii():
        return decomposed
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf"))


def isolate(text: str) -> str:
    """Return the text so that it keeps its own direction inside a sentence of the other.

    Source: Unicode Standard Annex 9, clause 2.4 (FSI … PDI). Marks already inside are removed, so
    that a value can never turn the text around it. Pages use ``<bdi>``; this is for plain text.
    """
    return _FIRST_STRONG_ISOLATE + without_direction_marks(text) + _POP_ISOLATE


def without_direction_marks(text: str) -> str:
    """Return the text without the invisible characters that change its direction.

    They come along when a number is copied from a message or a document.
    """
    return text.translate(_DIRECTION_MARKS)
