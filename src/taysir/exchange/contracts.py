"""Sharing agreements: content-addressed, signed by both parties, never edited, only ended.

An agreement is its canonical JSON; its SHA-256 is its name. Consumer and provider each accept with
a detached JWS over those bytes; either may end it with a signed rejection or revocation. It is in
force when both accepted and nobody ended it. Terms → :func:`propose` → :func:`accept` by each →
files of a node → :func:`read_agreements` → the views on which calls are decided. Whether a
certificate is its member's today is asked of the federation through a callable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.keyfiles import write_public
from taysir.exchange.model import Agreement, MemberCertificate, Operation, Quota, Zones
from taysir.exchange.terms import Moment, Terms, is_whole, parties, read_terms, terms_document
from taysir.exchange.trust_errors import EXC_AGREEMENT
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Signer, open_compact, open_detached, sign_compact, sign_detached

ACCEPT_TYPE: Final = "taysir-agreement-accept+jws"
END_TYPE: Final = "taysir-agreement-end+jws"
FindCertificate = Callable[[str], MemberCertificate | None]
"""Finds a member's signing certificate by its ``x5t#S256`` in the federation document."""


class EndAction(StrEnum):
    """How an agreement ends before its time."""

    REJECT = "reject"
    REVOKE = "revoke"


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed rejection or revocation."""

    agreement: str
    action: EndAction
    by: str
    at: Moment
    reason: str


class State(StrEnum):
    """Where an agreement stands; the last three depend on other agreements and on the time."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"
    COUNTERED = "countered"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAgreement:
    """An agreement's bytes with the signatures collected so far: by member, and endings."""

    document: bytes
    accepts: dict[str, bytes] = field(default_factory=dict)
    ends: tuple[bytes, ...] = ()

    @property
    def hash(self) -> str:
        """The agreement's name."""
        return hashlib.sha256(self.document).hexdigest()


def propose(terms: Terms) -> SignedAgreement:
    """Return the unsigned agreement of these terms; raises EXC-0511."""
    return SignedAgreement(document=terms_document(terms))


def counter(agreement: SignedAgreement, terms: Terms) -> SignedAgreement:
    """Return a proposal of other terms that names the one it answers; raises EXC-0511.

    Consumer and service stay: with another one it would be no answer but another matter.
    """
    theirs = read_terms(agreement.document)
    if (terms.consumer, terms.service) != (theirs.consumer, theirs.service):
        raise Problem(EXC_AGREEMENT, reason="a counter-proposal keeps consumer and service")
    named = msgspec.structs.replace(terms, counters=agreement.hash)
    if msgspec.structs.replace(named, counters=theirs.counters) == theirs:
        raise Problem(EXC_AGREEMENT, reason="a counter-proposal changes nothing")
    return propose(named)


def merged(first: SignedAgreement, second: SignedAgreement) -> SignedAgreement:
    """Return one agreement with the signatures of two copies of it; the first's count before."""
    assert first.document == second.document
    return SignedAgreement(
        document=first.document,
        accepts={**second.accepts, **first.accepts},
        ends=tuple(dict.fromkeys((*first.ends, *second.ends))),
    )


def accept(
    agreement: SignedAgreement, *, signer: Signer, by: MemberId, at: datetime
) -> SignedAgreement:
    """Return the agreement with one party's acceptance added; raises EXC-0511."""
    terms = read_terms(agreement.document)
    if str(by) not in parties(terms):
        raise Problem(EXC_AGREEMENT, reason=f"{by} is not a party")
    header = {"typ": ACCEPT_TYPE, "iat": int(at.timestamp()), "by": str(by)}
    token = sign_detached(agreement.document, signer=signer, header=header)
    accepts = {**agreement.accepts, str(by): token}
    return SignedAgreement(document=agreement.document, accepts=accepts, ends=agreement.ends)


def end(
    agreement: SignedAgreement,
    *,
    action: EndAction,
    signer: Signer,
    by: MemberId,
    at: datetime,
    reason: str,
) -> SignedAgreement:
    """Return the agreement rejected or revoked by one party; raises EXC-0511."""
    if str(by) not in parties(read_terms(agreement.document)):
        raise Problem(EXC_AGREEMENT, reason=f"{by} is not a party")
    moment = at.astimezone(UTC).replace(microsecond=0)
    ending = End(agreement=agreement.hash, action=action, by=str(by), at=moment, reason=reason)
    payload = canonical_json(msgspec.to_builtins(ending))
    token = sign_compact(payload, signer=signer, header={"typ": END_TYPE})
    ends = (*agreement.ends, token)
    return SignedAgreement(document=agreement.document, accepts=agreement.accepts, ends=ends)


def agree(
    terms: Terms, *, consumer_signer: Signer, provider_signer: Signer, at: datetime
) -> SignedAgreement:
    """Propose and accept by both parties at once, for those who hold both keys."""
    agreement = propose(terms)
    consumer, provider = (
        SubsystemId.parse(terms.consumer).owner,
        ServiceId.parse(terms.service).owner,
    )
    agreement = accept(agreement, signer=consumer_signer, by=consumer, at=at)
    return accept(agreement, signer=provider_signer, by=provider, at=at)


# --- reading -------------------------------------------------------------------------------------


