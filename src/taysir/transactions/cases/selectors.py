"""What pages show of a case: facts with their source, the timeline, what is needed next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from taysir.engine.choices import choices_of
from taysir.engine.decision import Decision, Outcome
from taysir.engine.definition import ClockCause, Pack, Page, Question, Role
from taysir.engine.facts import CaseFacts, Fact, FactSource, Fetched
from taysir.engine.flow import actions_for, promised_by, stage_of
from taysir.engine.lookups import needed_lookups
from taysir.engine.pages import next_page, visible_pages, visible_questions
from taysir.engine.rules import decide
from taysir.engine.wording import word_value
from taysir.kernel.errors import Language
from taysir.transactions.cases.models import Case
from taysir.transactions.payments.models import Bill
from taysir.ui.texts import mark, translate

_DISPUTE = mark("اعترض على القيمة")
_DISPUTED = mark("اعترضت على هذه القيمة؛ تُحال إلى الجهة المصدر")
_CHANGE = mark("تغيير")
_STEPS = {
    "started": mark("بدأت الطلب"),
    "submitted": mark("قدمت الطلب"),
    "clock_stopped": mark("توقف احتساب المدة"),
    "decided": mark("صدر القرار"),
    "fee_paid": mark("وصل السداد"),
    "output_issued": mark("صدر المستند"),
    "withdrawn": mark("أُلغي الطلب"),
    "lapsed": mark("انقضت المهلة وأُغلق الطلب"),
    "field_disputed": mark("اعترضت على قيمة"),
    "objected": mark("قدمت اعتراضًا على القرار"),
}
_CAUSES = {
    "other_agency": mark("بانتظار جهة أخرى"),
    "payment": mark("بانتظار السداد"),
    "applicant": mark("بانتظارك"),
}
_OUTCOMES = {"granted": mark("الموافقة"), "refused": mark("الرفض")}


def preview_rows(
    case: Case, pack: Pack, facts: Iterable[Fact], *, language: Language, editable: bool
) -> list[dict[str, Any]]:
    """Return rows of fetched facts: value, source, time, and the way to dispute each."""
    known = case.facts
    return [
        _preview_row(case, pack, fact, known=known, language=language, editable=editable)
        for fact in facts
        if fact.name in known
    ]


def _preview_row(
    case: Case,
    pack: Pack,
    fact: Fact,
    *,
    known: CaseFacts,
    language: Language,
    editable: bool,
) -> dict[str, Any]:
    value = known[fact.name]
    row: dict[str, Any] = {
        "key": fact.label[language],
        "value": word_value(fact, value.value, language),
    }
    if isinstance(value.provenance, Fetched):
        lookup = pack.lookup(value.provenance.lookup)
        row["source"] = lookup.label[language] if lookup else value.provenance.source
        row["at"] = value.provenance.at
    if value.disputed:
        row["note"] = translate(_DISPUTED)
    elif editable and fact.source is FactSource.LOOKUP:
        row["action"] = {
            "text": translate(_DISPUTE),
            "href": reverse("cases:dispute", args=[case.number, fact.name]),
        }
    return row


def missing_evidence(case: Case, pack: Pack, *, language: Language) -> list[str]:
    """Return the sources that have not answered yet, by name."""
    known = case.facts
    return [
        lookup.label[language]
        for lookup in needed_lookups(pack, known, on=timezone.localdate())
        if (evidence := known.evidence.get(lookup.name)) is None
        or evidence.outcome.value not in ("answered", "not_found")
    ]


def question_fields(
    case: Case, page: Page, pack: Pack, *, raw: dict[str, str] | None, language: Language
) -> list[dict[str, Any]]:
    """Return the fields of a page with what was typed, kept, or proposed."""
    known = case.facts
    asked = visible_questions(page, known, model=pack.facts, on=timezone.localdate())
    return [_field(q, known, raw=raw, language=language) for q in asked]


def _field(
    question: Question, known: CaseFacts, *, raw: dict[str, str] | None, language: Language
) -> dict[str, Any]:
    kept = known.value(question.field)
    shown = question.default if kept is None else kept
    options = [
        {"value": str(option.value), "text": option.label[language]}
        for option in choices_of(question, known)
    ]
    return {
        "name": question.field,
        "widget": question.widget,
        "label": question.label[language],
        "hint": question.hint[language] if question.hint else "",
        "value": raw.get(question.field, "") if raw is not None else _text(shown),
        "options": options,
        "optional": not question.required,
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def own_pages(case: Case, pack: Pack) -> tuple[Page, ...]:
    """Return the pages that the applicant fills in this case."""
    return visible_pages(pack, case.facts, by=Role.APPLICANT, on=timezone.localdate())


def page_after(case: Case, pack: Pack, *, page_id: str | None = None) -> Page | None:
    """Return the applicant's page behind one, or the first that is not complete."""
    today = timezone.localdate()
    return next_page(pack, case.facts, by=Role.APPLICANT, after=page_id, on=today)


