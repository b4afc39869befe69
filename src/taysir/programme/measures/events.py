"""Case events as agencies send them: read strictly, refuse what might be personal. Pure.

An event tells that a step happened, never what was written. Its data may hold only the members of
``_DATA``, each a code, an identifier or a number; a free text, an unknown member or a number that
looks like an identity number makes the whole batch refused, so that a careless agency learns of it
at once and nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec

from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem
from taysir.programme.measures.errors import (
    PRG_EVENT_AGENCY,
    PRG_EVENT_CONTENT,
    PRG_EVENTS_TOO_LARGE,
    PRG_EVENTS_UNREADABLE,
)


class Step(StrEnum):
    """What can happen in a case."""

    STARTED = "started"
    PAGE_SHOWN = "page_shown"
    FIELD_PREFILLED = "field_prefilled"
    FIELD_TYPED = "field_typed"
    FIELD_DISPUTED = "field_disputed"
    EVIDENCE_REQUESTED = "evidence_requested"
    EVIDENCE_RECEIVED = "evidence_received"
    EVIDENCE_DELAYED = "evidence_delayed"
    EVIDENCE_NOT_FOUND = "evidence_not_found"
    EVIDENCE_DECLINED = "evidence_declined"
    EVIDENCE_UNREACHABLE = "evidence_unreachable"
    DOCUMENT_REQUESTED = "document_requested"
    SUBMITTED = "submitted"
    CLOCK_STOPPED = "clock_stopped"
    CLOCK_STARTED = "clock_started"
    RULE_RUN = "rule_run"
    FEE_ISSUED = "fee_issued"
    FEE_PAID = "fee_paid"
    DECIDED = "decided"
    OUTPUT_ISSUED = "output_issued"
    NOTIFIED = "notified"
    WITHDRAWN = "withdrawn"


Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}$")]


class CaseEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event as it is sent."""

    event_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,64}$")]
    case: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    service: Code
    service_version: Code
    agency: Code
    seq: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    step: Step
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    channel: Literal["web", "app", "counter", "phone", "assisted", "paper"]
    actor_role: Literal["applicant", "system", "officer", "registry"]
    clock: Literal["running", "stopped"]
    data: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as it is measured: what was sent, and the call that carried it."""

    event_id: str
    case: str
    service: str
    service_version: str
    agency: str
    seq: int
    step: str
    at: datetime
    channel: str
    actor_role: str
    exchange_id: str
    data: dict[str, Any] = field(default_factory=dict)

    def text(self, member: str) -> str:
        """Return a member of the data as text; empty when it is not there."""
        found = self.data.get(member, "")
        return found if isinstance(found, str) else ""


_DATA: Final = {
    "field": str, "page": str, "element": str, "source": str, "agreement": str, "exchange": str,
    "cause": str, "version": str, "result": str, "by": str, "outcome": str,
    "reasons": list, "articles": list, "amount_minor": int,
}  # fmt: skip

_PLAIN = re.compile(r"[A-Za-z0-9._:/+=()-]*")
_IDENTITY = re.compile(r"(?<!\w)[0-9]{10}(?!\w)")


def read_events(body: bytes, *, sender: str, now: datetime) -> list[CaseEvent]:
    """Return the events of a batch.

    Args:
        body: a JSON list of events.
        sender: the member that sent them, as the exchange says.
        now: the time of receipt.

    Raises:
        Problem: PRG-0101 (form), PRG-0102 (content), PRG-0103 (size), PRG-0105 (sender).
    """
    if len(body) > limits.CASE_EVENTS_BYTES:
        raise Problem(PRG_EVENTS_TOO_LARGE, limit=f"{limits.CASE_EVENTS_BYTES} bytes")
    try:
        events = msgspec.json.decode(body, type=list[CaseEvent])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        finding = _where(str(error))
        raise Problem(PRG_EVENTS_UNREADABLE, finding=finding) from error
    if len(events) > limits.CASE_EVENTS_BATCH:
        raise Problem(PRG_EVENTS_TOO_LARGE, limit=f"{limits.CASE_EVENTS_BATCH} events")
    latest = now + timedelta(seconds=limits.CASE_EVENT_AHEAD_S)
    for index, event in enumerate(events):
        if event.agency != sender:
            raise Problem(PRG_EVENT_AGENCY, index=index)
        if event.at > latest:
            raise Problem(PRG_EVENTS_UNREADABLE, finding=f"event {index}: time in the future")
        _refuse_content(event, index=index)
    return events


def digest_of(event: CaseEvent) -> str:
    """Return what two copies of one event share."""
    content = msgspec.to_builtins(event)
    content["at"] = event.at.timestamp().hex()
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _where(message: str) -> str:
    """Keep the place of a finding and drop quoted content, which may be personal."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", message)[:160]


def _refuse_content(event: CaseEvent, *, index: int) -> None:
    if len(event.data) > limits.CASE_EVENT_DATA_KEYS:
        raise Problem(PRG_EVENT_CONTENT, index=index, member="data")
    for member, value in event.data.items():
        kind = _DATA.get(member)
        if kind is None:
            raise Problem(PRG_EVENT_CONTENT, index=index, member="data")
        if not _acceptable(value, kind=kind):
            raise Problem(PRG_EVENT_CONTENT, index=index, member=member)


def _acceptable(value: Any, *, kind: type) -> bool:
    if kind is int:
        in_bounds = type(value) is int and 0 <= value <= limits.BILL_AMOUNT_MINOR
        return bool(in_bounds)
    if kind is list:
        return (
            isinstance(value, list)
            and len(value) <= limits.CASE_EVENT_LIST_ITEMS
            and all(_harmless(item) for item in value)
        )
    return _harmless(value)


def _harmless(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= limits.CASE_EVENT_TEXT_CHARS
        and _PLAIN.fullmatch(value) is not None
        and _IDENTITY.search(value) is None
    )
