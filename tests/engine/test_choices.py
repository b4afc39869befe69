"""A person chooses from the records that a registry answered, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from taysir.country.sharing import SERVICES
from taysir.engine.choices import choices_of, may_choose
from taysir.engine.definition import Pack, Page, Question
from taysir.engine.facts import CaseFacts, Fetched, Json
from taysir.engine.pack import load_pack
from taysir.engine.pages import validate_answers

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TWINS = [
    {"number": "B00000101", "born_on": "2026-11-10", "sex": "female"},
    {"number": "B00000102", "born_on": "2026-11-10", "sex": "male"},
]


@cache
def births() -> Pack:
    """Return the service in which twins are told apart."""
    return load_pack(SERVICES / "birth_registration")


def page() -> Page:
    """Return the page that asks which child it is."""
    found = births().page("which-child")
    assert found is not None
    return found


def question() -> Question:
    """Return the question with choices."""
    return page().questions[0]


def case_with(records: Json) -> CaseFacts:
    """Return a case in which the registry has answered these records."""
    return CaseFacts().with_value(
        "births.open", records, provenance=Fetched("WAHA/GOV/HLT/births/n", "a", "x", NOW)
    )


def test_the_records_are_offered_in_both_languages() -> None:
    offered = choices_of(question(), case_with(TWINS))
    assert [option.value for option in offered] == ["B00000101", "B00000102"]
    assert offered[0].label["en"].startswith("born on 10 November 2026")
    assert offered[1].label["ar"].endswith("البلاغ B00000102")


def test_a_question_without_choices_offers_the_options_of_its_fact() -> None:
    first = births().pages[0].questions[0]
    assert [option.value for option in choices_of(first, CaseFacts())] == [
        "mother",
        "father",
        "guardian",
    ]
    assert may_choose(first, CaseFacts(), "anything")


@pytest.mark.parametrize("records", [None, [], "B00000101", [{"born_on": "2026-11-10"}], [7]])
def test_without_usable_records_nothing_can_be_chosen(records: Json) -> None:
    facts = case_with(records)
    assert choices_of(question(), facts) == ()
    assert not may_choose(question(), facts, "B00000101")


def test_a_date_that_is_none_is_shown_as_it_came() -> None:
    offered = choices_of(question(), case_with([{**TWINS[0], "born_on": "2026-99-99"}]))
    assert "2026-99-99" in offered[0].label["ar"]


def test_an_answer_among_the_records_is_accepted() -> None:
    facts = case_with(TWINS)
    answers = validate_answers(
        page(), {"birth.number": "B00000102"}, facts=facts, model=births().facts
    )
    assert answers.values == {"birth.number": "B00000102"}


def test_somebody_elses_record_is_not_accepted() -> None:
    facts = case_with(TWINS)
    answers = validate_answers(
        page(), {"birth.number": "B00000999"}, facts=facts, model=births().facts, language="en"
    )
    assert answers.summary == (("birth.number", "Birth notification: choose from the list."),)
