"""Answers are read as people write them, and what will not do is answered with what to write."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.definition import Pack
from taysir.engine.facts import CaseFacts, Typed
from taysir.engine.pack import build_pack
from taysir.engine.pages import (
    apply_answers,
    missing_answers,
    next_page,
    validate_answers,
    visible_questions,
)
from taysir.kernel.calendar import parse_date
from taysir.kernel.errors import Problem
from taysir.kernel.limits import ANSWER_CHARACTERS

from .conftest import NOW, MakeCase, edited

ON = date(2026, 11, 24)
EXTRA = """{"type": "object", "properties": {
    "day": {"type": "string", "format": "date", "taysir": LABEL},
    "note": {"type": "string", "maxLength": 10, "taysir": LABEL},
    "area": {"type": "number", "minimum": 1, "maximum": 9, "taysir": LABEL},
    "paid": {"type": "integer", "minimum": 0, "taysir": MONEY},
    "agreed": {"type": "boolean", "taysir": LABEL},
    "code": {"type": "string", "pattern": "^[0-9]{4}$", "taysir": LABEL}}}"""
NOTES = (
    '{"label": {"ar": "بيان", "en": "Item"}, "source": "typed", '
    '"sensitivity": "public", "retention": "P1Y"%s}'
)


@pytest.fixture(scope="module")
def wide(files: dict[str, bytes]) -> Pack:
    """The pack with a question of every type on a second page."""
    extra = EXTRA.replace("LABEL", NOTES % "").replace("MONEY", NOTES % ', "money": true')
    made = edited(
        files,
        **{"facts.schema": ('    "renewal": {\n', f'    "extra": {extra},\n    "renewal": {{\n')},
    )
    questions = "".join(
        f"      - fact: extra.{name}\n" for name in ("day", "area", "paid", "agreed", "code")
    )
    page = (
        "  - id: more\n    title: {ar: مزيد, en: More}\n    questions:\n"
        + questions
        + '      - fact: extra.note\n        required: false\n        when: extra.code = "1234"\n'
    )
    made["pages.yaml"] += page.encode()
    return build_pack(made)


def test_the_first_page_with_an_open_question_is_next(pack: Pack, make_case: MakeCase) -> None:
    page = next_page(pack, CaseFacts())
    assert page is not None
    assert page.id == "renew"
    assert next_page(pack, make_case()) is None
    assert next_page(pack, make_case(), after="renew") is None
    assert missing_answers(pack, make_case(years=None)) == ("renewal.years",)


def test_answers_become_facts_with_their_author(pack: Pack, make_case: MakeCase) -> None:
    page = pack.pages[0]
    answers = validate_answers(page, {"renewal.years": " ١٠ ", "renewal.delivery": "post"})
    assert answers.ok
    facts = apply_answers(make_case(), answers, page=page, by="applicant", at=NOW)
    assert facts.value("renewal.years") == 10
    assert facts["renewal.delivery"].provenance == Typed("applicant", NOW)


def test_a_missing_and_a_foreign_answer_are_told_in_both_languages(pack: Pack) -> None:
    values, errors = validate_answers(pack.pages[0], {"renewal.years": "3"})
    assert values == {}
    assert errors["renewal.years"]["en"] == "Term: choose one of the values listed."
    assert errors["renewal.delivery"]["ar"] == "اختر: طريقة الاستلام."


def test_the_summary_is_in_the_language_and_order_of_the_page(pack: Pack) -> None:
    summary = validate_answers(pack.pages[0], {}, language="en").summary
    assert summary == (
        ("renewal.years", "Choose: Term."),
        ("renewal.delivery", "Choose: Delivery."),
    )


def test_a_term_that_would_be_over_is_told_on_the_page(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case(years=None, licence={"expires_on": "2024-11-24"})
    raw = {"renewal.years": "2", "renewal.delivery": "digital"}
    late = validate_answers(pack.pages[0], raw, facts=facts, model=pack.facts, on=ON)
    assert list(late.errors) == ["renewal.years"]
    raw["renewal.years"] = "5"
    assert validate_answers(pack.pages[0], raw, facts=facts, model=pack.facts, on=ON).ok


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("extra.day", "31/1/2026", "2026-01-31"),
        ("extra.day", "٣١/١/٢٠٢٦", "2026-01-31"),
        ("extra.day", "2026-01-31", "2026-01-31"),
        ("extra.day", "1/9/1447", "2026-02-18"),
        ("extra.area", "٣٫٥", 3.5),
        ("extra.area", "1", 1.0),
        ("extra.area", "9", 9.0),
        ("extra.paid", "200.50", 20050),
        ("extra.paid", "٢٠٠", 20000),
        ("extra.agreed", "on", True),
        ("extra.agreed", "", False),
        ("extra.code", "١٢٣٤", "1234"),
    ],
)
def test_people_write_as_they_like(wide: Pack, field: str, raw: str, value: object) -> None:
    values, errors = validate_answers(wide.pages[1], {field: raw})
    assert field not in errors
    assert values[field] == value


@given(day=st.integers(0, 40), month=st.integers(0, 14), year=st.integers(1895, 2105))
def test_the_short_way_to_a_date_is_the_calendars_way(
    wide: Pack, day: int, month: int, year: int
) -> None:
    raw = f"{day}/{month}/{year}"
    try:
        expected = parse_date(raw).isoformat()
    except Problem:
        expected = None
    values, _ = validate_answers(wide.pages[1], {"extra.day": raw})
    assert values.get("extra.day") == expected


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("extra.day", "30/2/2026"),
        ("extra.day", "soon"),
        ("extra.area", "0.5"),
        ("extra.area", "9.1"),
        ("extra.area", "many"),
        ("extra.paid", "-1"),
        ("extra.paid", "1.234"),
        ("extra.agreed", "perhaps"),
        ("extra.code", "123"),
        ("extra.code", "x" * (ANSWER_CHARACTERS + 1)),
    ],
)
def test_what_will_not_do_says_what_will(wide: Pack, field: str, raw: str) -> None:
    values, errors = validate_answers(wide.pages[1], {field: raw})
    assert field not in values
    assert errors[field]["ar"].startswith("بيان")
    assert errors[field]["en"].startswith("Item")


@pytest.mark.parametrize(
    ("field", "raw", "message"),
    [
        ("extra.area", "0.5", "Item: the least value is 1."),
        ("extra.area", "10", "Item: the greatest value is 9."),
        ("extra.paid", "-1", "Item: the least value is 0 dinars."),
        ("extra.code", "12", "Item: the value does not have the required form."),
    ],
)
def test_a_bound_is_named(wide: Pack, field: str, raw: str, message: str) -> None:
    assert validate_answers(wide.pages[1], {field: raw}).errors[field]["en"] == message


def test_a_question_appears_when_its_condition_holds(wide: Pack) -> None:
    page = wide.pages[1]
    assert "extra.note" not in [q.field for q in visible_questions(page, CaseFacts())]
    hidden = validate_answers(page, {"extra.note": "x" * 99, "extra.code": "1111"})
    assert "extra.note" not in hidden.errors
    shown = validate_answers(page, {"extra.note": "x" * 11, "extra.code": "1234"})
    assert "extra.note" in shown.errors
    kept = validate_answers(page, {"extra.note": "x" * 10, "extra.code": "1234"})
    assert kept.values["extra.note"] == "x" * 10


FORMS = st.dictionaries(st.sampled_from(["renewal.years", "renewal.delivery", "x"]), st.text())


@given(raw=FORMS)
def test_any_form_gives_accepted_values_or_messages(pack: Pack, raw: dict[str, str]) -> None:
    page = pack.pages[0]
    answers = validate_answers(page, raw)
    for question in page.questions:
        assert (question.field in answers.values) != (question.field in answers.errors)
        if question.field in answers.values:
            assert question.fact.accepts(answers.values[question.field])