def state_of(agreement: SignedAgreement, *, find: FindCertificate) -> State:
    """Check every signature and return where the agreement stands.

    Raises:
        Problem: EXC-0511, KRN-0205, KRN-0206 for anything that does not hold.
    """
    terms = read_terms(agreement.document)
    for member, token in agreement.accepts.items():
        check_accept(agreement.document, token=token, by=member, find=find)
    for token in agreement.ends:
        ending = check_end(token, agreement=agreement, find=find)
        return State.REVOKED if ending.action is EndAction.REVOKE else State.REJECTED
    if set(agreement.accepts) == set(parties(terms)):
        return State.ACCEPTED
    return State.PROPOSED


def completed_at(agreement: SignedAgreement, *, find: FindCertificate) -> datetime | None:
    """Return when the last party accepted, or None while one is missing; raises like `state_of`."""
    if set(agreement.accepts) != set(parties(read_terms(agreement.document))):
        return None
    return max(
        check_accept(agreement.document, token=token, by=member, find=find)
        for member, token in agreement.accepts.items()
    )


def check_accept(document: bytes, *, token: bytes, by: str, find: FindCertificate) -> datetime:
    """Check one acceptance and return its time; raises EXC-0511, KRN-0205, KRN-0206."""
    jws = open_detached(token, payload=document, typ=ACCEPT_TYPE)
    if jws.header.get("by") != by or by not in parties(read_terms(document)):
        raise Problem(EXC_AGREEMENT, reason=f"not an acceptance by {by}")
    at = _time(jws.header.get("iat"))
    jws.verify(_certificate_of(by, thumbprint=jws.header.get("x5t#S256"), at=at, find=find))
    return at


def check_end(token: bytes, *, agreement: SignedAgreement, find: FindCertificate) -> End:
    """Check a rejection or revocation; raises EXC-0511, KRN-0205, KRN-0206."""
    jws = open_compact(token, typ=END_TYPE)
    try:
        ending = msgspec.convert(parse_canonical(jws.payload), End)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_AGREEMENT, reason="an ending of the wrong form") from cause
    if not is_whole(ending.at):
        raise Problem(EXC_AGREEMENT, reason="an ending of the wrong form")
    if ending.agreement != agreement.hash or ending.by not in parties(
        read_terms(agreement.document)
    ):
        raise Problem(EXC_AGREEMENT, reason="an ending of another agreement or party")
    jws.verify(
        _certificate_of(ending.by, thumbprint=jws.header.get("x5t#S256"), at=ending.at, find=find)
    )
    return ending


def view_of(agreement: SignedAgreement) -> Agreement:
    """Return what the agreement says about calls; raises EXC-0511."""
    terms = read_terms(agreement.document)
    zones = terms.zones
    return Agreement(
        hash=agreement.hash,
        consumer=SubsystemId.parse(terms.consumer),
        service=ServiceId.parse(terms.service),
        behalf=terms.behalf,
        purposes=terms.purposes,
        legal_basis=terms.legal_basis,
        operations=tuple(Operation(method=o.method, path=o.path) for o in terms.operations),
        request_fields=terms.request_fields,
        fields=terms.fields,
        classification=terms.classification,
        zones=Zones(
            consumer=frozenset(zones.consumer),
            processing=frozenset(zones.processing),
            storage=frozenset(zones.storage),
        ),
        quotas=tuple(Quota(calls=q.calls, per=q.per, purpose=q.purpose) for q in terms.quotas),
        consent_required=terms.consent_required,
        modes=frozenset(terms.modes),
        batch=terms.batch,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
    )


# --- files ---------------------------------------------------------------------------------------


def write_agreement(folder: Path, *, agreement: SignedAgreement) -> Path:
    """Store an agreement below the folder; safe to repeat; returns its own folder."""
    place = folder / agreement.hash
    write_public(place / "agreement.json", agreement.document)
    for member, token in agreement.accepts.items():
        write_public(place / f"{member.replace('/', '_')}.accept.jws", token)
    for number, token in enumerate(agreement.ends):
        write_public(place / f"{number}.end.jws", token)
    return place


def read_agreements(folder: Path) -> Iterator[SignedAgreement]:
    """Yield every stored agreement in the order of names; unreadable folders raise OSError."""
    for file in sorted(folder.glob("*/agreement.json")):
        place = file.parent
        accepts = {
            other.name.removesuffix(".accept.jws").replace("_", "/", 2): other.read_bytes()
            for other in sorted(place.glob("*.accept.jws"))
        }
        ends = tuple(other.read_bytes() for other in sorted(place.glob("*.end.jws")))
        yield SignedAgreement(document=file.read_bytes(), accepts=accepts, ends=ends)


# --- checks ---------------------------------------------------------------------------------------


def _time(value: object) -> datetime:
    if not isinstance(value, int) or not 0 < value < 253402300800:
        raise Problem(EXC_AGREEMENT, reason="the signing time is missing")
    return datetime.fromtimestamp(value, UTC)


def _certificate_of(by: str, *, thumbprint: object, at: datetime, find: FindCertificate) -> object:
    """Return the public key if the certificate was the member's at that time."""
    certificate = find(thumbprint) if isinstance(thumbprint, str) else None
    if certificate is None or str(certificate.member) != by:
        raise Problem(EXC_AGREEMENT, reason=f"not signed with a certificate of {by}")
    revoked_before = certificate.revoked_at is not None and certificate.revoked_at <= at
    if revoked_before or not certificate.valid_from <= at < certificate.valid_until:
        raise Problem(EXC_AGREEMENT, reason=f"the certificate of {by} did not hold when it signed")
    return certificate.public_key
