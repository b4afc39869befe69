"""Branches run beside each other and come together; nothing is lost, doubled or left waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from taysir.engine.definition import Flow, Pack, Role, WaitFor
from taysir.engine.flow import (
    Token,
    WorkTime,
    actions_for,
    clock_at,
    due_action,
    due_at,
    due_escalation,
    escalate,
    fire_timer,
    live_stages,
    promised_by,
    stage_of,
    start_token,
    transition,
)
from taysir.engine.flow_check import check_flow, token_bytes_at_most
from taysir.engine.pack import load_pack
from taysir.kernel.calendar import WorkingCalendar
from taysir.kernel.errors import Problem
from taysir.kernel.limits import TOKEN_BYTES
from tests.examples import examples

from .conftest import NOW, PACK_PATH
from .flows import as_yaml, flow_of, raw_flows

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))

PERMIT = """
start: draft
stages:
  draft:
    title: {ar: مسودة, en: Draft}
    role: applicant
    actions:
      send: {to: opinions, label: {ar: قدم, en: Send}}
    deadline: {after: P30D, action: send}
  opinions:
    title: {ar: آراء الجهات, en: Opinions}
    role: system
    fork:
      police: [police, police_question]
      city: [city]
  police:
    title: {ar: الشرطة, en: Police}
    role: registry
    clock_stopped_by: other_agency
    actions:
      agree: {to: together, label: {ar: موافقة, en: Agree}}
      ask: {to: police_question, label: {ar: سؤال, en: Ask}, returns: true}
      oppose: {to: refused, label: {ar: اعتراض, en: Oppose}}
    deadline: {after: P10D, action: agree}
    timer: {after: P1D, every: P1D, action: ask}
  police_question:
    title: {ar: سؤال من الشرطة, en: A question of the police}
    role: applicant
    clock_stopped_by: applicant
    actions:
      answer: {to: police, label: {ar: جواب, en: Answer}, back: true}
      withdraw: {to: withdrawn, label: {ar: سحب, en: Withdraw}}
    deadline: {after: P10D, action: answer}
  city:
    title: {ar: البلدية, en: City}
    role: officer
    actions:
      agree: {to: together, label: {ar: موافقة, en: Agree}}
      redo: {to: draft, label: {ar: إعادة, en: Send back}}
    deadline: {working_days: 3, action: agree}
    escalations:
      - {role: supervisor, after: P1D, notice: late}
      - {role: system, working_days: 2}
  together:
    title: {ar: اكتملت الآراء, en: Opinions are in}
    role: system
    join: {fork: opinions, to: which}
  which:
    title: {ar: حسب القيمة, en: By amount}
    role: system
    choose:
      - {when: x > 10, to: board, label: {ar: كبير, en: Large}}
      - {to: granted}
  board:
    title: {ar: المجلس, en: Board}
    role: supervisor
    actions:
      grant: {to: granted, label: {ar: موافقة, en: Grant}, when: x < 100}
      refuse: {to: refused, label: {ar: رفض, en: Refuse}}
    deadline: {after: P10D, action: refuse}
  granted: {title: {ar: موافقة, en: Granted}, role: system, final: granted}
  refused: {title: {ar: رفض, en: Refused}, role: system, final: refused}
  withdrawn: {title: {ar: سحب, en: Withdrawn}, role: system, final: withdrawn}
