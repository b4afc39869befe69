"""Facts keep their provenance through JSON and back, and never change behind anyone's back."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.definition import Pack
from taysir.engine.facts import (
    Attested,
    CaseFacts,
    Computed,
    Dispute,
    Evidence,
    EvidenceOutcome,
    FactValue,
    Fetched,
    Typed,
)
from taysir.kernel.errors import Problem
from taysir.kernel.limits import CASE_FACTS_BYTES

from .conftest import NOW, MakeCase

MOMENTS = st.datetimes(min_value=NOW.replace(tzinfo=None), timezones=st.just(UTC))
WORDS = st.text(max_size=12)
PROVENANCE = (
    st.builds(Typed, WORDS, MOMENTS)
    | st.builds(Attested, WORDS, MOMENTS)
    | st.builds(Fetched, WORDS, WORDS, WORDS, MOMENTS, WORDS)
    | st.builds(Computed, WORDS, WORDS, WORDS, MOMENTS)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
VALUES = st.builds(FactValue, JSON, PROVENANCE, st.none() | st.builds(Dispute, MOMENTS, WORDS))
EVIDENCE = st.builds(Evidence, st.sampled_from(EvidenceOutcome), MOMENTS, WORDS)
CASES = st.builds(
    CaseFacts,
    st.dictionaries(WORDS, VALUES, max_size=4),
    st.dictionaries(WORDS, EVIDENCE, max_size=3),
)


@given(CASES)
def test_a_case_survives_json(facts: CaseFacts) -> None:
    stored = facts.to_json()
    again = CaseFacts.from_json(stored)
    assert dict(again) == dict(facts)
    assert dict(again.evidence) == dict(facts.evidence)
    assert again.to_json() == stored


@given(st.binary(max_size=60))
def test_broken_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        CaseFacts.from_json(data)
    assert caught.value.code == "ENG-1101"


def test_another_format_is_refused() -> None:
    with pytest.raises(Problem, match="ENG-1101"):
        CaseFacts.from_json(b'{"format": 2, "values": {}}')


def test_the_size_of_a_case_is_bounded() -> None:
    typed = Typed("applicant", NOW)
    empty = len(CaseFacts().with_value("a", "", provenance=typed).to_json())
    room = CASE_FACTS_BYTES - empty
    assert CaseFacts().with_value("a", "x" * room, provenance=typed).to_json()
    with pytest.raises(Problem, match="ENG-1101"):
        CaseFacts().with_value("a", "x" * (room + 1), provenance=typed).to_json()
    with pytest.raises(Problem, match="ENG-1101"):
        CaseFacts.from_json(b" " * (CASE_FACTS_BYTES + 1))


def test_setting_a_value_leaves_the_old_case_as_it_was() -> None:
    before = CaseFacts().with_value("a", 1, provenance=Typed("applicant", NOW))
    after = before.with_value("a", 2, provenance=Typed("applicant", NOW))
    assert (before.value("a"), after.value("a")) == (1, 2)
    assert "a" not in after.without("a")


def test_only_a_known_value_can_be_disputed() -> None:
    facts = CaseFacts().with_value("a", 1, provenance=Typed("applicant", NOW))
    disputed = facts.with_dispute("a", Dispute(NOW, "wrong"))
    assert disputed.disputed() == ("a",)
    assert disputed.with_dispute("a", None).disputed() == ()
    with pytest.raises(Problem, match="ENG-1102"):
        facts.with_dispute("b", Dispute(NOW))


def test_rules_see_dates_and_nulls(pack: Pack, make_case: MakeCase) -> None:
    context = pack.facts.context(make_case(fitness="not_found"))
    assert context["licence"]["expires_on"] == date(2026, 12, 24)
    assert context["fitness"]["result"] is None
    assert context["address"]["city_ar"] is None


def test_every_fact_of_the_pack_is_labelled_in_both_languages(pack: Pack) -> None:
    for fact in pack.facts.values():
        assert fact.label["ar"]
        assert fact.label["en"]
        if "enum" in fact.schema:
            assert [option.value for option in fact.options] == fact.schema["enum"]
