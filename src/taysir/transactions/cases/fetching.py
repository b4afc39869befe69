"""Asks agencies for the evidence of a case, side by side, and takes the answers over.

Asking happens outside any database transaction, so a slow agency never holds a lock; taking over is
one transaction of the caller. Every outcome is normal: what was not answered makes the case wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from taysir.engine.definition import Lookup, Pack
from taysir.engine.facts import CaseFacts, EvidenceOutcome
from taysir.engine.lookups import lookup_path, lookups_due, receive_answer, receive_outcome
from taysir.exchange.client import Answer, Outcome
from taysir.kernel import limits
from taysir.transactions.cases.exchange import AgencyQuestions
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.recording import record_event

_OUTCOMES: Final = {
    Outcome.NOT_FOUND: EvidenceOutcome.NOT_FOUND,
    Outcome.REFUSED: EvidenceOutcome.DECLINED,
    Outcome.UNREACHABLE: EvidenceOutcome.UNREACHABLE,
    Outcome.INVALID: EvidenceOutcome.INVALID,
}
_STEPS: Final = {
    EvidenceOutcome.NOT_FOUND: "evidence_not_found",
    EvidenceOutcome.DECLINED: "evidence_declined",
    EvidenceOutcome.UNREACHABLE: "evidence_unreachable",
    EvidenceOutcome.INVALID: "evidence_unreachable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question that was asked and what came back."""

    lookup: Lookup
    answer: Answer


def ask_agencies(
    case: Case,
    pack: Pack,
    *,
    subject: str,
    agencies: AgencyQuestions,
    at: datetime,
    refresh: Iterable[str] = (),
    unasked_only: bool = False,
) -> list[Asked]:
    """Ask what is due now; returns when every question has its outcome.

    ``unasked_only`` leaves out what was asked before, so that a person who goes from page to page
    waits for no agency twice.
    """
    facts = case.facts
    due = lookups_due(pack, facts, at=at, refresh=refresh)
    if unasked_only:
        due = tuple(lookup for lookup in due if lookup.name not in facts.evidence)
    if not due:
        return []

    def ask(lookup: Lookup) -> Asked:
        answer = agencies.ask(
            lookup.service,
            path=lookup_path(lookup, facts),
            purpose=lookup.purpose,
            subject=subject,
            issue=case.number,
        )
        return Asked(lookup=lookup, answer=answer)

    with ThreadPoolExecutor(max_workers=limits.PARALLEL_LOOKUPS) as pool:
        return list(pool.map(ask, due))


def take_over(case: Case, pack: Pack, asked: list[Asked], *, at: datetime) -> None:
    """Put the answers into the case and record them; saves no case.

    Raises:
        Problem: never for an agency's answer; a broken one is recorded as such.
    """
    facts = case.facts
    for item in asked:
        before = facts
        facts = _receive(pack, item, facts, at=at)
        _record(case, pack, item, before=before, after=facts, at=at)
    case.facts = facts


def _receive(pack: Pack, item: Asked, facts: CaseFacts, *, at: datetime) -> CaseFacts:
    answer = item.answer
    if answer.outcome is not Outcome.ANSWERED:
        return receive_outcome(
            item.lookup,
            facts,
            _OUTCOMES[answer.outcome],
            exchange_id=answer.exchange_id,
            at=at,
        )
    try:
        body = answer.json()
    except ValueError:
        return receive_outcome(
            item.lookup, facts, EvidenceOutcome.INVALID, exchange_id=answer.exchange_id, at=at
        )
    return receive_answer(
        pack,
        item.lookup,
        facts,
        body,
        agreement=answer.agreement,
        exchange_id=answer.exchange_id,
        at=answer.answered_at,
    )


def _record(
    case: Case, pack: Pack, item: Asked, *, before: CaseFacts, after: CaseFacts, at: datetime
) -> None:
    source: dict[str, Any] = {
        "source": str(item.lookup.service),
        "exchange": item.answer.exchange_id,
    }
    record_event(case, "evidence_requested", pack=pack, role="system", at=at, **source)
    evidence = after.evidence.get(item.lookup.name)
    outcome = evidence.outcome if evidence else EvidenceOutcome.INVALID
    if item.answer.outcome is not Outcome.ANSWERED:
        outcome = _OUTCOMES[item.answer.outcome]
    if outcome is not EvidenceOutcome.ANSWERED:
        record_event(case, _STEPS[outcome], pack=pack, role="registry", at=at, **source)
        return
    record_event(case, "evidence_received", pack=pack, role="registry", at=at, **source)
    for name in item.lookup.facts.values():
        if name in after and _differs(before, after, name):
            record_event(
                case,
                "field_prefilled",
                pack=pack,
                role="system",
                at=at,
                field=name,
                agreement=item.answer.agreement,
                **source,
            )


def _differs(before: Mapping[str, object], after: Mapping[str, object], name: str) -> bool:
    return name not in before or before[name] != after[name]
