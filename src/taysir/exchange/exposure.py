"""What a key touched: whose data went out or came in under it, from the journal of a node.

When a key was stolen, the first question is whose data its holder may have seen. A node's records
name the certificate under each statement; this walks those of one certificate in one period and
sorts them by data subject. Subjects stay pseudonyms: only their agency can tell who they are.

It reads beside a running node and disturbs it in nothing. What the index does not know yet is read
from the end of the journal. Bodies are not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from taysir.exchange.contracts import read_agreements, view_of
from taysir.exchange.index import ExchangeIndex, signer_of
from taysir.exchange.journal_records import decode_exchange
from taysir.exchange.journal_store import Store
from taysir.exchange.model import CallOutcome, StoredExchange
from taysir.exchange.segments import SegmentStore
from taysir.kernel import limits
from taysir.kernel.errors import Problem

WHOLE_ANSWER: Final = "*"
"""Stands for the fields of an agreement that grants the whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One exchange in which the key signed. ``asked`` tells a request of its from an answer.

    ``touched`` is false where nothing was handed out or changed: the call was refused.
    """

    exchange_id: str
    at_ms: int
    subject: str
    service: str
    consumer: str
    purpose: str
    issue: str
    fields: tuple[str, ...]
    asked: bool
    outcome: str
    status: int
    touched: bool


FieldsOf = Callable[[str], tuple[str, ...]]
"""Gives the fields that an agreement grants, by its hash."""


def touches(
    folder: Path,
    *,
    thumbprint: str,
    from_ms: int,
    until_ms: int,
    fields_of: FieldsOf,
    store: Store | None = None,
) -> Iterator[Touch]:
    """Yield what a key touched from a time until before another, oldest first.

    Args:
        folder: the node's folder, of a running or a stopped node.
        thumbprint: ``x5t#S256`` of the key's certificate.
        from_ms: the first millisecond.
        until_ms: the first millisecond that is not looked at any more.
        fields_of: gives the fields of an agreement.
        store: where the journal's records lie when not in segments; closed at the end.

    Raises:
        Problem: EXC-0131 for a damaged journal.
    """
    store = store or SegmentStore(folder / "segments")
    index = ExchangeIndex(folder / "index.sqlite")
    try:
        behind = index.next_position()
        for entry in index.signed_by(thumbprint, from_ms=from_ms, until_ms=until_ms):
            if entry.position >= behind:
                break  # indexed meanwhile: it comes with the end of the journal
            payload = store.read(entry.place)
            kept = decode_exchange(payload, position=entry.position, keys=None)
            yield _touch(kept, thumbprint=thumbprint, fields_of=fields_of)
        for record in store.records(start=behind):
            kept = decode_exchange(record.payload, position=record.position, keys=None)
            signers = (signer_of(kept.request), signer_of(kept.response))
            if thumbprint in signers and from_ms <= kept.recorded_at_ms < until_ms:
                yield _touch(kept, thumbprint=thumbprint, fields_of=fields_of)
    finally:
        index.close()
        store.close()


def _touch(kept: StoredExchange, *, thumbprint: str, fields_of: FieldsOf) -> Touch:
    handed_out = kept.outcome is CallOutcome.ANSWERED and 200 <= kept.status < 300
    # An unsafe call that a crash cut off may have changed something at the back end.
    begun = kept.outcome in (CallOutcome.ACCEPTED, CallOutcome.FAILED)
    return Touch(
        exchange_id=kept.exchange_id,
        at_ms=kept.recorded_at_ms,
        subject=kept.subject,
        service=kept.service,
        consumer=kept.consumer,
        purpose=kept.purpose,
        issue=kept.issue,
        fields=fields_of(kept.agreement),
        asked=signer_of(kept.request) == thumbprint,
        outcome=kept.outcome.value,
        status=kept.status,
        touched=handed_out or begun,
    )


def fields_of_agreements(folder: Path) -> FieldsOf:
    """Return how to find an agreement's fields among those that a node keeps."""
    known: dict[str, tuple[str, ...]] = {}
    for agreement in read_agreements(folder):
        try:
            known[agreement.hash] = view_of(agreement).fields or (WHOLE_ANSWER,)
        except Problem:
            continue  # not readable as terms: its exchanges are listed without fields
    return lambda name: known.get(name, ())


# --- sorted by data subject ----------------------------------------------------------------------


@dataclass(slots=True)
class _Service:
    """What was touched of one subject at one service."""

    fields: dict[str, None] = field(default_factory=dict)
    purposes: dict[str, None] = field(default_factory=dict)
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    exchanges: list[dict[str, Any]] = field(default_factory=list)


class Exposure:
    """Gathers touches by subject and service; holds so many exchanges and counts the rest."""

    def __init__(self, *, listed: int = limits.EXPOSURE_LISTED) -> None:
        self._room = listed
        self._subjects: dict[str, dict[str, _Service]] = {}
        self.exchanges = 0
        self.refused = 0

    def add_all(self, found: Iterable[Touch]) -> None:
        """Add touches; those in which nothing was touched are only counted."""
        for touch in found:
            self.add(touch)

    def add(self, touch: Touch) -> None:
        """Add one touch."""
        self.exchanges += 1
        if not touch.touched:
            self.refused += 1
            return
        services = self._subjects.setdefault(touch.subject, {})
        service = services.setdefault(touch.service, _Service(first_ms=touch.at_ms))
        service.count += 1
        service.fields.update(dict.fromkeys(touch.fields))
        service.purposes[touch.purpose] = None
        service.first_ms = min(service.first_ms, touch.at_ms)
        service.last_ms = max(service.last_ms, touch.at_ms)
        if self._room:
            self._room -= 1
            service.exchanges.append(
                {
                    "exchange_id": touch.exchange_id,
                    "at_ms": touch.at_ms,
                    "asked": touch.asked,
                    "issue": touch.issue,
                    "consumer": touch.consumer,
                    "outcome": touch.outcome,
                }
            )

    @property
    def subjects(self) -> int:
        """How many subjects' data were touched; calls that name nobody do not count."""
        return sum(1 for subject in self._subjects if subject)

    def report(self) -> dict[str, Any]:
        """Return everything as plain values, the most touched subjects first."""
        most = sorted(
            self._subjects.items(),
            key=lambda pair: -sum(service.count for service in pair[1].values()),
        )
        rows = [
            {
                "subject": subject,
                "services": [_row(name, service) for name, service in sorted(services.items())],
            }
            for subject, services in most
        ]
        return {
            "exchanges": self.exchanges,
            "refused": self.refused,
            "subjects": self.subjects,
            "complete": bool(self._room),
            "touched": rows,
        }


def _row(name: str, service: _Service) -> dict[str, Any]:
    return {
        "service": name,
        "fields": list(service.fields),
        "purposes": list(service.purposes),
        "exchanges": service.count,
        "first_ms": service.first_ms,
        "last_ms": service.last_ms,
        "listed": service.exchanges,
    }
