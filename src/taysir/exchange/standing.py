"""Where agreements stand beside each other: countered, superseded, expired, or in force.

One agreement's signatures say whether it was accepted or ended (``contracts``). What others do to
it, a counter-proposal or one that supersedes it, and the time, is judged here over all that a node
holds. Only an agreement about the same consumer and service does anything to another: strangers
could otherwise end what is not theirs. Nothing is stored: the same documents and the same moment
give the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from taysir.exchange.contracts import (
    FindCertificate,
    SignedAgreement,
    State,
    check_end,
    completed_at,
    state_of,
    view_of,
)
from taysir.exchange.model import Agreement
from taysir.exchange.terms import Terms, read_terms
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)


def in_force(agreements: Iterable[SignedAgreement], *, find: FindCertificate) -> list[Agreement]:
    """Return the views of accepted agreements, oldest first; a bad one is logged, never used.

    The view of a superseded agreement ends when the later one takes effect.
    """
    views: dict[str, Agreement] = {}
    ends: dict[tuple[str, str, str], datetime] = {}
    for agreement in agreements:
        try:
            superseded = _superseded_by(agreement, find=find)
            if superseded is not None:
                terms, moment = superseded
                ended = (terms.supersedes, terms.consumer, terms.service)
                ends[ended] = min(moment, ends.get(ended, moment))
            if state_of(agreement, find=find) is State.ACCEPTED:
                views[agreement.hash] = view_of(agreement)
        except Problem as problem:
            log.warning("agreement_not_used", agreement=agreement.hash, code=problem.code)
    cut = [
        _ended(view, at=ends.get((view.hash, str(view.consumer), str(view.service))))
        for view in views.values()
    ]
    return sorted((v for v in cut if v is not None), key=lambda v: (v.valid_from, v.hash))


def standing_of(
    digest: str,
    agreements: Mapping[str, SignedAgreement],
    *,
    find: FindCertificate,
    at: datetime,
) -> State:
    """Return where one of a node's agreements stands at a moment; raises like `state_of`."""
    agreement = agreements[digest]
    state, terms = state_of(agreement, find=find), read_terms(agreement.document)
    if state not in (State.PROPOSED, State.ACCEPTED):
        return state
    others = _named_by_others(digest, agreements)
    others = [
        other for other in others if check_supersedes(read_terms(other.document), older=terms)
    ]
    if state is State.ACCEPTED and _is_superseded(digest, others, find=find, at=at):
        return State.SUPERSEDED
    if at >= terms.valid_until:
        return State.EXPIRED
    if state is State.PROPOSED and any(_counters(other, digest, find=find) for other in others):
        return State.COUNTERED
    return state


def _is_superseded(
    digest: str, others: Iterable[SignedAgreement], *, find: FindCertificate, at: datetime
) -> bool:
    moments = [_superseded_by(other, find=find) for other in others]
    return any(
        found is not None and found[0].supersedes == digest and found[1] <= at for found in moments
    )


def _named_by_others(
    digest: str, agreements: Mapping[str, SignedAgreement]
) -> list[SignedAgreement]:
    quoted = b'"%s"' % digest.encode("ascii")
    return [other for other in agreements.values() if quoted in other.document]


def _counters(agreement: SignedAgreement, digest: str, *, find: FindCertificate) -> bool:
    """Whether a proposal counters another one and was not rejected or withdrawn itself."""
    terms = read_terms(agreement.document)
    stands = state_of(agreement, find=find) in (State.PROPOSED, State.ACCEPTED)
    return terms.counters == digest and bool(agreement.accepts) and stands


def _superseded_by(
    agreement: SignedAgreement, *, find: FindCertificate
) -> tuple[Terms, datetime] | None:
    """Return the terms of an agreement that ended the one that they name, and when; or None.

    It ends the other when all have accepted it, not before its own first moment. A later revocation
    does not bring the other back.
    """
    terms = read_terms(agreement.document)
    complete = completed_at(agreement, find=find) if terms.supersedes else None
    if complete is None or _ended_before(agreement, complete, find=find):
        return None
    return terms, max(complete, terms.valid_from)


def _ended_before(agreement: SignedAgreement, moment: datetime, *, find: FindCertificate) -> bool:
    ends = (check_end(token, agreement=agreement, find=find) for token in agreement.ends)
    return any(ending.at < moment for ending in ends)


def _ended(view: Agreement, *, at: datetime | None) -> Agreement | None:
    if at is None or at >= view.valid_until:
        return view
    return replace(view, valid_until=at) if at > view.valid_from else None


def check_supersedes(terms: Terms, *, older: Terms) -> bool:
    """Whether new terms may supersede or counter older ones: of the same consumer and service."""
    return (terms.consumer, terms.service) == (older.consumer, older.service)
