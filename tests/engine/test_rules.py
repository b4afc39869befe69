"""The renewal is decided by the law of the day, with reasons, and never by missing evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Decision, Outcome, record_values
from taysir.engine.definition import Pack
from taysir.engine.facts import Computed, Dispute, EvidenceOutcome, Fetched
from taysir.engine.lookups import lookup_path, lookups_due, receive_answer, receive_outcome
from taysir.engine.pack import read_pack_files
from taysir.engine.rules import decide
from taysir.engine.scenarios import Scenario, read_scenarios, run_scenario
from taysir.kernel.errors import Problem

from .conftest import NOW, PACK_PATH, RECORDS, MakeCase

ON = NOW.date()
SCENARIOS = read_scenarios(read_pack_files(PACK_PATH))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_packs_own_cases_hold(pack: Pack, scenario: Scenario) -> None:
    assert run_scenario(pack, scenario).differences == ()


def late_fee(expired: date, on: date) -> int:
    """The late fee written a second time, from the sentence of the law and not from the table."""
    fee, year = 0, 0
    while on > _plus_years(expired, year) + timedelta(days=60):
        fee += 10_000
        year += 1
    return fee


def _plus_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@given(days=st.integers(-180, 3600), years=st.sampled_from([2, 5, 10]))
def test_fee_and_term_follow_the_law_on_any_day(
    pack: Pack, make_case: MakeCase, days: int, years: int
) -> None:
    expired = ON - timedelta(days=days)
    decision = decide(
        pack, make_case(years=years, licence={"expires_on": expired.isoformat()}), on=ON
    )
    until = _plus_years(expired, years)
    if until <= ON:
        assert decision.codes == ("term-already-over",)
        return
    assert decision.outcome is Outcome.GRANTED
    assert decision.values["renewal.term_until"] == until.isoformat()
    assert decision.values["renewal.late_fee_minor"] == late_fee(expired, ON)
    assert decision.values["renewal.fee_minor"] == 4000 * years + late_fee(expired, ON)


REPLIES = st.sampled_from(["unreachable", "not_found", "declined", "invalid"])


@given(
    replies=st.dictionaries(
        st.sampled_from(["person", "fines", "fitness", "suspension", "address"]), REPLIES
    ),
    post=st.booleans(),
)
def test_missing_evidence_never_refuses(
    pack: Pack, make_case: MakeCase, replies: dict[str, str], post: bool
) -> None:
    facts = make_case(delivery="post" if post else "digital", **replies)
    decision = decide(pack, facts, on=ON, at=NOW)
    assert decision.outcome is not Outcome.REFUSED
    if decision.outcome is Outcome.WAITING:
        assert decision.waiting or decision.unanswered
        assert all(reason.text["ar"] and reason.text["en"] for reason in decision.reasons)


def test_a_refusal_names_article_row_and_sources(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case(fines={"unpaid_count": 2, "unpaid_total_minor": 45_000})
    (reason,) = decide(pack, facts, on=ON, at=NOW).reasons
    assert reason.code == "fines-unpaid"
    assert reason.article == "traffic-14"
    assert "450" in reason.text["en"]
    assert reason.rule is not None
    assert (reason.rule.file, reason.rule.row) == ("rules/eligibility.dmn", 6)
    (used,) = reason.inputs
    assert used.fact == "fines.unpaid_count"
    assert used.provenance == Fetched("WAHA/GOV/TRF/licensing/fines", "a1", "x1", NOW, "fines")


def test_a_fine_paid_five_minutes_ago_does_not_refuse(pack: Pack, make_case: MakeCase) -> None:
    before = NOW - timedelta(minutes=5)
    facts = make_case(at=before, fines={"unpaid_count": 1, "unpaid_total_minor": 100})
    decision = decide(pack, facts, on=ON, at=NOW)
    assert (decision.outcome, decision.refresh) == (Outcome.WAITING, ("fines",))
    due = lookups_due(pack, facts, at=NOW, refresh=decision.refresh)
    assert [lookup.name for lookup in due] == ["fines"]
    fresh = receive_answer(
        pack, due[0], facts, RECORDS["fines"], agreement="a", exchange_id="x2", at=NOW
    )
    assert decide(pack, fresh, on=ON, at=NOW).outcome is Outcome.GRANTED


def test_a_registry_that_fails_at_the_second_asking_keeps_the_case(
    pack: Pack, make_case: MakeCase
) -> None:
    before = NOW - timedelta(minutes=5)
    facts = make_case(at=before, fines={"unpaid_count": 1, "unpaid_total_minor": 100})
    fines = pack.lookup("fines")
    assert fines is not None
    down = receive_outcome(fines, facts, EvidenceOutcome.UNREACHABLE, at=NOW)
    decision = decide(pack, down, on=ON, at=NOW)
    assert decision.outcome is Outcome.WAITING
    assert decision.codes == ("evidence-stale",)


def test_evidence_that_arrives_completes_the_case(pack: Pack, make_case: MakeCase) -> None:
    waiting = make_case(fitness="not_found")
    assert decide(pack, waiting, on=ON, at=NOW).waiting == ("fitness",)
    (due,) = lookups_due(pack, waiting, at=NOW)
    assert lookup_path(due, waiting) == "/fitness-tests/3000000004"
    arrived = receive_answer(
        pack, due, waiting, RECORDS["fitness"], agreement="a", exchange_id="x", at=NOW
    )
    assert decide(pack, arrived, on=ON, at=NOW).outcome is Outcome.GRANTED


def test_a_corrected_value_ends_its_dispute(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case(fitness={"valid_until": "2026-11-23"})
    disputed = facts.with_dispute("fitness.valid_until", Dispute(NOW))
    assert decide(pack, disputed, on=ON, at=NOW).disputed == ("fitness.valid_until",)
    (due,) = lookups_due(pack, disputed, at=NOW)
    same = receive_answer(
        pack,
        due,
        disputed,
        {**RECORDS["fitness"], "valid_until": "2026-11-23"},
        agreement="a",
        exchange_id="x",
        at=NOW,
    )
    assert same.disputed() == ("fitness.valid_until",)
    corrected = receive_answer(
        pack, due, disputed, RECORDS["fitness"], agreement="a", exchange_id="x", at=NOW
    )
    assert decide(pack, corrected, on=ON, at=NOW).outcome is Outcome.GRANTED


def test_an_open_question_waits(pack: Pack, make_case: MakeCase) -> None:
    decision = decide(pack, make_case(years=None), on=ON)
    assert decision.unanswered == ("renewal.years",)
    assert decision.codes == ("answer-missing",)


def test_a_path_needs_its_facts(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case().without("applicant.national_id")
    assert lookups_due(pack, facts, at=NOW + timedelta(days=9)) == ()
    with pytest.raises(Problem, match="ENG-1103"):
        lookup_path(pack.lookups[0], facts)


def test_values_become_facts_with_rule_and_article(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case(years=10)
    decision = decide(pack, facts, on=ON, at=NOW)
    recorded = record_values(facts, decision, at=NOW)
    assert recorded["renewal.term_fee_minor"].provenance == Computed(
        "term_fee", "fees-3", pack.hash, NOW
    )
    assert recorded.value("renewal.fee_minor") == 40_000


def test_a_decision_survives_json(pack: Pack, make_case: MakeCase) -> None:
    decision = decide(pack, make_case(fines={"unpaid_count": 1}), on=ON, at=NOW)
    assert Decision.from_json(decision.to_json()) == decision
    with pytest.raises(Problem, match="ENG-1101"):
        Decision.from_json(b"{}")


def test_the_fee_of_the_day_is_the_law_of_the_day(
    changed: Callable[..., Pack], make_case: MakeCase
) -> None:
    row = "<outputEntry><text>20000</text></outputEntry>"
    notes = "<annotationEntry><text>fees-3</text></annotationEntry>"
    old = f"""{row}
        {notes}
        <annotationEntry><text>2015-01-01</text></annotationEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>"""
    new = f"""{row}
        {notes}
        <annotationEntry><text>2015-01-01</text></annotationEntry>
        <annotationEntry><text>2026-12-31</text></annotationEntry>
      </rule>
      <rule id="term_fee_2027">
        <inputEntry><text>5</text></inputEntry>
        <outputEntry><text>25000</text></outputEntry>
        {notes}
        <annotationEntry><text>2027-01-01</text></annotationEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>"""
    dated = changed(rules__fee=(old, new))
    assert dated.rules.change_days() == (date(2015, 1, 1), date(2027, 1, 1))
    facts = make_case()
    for day, fee, row_number in ((date(2026, 12, 31), 20_000, 2), (date(2027, 1, 1), 25_000, 3)):
        decision = decide(dated, facts, on=day)
        assert decision.values["renewal.term_fee_minor"] == fee
        (step,) = [step for step in decision.steps if step.decision == "term_fee"]
        assert step.rows[0].row == row_number


def test_a_day_before_any_law_is_named(pack: Pack, make_case: MakeCase) -> None:
    with pytest.raises(Problem, match="ENG-1104"):
        decide(pack, make_case(), on=date(2014, 12, 31))


def test_a_rule_without_a_result_stops_instead_of_granting(
    changed: Callable[..., Pack], make_case: MakeCase
) -> None:
    broken = changed(rules__fee=("<text>20000</text>", "<text>null</text>"))
    with pytest.raises(Problem, match="ENG-1104"):
        decide(broken, make_case(), on=ON)
