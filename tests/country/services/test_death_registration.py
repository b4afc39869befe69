"""One report of a death tells every agency concerned, and no agency can hold it up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from taysir.engine.flow import start_token, transition
from taysir.engine.pages import case_context
from taysir.engine.scenarios import read_scenarios, scenario_facts
from tests.examples import examples

from .deciding import decided, pack_named

SERVICE = "death_registration"
HOLDERS = {
    "licence": "licence-cancelled",
    "benefit": "benefit-stopped",
    "pension": "pension-offered",
    "register": "register-to-heirs",
    "address": "address-closed",
}
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("reply", [{"holds": True}, {"holds": False}, "unreachable", "declined"])
@pytest.mark.parametrize("holder", HOLDERS)
def test_who_holds_something_or_cannot_be_asked_is_told(holder: str, reply: object) -> None:
    decision = decided(SERVICE, registries={holder: reply})
    assert decision.outcome is Outcome.GRANTED
    told = HOLDERS[holder] in decision.values["registration.told"]
    assert told == (reply != {"holds": False})


def test_all_agencies_down_at_once_hold_nothing_up() -> None:
    decision = decided(SERVICE, registries=dict.fromkeys(HOLDERS, "unreachable"))
    assert decision.outcome is Outcome.GRANTED
    assert decision.values["registration.told"] == list(HOLDERS.values())


@examples(60)
@given(st.integers(min_value=0, max_value=900), st.booleans())
def test_lateness_is_counted_from_the_day_of_death(days: int, examined: bool) -> None:
    notified = {"died_on": (TODAY - timedelta(days=days)).isoformat(), "examined": examined}
    release = {"released_on": TODAY.isoformat()}
    decision = decided(SERVICE, registries={"notification": notified, "release": release})
    allowed = 8 if examined else 5
    assert decision.values["registration.days_allowed"] == allowed
    expected = 0 if days <= allowed else 5_000 if days <= 365 else 10_000
    assert decision.values["registration.fee_minor"] == expected
    assert (decision.outcome is Outcome.REFERRED) == (days > 365)


@pytest.mark.parametrize(("fee", "stage"), [(0, "issuing"), (5_000, "payment")])
def test_a_report_in_time_is_registered_without_a_bill(fee: int, stage: str) -> None:
    pack = pack_named(SERVICE)
    facts, _ = scenario_facts(pack, read_scenarios(pack.files)[0])
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    known = case_context(pack.facts, facts, on=TODAY, answers={"registration.fee_minor": fee})
    token = transition(pack, start_token(pack, at=at), "submit", role="applicant", at=at)
    token = transition(pack, token, "grant", role="system", at=at, facts=known)
    assert token.stage == stage


def test_where_and_how_decide_whose_word_is_awaited() -> None:
    """The branches of place and expectation: who must have spoken before the registration."""
    for place, expected in product(("home", "elsewhere"), ("yes", "no")):
        answers = {
            "death.place": place,
            "death.expected": expected,
            "death.day": "2026-11-22",
        }
        missing = dict.fromkeys(("notification", "release"), "not_found")
        decision = decided(SERVICE, answers=answers, registries=missing)
        awaited = "notification" if expected == "yes" else "release"
        assert decision.waiting == (awaited,)
