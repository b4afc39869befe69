"""Moves a case along its flow and does what entering a stage entails.

Every move is one transaction: the case is locked, its facts decide conditional ways, the new
stage's bill is made, and the next time at which something falls due is noted. The system moves
cases through ``advancing.py``, officers and partners through their own pages; all of them come
here. What a move means (a decision, a payment) is the caller's to record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taysir.engine.definition import Pack, Role, Stage
from taysir.engine.facts import EvidenceOutcome
from taysir.engine.flow import live_stages, stage_of, transition
from taysir.engine.flow_due import WorkTime, due_at, due_escalation
from taysir.engine.flow_moves import Facts
from taysir.engine.pages import case_context
from taysir.kernel import limits
from taysir.transactions.cases.billing import give_back, issue_bill
from taysir.transactions.cases.holidays import working_calendar
from taysir.transactions.cases.models import Case

DECIDING = frozenset({"grant", "refuse", "wait"})
"""The actions of a stage at which the rules decide."""

Change = Callable[[Case], None]
"""What a caller does to the locked case within the move's transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step: what is done, by whom, and in which of several running branches.

    ``before`` changes the case before the way is chosen, so that conditions see new facts;
    ``after`` records what the step meant once the case is there.
    """

    action: str
    role: Role = Role.SYSTEM
    stage: str = ""
    before: Change | None = None
    after: Change | None = None


def take(case: Case, pack: Pack, move: Move, *, at: datetime) -> None:
    """Take a step; nothing happens if somebody else moved the case in the meantime.

    Raises:
        Problem: ENG-1201 and ENG-1202 for a step that the flow does not allow now.
    """
    with transaction.atomic():
        locked = lock(case)
        if locked.token.seq != case.token.seq:
            return
        if move.before is not None:
            move.before(locked)
        before = {stage.name for stage in live_stages(pack, locked.token)}
        locked.token = transition(
            pack,
            locked.token,
            move.action,
            role=move.role,
            stage=move.stage,
            at=at,
            facts=flow_facts(locked, pack, at=at),
        )
        if refund := _refund_of(pack, case, move):
            give_back(locked, pack, refund, at=at)
        if move.after is not None:
            move.after(locked)
        for stage in live_stages(pack, locked.token):
            if stage.bill and stage.name not in before:
                issue_bill(locked, pack, stage, at=at)
        schedule(locked, pack, at=at)
        locked.save()


def _refund_of(pack: Pack, case: Case, move: Move) -> str:
    """Return the fact that says what a step pays back, if it pays anything back."""
    stages = [stage for stage in live_stages(pack, case.token) if move.stage in ("", stage.name)]
    taken = next((s.actions[move.action] for s in stages if move.action in s.actions), None)
    return taken.refund if taken is not None else ""


def flow_facts(case: Case, pack: Pack, *, at: datetime) -> Facts:
    """Return the facts as the conditions of a flow see them."""
    return case_context(pack.facts, case.facts, on=timezone.localdate(at))


def decides(stage: Stage) -> bool:
    """Whether the rules decide at a stage."""
    return stage.role is Role.SYSTEM and stage.actions.keys() >= DECIDING


def work_time() -> WorkTime:
    """Return the working days of the installation's agencies."""
    calendar = working_calendar(settings.TAYSIR_HOLIDAYS)
    return WorkTime(calendar=calendar, zone=timezone.get_default_timezone())


def schedule(case: Case, pack: Pack, *, at: datetime) -> None:
    """Say when the case is due again; agencies that were down are asked again soon."""
    stage = stage_of(pack, case.token)
    if stage.final:
        case.due_at, case.tries = None, 0
        return
    if decides(stage) or stage.documents or (stage.bill and not case.bill_number):
        case.due_at = at
        return
    following = due_at(pack, case.token, work=work_time())
    escalation = due_escalation(pack, case.token, work=work_time())
    moments = [item.due for item in (following, escalation) if item is not None]
    case.due_at = min(moments, default=None)
    outcomes = {evidence.outcome for evidence in case.facts.evidence.values()}
    down = {EvidenceOutcome.UNREACHABLE, EvidenceOutcome.INVALID}
    if stage.timer is not None and outcomes & down:
        case.due_at = at + pause(case.tries)
        case.tries += 1


def postpone(case: Case, *, at: datetime) -> None:
    """Try a step again later, after a pause that grows."""
    with transaction.atomic():
        locked = lock(case)
        locked.due_at = at + pause(locked.tries)
        locked.tries += 1
        locked.save()


def pause(tries: int) -> timedelta:
    """Return how long to wait before the next try."""
    seconds = limits.RETRY_FIRST_S * 2 ** min(tries, 20)
    return timedelta(seconds=min(seconds, limits.RETRY_LONGEST_S))


def lock(case: Case) -> Case:
    """Return the case as stored, locked until the transaction ends."""
    return Case.objects.select_for_update().get(pk=case.pk)
