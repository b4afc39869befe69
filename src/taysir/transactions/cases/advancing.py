"""The steps that the system takes: check, decide, bill, register, issue, wait and try again.

:func:`case_advance` moves one case as far as it can go now; the portal calls it after a person's
step, the worker when a case falls due. Each step is one transaction; a crash between two steps is
made good by the next call, because every step is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from taysir.engine.decision import Decision, Outcome, record_values
from taysir.engine.definition import Pack, Role
from taysir.engine.facts import EvidenceOutcome
from taysir.engine.flow import due_action, due_at, fire_timer, stage_of, transition
from taysir.engine.rules import decide
from taysir.exchange.client import Outcome as AskOutcome
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId
from taysir.kernel.log import get_logger
from taysir.kernel.money import Money
from taysir.transactions.cases.exchange import agencies
from taysir.transactions.cases.fetching import ask_agencies, take_over
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.recording import record_event
from taysir.transactions.catalogue.packs import Offer, offer_with
from taysir.transactions.documents import service as documents
from taysir.transactions.identity.models import Person
from taysir.transactions.notices.service import send
from taysir.transactions.payments import service as payments
from taysir.transactions.payments.models import Bill
from taysir.ui.formats import format_date

log = get_logger(__name__)

REGISTER: Final = ServiceId.parse("WAHA/GOV/TRF/licensing/renewals")


def case_advance(case_id: UUID, *, now: datetime | None = None) -> Case:
    """Move a case as far as it can go now and say when it is due again."""
    for _step in range(limits.CASE_STEPS):
        at = now or timezone.now()
        case = Case.objects.get(pk=case_id)
        offer = offer_with(case.pack_hash)
        step = _STEPS.get(case.stage)
        moved = _by_clock(case, offer.pack, at=at) or (step is not None and step(case, offer, at))
        if not moved:
            break
    return Case.objects.get(pk=case_id)


def _by_clock(case: Case, pack: Pack, *, at: datetime) -> bool:
    """Take the action that has fallen due by itself: a deadline, or a timer of the stage."""
    due = due_action(pack, case.token, at=at)
    if due is None:
        return False
    if due.is_deadline:
        _move(case, pack, due.action, at=at)
        return True
    with transaction.atomic():
        locked = _lock(case)
        locked.token = fire_timer(locked.token)
        locked.due_at = at
        locked.save()
    return False


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
    _move(case, pack, action, at=at, then=lambda locked: _tell(locked, pack, decision, at=at))
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
            locked = _lock(case)
            take_over(locked, pack, asked, at=at)
            locked.save()


def _tell(case: Case, pack: Pack, decision: Decision, *, at: datetime) -> None:
    """Keep a decision with the case, record it, and tell the person."""
    previous = case.decision
    case.decision_json = decision.to_json().decode("utf-8")
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
            _send(case, "waiting", {**service, "missing": _reasons(decision)}, at=at)
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
        _send(case, "refused", {**service, "reasons": _reasons(decision)}, at=at)
    else:
        case.facts = record_values(case.facts, decision, at=at)
        _bill(case, pack, at=at)


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


def _reasons(decision: Decision) -> dict[str, str]:
    def lines(language: Any) -> str:
        return "\n".join(
            " ".join(
                part
                for part in (
                    reason.text[language],
                    f"({reason.article_title[language]})" if reason.article_title else "",
                    reason.remedy[language],
                )
                if part
            )
            for reason in decision.reasons
        )

    return {"ar": lines("ar"), "en": lines("en")}


def _recheck(case: Case, offer: Offer, at: datetime) -> bool:
    """Check a waiting case again once its pause is over; agencies that were down sooner."""
    if case.due_at is None or case.due_at > at:
        return False
    with transaction.atomic():
        locked = _lock(case)
        locked.token = transition(offer.pack, locked.token, "recheck", role=Role.SYSTEM, at=at)
        record_event(locked, "clock_started", pack=offer.pack, role="system", at=at)
        locked.save()
    return True


# --- paying --------------------------------------------------------------------------------------


def _bill(case: Case, pack: Pack, *, at: datetime) -> None:
    amount = int(case.facts.value("renewal.fee_minor"))
    due = timezone.localdate(at) + timedelta(days=limits.BILL_DAYS)
    bill = payments.create_bill(
        case_number=case.number,
        amount_minor=amount,
        payer_ref=case.person_ref,
        description={"ar": pack.service.title["ar"], "en": pack.service.title["en"]},
        due=due,
        now=at,
    )
    case.bill_number = bill.number
    record_event(case, "fee_issued", pack=pack, role="system", at=at, amount_minor=amount)
    record_event(case, "clock_stopped", pack=pack, role="system", at=at, cause="payment")
    money = Money(amount)
    values = {
        "service": pack.service.title,
        "amount": {"ar": money.format("ar"), "en": money.format("en")},
        "bill_number": bill.number,
        "due": {"ar": format_date(due, "ar"), "en": format_date(due, "en")},
    }
    _send(case, "bill_issued", values, at=at)


def _take_payment(case: Case, offer: Offer, at: datetime) -> bool:
    """Go on once the treasury has confirmed the bill."""
    bill = Bill.objects.filter(number=case.bill_number).first()
    if bill is None or not bill.is_paid:
        return False

    def tell(locked: Case) -> None:
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
        _send(locked, "paid", {"amount": amount, "bill_number": bill.number}, at=at)

    _move(case, offer.pack, "paid", at=at, then=tell)
    return True


# --- issuing -------------------------------------------------------------------------------------


def _issue(case: Case, offer: Offer, at: datetime) -> bool:
    """Write the new term into the register, make the sealed document, and finish."""
    if not _register(case):
        _postpone(case, at=at)
        return False
    values = {name: known.value for name, known in case.facts.items()}
    for output in offer.pack.service.outputs:
        documents.issue(
            kind=output.code,
            template=offer.folder / output.template,
            case_number=case.number,
            holder_ref=case.person_ref,
            data=values,
            issued_at=at,
        )

    def tell(locked: Case) -> None:
        record_event(locked, "output_issued", pack=offer.pack, role="system", at=at)
        _send(locked, "granted", {"service": offer.pack.service.title}, at=at)

    _move(case, offer.pack, "issued", at=at, then=tell)
    return True


def _register(case: Case) -> bool:
    facts = case.facts
    body = {
        "case_number": case.number,
        "national_id": facts.value("applicant.national_id"),
        "expires_on": facts.value("renewal.term_until"),
        "previous_expires_on": facts.value("licence.expires_on"),
        "restrictions": facts.value("renewal.restrictions") or [],
    }
    answer = agencies().ask(
        REGISTER,
        method="POST",
        path="/renewals",
        body=orjson.dumps(body),
        purpose="licence-renewal",
        subject=str(body["national_id"]),
        issue=case.number,
    )
    if answer.outcome is not AskOutcome.ANSWERED:
        log.warning("renewal_not_registered", case=case.number, outcome=answer.outcome.value)
    return answer.outcome is AskOutcome.ANSWERED


# --- moving --------------------------------------------------------------------------------------

_STEPS: Final[dict[str, Callable[[Case, Offer, datetime], bool]]] = {
    "checking": _check,
    "waiting": _recheck,
    "payment": _take_payment,
    "issuing": _issue,
}


def _move(
    case: Case,
    pack: Pack,
    action: str,
    *,
    at: datetime,
    then: Callable[[Case], None] | None = None,
) -> None:
    """Take an action of the flow and everything that belongs to it, in one transaction."""
    with transaction.atomic():
        locked = _lock(case)
        if locked.stage != case.stage:
            return  # somebody else moved it in the meantime; the loop looks again
        locked.token = transition(pack, locked.token, action, role=Role.SYSTEM, at=at)
        if then is not None:
            then(locked)
        _schedule(locked, pack, at=at)
        locked.save()


def _schedule(case: Case, pack: Pack, *, at: datetime) -> None:
    """Say when the case is due again; agencies that were down are asked again soon."""
    stage = stage_of(pack, case.token)
    if stage.final:
        case.due_at, case.tries = None, 0
        return
    following = due_at(pack, case.token)
    case.due_at = following.due if following else None
    if case.stage in ("checking", "issuing"):
        case.due_at = at
    outcomes = {evidence.outcome for evidence in case.facts.evidence.values()}
    if case.stage == "waiting" and outcomes & {
        EvidenceOutcome.UNREACHABLE,
        EvidenceOutcome.INVALID,
    }:
        case.due_at = at + _pause(case.tries)
        case.tries += 1


def _postpone(case: Case, *, at: datetime) -> None:
    with transaction.atomic():
        locked = _lock(case)
        locked.due_at = at + _pause(locked.tries)
        locked.tries += 1
        locked.save()


def _pause(tries: int) -> timedelta:
    seconds = limits.RETRY_FIRST_S * 2 ** min(tries, 20)
    return timedelta(seconds=min(seconds, limits.RETRY_LONGEST_S))


def _lock(case: Case) -> Case:
    return Case.objects.select_for_update().get(pk=case.pk)


def _person(case: Case) -> Person:
    return Person.objects.get(pk=case.person_ref)


def _send(case: Case, template: str, values: dict[str, Any], *, at: datetime) -> None:
    send(
        person_ref=case.person_ref,
        case_number=case.number,
        template=template,
        values=values,
        now=at,
    )


def advance_quietly(case_id: UUID) -> None:
    """Advance a case after a person's step; trouble is left to the worker, which tries again."""
    try:
        case_advance(case_id)
    except Problem as problem:
        log.warning("case_not_advanced", code=problem.code)