"""


RENEWAL = load_pack(PACK_PATH)


def with_flow(flow: Flow) -> Pack:
    return replace(RENEWAL, flow=flow)


@pytest.fixture(scope="module")
def permit() -> Pack:
    flow, found = flow_of(PERMIT)
    assert found == []
    return with_flow(flow)


@pytest.fixture(scope="module")
def first_answer() -> Pack:
    flow, found = flow_of(PERMIT.replace("fork: opinions, to", "fork: opinions, wait_for: any, to"))
    assert found == []
    return with_flow(flow)


def sent(pack: Pack) -> Token:
    return transition(pack, start_token(pack, at=NOW), "send", role=Role.APPLICANT, at=NOW)


def step(pack: Pack, token: Token, stage: str, action: str, **more: Any) -> Token:
    role = pack.flow.stages[stage].role
    more.setdefault("at", token.stepped_at)
    return transition(pack, token, action, role=role, stage=stage, **more)


def places(token: Token) -> set[str]:
    return {position.stage for position in token.positions}


def test_a_fork_starts_every_branch(permit: Pack) -> None:
    token = sent(permit)
    assert places(token) == {"opinions", "police", "city"}
    assert stage_of(permit, token).name == "opinions"
    assert {stage.name for stage in live_stages(permit, token)} == {"police", "city"}
    assert Token.from_json(token.to_json()) == token


def test_a_join_waits_for_all_branches(permit: Pack) -> None:
    token = step(permit, sent(permit), "city", "agree")
    assert places(token) == {"opinions", "police"}
    token = step(permit, token, "police", "agree", facts={"x": 5})
    assert places(token) == {"granted"}


def test_a_join_for_any_ends_the_other_branches(first_answer: Pack) -> None:
    token = step(first_answer, sent(first_answer), "city", "agree", facts={"x": 5})
    assert places(token) == {"granted"}


def test_a_step_out_of_the_fork_ends_all_branches(permit: Pack) -> None:
    assert places(step(permit, sent(permit), "police", "oppose")) == {"refused"}
    assert places(step(permit, sent(permit), "city", "redo")) == {"draft"}


def test_withdrawing_in_one_branch_withdraws_the_case(permit: Pack) -> None:
    token = step(permit, sent(permit), "police", "ask")
    assert places(step(permit, token, "police_question", "withdraw")) == {"withdrawn"}


def test_a_question_goes_back_to_the_stage_that_asked(permit: Pack) -> None:
    token = step(permit, sent(permit), "police", "ask")
    assert places(token) == {"opinions", "police_question", "city"}
    asked = next(item for item in token.positions if item.stage == "police_question")
    assert asked.asked_by == "police"
    answered = step(permit, token, "police_question", "answer")
    assert places(answered) == {"opinions", "police", "city"}
    assert all(position.asked_by == "" for position in answered.positions)


def test_an_action_in_two_branches_must_name_its_stage(permit: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1205"):
        transition(permit, sent(permit), "agree", role=Role.OFFICER, at=NOW)
    only = step(permit, sent(permit), "city", "agree")
    done = transition(permit, only, "agree", role=Role.REGISTRY, at=NOW, facts={"x": 0})
    assert places(done) == {"granted"}


def test_an_action_of_a_stage_that_is_not_live_is_refused(permit: Pack) -> None:
    with pytest.raises(Problem, match="ENG-1201"):
        step(permit, sent(permit), "board", "grant")


def test_conditions_choose_the_way_and_allow_actions(permit: Pack) -> None:
    token = step(
        permit, step(permit, sent(permit), "city", "agree"), "police", "agree", facts={"x": 500}
    )
    assert places(token) == {"board"}
    assert [a.name for a in actions_for(permit, token, role=Role.SUPERVISOR)] == ["refuse"]
    allowed = actions_for(permit, token, role=Role.SUPERVISOR, facts={"x": 50})
    assert [action.name for action in allowed] == ["grant", "refuse"]
    with pytest.raises(Problem, match="ENG-1206"):
        step(permit, token, "board", "grant", facts={"x": 500})
    assert places(step(permit, token, "board", "grant", facts={"x": 50})) == {"granted"}


def test_conditions_without_facts_are_an_error_and_not_a_no(permit: Pack) -> None:
    token = step(permit, sent(permit), "city", "agree")
    with pytest.raises(Problem, match="ENG-1207"):
        step(permit, token, "police", "agree")
    board = step(permit, token, "police", "agree", facts={"x": 50})
    with pytest.raises(Problem, match="ENG-1207"):
        step(permit, board, "board", "grant")


def test_the_earliest_deadline_of_all_branches_is_due_next(permit: Pack) -> None:
    token = sent(permit)
    reminder = due_at(permit, token)
    assert reminder is not None
    assert (reminder.stage, reminder.action, reminder.due) == ("police", "ask", NOW + DAY)
    late = due_action(permit, token, at=NOW + 30 * DAY)
    assert late is not None
    assert (late.stage, late.is_deadline) == ("city", True)
    assert due_action(permit, token, at=NOW + HOUR) is None


def test_working_days_end_with_the_day_where_agencies_are(permit: Pack) -> None:
    """Tuesday 24 November at nine, three working days: Sunday is the third, until midnight."""
    riyadh = ZoneInfo("Asia/Riyadh")
    token = step(permit, sent(permit), "police", "ask")
    at = WorkTime(zone=riyadh)
    due = min(d.due for d in [due_action(permit, token, at=NOW + 9 * DAY, work=at)] if d)
    assert due == datetime(2026, 11, 30, 0, 0, tzinfo=riyadh)
    holiday = WorkTime(
        zone=riyadh, calendar=WorkingCalendar(holidays=frozenset({date(2026, 11, 29)}))
    )
    later = due_action(permit, token, at=NOW + 9 * DAY, work=holiday)
    assert later is not None
    assert later.due == datetime(2026, 12, 1, 0, 0, tzinfo=riyadh)


def test_an_escalation_lets_a_further_role_act(permit: Pack) -> None:
    token = sent(permit)
    assert actions_for(permit, token, role=Role.SUPERVISOR) == ()
    coming = due_escalation(permit, token)
    assert coming is not None
    assert (coming.stage, coming.due) == ("city", NOW + DAY)
    assert coming.escalation.notice == "late"
    token = escalate(token, stage=coming.stage)
    offered = [action.name for action in actions_for(permit, token, role=Role.SUPERVISOR)]
    assert offered == ["agree", "redo"]
    following = due_escalation(permit, token)
    assert following is not None
    assert following.due == datetime(2026, 11, 27, tzinfo=UTC)
    taken = transition(permit, token, "agree", role=Role.SUPERVISOR, at=NOW, stage="city")
    assert places(taken) == {"opinions", "police"}
    assert due_escalation(permit, escalate(token, stage="city")) is None


def test_a_timer_of_a_branch_is_noted_in_that_branch(permit: Pack) -> None:
    token = fire_timer(sent(permit), stage="police")
    again = due_at(permit, token)
    assert again is not None
    assert again.due == NOW + 2 * DAY
    with pytest.raises(Problem, match="ENG-1203"):
        fire_timer(token, stage="board")
    with pytest.raises(Problem, match="ENG-1203"):
        escalate(token, stage="board")


def test_a_new_round_of_a_fork_starts_its_timers_anew(permit: Pack) -> None:
    token = step(permit, sent(permit), "city", "redo", at=NOW + 5 * DAY)
    token = transition(permit, token, "send", role=Role.APPLICANT, at=NOW + 6 * DAY)
    assert token.first == {"police": NOW + 6 * DAY}


def test_the_clock_stands_only_if_it_stands_in_every_branch(permit: Pack) -> None:
    token = sent(permit)
    assert promised_by(permit, token, at=NOW) is not None
    token = step(permit, token, "city", "agree", at=NOW + MINUTE)
    assert promised_by(permit, token, at=NOW + MINUTE) is None
    clock = clock_at(permit, token, at=NOW + HOUR)
    assert clock.running_ms == 60_000
    assert clock.other_agency_ms == 59 * 60_000


def test_time_does_not_run_backwards_within_branches(permit: Pack) -> None:
    token = step(permit, sent(permit), "police", "ask", at=NOW + HOUR)
    with pytest.raises(Problem, match="ENG-1204"):
        step(permit, token, "city", "agree", at=NOW + MINUTE)


def test_choices_that_turn_in_a_circle_are_named_and_not_followed() -> None:
    flow, found = flow_of("""
