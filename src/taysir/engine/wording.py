"""Puts values into sentences: a date in both calendars, money in dinars, an option by its label.

The same fact is worded the same way in a reason, an explanation and a notice. Bidirectional text
is left to the page; nothing here makes markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

from taysir.engine.definition import PLACEHOLDER
from taysir.engine.facts import Fact, FactType, Json
from taysir.engine.findings import Text
from taysir.kernel.calendar import (
    GREGORIAN_MONTHS,
    HIJRI_FIRST,
    HIJRI_LAST,
    HIJRI_MONTHS,
    HijriDate,
)
from taysir.kernel.errors import Language
from taysir.kernel.money import Money

LANGUAGES: Final[tuple[Language, Language]] = ("ar", "en")
_UNKNOWN: Final[Text] = {"ar": "غير معروف", "en": "not known"}
_NONE: Final[Text] = {"ar": "لا يوجد", "en": "none"}
_YES: Final[Text] = {"ar": "نعم", "en": "yes"}
_NO: Final[Text] = {"ar": "لا", "en": "no"}
_COMMA: Final[Text] = {"ar": "، ", "en": ", "}
_DAY_TEXT: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])", re.ASCII)
"""A day that every month has; the few others are written as they are."""
_NAME_PARTS: Final = ("first", "father", "grandfather", "family")


@lru_cache(maxsize=4096)
def word_date(day: date, language: Language) -> str:
    """Write a day in both calendars, the Hijri first in Arabic."""
    month = GREGORIAN_MONTHS[language][day.month - 1]
    gregorian = f"{day.day} {month} {day.year}"
    if language == "ar":
        gregorian += "م"
    if not HIJRI_FIRST <= day <= HIJRI_LAST:
        return gregorian
    hijri = HijriDate.of(day)
    lunar = f"{hijri.day} {HIJRI_MONTHS[language][hijri.month - 1]} {hijri.year}"
    return f"{lunar}هـ / {gregorian}" if language == "ar" else f"{gregorian} / {lunar} AH"


def word_value(fact: Fact, value: Json, language: Language) -> str:
    """Write the value of a fact for people; one that is not of its type is written plainly.

    A rule may give such a value: the decision then stops with its own error, not here.
    """
    if value is None:
        return _UNKNOWN[language]
    if label := fact.label_of(value):
        return label[language]
    match fact.type:
        case FactType.DATE if isinstance(value, str):
            return _word_day(value, language)
        case FactType.MONEY if isinstance(value, int):
            return Money(value).format(language)
        case FactType.BOOLEAN:
            return _word_boolean(value, language)
        case FactType.LIST if isinstance(value, list):
            return _word_list(fact, value, language)
        case FactType.OBJECT if isinstance(value, dict):
            return _word_object(value)
        case FactType.NUMBER:
            return _word_number(value)
    return str(value)


def _word_day(text: str, language: Language) -> str:
    """Write the text of a day as a day; any other text as it is."""
    return word_date(date.fromisoformat(text), language) if _DAY_TEXT.fullmatch(text) else text


def _word_boolean(value: Json, language: Language) -> str:
    return (_YES if value else _NO)[language]


def _word_number(value: float) -> str:
    """Write a number as people write it: a whole one without decimals."""
    return str(int(value)) if value == int(value) else str(value)


def word_plain(value: Json, language: Language, kind: FactType | None = None) -> str:
    """Write a value that no fact defines: a parameter of the law, an input that was computed."""
    if value is None:
        return _UNKNOWN[language]
    if isinstance(value, bool):
        return _word_boolean(value, language)
    if isinstance(value, list):
        words = (word_plain(item, language) for item in value)
        return _COMMA[language].join(words) or _NONE[language]
    if kind is FactType.MONEY and isinstance(value, int):
        return Money(value).format(language)
    return _word_day(value, language) if isinstance(value, str) else str(value)


def both(fact: Fact, value: Json) -> dict[Language, str]:
    """Write a value in both languages."""
    return {language: word_value(fact, value, language) for language in LANGUAGES}


def fill(text: Text, word: Callable[[str, Language], str]) -> dict[Language, str]:
    """Replace ``{fact}`` placeholders of a text by worded values."""
    return {language: _fill(text[language], word, language) for language in LANGUAGES}


def _fill(sentence: str, word: Callable[[str, Language], str], language: Language) -> str:
    return PLACEHOLDER.sub(lambda match: word(match.group(1), language), sentence)


def _word_list(fact: Fact, value: list[Json], language: Language) -> str:
    if not value:
        return _NONE[language]
    labels = [fact.label_of(item) for item in value]
    words = [
        label[language] if label else _word_item(item)
        for label, item in zip(labels, value, strict=True)
    ]
    return _COMMA[language].join(words)


def _word_item(item: Json) -> str:
    return _word_object(item) if isinstance(item, dict) else str(item)


def _word_object(value: dict[str, Json]) -> str:
    names: list[str] = [name for name in _NAME_PARTS if name in value] or list(value)
    words = (value[name] for name in names if value[name] not in (None, "", []))
    return " ".join(
        " ".join(map(str, word)) if isinstance(word, list) else str(word) for word in words
    )
