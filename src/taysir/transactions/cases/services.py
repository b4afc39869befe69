"""The steps that people take with a case. Each write is one transaction and safe to repeat.

A double click, the back button, a second tab or a lost session repeat a step or come too late:
repeating changes nothing, coming too late says so (TRX-0203), and nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from taysir.engine.definition import ClockCause, Pack, Page, Role
from taysir.engine.facts import (
    CASE_FACTS,
    Attested,
    CaseFacts,
    Dispute,
    FactSource,
    FactValue,
)
from taysir.engine.flow import actions_for, live_stages, stage_of, start_token, transition
from taysir.engine.pages import Answers, apply_answers, next_page, validate_answers
from taysir.kernel import limits
from taysir.kernel.errors import Language, Problem
from taysir.transactions.cases.errors import (
    TRX_CASE_MOVED_ON,
    TRX_FACT_NOT_DISPUTABLE,
    TRX_PAGE_NOT_FOUND,
)
from taysir.transactions.cases.exchange import agencies
from taysir.transactions.cases.fetching import ask_agencies, take_over
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.moving import flow_facts
from taysir.transactions.cases.numbers import case_draw, case_number
from taysir.transactions.cases.recording import record_event
from taysir.transactions.catalogue.packs import offer_of, offer_with
from taysir.transactions.catalogue.versions import keep
from taysir.transactions.identity.models import Person
from taysir.transactions.notices.service import send

_SENDING: Final = ("submit", "resubmit")
"""The actions of a flow by which an applicant sends the case."""


def case_start(person: Person, *, service_code: str, now: datetime | None = None) -> Case:
    """Open a draft, or return the one that is open, with the facts that agencies answered.

    Raises:
        Problem: TRX-0101 for an unknown service.
    """
    at = now or timezone.now()
    pack = offer_of(service_code).pack
    found = _open_draft(person, service_code)
    if found is not None and found.pack_hash != pack.hash:
        _discard_outdated(found)
        found = None
    case = found or _make(person, pack, at=at)
    return case_fetch(case, person=person, now=at)


def _open_draft(person: Person, service_code: str) -> Case | None:
    return Case.objects.filter(
        person_ref=person.ref, service_code=service_code, stage="draft"
    ).first()


def _discard_outdated(case: Case) -> None:
    """Close a draft of an older version of the service; its facts are asked for again."""
    pack = offer_with(case.pack_hash).pack
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        at = timezone.now()
        locked.token = transition(pack, locked.token, "lapse", role=Role.SYSTEM, at=at)
        record_event(locked, "withdrawn", pack=pack, role="system", at=at)
        locked.save()


def _make(person: Person, pack: Pack, *, at: datetime) -> Case:
    facts = CaseFacts().with_value(
        "applicant.national_id",
        person.national_id,
        provenance=Attested(person.attested_by, person.attested_at),
    )
    token = start_token(pack, at=at)
    case = Case(
        person_ref=person.ref,
        service_code=pack.service.code,
        pack_hash=pack.hash,
        created_at=at,
    )
    case.facts, case.token = facts, token
    try:
        with transaction.atomic():
            case.number = case_number(pack.service.owner.member, at=at)
            case.facts = _stated(case, pack, at=at)
            keep(pack, at=at)
            case.save(force_insert=True)
            record_event(case, "started", pack=pack, role="applicant", at=at)
            case.save()
    except IntegrityError:  # a second tab was quicker
        draft = _open_draft(person, pack.service.code)
        if draft is None:
            raise
        return draft
    return case


def _stated(case: Case, pack: Pack, *, at: datetime) -> CaseFacts:
    """Return the facts with what the platform states of the case, as far as the pack asks."""
    stated = {"case.number": case.number, "case.draw": case_draw(case.pk)}
    provenance = Attested("platform", at)
    known = {name: FactValue(stated[name], provenance) for name in CASE_FACTS if name in pack.facts}
    return case.facts.with_values(known)


def case_fetch(
    case: Case, *, person: Person, unasked_only: bool = False, now: datetime | None = None
) -> Case:
    """Ask agencies what is due for a case and take the answers over."""
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    asked = ask_agencies(
        case,
        pack,
        subject=person.national_id,
        agencies=agencies(),
        at=at,
        unasked_only=unasked_only,
    )
    if not asked:
        return case
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        take_over(locked, pack, asked, at=at)
        locked.save()
    return locked


def case_answer(
    case: Case,
    page_id: str,
    *,
    raw: Mapping[str, str],
    language: Language,
    now: datetime | None = None,
) -> tuple[Page, Answers]:
    """Check and keep the answers of one page; what is wrong comes back, nothing is lost.

    A page is answered while the case waits for whom it belongs to: the applicant's in the draft
    and when it was sent back, a partner's once the partner has it.

    Raises:
        Problem: TRX-0202 for an unknown page, TRX-0203 if the case does not wait for that page.
    """
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    page = pack.page(page_id)
    if page is None:
        raise Problem(TRX_PAGE_NOT_FOUND)
    today = timezone.localdate(at)
    answers = validate_answers(
        page, raw, language=language, facts=case.facts, model=pack.facts, on=today
    )
    if answers.ok:
        with transaction.atomic():
            locked = _waiting_for(case, pack, page)
            before, role = locked.facts, page.by.value
            locked.facts = apply_answers(before, answers, page=page, by=role, at=at)
            for name, value in answers.values.items():
                if before.value(name) != value:
                    record_event(locked, "field_typed", pack=pack, role=role, at=at, field=name)
            locked.save()
            case.facts_json = locked.facts_json
    return page, answers


def _waiting_for(case: Case, pack: Pack, page: Page) -> Case:
    locked = Case.objects.select_for_update().get(pk=case.pk)
    stage = stage_of(pack, locked.token)
    if stage.role is not page.by or stage.stopped_by is not ClockCause.APPLICANT:
        raise Problem(TRX_CASE_MOVED_ON, case=case.number)
    return locked


def _draft(case: Case) -> Case:
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if locked.stage != "draft":
        raise Problem(TRX_CASE_MOVED_ON, case=case.number)
    return locked


def case_dispute_value(
    case: Case, fact: str, *, statement: str, now: datetime | None = None
) -> Case:
    """Note that the person says a fetched value is wrong; the case then waits for its source.

    Raises:
        Problem: TRX-0204 for a value that was not fetched, TRX-0203 once the case was sent.
    """
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    known = pack.facts.get(fact)
    with transaction.atomic():
        locked = _draft(case)
        facts = locked.facts
        if known is None or known.source is not FactSource.LOOKUP or fact not in facts:
            raise Problem(TRX_FACT_NOT_DISPUTABLE)
        locked.facts = facts.with_dispute(fact, Dispute(at, statement))
        record_event(locked, "field_disputed", pack=pack, role="applicant", at=at, field=fact)
        locked.save()
    return locked


def case_submit(case: Case, *, person: Person, now: datetime | None = None) -> Case:
    """Send the application, also one that was sent back; sending it twice changes nothing.

    An application that was sent back keeps the day on which it was first sent, and the law of it.

    Raises:
        Problem: TRX-0203 if the case was withdrawn or lapsed, or a page is not complete.
    """
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        action = _way_to_send(pack, locked)
        if not action and locked.submitted_at is not None:
            return locked
        today = timezone.localdate(at)
        incomplete = next_page(pack, locked.facts, by=Role.APPLICANT, on=today) is not None
        if not action or incomplete:
            raise Problem(TRX_CASE_MOVED_ON, case=case.number)
        facts = flow_facts(locked, pack, at=at)
        locked.token = transition(
            pack, locked.token, action, role=Role.APPLICANT, at=at, facts=facts
        )
        # The request that sends a case advances it; the worker steps in if that did not happen.
        locked.due_at = at + timedelta(seconds=limits.CASE_LEASE_S)
        if locked.submitted_at is None:
            locked.submitted_at = at
            record_event(locked, "submitted", pack=pack, role="applicant", at=at)
        else:
            record_event(locked, "clock_started", pack=pack, role="applicant", at=at)
        send(
            person_ref=person.ref,
            case_number=locked.number,
            template="submitted",
            values={"service": pack.service.title},
            now=at,
        )
        locked.save()
    return locked


def _way_to_send(pack: Pack, case: Case) -> str:
    """Return the action that sends the case from where it is, if there is one."""
    offered = actions_for(pack, case.token, role=Role.APPLICANT)
    return next((action.name for action in offered if action.name in _SENDING), "")


def case_withdraw(case: Case, *, person: Person, now: datetime | None = None) -> Case:
    """Withdraw an application that is not decided; again changes nothing. Raises TRX-0203."""
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        if locked.stage == "withdrawn":
            return locked
        try:
            locked.token = transition(
                pack,
                locked.token,
                "withdraw",
                role=Role.APPLICANT,
                stage=_where_to_withdraw(pack, locked),
                at=at,
            )
        except Problem as problem:
            raise Problem(TRX_CASE_MOVED_ON, case=case.number) from problem
        locked.due_at = None
        record_event(locked, "withdrawn", pack=pack, role="applicant", at=at)
        send(
            person_ref=person.ref,
            case_number=locked.number,
            template="withdrawn",
            values={"service": pack.service.title},
            now=at,
        )
        locked.save()
    return locked


def _where_to_withdraw(pack: Pack, case: Case) -> str:
    """Return the stage to withdraw from: with branches running, any that allows it ends them."""
    stages = live_stages(pack, case.token)
    return next((stage.name for stage in stages if "withdraw" in stage.actions), "")


def case_bill_paid(case_number: str, bill_number: str) -> None:
    """Wake the case whose bill was paid; called inside the payment's transaction."""
    due_at = timezone.now() + timedelta(seconds=limits.CASE_LEASE_S)
    Case.objects.filter(number=case_number, bill_number=bill_number).update(due_at=due_at)
