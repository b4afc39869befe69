"""An objection in time is always heard by a human who is not the author, on the frozen file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from taysir.engine.flow import start_token, transition
from taysir.engine.flow_token import Token
from taysir.kernel.calendar import WorkingCalendar
from tests.examples import examples

from .deciding import decided, pack_named

SERVICE = "objection"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
WEEK = WorkingCalendar()
DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))


@examples(60)
@given(DAYS, st.sampled_from([30, 60, 90]), st.integers(min_value=0, max_value=120))
def test_time_runs_from_telling_and_never_ends_in_a_weekend(
    told: date, within: int, waited: int
) -> None:
    last = told + timedelta(days=within)
    while not WEEK.is_working_day(last):
        last += timedelta(days=1)
    on = told + timedelta(days=waited)
    record = {"told_on": told.isoformat(), "within_days": within, "decided_on": told.isoformat()}
    decision = decided(SERVICE, on=on, registries={"decision": record})
    expected = Outcome.REFERRED if on <= last else Outcome.REFUSED
    assert decision.outcome is expected
    if decision.outcome is Outcome.REFERRED:
        assert decision.values["hearing.last_day"] == last.isoformat()


@pytest.mark.parametrize("role", ["auto", "officer", "supervisor"])
def test_no_objection_is_decided_by_rule_alone(role: str) -> None:
    author = {"author_role": role, "decided_by": f"{role}-1"}
    decision = decided(SERVICE, registries={"decision": author})
    assert decision.outcome is Outcome.REFERRED
    assert decision.values["hearing.excluded"] == f"{role}-1"


def taken(token: Token, action: str, *, role: str, stage: str = "") -> Token:
    """Take an action of the flow."""
    return transition(pack_named(SERVICE), token, action, role=role, at=AT, stage=stage)


@pytest.mark.parametrize("order", [("answered", "read"), ("overdue", "silent"), ("read", "silent")])
def test_the_agency_answers_while_the_file_is_read(order: tuple[str, str]) -> None:
    where = {
        "answered": ("agency_answer", "registry"),
        "silent": ("agency_answer", "system"),
        "read": ("reading", "officer"),
        "overdue": ("reading", "system"),
    }
    token = start_token(pack_named(SERVICE), at=AT)
    token = taken(token, "submit", role="applicant")
    token = taken(token, "refer", role="system")
    for action in order:
        stage, role = where[action]
        token = taken(token, action, role=role, stage=stage)
    assert token.stage == "review"
    token = taken(token, "grant", role="officer")
    assert token.stage == "issuing"


def test_an_objection_may_be_withdrawn_from_within_a_branch() -> None:
    token = start_token(pack_named(SERVICE), at=AT)
    token = taken(token, "submit", role="applicant")
    token = taken(token, "refer", role="system")
    token = taken(token, "withdraw", role="applicant", stage="reading")
    assert token.stage == "withdrawn"