def review_rows(case: Case, pack: Pack, *, language: Language) -> list[dict[str, Any]]:
    """Return the typed answers with the way to change each."""
    known = case.facts
    rows = []
    for page in own_pages(case, pack):
        for question in visible_questions(page, known, model=pack.facts, on=timezone.localdate()):
            value = known.value(question.field)
            rows.append(
                {
                    "key": question.label[language],
                    "value": word_value(question.fact, value, language),
                    "action": {
                        "text": translate(_CHANGE),
                        "href": reverse("cases:page", args=[case.number, page.id])
                        + f"#{question.field}",
                    },
                }
            )
    return rows


def forecast(case: Case, pack: Pack) -> Decision:
    """Return what the decision would be now, to warn early and to show the fee."""
    return decide(pack, case.facts, on=timezone.localdate())


def fee_rows(decision: Decision, *, language: Language) -> list[dict[str, Any]]:
    """Return what a grant would cost and give, as rows."""
    if decision.outcome is not Outcome.GRANTED:
        return []
    return [
        {"key": step.label[language], "value": step.words[language]}
        for step in decision.steps
        if step.fact in decision.values and step.words
    ]


def timeline_items(case: Case, pack: Pack, *, language: Language) -> list[dict[str, Any]]:
    """Return the steps that a person should see, oldest first, and where the case is now."""
    items: list[dict[str, Any]] = []
    for event in case.events.filter(step__in=_STEPS):
        item: dict[str, Any] = {"title": translate(_STEPS[event.step]), "at": event.at}
        if event.step == "clock_stopped":
            item["text"] = translate(_CAUSES[event.data["cause"]])
        if event.step == "decided":
            item["text"] = translate(_OUTCOMES[event.data["outcome"]])
        items.append(item)
    stage = stage_of(pack, case.token)
    if not stage.final:
        items.append({"title": stage.title[language], "state": "current"})
    return items


def promised(case: Case, pack: Pack) -> datetime | None:
    """Return when the promised time ends, if the service's own clock runs.

    The page of a case is shown also while the server's clock is behind the case's last step.
    """
    if case.submitted_at is None:
        return None
    last = case.token.last or case.token.since
    return promised_by(pack, case.token, at=max(last, timezone.now()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a case's place in its flow means for the person, whatever the stages are called."""

    final: str
    awaits_person: bool
    is_paying: bool
    is_waiting: bool
    may_withdraw: bool


def standing(case: Case, pack: Pack) -> Standing:
    """Return where a case stands, as its flow says."""
    stage, decision = stage_of(pack, case.token), case.decision
    open_case = not stage.final
    paying = bool(stage.bill and case.bill_number)
    waits = decision is not None and decision.outcome in (Outcome.WAITING, Outcome.REFERRED)
    offered = actions_for(pack, case.token, role=Role.APPLICANT)
    return Standing(
        final=stage.final,
        awaits_person=open_case
        and stage.role is Role.APPLICANT
        and stage.stopped_by is ClockCause.APPLICANT,
        is_paying=paying,
        is_waiting=open_case and waits and not paying,
        may_withdraw=any(action.name == "withdraw" for action in offered),
    )


def stage_title(case: Case, pack: Pack, *, language: Language) -> str:
    """Return the name of the stage a case is at."""
    return stage_of(pack, case.token).title[language]


def bill_of(case: Case) -> Bill | None:
    """Return the bill of a case, if it has one."""
    return Bill.objects.filter(case_number=case.number, payer_ref=case.person_ref).first()
