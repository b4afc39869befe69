"""The way of an agreement from finding a service to the first call, with the time of each step.

Signed steps take their time from the signature, so both nodes tell the same; the rest is this
node's own notes and journal. The programme's indicator of time-to-connect reads it from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from taysir.exchange.admin_views import StepOut, TimelineOut
from taysir.exchange.contracts import (
    FindCertificate,
    SignedAgreement,
    check_accept,
    check_end,
    completed_at,
)
from taysir.exchange.desk import AgreementDesk
from taysir.exchange.model import Direction
from taysir.exchange.quota import AnsweredCalls
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.terms import parties, read_terms

_ORDER: Final = (
    "found",
    "proposed",
    "countered",
    "received",
    "accepted",
    "in-force",
    "first-call",
    "rejected",
    "revoked",
)


def timeline_of(node: NodeRuntime, desk: AgreementDesk, *, digest: str) -> TimelineOut:
    """Return the steps of an agreement in the order of time; raises EXC-0512."""
    agreement = desk.shelf.require(digest)
    terms = read_terms(agreement.document)
    find = node.directory().certificate
    steps = _noted(desk, digest, service=terms.service)
    # Signatures name whole seconds; within one, whoever proposes has signed before the other.
    rank = {by: -n if terms.counters else n for n, by in enumerate(parties(terms))}
    accepts = sorted(
        (check_accept(agreement.document, token=token, by=by, find=find), rank.get(by, 0), by)
        for by, token in agreement.accepts.items()
    )
    for number, (at, _rank, by) in enumerate(accepts):
        first = "countered" if terms.counters else "proposed"
        steps.append(StepOut(name="accepted" if number else first, at=at, by=by, signed=True))
    steps.extend(_endings(agreement, find=find))
    complete = completed_at(agreement, find=find)
    connect = None
    if complete is not None:
        begins = max(complete, terms.valid_from)
        steps.append(StepOut(name="in-force", at=begins, signed=True))
        first_ms = _first_call(node, desk, digest)
        if first_ms is not None:
            steps.append(StepOut(name="first-call", at=_moment(first_ms), signed=False))
            connect = max(round(first_ms / 1000 - accepts[0][0].timestamp(), 3), 0.0)
    assert set(agreement.accepts) <= set(parties(terms))
    return TimelineOut(
        hash=digest,
        state=desk.standing(digest),
        steps=tuple(sorted(steps, key=_order)),
        connect_seconds=connect,
    )


def _endings(agreement: SignedAgreement, *, find: FindCertificate) -> Iterator[StepOut]:
    for token in agreement.ends:
        ending = check_end(token, agreement=agreement, find=find)
        name = "rejected" if ending.action.value == "reject" else "revoked"
        yield StepOut(name=name, at=ending.at, by=ending.by, signed=True)


def _order(step: StepOut) -> tuple[datetime, int]:
    """Signed times have whole seconds, so steps of one second stand in the order of life."""
    return step.at.replace(microsecond=0), _ORDER.index(step.name)


def _noted(desk: AgreementDesk, digest: str, *, service: str) -> list[StepOut]:
    notes = desk.steps.of(digest)
    looked = desk.steps.of(service).get("found")
    steps = []
    if looked is not None and looked <= min(notes.values(), default=looked):
        steps.append(StepOut(name="found", at=_moment(looked), signed=False))
    if "received" in notes:
        steps.append(StepOut(name="received", at=_moment(notes["received"]), signed=False))
    return steps


def _first_call(node: NodeRuntime, desk: AgreementDesk, digest: str) -> int | None:
    """Return when the first call under an agreement was journalled, and remember it."""
    known = desk.steps.of(digest).get("first-call")
    if known is not None:
        return known
    found = [
        first
        for direction in (Direction.SENT, Direction.RECEIVED)
        if (first := first_answered(node.journal, digest, direction, until_ms=node.now_ms()))
    ]
    if not found:
        return None
    desk.steps.note(digest, "first-call", at_ms=min(found))
    return min(found)


def first_answered(
    journal: AnsweredCalls, agreement: str, direction: Direction, *, until_ms: int
) -> int | None:
    """Return when an agreement carried its first answered call, by halving the time before now.

    The journal counts calls since a time; the first call is the last moment since which all of them
    are counted. About forty look-ups, once in an agreement's life.
    """
    every = journal.answered_since(agreement, direction=direction, since_ms=0)
    if not every:
        return None
    low, high = 0, until_ms + 1
    while high - low > 1:
        middle = (low + high) // 2
        if journal.answered_since(agreement, direction=direction, since_ms=middle) == every:
            low = middle
        else:
            high = middle
    return low


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
