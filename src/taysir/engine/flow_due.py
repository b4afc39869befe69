"""What falls due in a case by itself: timers, deadlines, escalations, in days or working days.

A token and a pack in, the next event out; taking it is for the caller (``flow.transition``,
``flow.fire_timer``, ``flow.escalate``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from taysir.engine.definition import Escalation, Pack, StageTimer
from taysir.engine.flow_token import Position, Token, stage_named
from taysir.kernel.calendar import WorkingCalendar
from taysir.kernel.limits import FLOW_TIMER_RUNS


@dataclass(frozen=True, slots=True)
class DueAction:
    """An action that the clock itself takes, at the stage that states it."""

    action: str
    due: datetime
    is_deadline: bool
    stage: str = ""


@dataclass(frozen=True, slots=True)
class DueEscalation:
    """A further role that may act on a stage from a time on."""

    stage: str
    due: datetime
    escalation: Escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTime:
    """The days on which agencies work and the zone in which their days begin and end."""

    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    zone: tzinfo = UTC


_WORK_TIME: Final = WorkTime()


def due_at(pack: Pack, token: Token, *, work: WorkTime = _WORK_TIME) -> DueAction | None:
    """Return what will happen next by itself and when: the timer's next run or the deadline."""
    return min(
        _due(pack, token, work), key=lambda item: (item.due, not item.is_deadline), default=None
    )


def due_action(
    pack: Pack, token: Token, *, at: datetime, work: WorkTime = _WORK_TIME
) -> DueAction | None:
    """Return the action that has fallen due by ``at``; a deadline wins over a timer."""
    fallen = (item for item in _due(pack, token, work) if item.due <= at)
    return min(fallen, key=lambda item: (not item.is_deadline, item.due), default=None)


def due_escalation(
    pack: Pack, token: Token, *, work: WorkTime = _WORK_TIME
) -> DueEscalation | None:
    """Return the escalation that comes next, whether or not its time has come."""
    coming = []
    for position in token.positions:
        stage = stage_named(pack.flow, position.stage)
        if position.level < len(stage.escalations):
            escalation = stage.escalations[position.level]
            due = _moment(_begun(token, position), escalation, work)
            coming.append(DueEscalation(stage.name, due, escalation))
    return min(coming, key=lambda item: item.due, default=None)


def _due(pack: Pack, token: Token, work: WorkTime) -> Iterator[DueAction]:
    for position in token.positions:
        stage = stage_named(pack.flow, position.stage)
        begun = _begun(token, position)
        if stage.deadline is not None:
            due = _moment(begun, stage.deadline, work)
            yield DueAction(stage.deadline.action, due, is_deadline=True, stage=stage.name)
        if stage.timer is not None:
            yield from _timer(stage.timer, position, _moment(begun, stage.timer, work))


def _begun(token: Token, position: Position) -> datetime:
    return token.first.get(position.stage, position.since)


def _timer(timer: StageTimer, position: Position, begun: datetime) -> Iterator[DueAction]:
    """Yield the timer's next run: its times are fixed by the first entry into the stage."""
    if position.timer_runs >= FLOW_TIMER_RUNS:
        return
    passed = position.timer_runs
    if position.since >= begun:
        passed += 1 + ((position.since - begun) // timer.every if timer.every else 0)
    if passed and timer.every is None:
        return
    due = begun + (timer.every or timedelta(0)) * passed
    yield DueAction(timer.action, due, is_deadline=False, stage=position.stage)


def _moment(begun: datetime, wait: StageTimer | Escalation, work: WorkTime) -> datetime:
    """Return when a time is over; working days end with the last of them, where agencies are."""
    if not wait.working_days:
        return begun + wait.after
    entered = begun.astimezone(work.zone).date()
    last = work.calendar.add(entered, working_days=wait.working_days)
    midnight = datetime.combine(last + timedelta(days=1), time.min, work.zone)
    return midnight.astimezone(begun.tzinfo)
