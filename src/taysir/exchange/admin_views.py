"""What the admin interface takes and gives about agreements, consents and services: exact structs.

The OpenAPI document of the interface is made from these, so the two cannot differ.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from taysir.exchange.contracts import EndAction, State
from taysir.exchange.model import Period
from taysir.exchange.terms import Moment, Terms, described
from taysir.kernel import limits

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Party = Annotated[str, msgspec.Meta(max_length=limits.AGREEMENT_CODE_CHARACTERS * 2)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.END_REASON_CHARACTERS)]


class ProposalIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms to propose. ``by`` is the member that proposes; the consumer's owner by default."""

    terms: Terms
    by: Party = ""


class ByIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The member in whose name a step is taken; the one party that this node carries by default."""

    by: Party = ""


class EndIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a proposal is rejected or an agreement revoked."""

    reason: Reason
    by: Party = ""


class ConsentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person agreed to. ``subject`` is the identity number; only its pseudonym is kept."""

    consumer: Annotated[Party, described(4)]
    service: Annotated[Party, described(5)]
    purposes: tuple[str, ...]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    fields: tuple[str, ...] = ()
    start: Moment
    end: Moment
    calls: int | None = None
    per: Period | None = None
    revocable: bool = True
    collected_by: Annotated[Party, described(3)]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A party's acceptance and its signed time."""

    by: str
    at: datetime


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A party's rejection or revocation."""

    action: EndAction
    by: str
    at: datetime
    reason: str


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """A member whose node does not have the newest signatures yet, and why."""

    member: str
    attempts: int
    reason: str


class AgreementOut(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement as a node holds it. ``waiting_for`` names the parties that have not accepted."""

    hash: str
    state: State
    terms: Terms
    accepted: tuple[Signature, ...]
    waiting_for: tuple[str, ...]
    ended: tuple[Ending, ...]
    undelivered: tuple[Undelivered, ...]


class AgreementsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Agreements, the newest first."""

    agreements: tuple[AgreementOut, ...]


class StepOut(msgspec.Struct, frozen=True, kw_only=True):
    """One step on the way to the first call. ``signed`` says whether its time is signed."""

    name: str
    at: datetime
    by: str = ""
    signed: bool


class TimelineOut(msgspec.Struct, frozen=True, kw_only=True):
    """The way of an agreement. ``connect_seconds`` is from the proposal to the first call."""

    hash: str
    state: State
    steps: tuple[StepOut, ...]
    connect_seconds: float | None


class ConsentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as a node holds it; a call names it by ``hash``."""

    hash: str
    consumer: str
    service: str
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    start: Moment
    end: Moment
    calls: int | None
    per: Period | None
    revoked_at: datetime | None


class ConsentsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The consents of a person."""

    consents: tuple[ConsentOut, ...]


class BreakOut(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a back end that did not fit its own OpenAPI document."""

    at: datetime
    exchange_id: str
    service: str
    method: str
    status: int
    reason: str


class BreaksOut(msgspec.Struct, frozen=True, kw_only=True):
    """Broken contracts, the newest first, and how many there were since the node started."""

    total: int
    breaks: tuple[BreakOut, ...]
