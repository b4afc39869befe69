"""Services between agencies: sharing, letters, platforms, information, personal data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from taysir.engine.facts import Attested, CaseFacts, EvidenceOutcome, Typed
from taysir.engine.flow import start_token, transition
from taysir.engine.lookups import lookups_due, receive_outcome
from tests.examples import examples

from .deciding import decided, pack_named

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
FIELDS = ("name_ar", "name_en", "birth_date", "vital_status")
LEVELS = ("minister", "deputy", "director")


# --- data sharing --------------------------------------------------------------------------------


@examples(60)
@given(
    st.lists(st.sampled_from((*FIELDS, "blood_type", "salary")), min_size=1, max_size=8),
    st.sampled_from([", ", "،", " ", "\n", " ، "]),
)
def test_only_fields_that_the_service_has_are_shared(asked: list[str], separator: str) -> None:
    decision = decided("data_sharing_request", answers={"request.fields": separator.join(asked)})
    if set(asked) <= set(FIELDS):
        assert decision.outcome is Outcome.REFERRED
        assert decision.values["sharing.fields"] == asked
    else:
        assert decision.outcome is Outcome.REFUSED
        assert decision.codes == ("fields-unknown",)


@examples(60)
@given(st.sets(st.sampled_from(FIELDS), min_size=1), st.sets(st.sampled_from(FIELDS)))
def test_what_is_agreed_already_is_not_agreed_twice(asked: set[str], agreed: set[str]) -> None:
    decision = decided(
        "data_sharing_request",
        answers={"request.fields": ",".join(sorted(asked))},
        registries={"current": {"fields": sorted(agreed), "valid_until": "2027-01-01"}},
    )
    assert (decision.codes == ("already-shared",)) == (asked <= agreed)


@pytest.mark.parametrize("first", ["source_office", "privacy_office"])
def test_source_and_privacy_office_look_at_the_same_time(first: str) -> None:
    pack = pack_named("data_sharing_request")
    token = start_token(pack, at=AT)
    token = transition(pack, token, "submit", role="applicant", at=AT)
    token = transition(pack, token, "refer", role="system", at=AT)
    done = {"source_office": ("answered", "registry"), "privacy_office": ("reviewed", "officer")}
    for stage in (first, *(done.keys() - {first})):
        action, role = done[stage]
        token = transition(pack, token, action, role=role, at=AT, stage=stage)
    assert token.stage == "review"


# --- letters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sender", "addressed"), list(product(LEVELS, LEVELS)))
def test_correspondence_goes_between_equal_levels(sender: str, addressed: str) -> None:
    decision = decided(
        "official_letter",
        answers={"letter.level": addressed},
        registries={"sender": {"level": sender}},
    )
    expected = Outcome.GRANTED if sender == addressed else Outcome.REFUSED
    assert decision.outcome is expected


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("صاحب السمو مدير الإدارة", True),
        ("سعادة المدير", True),
        ("الى سعادتكم مع التحية", True),
        ("المدير رعاه الله", True),
        ("ولمعاليه التحية", True),
        ("مدير إدارة السعادة الوظيفية", False),
        ("مسموح بالدخول", False),
        ("مساعدة المدير", False),
        ("المدير العام", False),
    ],
)
def test_honorifics_are_whole_words(words: str, refused: bool) -> None:
    body = f"{words}، نأمل الإفادة عن الموضوع أعلاه."
    decision = decided("official_letter", answers={"letter.body": body})
    assert ("honorific" in decision.codes) == refused


# --- platforms -----------------------------------------------------------------------------------


@examples(60)
@given(st.dates(min_value=date(2022, 1, 1), max_value=date(2028, 12, 31)))
def test_accessibility_becomes_a_condition_on_its_day(on: date) -> None:
    decision = decided("platform_approval", on=on, answers={"plan.accessible": "no"})
    if on < date(2025, 1, 1):
        assert (decision.outcome, decision.codes) == (Outcome.REFERRED, ("accessible-later",))
    else:
        assert (decision.outcome, decision.codes) == (Outcome.REFUSED, ("not-accessible",))


# --- information ---------------------------------------------------------------------------------


@examples(60)
@given(st.integers(min_value=0, max_value=2000))
def test_paper_beyond_a_hundred_pages_costs_and_nothing_else_does(pages: int) -> None:
    for form in ("paper", "electronic"):
        decision = decided(
            "public_information_request",
            answers={"request.format": form},
            registries={"holding": {"pages": pages}},
        )
        fee = 25 * max(0, pages - 100) if form == "paper" else 0
        assert decision.values["answer.fee_minor"] == fee


def test_an_extension_happens_once() -> None:
    flow = pack_named("public_information_request").flow
    extending = [name for name, stage in flow.stages.items() if "extend" in stage.actions]
    assert extending == ["review"]
    assert "review" not in {action.to for action in flow.stages["extended"].actions.values()}


# --- personal data -------------------------------------------------------------------------------


def asking_for(subject: str) -> CaseFacts:
    """A request for someone else, before any register has answered."""
    facts = CaseFacts().with_value(
        "applicant.national_id", "3000000004", provenance=Attested("idp", AT)
    )
    answers = {"request.for": "other", "request.subject": subject, "request.agency": "HLT"}
    for name, value in answers.items():
        facts = facts.with_value(name, value, provenance=Typed("applicant", AT))
    return facts


def test_nothing_is_asked_about_someone_else_before_the_mandate_is_known() -> None:
    pack = pack_named("personal_data_request")
    facts = asking_for("3000000020")
    assert [lookup.name for lookup in lookups_due(pack, facts, at=AT)] == ["mandate"]
    (mandate,) = lookups_due(pack, facts, at=AT)
    facts = receive_outcome(mandate, facts, EvidenceOutcome.NOT_FOUND, at=AT)
    assert lookups_due(pack, facts, at=AT) == ()


@examples(60)
@given(st.integers(min_value=0, max_value=800))
def test_one_copy_a_year_is_free(days: int) -> None:
    today = AT.date()
    last = today - timedelta(days=days)
    decision = decided(
        "personal_data_request",
        answers={"request.kind": "copy"},
        registries={"history": {"last_on": last.isoformat()}},
    )
    within_a_year = last.replace(year=last.year + 1, day=min(last.day, 28)) > today
    if last.day <= 28:
        assert decision.values["answer.fee_minor"] == (2_000 if within_a_year else 0)


def test_a_review_is_not_betrayed_by_the_words_of_the_reason() -> None:
    decision = decided(
        "personal_data_request", registries={"record": {"reviewed_until": "2027-05-01"}}
    )
    assert decision.outcome is Outcome.REFERRED
    words = " ".join((*decision.reasons[0].text.values(), *decision.reasons[0].remedy.values()))
    assert "2027" not in words
