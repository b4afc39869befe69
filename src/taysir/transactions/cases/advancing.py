"""The steps that the system takes: check, decide, bill, register, issue, wait and try again.

:func:`case_advance` moves one case as far as it can go now; the portal calls it after a person's
step, the worker when a case falls due. Each step is one transaction; a crash between two steps is
made good by the next call, because every step is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taysir.engine.decision import Decision, Outcome, record_values
from taysir.engine.definition import Pack, Stage
from taysir.engine.facts import CaseFacts
from taysir.engine.flow import escalate, fire_timer, stage_of
from taysir.engine.flow_check import ISSUED, PAID
from taysir.engine.flow_due import DueEscalation, due_action, due_escalation
from taysir.engine.rules import decide
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.money import Money
from taysir.transactions.cases.billing import tell
from taysir.transactions.cases.exchange import agencies
from taysir.transactions.cases.fetching import ask_agencies, take_over
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.moving import (
    Move,
    decides,
    lock,
    postpone,
    schedule,
    take,
    work_time,
)
from taysir.transactions.cases.recording import record_event
from taysir.transactions.cases.registering import enter
from taysir.transactions.catalogue.packs import Offer, offer_with
from taysir.transactions.documents import service as documents
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.models import Bill

log = get_logger(__name__)

Step = Callable[[Case, Offer, datetime], bool]
"""One step of the system with a case; true if it moved the case."""


def case_advance(case_id: UUID, *, now: datetime | None = None) -> Case:
    """Move a case as far as it can go now and say when it is due again."""
    for _step in range(limits.CASE_STEPS):
        at = now or timezone.now()
        case = Case.objects.get(pk=case_id)
        offer = offer_with(case.pack_hash)
        step = _step_at(stage_of(offer.pack, case.token))
        moved = _by_clock(case, offer.pack, at=at) or (step is not None and step(case, offer, at))
        if not moved:
            break
    return Case.objects.get(pk=case_id)


def _step_at(stage: Stage) -> Step | None:
    """Return what the system does at a stage, as the stage itself says."""
    if stage.bill:
        return _take_payment
    if stage.documents:
        return _issue
    if decides(stage):
        return _check
    return _recheck if stage.timer is not None else None


def _by_clock(case: Case, pack: Pack, *, at: datetime) -> bool:
    """Do what has fallen due by itself: a deadline, an escalation, or a timer of the stage."""
    token, work = case.token, work_time()
    due = due_action(pack, token, at=at, work=work)
    if due is not None and due.is_deadline:
        move = Move(
            action=due.action,
            stage=due.stage,
            after=lambda locked: _tell_lapse(locked, pack, at=at),
        )
        take(case, pack, move, at=at)
        return True
    escalation = due_escalation(pack, token, work=work)
    if escalation is not None and escalation.due <= at:
        return _escalate(case, pack, escalation, at=at)
    if due is not None:
        with transaction.atomic():
            locked = lock(case)
            locked.token = fire_timer(locked.token, stage=due.stage)
            locked.due_at = at
            locked.save()
    return False


def _tell_lapse(case: Case, pack: Pack, *, at: datetime) -> None:
    """Record that the time of a case ran out; whoever had sent it is told."""
    if stage_of(pack, case.token).final != "lapsed":
        return
    record_event(case, "lapsed", pack=pack, role="system", at=at, told=False)
    if case.submitted_at is not None:
        tell(case, "lapsed", {"service": pack.service.title}, at=at)


def _escalate(case: Case, pack: Pack, due: DueEscalation, *, at: datetime) -> bool:
    """Let a further role act on a stage that has waited too long."""
    with transaction.atomic():
        locked = lock(case)
        if locked.token != case.token:
            return True  # somebody else moved it in the meantime; the loop looks again
        locked.token = escalate(locked.token, stage=due.stage)
        record_event(
            locked,
            "escalated",
            pack=pack,
            role="system",
            at=at,
            told=False,
            stage=due.stage,
            to=due.escalation.role.value,
        )
        schedule(locked, pack, at=at)
        locked.save()
    return True


# --- checking and waiting ------------------------------------------------------------------------


def _check(case: Case, offer: Offer, at: datetime) -> bool:
    """Ask what is due, decide by the law of the day of application, and act on the decision."""
    pack = offer.pack
    person = _person(case)
    _ask(case, pack, person, at=at)
    case.refresh_from_db()
    on = timezone.localdate(case.submitted_at or at)
    decision = decide(pack, case.facts, on=on, at=at)
    if decision.outcome is Outcome.WAITING and decision.refresh:
        _ask(case, pack, person, at=at, refresh=decision.refresh)
        case.refresh_from_db()
        decision = decide(pack, case.facts, on=on, at=at)
    action = {
        Outcome.GRANTED: "grant",
        Outcome.REFUSED: "refuse",
        Outcome.REFERRED: "refer",
        Outcome.WAITING: "refer" if decision.disputed else "wait",
    }[decision.outcome]
    move = Move(
        action=action,
        before=lambda locked: _keep(locked, decision, at=at),
        after=lambda locked: _tell(locked, pack, decision, previous=case.decision, at=at),
    )
    take(case, pack, move, at=at)
    return True


def _ask(
    case: Case, pack: Pack, person: Person, *, at: datetime, refresh: tuple[str, ...] = ()
) -> None:
    asked = ask_agencies(
        case,
        pack,
        subject=person.national_id,
        agencies=agencies(),
        at=at,
        refresh=refresh,
    )
    if asked:
        with transaction.atomic():
            locked = lock(case)
            take_over(locked, pack, asked, at=at)
            locked.save()


def _keep(case: Case, decision: Decision, *, at: datetime) -> None:
    """Keep a decision with the case; what it computes decides the case's way from here."""
    case.decision_json = decision.to_json().decode("utf-8")
    if decision.outcome in (Outcome.GRANTED, Outcome.REFERRED):
        case.facts = record_values(case.facts, decision, at=at)


