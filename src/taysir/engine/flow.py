"""Where a case is and where it may go: stages, branches, actions, roles, deadlines, two clocks.

A :class:`Token` is the whole state of one case's flow. Its size does not depend on how many steps
were taken: history belongs to the event log. ``start_token`` opens a case, ``transition`` takes
one action, ``due_action`` tells what falls due by itself, ``fire_timer`` notes a repeating timer,
``escalate`` an escalation. All are pure: the time and the facts are arguments, and the caller
stores the token in the same transaction as the event that made it. How a step moves the case
through forks, joins and choices is in ``flow_moves.py``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from taysir.engine.definition import Action, ClockCause, Flow, Pack, Role, Stage
from taysir.engine.errors import ENG_ACTION_ROLE, ENG_ACTION_UNKNOWN, ENG_TOKEN_FORM
from taysir.engine.flow_due import (
    DueAction,
    DueEscalation,
    WorkTime,
    due_action,
    due_at,
    due_escalation,
)
from taysir.engine.flow_errors import ENG_FLOW_AMBIGUOUS, ENG_FLOW_CONDITION, ENG_FLOW_FACTS
from taysir.engine.flow_moves import Facts, Moves
from taysir.engine.flow_token import Clock, Position, Token, stage_named
from taysir.kernel.errors import Problem

__all__ = [
    "Clock",
    "DueAction",
    "DueEscalation",
    "Position",
    "Token",
    "WorkTime",
    "actions_for",
    "clock_at",
    "due_action",
    "due_at",
    "due_escalation",
    "escalate",
    "fire_timer",
    "live_stages",
    "promised_by",
    "stage_of",
    "start_token",
    "transition",
]

# --- steps ---------------------------------------------------------------------------------------


def start_token(pack: Pack, *, at: datetime, facts: Facts | None = None) -> Token:
    """Open a case at the first stage of the flow."""
    moves = Moves(flow=pack.flow, at=at, first={}, facts=facts)
    moves.begin()
    return _token(Token(pack=pack.hash, stage=pack.flow.start, since=at), moves, at=at)


def transition(
    pack: Pack,
    token: Token,
    action: str,
    *,
    role: Role | str,
    at: datetime,
    stage: str = "",
    facts: Facts | None = None,
) -> Token:
    """Take an action and return the new state.

    ``stage`` says in which of several running branches; it may be left out if only one of them
    has the action. ``facts`` are needed where conditions decide (``pages.case_context``).

    Raises ENG-1201 if the stage has no such action, ENG-1202 if the role may not take it,
    ENG-1204 if the time lies before the last step, ENG-1205 if several branches have the action,
    ENG-1206 if its condition does not hold, ENG-1207 if facts are needed and not given.
    """
    position, taken = _find(pack.flow, token, action, stage)
    here = pack.flow.stages[position.stage]
    if role not in _roles(here, taken, position):
        raise Problem(ENG_ACTION_ROLE, action=action, role=str(role))
    if not _allowed(here, taken, facts):
        raise Problem(ENG_FLOW_CONDITION, action=action, stage=here.name)
    elapsed = token.elapsed_ms(at)
    moves = Moves.of(pack.flow, token.positions, at=at, first=token.first)
    moves.facts = facts
    target, asked_by = _target(pack.flow, position, taken)
    moves.move(here.name, target, asked_by=asked_by)
    clock = token.clock.plus(_stopped_by(pack.flow, token), elapsed_ms=elapsed)
    moved = msgspec.structs.replace(token, seq=token.seq + 1, clock=clock)
    return _token(moved, moves, at=at)


def fire_timer(token: Token, *, stage: str = "") -> Token:
    """Note that a stage's timer ran without moving the case; its next run follows."""
    if stage in ("", token.stage):
        return msgspec.structs.replace(token, timer_runs=token.timer_runs + 1)
    return _with_branches(token, stage, runs=1)


def escalate(token: Token, *, stage: str = "") -> Token:
    """Note that the next escalation of a stage has taken place; its role may act from now on."""
    if stage in ("", token.stage):
        return msgspec.structs.replace(token, level=token.level + 1)
    return _with_branches(token, stage, levels=1)


def _with_branches(token: Token, stage: str, *, runs: int = 0, levels: int = 0) -> Token:
    branches = tuple(
        msgspec.structs.replace(item, timer_runs=item.timer_runs + runs, level=item.level + levels)
        if item.stage == stage
        else item
        for item in token.branches
    )
    if branches == token.branches:
        raise Problem(ENG_TOKEN_FORM, detail=stage)
    return msgspec.structs.replace(token, branches=branches)


