"""Other agencies in memory: what they hold, how they fail, and what they were asked.

Stands where the exchange's client stands, with the same results, so that cases are tested without
nodes. A test changes the fields between steps: an agency goes down, a record arrives, a fine is
paid. Every question is kept in ``asked``, and ``reads_about`` answers from there as a node would.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

import orjson

from taysir.exchange.client import Answer, Outcome, Read
from taysir.kernel.identifiers import ServiceId, SubsystemId

PORTAL: Final = SubsystemId.parse("WAHA/GOV/TRF/portal")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_STATUS: Final = {
    Outcome.ANSWERED: 200,
    Outcome.NOT_FOUND: 404,
    Outcome.REFUSED: 403,
    Outcome.UNREACHABLE: 503,
    Outcome.INVALID: 502,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as the agency got it."""

    exchange_id: str
    at: datetime
    service: str
    method: str
    path: str
    body: bytes
    purpose: str
    subject: str
    issue: str
    outcome: Outcome


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Agencies:
    """Agencies that answer from ``records``, unless they are named in ``failing``.

    Attributes:
        records: the answer of each data service, by its identifier; a service without one has no
            record of anybody.
        failing: services that fail now, and how.
        clock: the time of the answers.
        asked: every question, oldest first.
    """

    records: dict[str, Any] = field(default_factory=dict)
    failing: dict[str, Outcome] = field(default_factory=dict)
    clock: Callable[[], datetime] = _utc_now
    asked: list[Question] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self,
        service: ServiceId,
        *,
        method: str = "GET",
        path: str,
        query: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        media_type: str = "application/json",
        purpose: str,
        subject: str = "",
        issue: str = "",
        user: str = "",
        message_id: str = "",
    ) -> Answer:
        """Answer as the service would; safe between threads."""
        del query, media_type, user
        name = str(service)
        with self._lock:
            outcome = self._outcome(name, method)
            question = Question(
                exchange_id=message_id or f"x-{len(self.asked) + 1:06d}",
                at=self.clock(),
                service=name,
                method=method,
                path=path,
                body=body,
                purpose=purpose,
                subject=subject,
                issue=issue,
                outcome=outcome,
            )
            self.asked.append(question)
        record = self.records.get(name, {}) if outcome is Outcome.ANSWERED else {}
        return Answer(
            outcome=outcome,
            status=_STATUS[outcome],
            body=orjson.dumps(record),
            media_type="application/json",
            exchange_id="" if outcome is Outcome.UNREACHABLE else question.exchange_id,
            agreement=agreement_of(name),
            answered_at=question.at,
        )

    def reads_about(self, subject: str, *, limit: int = 100) -> list[Read]:
        """Return the questions about a person that were answered, newest first."""
        found = [
            Read(
                exchange_id=question.exchange_id,
                at=question.at,
                consumer=PORTAL,
                provider="/".join(question.service.split("/")[:3]),
                service=ServiceId.parse(question.service),
                purpose=question.purpose,
                agreement=agreement_of(question.service),
                fields=tuple(f"/{name}" for name in self.records.get(question.service, {})),
                outcome="answered",
                issue=question.issue,
                direction="consumer",
            )
            for question in reversed(self.asked)
            if question.subject == subject and question.outcome is not Outcome.UNREACHABLE
        ]
        return found[:limit]

    def bodies(self, service: str) -> list[Any]:
        """Return what was sent to a service and taken there, oldest first."""
        return [
            orjson.loads(question.body)
            for question in self.asked
            if question.service == service
            and question.body
            and question.outcome is Outcome.ANSWERED
        ]

    def _outcome(self, service: str, method: str) -> Outcome:
        if service in self.failing:
            return self.failing[service]
        known = service in self.records or method != "GET"
        return Outcome.ANSWERED if known else Outcome.NOT_FOUND


def agreement_of(service: str) -> str:
    """Return the hash of the agreement under which a service answers here."""
    return sha256(service.encode("ascii")).hexdigest()
