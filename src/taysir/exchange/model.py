"""The nouns of the exchange, as frozen structs that every module of it understands.

Documents (federation, agreements) are read by ``federation`` and ``contracts`` and handed on as the
views below; the call path, the journal and the client speak only in these. No behaviour, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId


class Classification(StrEnum):
    """How sensitive data are, in the four national classes."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    SECRET = "secret"  # noqa: S105 - a class of data, not a password
    TOP_SECRET = "top-secret"  # noqa: S105 - a class of data, not a password


class Mode(StrEnum):
    """How messages of an agreement may travel."""

    SYNC = "sync"
    ASYNC = "async"
    EVENT = "event"
    STREAM = "stream"


class Period(StrEnum):
    """The period of a quota, counted in UTC from its beginning."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method and a path pattern that an agreement permits.

    ``{name}`` in the pattern stands for one non-empty path segment; nothing else is special.
    """

    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """Where the asking node, the answering node and the records may be; empty leaves it free."""

    consumer: frozenset[str] = frozenset()
    processing: frozenset[str] = frozenset()
    storage: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So many calls in a period, for one purpose or, when it is empty, for all together."""

    calls: int
    per: Period
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a signed sharing agreement says about calls.

    ``hash`` is the SHA-256 (hex) of its canonical document. ``fields`` and ``request_fields`` are
    JSON Pointers into answer and request; the empty tuple grants the whole. ``behalf`` is the
    member for whom the consumer acts, or empty. ``batch`` permits one signature over the Merkle
    root of a frame instead of one per message.
    """

    hash: str
    consumer: SubsystemId
    service: ServiceId
    purposes: tuple[str, ...]
    legal_basis: str
    operations: tuple[Operation, ...]
    fields: tuple[str, ...]
    classification: Classification
    valid_from: datetime
    valid_until: datetime
    request_fields: tuple[str, ...] = ()
    zones: Zones = Zones()
    quotas: tuple[Quota, ...] = ()
    consent_required: bool = False
    behalf: str = ""
    modes: frozenset[Mode] = frozenset({Mode.SYNC})
    batch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person's verified consent says about calls.

    ``subject`` is the keyed pseudonym of the person. ``calls`` is how often it may be used in each
    ``per``, or in all when that is None; ``calls`` of None sets no number.
    """

    hash: str
    consumer: SubsystemId
    service: ServiceId
    purposes: frozenset[str]
    subject: str
    fields: frozenset[str]
    start: datetime
    end: datetime
    calls: int | None
    per: Period | None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCertificate:
    """A member's signing certificate as the federation document lists it."""

    member: MemberId
    der: bytes
    thumbprint: str
    public_key: ec.EllipticCurvePublicKey
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntry:
    """A node of the federation: where it listens and which TLS certificates it may show.

    ``tls_also`` holds a further certificate while the node's key is being replaced.
    """

    name: str
    host: str
    port: int
    tls_thumbprint: str
    zone: str
    members: frozenset[MemberId]
    tls_also: frozenset[str] = frozenset()

    @property
    def thumbprints(self) -> frozenset[str]:
        """The certificates of which it must show one."""
        return self.tls_also | {self.tls_thumbprint}


class Register(StrEnum):
    """A register of codes in the federation document."""

    PURPOSES = "purposes"
    REGULATIONS = "regulations"


class Directory(Protocol):
    """What a node must know of the federation to decide about a call; look-ups only."""

    @property
    def expires_at(self) -> datetime:
        """Until when the federation document in hand may be used."""

    def certificate(self, thumbprint: str) -> MemberCertificate | None:
        """Return the signing certificate with this ``x5t#S256``, or None."""

    def node_for(self, member: MemberId) -> NodeEntry | None:
        """Return the node that carries a member's traffic, or None for an unknown member."""

    def node_by_tls(self, thumbprint: str) -> NodeEntry | None:
        """Return the node that shows this TLS certificate, or None."""

    def agreement(
        self, consumer: SubsystemId, *, service: ServiceId, purpose: str, behalf: str = ""
    ) -> Agreement | None:
        """Return the agreement that covers these parties and this purpose, or None.

        ``behalf`` is the member for whom the consumer acts; without it only agreements count under
        which it acts for itself.
        """

    def agreement_by_hash(self, digest: str) -> Agreement | None:
        """Return the agreement with this hash if it is accepted and not revoked, or None."""

    def services_of(self, consumer: SubsystemId) -> tuple[ServiceId, ...]:
        """Return the services that some agreement opens to this consumer."""

    def subsystems(self) -> tuple[SubsystemId, ...]:
        """Return every registered subsystem."""

    def every_node(self) -> tuple[NodeEntry, ...]:
        """Return every registered node."""

    def knows_code(self, code: str, *, register: Register) -> bool:
        """Whether a code is in a register, or the register is empty."""

    def name_of(self, identifier: str) -> tuple[str, str]:
        """Return the Arabic and English name of a registered party or service, or empty texts."""


class Direction(StrEnum):
    """Which side of a call this node was on; ``local`` is an act of the node itself."""

    SENT = "sent"
    RECEIVED = "received"
    LOCAL = "local"


class CallOutcome(StrEnum):
    """How a call ended, as the journal keeps it.

    ``accepted`` is written before an unsafe method goes to the back end, so that even a call that
    a crash cut off is on record. ``erased`` records that a data subject's bodies were erased.
    """

    ACCEPTED = "accepted"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    ERASED = "erased"


class BodyState(StrEnum):
    """Whether the bodies of a stored exchange can be read.

    ``sealed`` was read without keys, ``erased`` has lost its key on purpose, ``lost`` by accident.
    """

    KEPT = "kept"
    SEALED = "sealed"
    ERASED = "erased"
    LOST = "lost"


class StoredExchange(msgspec.Struct, frozen=True, kw_only=True):
    """One side's evidence of one call, as it lies in the journal.

    ``request`` and ``response`` are the signed statements; a refusal has no response of the back
    end but a signed statement of the refusal. Bodies are what was sent over the wire; ``bodies``
    says why they are empty when they were not.
    """

    exchange_id: str
    direction: Direction
    outcome: CallOutcome
    consumer: str
    service: str
    provider: str
    purpose: str
    agreement: str
    subject: str
    issue: str
    method: str
    path: str
    status: int
    error_code: str
    recorded_at_ms: int
    elapsed_ms: float
    request: bytes
    response: bytes
    request_headers: bytes
    request_body: bytes
    response_headers: bytes
    response_body: bytes
    bodies: BodyState = BodyState.KEPT
    position: int = -1