start: draft
stages:
  draft:
    title: {ar: مسودة, en: Draft}
    role: applicant
    actions: {send: {to: one, label: {ar: قدم, en: Send}}}
    deadline: {after: P1D, action: send}
  one: {title: {ar: أ, en: A}, role: system, choose: [{when: x = 1, to: granted}, {to: two}]}
  two: {title: {ar: ب, en: B}, role: system, choose: [{to: one}]}
  granted: {title: {ar: موافقة, en: Granted}, role: system, final: granted}
""")
    assert found == []
    assert {item.code for item in check_flow(flow)} == {"ENG-1343", "ENG-1345"}
    pack = with_flow(flow)
    with pytest.raises(Problem, match="ENG-1208"):
        transition(
            pack, start_token(pack, at=NOW), "send", role=Role.APPLICANT, at=NOW, facts={"x": 0}
        )


def test_the_state_stays_small_after_a_thousand_rounds(permit: Pack) -> None:
    token, at = sent(permit), NOW
    for _ in range(500):
        at += MINUTE
        token = step(permit, token, "police", "ask", at=at)
        token = step(permit, token, "police_question", "answer", at=at)
    assert token.seq == 1001
    assert len(token.to_json()) <= token_bytes_at_most(permit.flow) <= TOKEN_BYTES


# --- against a second reading of the same rules --------------------------------------------------


class Tree:
    """A case as a tree: a stage and, at a fork, the tree of each branch that still runs."""

    def __init__(self, flow: Flow, stage: str, branches: dict[str, Tree] | None = None) -> None:
        self.flow, self.stage, self.branches = flow, stage, branches or {}

    def stages(self) -> set[str]:
        return {self.stage}.union(*(tree.stages() for tree in self.branches.values()))

    def step(self, stage: str, target: str, x: int) -> Tree | str:
        """Return this tree after the step, or the stage outside to which it leads."""
        if self.stage == stage:
            return target
        for name, branch in self.branches.items():
            if stage in branch.stages():
                result = branch.step(stage, target, x)
                within = self.flow.stages[self.stage].fork[name]
                return self.taking({name: settle(self.flow, result, within, x)}, x)
        raise AssertionError(stage)

    def taking(self, results: dict[str, Tree | str], x: int) -> Tree | str:
        """Take over what became of branches: still running, at the join, or gone elsewhere."""
        join = next(
            stage
            for stage in self.flow.stages.values()
            if stage.join and stage.join.fork == self.stage
        )
        assert join.join is not None
        running = dict(self.branches)
        for name, result in results.items():
            if isinstance(result, Tree):
                running[name] = result
            elif result != join.name:
                return result
            else:
                running.pop(name, None)
                if join.join.wait_for is WaitFor.ANY:
                    return join.join.to
        return Tree(self.flow, self.stage, running) if running else join.join.to


def settle(flow: Flow, result: Tree | str, within: tuple[str, ...], x: int) -> Tree | str:
    """Follow a target to where the case stops, or out of the stages given."""
    while isinstance(result, str) and result in within:
        stage = flow.stages[result]
        if stage.choose:
            result = next(
                way.to for way in stage.choose if way.when is None or way.when.holds({"x": x})
            )
        elif stage.fork:
            placed = {name: Tree(flow, names[0]) for name, names in stage.fork.items()}
            begun = {name: settle(flow, names[0], names, x) for name, names in stage.fork.items()}
            result = Tree(flow, stage.name, placed).taking(begun, x)
        else:
            result = Tree(flow, result)
    return result


class Branching(RuleBasedStateMachine):
    """Any steps through any flow: the engine agrees with the tree, and nothing grows."""

    @initialize(raw=raw_flows(), x=st.integers(-1, 2))
    def begin(self, raw: dict[str, Any], x: int) -> None:
        flow, found = flow_of(as_yaml(raw))
        assert found == []
        self.pack = with_flow(flow)
        self.at = NOW
        self.whole = tuple(name for name in flow.stages if name not in flow.enclosing)
        self.token = start_token(self.pack, at=NOW, facts={"x": x})
        self.tree = settle(flow, flow.start, self.whole, x)

    @precondition(lambda self: not stage_of(self.pack, self.token).final)
    @rule(data=st.data(), x=st.integers(-1, 2), pause_ms=st.integers(0, 10**8))
    def act(self, data: st.DataObject, x: int, pause_ms: int) -> None:
        live = sorted(stage.name for stage in live_stages(self.pack, self.token))
        stage = self.pack.flow.stages[data.draw(st.sampled_from(live))]
        action = stage.actions[data.draw(st.sampled_from(sorted(stage.actions)))]
        self.at += timedelta(milliseconds=pause_ms)

        def take() -> Token:
            return transition(
                self.pack, self.token, action.name,
                role=action.roles[0], at=self.at, stage=stage.name, facts={"x": x},
            )  # fmt: skip

        if action.when and not action.when.holds({"x": x}):
            with pytest.raises(Problem, match="ENG-1206"):
                take()
            return
        asked = next(p.asked_by for p in self.token.positions if p.stage == stage.name)
        target = asked if action.back and asked else action.to
        assert isinstance(self.tree, Tree)
        result = self.tree.step(stage.name, target, x)
        self.tree = settle(self.pack.flow, result, self.whole, x)
        self.token = take()

    @precondition(lambda self: due_at(self.pack, self.token) is not None)
    @rule()
    def let_time_pass(self) -> None:
        due = due_at(self.pack, self.token)
        assert due is not None
        self.at = max(self.at, due.due)
        if not due.is_deadline:
            self.token = fire_timer(self.token, stage=due.stage)
            return
        fallen = due_action(self.pack, self.token, at=self.at)
        assert fallen is not None
        assert fallen.is_deadline

    @precondition(lambda self: due_escalation(self.pack, self.token) is not None)
    @rule()
    def escalate(self) -> None:
        coming = due_escalation(self.pack, self.token)
        assert coming is not None
        self.token = escalate(self.token, stage=coming.stage)

    @precondition(lambda self: bool(stage_of(self.pack, self.token).final))
    @rule()
    def stay(self) -> None:
        assert len(self.token.positions) == 1

    @invariant()
    def no_branch_is_lost_or_doubled(self) -> None:
        assert isinstance(self.tree, Tree)
        assert len(self.token.positions) == len(places(self.token))
        assert places(self.token) == self.tree.stages()

    @invariant()
    def small_and_read_back(self) -> None:
        stored = self.token.to_json()
        assert len(stored) <= token_bytes_at_most(self.pack.flow)
        assert len(stored) > TOKEN_BYTES or Token.from_json(stored) == self.token

    @invariant()
    def time_adds_up_and_runs_out(self) -> None:
        gross = clock_at(self.pack, self.token, at=self.at).gross_ms
        assert abs(timedelta(milliseconds=gross) - (self.at - NOW)) < timedelta(seconds=1)
        final = bool(stage_of(self.pack, self.token).final)
        assert final == (due_at(self.pack, self.token) is None)


Branching.TestCase.settings = examples(30, steps=20)
TestBranching = Branching.TestCase