def _token(before: Token, moves: Moves, *, at: datetime) -> Token:
    whole, *branches = moves.positions()
    return Token(
        pack=before.pack,
        stage=whole.stage,
        since=whole.since,
        seq=before.seq,
        first=moves.first,
        timer_runs=whole.timer_runs,
        clock=before.clock,
        level=whole.level,
        asked_by=whole.asked_by,
        branches=tuple(branches),
        last=None if at == whole.since else at,
    )


def _find(flow: Flow, token: Token, action: str, stage: str) -> tuple[Position, Action]:
    """Return the position at which an action is to be taken."""
    found = [
        (position, taken)
        for position in token.positions
        if stage in ("", position.stage)
        and (taken := stage_named(flow, position.stage).actions.get(action))
    ]
    if not found:
        raise Problem(ENG_ACTION_UNKNOWN, action=action, stage=stage or token.stage)
    if len(found) > 1:
        names = ", ".join(position.stage for position, _ in found)
        raise Problem(ENG_FLOW_AMBIGUOUS, action=action, stages=names)
    return found[0]


def _target(flow: Flow, position: Position, taken: Action) -> tuple[str, str]:
    """Return where an action leads and which stage is remembered as having asked."""
    asked = position.asked_by
    if taken.returns:
        return taken.to, position.stage
    outer = flow.enclosing
    here = outer.get(position.stage)
    if taken.back:
        known = asked in flow.stages and outer.get(asked) == here
        return (asked if known else taken.to), ""
    return taken.to, asked if outer.get(taken.to) == here else ""


def _roles(stage: Stage, taken: Action, position: Position) -> tuple[Role, ...]:
    """Return who may take an action now: a stage's escalations widen the powers of its role."""
    if position.level and stage.role in taken.roles:
        return (*taken.roles, *(item.role for item in stage.escalations[: position.level]))
    return taken.roles


def _allowed(stage: Stage, taken: Action, facts: Facts | None) -> bool:
    if taken.when is None:
        return True
    if facts is None:
        raise Problem(ENG_FLOW_FACTS, stage=stage.name)
    return taken.when.holds(facts)


# --- what can be done ----------------------------------------------------------------------------


def stage_of(pack: Pack, token: Token) -> Stage:
    """Return the stage the case as a whole is at; raises ENG-1203 if the pack has none such."""
    return stage_named(pack.flow, token.stage)


def live_stages(pack: Pack, token: Token) -> tuple[Stage, ...]:
    """Return the stages at which somebody may act: one, or one for each running branch."""
    stages = (stage_named(pack.flow, position.stage) for position in token.positions)
    return tuple(stage for stage in stages if not stage.fork)


def actions_for(
    pack: Pack, token: Token, *, role: Role, stage: str = "", facts: Facts | None = None
) -> tuple[Action, ...]:
    """Return what a role may do now, in the order of the definition.

    Without ``facts``, actions with a condition are left out: they cannot be promised.
    """
    return tuple(
        action
        for position in token.positions
        if stage in ("", position.stage)
        for here in (stage_named(pack.flow, position.stage),)
        for action in here.actions.values()
        if role in _roles(here, action, position)
        and (action.when is None or (facts is not None and action.when.holds(facts)))
    )


# --- clocks --------------------------------------------------------------------------------------


def clock_at(pack: Pack, token: Token, *, at: datetime) -> Clock:
    """Return the clock including the time spent in the present stage; final stages stand still."""
    stage = stage_of(pack, token)
    if stage.final:
        return token.clock
    return token.clock.plus(_stopped_by(pack.flow, token), elapsed_ms=token.elapsed_ms(at))


def promised_by(pack: Pack, token: Token, *, at: datetime) -> datetime | None:
    """Return when the promised net time ends if the clock keeps running; None when it stands."""
    stage = stage_of(pack, token)
    if stage.final or _stopped_by(pack.flow, token) is not None:
        return None
    used = timedelta(milliseconds=clock_at(pack, token, at=at).running_ms)
    return at + max(pack.service.deadline.net - used, timedelta(0))


def _stopped_by(flow: Flow, token: Token) -> ClockCause | None:
    """Return why the clock stands: with branches running, only if it stands in all of them."""
    stages = [stage_named(flow, position.stage) for position in token.positions]
    if stages[0].stopped_by is not None:
        return stages[0].stopped_by
    causes = [stage.stopped_by for stage in stages if not stage.fork]
    return causes[0] if causes and None not in causes else None