def _tell(
    case: Case, pack: Pack, decision: Decision, *, previous: Decision | None, at: datetime
) -> None:
    """Record a decision and tell the person what it means for them."""
    service = {"service": pack.service.title}
    record_event(
        case,
        "rule_run",
        pack=pack,
        role="system",
        at=at,
        version=pack.hash,
        result=decision.outcome.value,
    )
    if decision.outcome is Outcome.WAITING:
        if previous is None or previous.codes != decision.codes:
            _record_stop(case, pack, decision, at=at)
            tell(case, "waiting", {**service, "missing": _reasons(decision)}, at=at)
        return
    if decision.outcome is Outcome.REFERRED:
        return
    case.decided_at = at
    record_event(
        case,
        "decided",
        pack=pack,
        role="system",
        at=at,
        by="auto",
        outcome=decision.outcome.value,
        reasons=list(decision.codes),
        articles=list(decision.articles),
    )
    if decision.outcome is Outcome.REFUSED:
        tell(case, "refused", {**service, "reasons": _reasons(decision)}, at=at)


def _record_stop(case: Case, pack: Pack, decision: Decision, *, at: datetime) -> None:
    for name in decision.waiting:
        lookup = pack.lookup(name)
        evidence = case.facts.evidence.get(name)
        if lookup is not None and evidence is not None:
            record_event(
                case,
                "evidence_delayed",
                pack=pack,
                role="registry",
                at=at,
                source=str(lookup.service),
                exchange=evidence.exchange_id,
            )
    record_event(case, "clock_stopped", pack=pack, role="system", at=at, cause="other_agency")


_BASIS: Final = {"ar": "السند", "en": "Basis"}


def _reasons(decision: Decision) -> dict[str, str]:
    def lines(language: Any) -> str:
        return "\n".join(
            " ".join(
                part
                for part in (
                    reason.text[language],
                    f"{_BASIS[language]}: {reason.article_title[language]}."
                    if reason.article_title
                    else "",
                    reason.remedy[language],
                )
                if part
            )
            for reason in decision.reasons
        )

    return {"ar": lines("ar"), "en": lines("en")}


def _recheck(case: Case, offer: Offer, at: datetime) -> bool:
    """Check a waiting case again once its pause is over; agencies that were down sooner."""
    timer = stage_of(offer.pack, case.token).timer
    if timer is None or case.due_at is None or case.due_at > at:
        return False

    def start_clock(locked: Case) -> None:
        record_event(locked, "clock_started", pack=offer.pack, role="system", at=at)

    take(case, offer.pack, Move(action=timer.action, after=start_clock), at=at)
    return True


# --- paying --------------------------------------------------------------------------------------


def _take_payment(case: Case, offer: Offer, at: datetime) -> bool:
    """Go on once the treasury has confirmed the bill, or at once if there is nothing to pay."""
    if not case.bill_number:
        take(case, offer.pack, Move(action=PAID), at=at)
        return True
    bill = Bill.objects.filter(number=case.bill_number).first()
    if bill is None or not bill.is_paid:
        return False

    def acknowledge(locked: Case) -> None:
        record_event(locked, "clock_started", pack=offer.pack, role="system", at=at)
        record_event(
            locked,
            "fee_paid",
            pack=offer.pack,
            role="system",
            at=at,
            amount_minor=bill.amount_minor,
        )
        money = Money(bill.amount_minor)
        amount = {"ar": money.format("ar"), "en": money.format("en")}
        tell(locked, "paid", {"amount": amount, "bill_number": bill.number}, at=at)

    take(case, offer.pack, Move(action=PAID, after=acknowledge), at=at)
    return True


# --- issuing -------------------------------------------------------------------------------------


def _issue(case: Case, offer: Offer, at: datetime) -> bool:
    """Enter the result into the register, make the stage's sealed documents, and go on."""
    pack = offer.pack
    facts = _registered(case, pack)
    if facts is None:
        postpone(case, at=at)
        return False
    stage = stage_of(pack, case.token)
    values = {name: known.value for name, known in facts.items()}
    for output in pack.service.outputs:
        if output.code in stage.documents:
            documents.issue(
                kind=output.code,
                template=offer.folder / output.template,
                case_number=case.number,
                holder_ref=case.person_ref,
                data=values,
                issued_at=at,
            )

    def keep(locked: Case) -> None:
        locked.facts = facts

    def announce(locked: Case) -> None:
        record_event(locked, "output_issued", pack=pack, role="system", at=at)
        tell(locked, "granted", {"service": pack.service.title}, at=at)

    take(case, pack, Move(action=ISSUED, before=keep, after=announce), at=at)
    return True


def _registered(case: Case, pack: Pack) -> CaseFacts | None:
    registration = pack.service.registration
    if registration is None:
        return case.facts
    subject = _person(case).national_id
    return enter(case, pack, registration, subject=subject, agencies=agencies())


def _person(case: Case) -> Person:
    return Person.objects.get(pk=case.person_ref)


def advance_quietly(case_id: UUID) -> None:
    """Advance a case after a person's step; trouble is left to the worker, which tries again."""
    try:
        case_advance(case_id)
    except Problem as problem:
        log.warning("case_not_advanced", code=problem.code)
