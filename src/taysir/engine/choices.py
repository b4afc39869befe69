"""What a person chooses from where a registry has answered several records.

A person with two plots or two newborn children chooses one of what the register holds, and types
nothing that the state already knows. The records come from a fact of the case; an answer is
accepted only if it is among them, so nobody applies with somebody else's record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from taysir.engine.definition import Choices, Question
from taysir.engine.facts import CaseFacts, Fact, Json, Option
from taysir.engine.findings import Text
from taysir.engine.wording import LANGUAGES, word_date
from taysir.kernel.errors import Language

_MEMBER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def choices_of(question: Question, facts: CaseFacts) -> tuple[Option, ...]:
    """Return what may be chosen: the options of the fact, or the records known in the case."""
    if question.choices is None:
        return question.fact.options
    return tuple(
        Option(record[question.choices.value], _worded(question.choices, record))
        for record in _records(question.choices, facts)
    )


def may_choose(question: Question, facts: CaseFacts, value: Json) -> bool:
    """Whether an answer is among the records; without choices every answer is."""
    if question.choices is None:
        return True
    member = question.choices.value
    return any(record[member] == value for record in _records(question.choices, facts))


def not_listed(fact: Fact) -> Text:
    """Say that an answer is not among the records."""
    return {
        "ar": f"{fact.label['ar']}: اختر من القائمة.",
        "en": f"{fact.label['en']}: choose from the list.",
    }


def _records(choices: Choices, facts: CaseFacts) -> Iterator[dict[str, Any]]:
    known = facts.value(choices.records)
    for record in known if isinstance(known, list) else ():
        if isinstance(record, dict) and record.get(choices.value) is not None:
            yield record


def _worded(choices: Choices, record: dict[str, Any]) -> Text:
    return {language: _in_language(choices, record, language) for language in LANGUAGES}


def _in_language(choices: Choices, record: dict[str, Any], language: Language) -> str:
    return _MEMBER.sub(
        lambda match: _word(record.get(match.group(1)), language), choices.label[language]
    )


def _word(value: Json, language: Language) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return word_date(date.fromisoformat(value), language)
        except ValueError:
            return value
    return "" if value is None else str(value)
