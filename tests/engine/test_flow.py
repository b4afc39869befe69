"""A case moves only by the actions of its stage, its state stays small, and its clocks add up."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from taysir.engine.definition import Pack, Role
from taysir.engine.flow import (
    Token,
    actions_for,
    clock_at,
    due_action,
    due_at,
    fire_timer,
    promised_by,
    stage_of,
    start_token,
    transition,
)
from taysir.engine.pack import load_pack
from taysir.kernel.errors import Problem
from taysir.kernel.limits import FLOW_TIMER_RUNS, TOKEN_BYTES

from .conftest import NOW, PACK_PATH


def walk(pack: Pack, *steps: tuple[str, Role, timedelta]) -> tuple[Token, datetime]:
    at, token = NOW, start_token(pack, at=NOW)
    for action, role, pause in steps:
        at += pause
        token = transition(pack, token, action, role=role, at=at)
    return token, at


SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def test_a_granted_renewal_runs_from_draft_to_licence(pack: Pack) -> None:
    token, at = walk(
        pack,
        ("submit", Role.APPLICANT, 2 * MINUTE),
        ("grant", Role.SYSTEM, SECOND),
        ("paid", Role.SYSTEM, MINUTE),
        ("issued", Role.SYSTEM, SECOND),
    )
    assert stage_of(pack, token).final == "granted"
    clock = clock_at(pack, token, at=at + DAY)
    assert (clock.running_ms, clock.applicant_ms, clock.payment_ms) == (2000, 120_000, 60_000)
    assert clock.gross_ms == (at - NOW) / timedelta(milliseconds=1)
    assert due_at(pack, token) is None


def test_an_action_of_another_stage_is_refused(pack: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1201"):
        transition(pack, start_token(pack, at=NOW), "grant", role=Role.SYSTEM, at=NOW)


def test_an_action_of_another_role_is_refused(pack: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1202"):
        transition(pack, start_token(pack, at=NOW), "submit", role=Role.OFFICER, at=NOW)
    token, _ = walk(pack, ("submit", Role.APPLICANT, SECOND))
    assert actions_for(pack, token, role=Role.APPLICANT) == ()


def test_a_clock_that_runs_backwards_is_refused(pack: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1204"):
        transition(pack, start_token(pack, at=NOW), "submit", role=Role.APPLICANT, at=NOW - SECOND)


def test_a_waiting_case_is_checked_again_and_referred_at_its_deadline(pack: Pack) -> None:
    token, at = walk(pack, ("submit", Role.APPLICANT, SECOND), ("wait", Role.SYSTEM, SECOND))
    assert due_action(pack, token, at=at + 59 * SECOND) is None
    first = due_action(pack, token, at=at + 60 * SECOND)
    assert first is not None
    assert (first.action, first.is_deadline) == ("recheck", False)
    again = fire_timer(token)
    following = due_at(pack, again)
    assert following is not None
    assert following.due == at + 16 * MINUTE
    last = due_action(pack, again, at=at + 30 * DAY)
    assert last is not None
    assert (last.action, last.is_deadline) == ("refer", True)


def test_checking_again_does_not_start_the_deadline_anew(pack: Pack) -> None:
    """A case that waits in vain is referred after thirty days, however often it was checked."""
    token, at = walk(pack, ("submit", Role.APPLICANT, SECOND), ("wait", Role.SYSTEM, SECOND))
    entered, checks = at, 0
    while (due := due_at(pack, token)) is not None and not due.is_deadline:
        at = due.due
        token = transition(pack, token, due.action, role=Role.SYSTEM, at=at)
        token = transition(pack, token, "wait", role=Role.SYSTEM, at=at + SECOND)
        checks += 1
    assert due is not None
    assert (due.action, due.due) == ("refer", entered + 30 * DAY)
    assert checks == 30 * 24 * 4
    assert len(token.to_json()) < 400


def test_a_timer_runs_a_bounded_number_of_times(pack: Pack) -> None:
    token, at = walk(pack, ("submit", Role.APPLICANT, SECOND), ("wait", Role.SYSTEM, SECOND))
    at_bound = Token(token.pack, token.stage, token.since, timer_runs=FLOW_TIMER_RUNS)
    below = Token(token.pack, token.stage, token.since, timer_runs=FLOW_TIMER_RUNS - 1)
    due_below, due_bound = due_at(pack, below), due_at(pack, at_bound)
    assert due_below is not None
    assert due_bound is not None
    assert due_bound.is_deadline
    assert due_bound.due == at + 30 * DAY


def test_the_promise_counts_only_the_running_clock(pack: Pack) -> None:
    draft = start_token(pack, at=NOW)
    assert promised_by(pack, draft, at=NOW + DAY) is None
    token, at = walk(pack, ("submit", Role.APPLICANT, 10 * DAY))
    assert promised_by(pack, token, at=at + MINUTE) == at + 3 * DAY


def test_a_token_of_another_pack_is_named(pack: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1203"):
        stage_of(pack, Token("other", "nowhere", NOW))
    with pytest.raises(Problem, match="ENG-1203"):
        Token.from_json(b" " * (TOKEN_BYTES + 1))


@given(st.binary(max_size=50))
def test_broken_tokens_are_refused(data: bytes) -> None:
    with pytest.raises(Problem, match="ENG-1203"):
        Token.from_json(data)


class Walking(RuleBasedStateMachine):
    """Any sequence of allowed actions keeps the token small, the clocks exact and a way open."""

    pack = load_pack(PACK_PATH)

    @initialize()
    def begin(self) -> None:
        self.at = NOW
        self.steps = 0
        self.token = start_token(self.pack, at=NOW)

    @precondition(lambda self: not stage_of(self.pack, self.token).final)
    @rule(data=st.data(), pause_ms=st.integers(0, 10**9))
    def act(self, data: st.DataObject, pause_ms: int) -> None:
        stage = stage_of(self.pack, self.token)
        action = data.draw(st.sampled_from(sorted(stage.actions)))
        role = data.draw(st.sampled_from(stage.actions[action].roles))
        self.at += timedelta(milliseconds=pause_ms)
        self.token = transition(self.pack, self.token, action, role=role, at=self.at)
        self.steps += 1

    @precondition(lambda self: bool(stage_of(self.pack, self.token).final))
    @rule()
    def stay(self) -> None:
        assert stage_of(self.pack, self.token).actions == {}

    @invariant()
    def small_and_exact(self) -> None:
        stored = self.token.to_json()
        assert len(stored) <= 400
        assert Token.from_json(stored) == self.token
        assert self.token.seq == self.steps
        gross = clock_at(self.pack, self.token, at=self.at).gross_ms
        assert timedelta(milliseconds=gross) == self.at - NOW

    @invariant()
    def never_without_an_end(self) -> None:
        stage = stage_of(self.pack, self.token)
        assert bool(stage.final) == (due_at(self.pack, self.token) is None)


TestWalking = Walking.TestCase
