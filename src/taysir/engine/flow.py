"""Where a case is and where it may go: stages, actions, roles, deadlines and the two clocks.

A :class:`Token` is the whole state of one case's flow. Its size does not depend on how many steps
were taken: history belongs to the event log. ``start_token`` opens a case, ``transition`` takes
one action, ``due_action`` tells what falls due by itself, ``fire_timer`` notes a repeating timer.
All are pure: the time is an argument, and the caller stores the token in the same transaction as
the event that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from taysir.engine.definition import Action, ClockCause, Pack, Role, Stage
from taysir.engine.errors import (
    ENG_ACTION_ROLE,
    ENG_ACTION_UNKNOWN,
    ENG_TIME_BACKWARDS,
    ENG_TOKEN_FORM,
)
from taysir.kernel.errors import Problem
from taysir.kernel.limits import FLOW_TIMER_RUNS, TOKEN_BYTES


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time spent so far, by who was being waited for; the present stage is not in it yet."""

    running_ms: int = 0
    applicant_ms: int = 0
    other_agency_ms: int = 0
    payment_ms: int = 0

    def plus(self, cause: ClockCause | None, *, elapsed_ms: int) -> Clock:
        """Return the clock with time added to one cause, or to the running time."""
        name = "running_ms" if cause is None else f"{cause.value}_ms"
        return msgspec.structs.replace(self, **{name: getattr(self, name) + elapsed_ms})

    @property
    def gross_ms(self) -> int:
        """All of the time: what the person felt."""
        return self.running_ms + self.applicant_ms + self.other_agency_ms + self.payment_ms


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of one case in the flow of the pack with hash ``pack``.

    ``first`` holds when stages with a timer were first entered: a check that leaves such a stage
    and comes back must not start its deadline anew. There are as many as such stages, no more.
    """

    pack: str
    stage: str
    since: datetime
    seq: int = 0
    first: dict[str, datetime] = {}
    timer_runs: int = 0
    clock: Clock = Clock()

    def to_json(self) -> bytes:
        """Encode the token."""
        return _ENCODER.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Token:
        """Decode a token; raises ENG-1203."""
        if len(data) > TOKEN_BYTES:
            raise Problem(ENG_TOKEN_FORM, detail=f"> {TOKEN_BYTES} bytes")
        try:
            return _DECODER.decode(data)
        except msgspec.DecodeError as error:
            raise Problem(ENG_TOKEN_FORM, detail=str(error)) from error


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Token)


@dataclass(frozen=True, slots=True)
class DueAction:
    """An action that the clock itself takes."""

    action: str
    due: datetime
    is_deadline: bool


def start_token(pack: Pack, *, at: datetime) -> Token:
    """Open a case at the first stage of the flow."""
    entered = _entries(pack, {}, pack.flow.start, at)
    return Token(pack=pack.hash, stage=pack.flow.start, since=at, first=entered)


def stage_of(pack: Pack, token: Token) -> Stage:
    """Return the stage a case is at; raises ENG-1203 if the pack has no such stage."""
    stage = pack.flow.stages.get(token.stage)
    if stage is None:
        raise Problem(ENG_TOKEN_FORM, detail=token.stage)
    return stage


def actions_for(pack: Pack, token: Token, *, role: Role) -> tuple[Action, ...]:
    """Return what a role may do now, in the order of the definition."""
    stage = stage_of(pack, token)
    return tuple(action for action in stage.actions.values() if role in action.roles)


def transition(pack: Pack, token: Token, action: str, *, role: Role | str, at: datetime) -> Token:
    """Take an action and return the new state.

    Raises ENG-1201 if the stage has no such action, ENG-1202 if the role may not take it, and
    ENG-1204 if the time lies before the last step.
    """
    stage = stage_of(pack, token)
    taken = stage.actions.get(action)
    if taken is None:
        raise Problem(ENG_ACTION_UNKNOWN, action=action, stage=token.stage)
    if role not in taken.roles:
        raise Problem(ENG_ACTION_ROLE, action=action, role=str(role))
    return Token(
        pack=token.pack,
        stage=taken.to,
        since=at,
        seq=token.seq + 1,
        first=_entries(pack, token.first, taken.to, at),
        clock=token.clock.plus(stage.stopped_by, elapsed_ms=_elapsed_ms(token, at)),
    )


def due_at(pack: Pack, token: Token) -> DueAction | None:
    """Return what will happen next by itself and when: the timer's next run or the deadline."""
    stage = stage_of(pack, token)
    candidates = [item for item in (_deadline(stage, token), _timer(stage, token)) if item]
    return min(candidates, key=lambda item: (item.due, not item.is_deadline), default=None)


def due_action(pack: Pack, token: Token, *, at: datetime) -> DueAction | None:
    """Return the action that has fallen due by ``at``; the deadline wins over the timer."""
    stage = stage_of(pack, token)
    fallen = (item for item in (_deadline(stage, token), _timer(stage, token)) if item)
    return next((item for item in fallen if item.due <= at), None)


def _entries(
    pack: Pack, first: dict[str, datetime], stage: str, at: datetime
) -> dict[str, datetime]:
    """Return the first entries, with this one if it is one."""
    if stage in first or pack.flow.stages[stage].timer is None:
        return first
    return {**first, stage: at}


def _deadline(stage: Stage, token: Token) -> DueAction | None:
    if stage.deadline is None:
        return None
    begun = token.first.get(token.stage, token.since)
    return DueAction(stage.deadline.action, begun + stage.deadline.after, is_deadline=True)


def _timer(stage: Stage, token: Token) -> DueAction | None:
    """Return the timer's next run: its times are fixed by the first entry into the stage."""
    timer = stage.timer
    if timer is None or token.timer_runs >= FLOW_TIMER_RUNS:
        return None
    begun = token.first.get(token.stage, token.since) + timer.after
    passed = token.timer_runs
    if token.since >= begun:
        passed += 1 + ((token.since - begun) // timer.every if timer.every else 0)
    if passed and timer.every is None:
        return None
    due = begun + (timer.every or timedelta(0)) * passed
    return DueAction(timer.action, due, is_deadline=False)


def fire_timer(token: Token) -> Token:
    """Note that the stage's timer ran without moving the case; its next run follows."""
    return msgspec.structs.replace(token, timer_runs=token.timer_runs + 1)


def clock_at(pack: Pack, token: Token, *, at: datetime) -> Clock:
    """Return the clock including the time spent in the present stage; final stages stand still."""
    stage = stage_of(pack, token)
    if stage.final:
        return token.clock
    return token.clock.plus(stage.stopped_by, elapsed_ms=_elapsed_ms(token, at))


def promised_by(pack: Pack, token: Token, *, at: datetime) -> datetime | None:
    """Return when the promised net time ends if the clock keeps running; None when it stands."""
    stage = stage_of(pack, token)
    if stage.final or stage.stopped_by is not None:
        return None
    used = timedelta(milliseconds=clock_at(pack, token, at=at).running_ms)
    return at + max(pack.service.deadline.net - used, timedelta(0))


def _elapsed_ms(token: Token, at: datetime) -> int:
    elapsed = (at - token.since) // timedelta(milliseconds=1)
    if elapsed < 0:
        raise Problem(ENG_TIME_BACKWARDS)
    return elapsed
