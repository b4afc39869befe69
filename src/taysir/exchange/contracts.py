"""Sharing agreements: the legal document itself, named by its hash, signed by both parties.

An agreement is never edited: another one supersedes it, or a party revokes it. A node keeps a
folder of signed agreements; only those that both parties signed and none revoked open anything.
:class:`AgreementBook` compiles the folder to look-ups.

Source: docs/reference/protocol.md clause 4; RFC 8785 for the hash, RFC 7515 appendix F for the
detached signatures.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

import msgspec

from taysir.exchange.errors import EXC_AGREEMENT
from taysir.exchange.model import Agreement, Classification, Operation
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, content_hash, parse_json
from taysir.kernel.certificates import Use, identity_of, load_certificate, verify_chain
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, open_detached, sign_detached

log = get_logger(__name__)

ACCEPT: Final = "taysir-agreement+jws"
REVOKE: Final = "taysir-agreement-revocation+jws"


class OperationTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A method and a path pattern."""

    method: str
    path: str


class AgreementTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two parties agree, as it is hashed and signed. Dates are included on both ends."""

    title: dict[str, str]
    consumer: str
    service: str
    purposes: list[str]
    legal_basis: str
    operations: list[OperationTerms]
    fields: list[str]
    classification: Classification
    zones: list[str]
    retention: str
    quota_per_day: int | None
    consent_required: bool
    valid_from: str
    valid_until: str
    supersedes: str = ""


class PartySignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party's signature over the terms, with the certificate that made it (base64 DER)."""

    party: str
    certificate: str
    signature: str


class SignedAgreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms with the signatures of the parties, and of a revocation if there is one."""

    terms: AgreementTerms
    signatures: list[PartySignature]
    revocation: PartySignature | None = None

    @property
    def hash(self) -> str:
        """The SHA-256 (hex) of the canonical terms: the agreement's name."""
        return content_hash(terms_value(self.terms))


def terms_value(terms: AgreementTerms) -> Any:
    """Return the JSON value that is hashed and signed."""
    return msgspec.to_builtins(terms)


def accept(terms: AgreementTerms, *, party: MemberId, signer: Signer) -> PartySignature:
    """Return a party's signature under the terms."""
    return _signed(canonical_json(terms_value(terms)), kind=ACCEPT, party=party, signer=signer)


def revoke(agreement: SignedAgreement, *, party: MemberId, signer: Signer) -> SignedAgreement:
    """Return the agreement revoked by a party; raises EXC-0202 if it is not a party."""
    if party not in parties(agreement.terms):
        raise Problem(EXC_AGREEMENT, agreement=agreement.hash, reason=f"{party} is not a party")
    revocation = _signed(agreement.hash.encode(), kind=REVOKE, party=party, signer=signer)
    return msgspec.structs.replace(agreement, revocation=revocation)


def _signed(payload: bytes, *, kind: str, party: MemberId, signer: Signer) -> PartySignature:
    token = sign_detached(payload, signer=signer, header={"typ": kind})
    return PartySignature(
        party=str(party),
        certificate=base64.b64encode(signer.certificate_der).decode("ascii"),
        signature=token.decode("ascii"),
    )


def parties(terms: AgreementTerms) -> tuple[MemberId, MemberId]:
    """Return consumer and provider."""
    return SubsystemId.parse(terms.consumer).owner, ServiceId.parse(terms.service).owner


def verify_agreement(agreement: SignedAgreement, *, anchors: Iterable[bytes]) -> None:
    """Check that every party signed these terms; raises EXC-0202."""
    payload, name = canonical_json(terms_value(agreement.terms)), agreement.hash
    trusted = list(anchors)
    signed = {
        _signer_of(s, payload=payload, kind=ACCEPT, anchors=trusted, name=name)
        for s in agreement.signatures
    }
    missing = [str(party) for party in parties(agreement.terms) if str(party) not in signed]
    if missing:
        raise Problem(EXC_AGREEMENT, agreement=name, reason=f"not signed by {', '.join(missing)}")


def _signer_of(
    entry: PartySignature, *, payload: bytes, kind: str, anchors: list[bytes], name: str
) -> str:
    """Return the member that made a signature; raises EXC-0202."""
    try:
        der = base64.b64decode(entry.certificate, validate=True)
        signed_at = load_certificate(der).not_valid_before_utc
        certificate = verify_chain(der, anchors=anchors, at=signed_at, use=Use.MEMBER)
        jws = open_detached(entry.signature.encode("ascii"), payload=payload, typ=kind)
        jws.verify(certificate.public_key())
        party = identity_of(certificate)[1]
    except (Problem, ValueError) as cause:
        code = cause.code if isinstance(cause, Problem) else "not base64"
        reason = f"a signature does not hold ({code})"
        raise Problem(EXC_AGREEMENT, agreement=name, reason=reason) from cause
    if party != entry.party:
        raise Problem(EXC_AGREEMENT, agreement=name, reason=f"{entry.party} did not sign it")
    return party


def is_revoked(agreement: SignedAgreement, *, anchors: Iterable[bytes]) -> bool:
    """Whether a party has revoked the agreement; a revocation that is not sound counts not."""
    if agreement.revocation is None:
        return False
    name = agreement.hash
    try:
        _signer_of(
            agreement.revocation,
            payload=name.encode(),
            kind=REVOKE,
            anchors=list(anchors),
            name=name,
        )
    except Problem as problem:
        log.error("revocation_not_sound", agreement=name, code=problem.code)
        return False
    return agreement.revocation.party in {str(p) for p in parties(agreement.terms)}


def read_agreement(data: bytes) -> SignedAgreement:
    """Read a signed agreement's file; raises EXC-0202."""
    if len(data) > limits.SIGNED_DOCUMENT_BYTES:
        raise Problem(EXC_AGREEMENT, agreement="?", reason="too long")
    try:
        return msgspec.convert(parse_json(data), SignedAgreement, strict=True)
    except (Problem, msgspec.ValidationError) as cause:
        raise Problem(EXC_AGREEMENT, agreement="?", reason=str(cause)[:200]) from cause


def write_agreement(agreement: SignedAgreement) -> bytes:
    """Return the file of a signed agreement."""
    return canonical_json(msgspec.to_builtins(agreement))


def compiled(agreement: SignedAgreement) -> Agreement:
    """Return the view that calls are decided by."""
    terms = agreement.terms
    return Agreement(
        hash=agreement.hash,
        consumer=SubsystemId.parse(terms.consumer),
        service=ServiceId.parse(terms.service),
        purposes=tuple(terms.purposes),
        legal_basis=terms.legal_basis,
        operations=tuple(Operation(method=o.method, path=o.path) for o in terms.operations),
        fields=tuple(terms.fields),
        classification=terms.classification,
        zones=tuple(terms.zones),
        quota_per_day=terms.quota_per_day,
        consent_required=terms.consent_required,
        valid_from=_start_of(terms.valid_from),
        valid_until=_start_of(terms.valid_until),
    )


def _start_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


class AgreementBook:
    """The agreements of a node, read from its folder."""

    def __init__(self, folder: Path, *, anchors: Iterable[bytes]) -> None:
        self._folder = folder
        self._anchors = list(anchors)
        self._signed: dict[str, SignedAgreement] = {}
        self._by_hash: dict[str, Agreement] = {}
        self._by_parties: dict[tuple[SubsystemId, ServiceId], list[Agreement]] = {}
        self.reload()

    def reload(self) -> None:
        """Read the folder anew; what is not sound is logged and opens nothing."""
        signed: dict[str, SignedAgreement] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                agreement = read_agreement(file.read_bytes())
                verify_agreement(agreement, anchors=self._anchors)
            except Problem as problem:
                log.error("agreement_not_accepted", file=file.name, reason=str(problem))
                continue
            if is_revoked(agreement, anchors=self._anchors):
                log.info("agreement_revoked", agreement=agreement.hash)
                continue
            signed[agreement.hash] = agreement
        self._signed = signed
        self._by_hash = {name: compiled(agreement) for name, agreement in signed.items()}
        self._by_parties = {}
        for view in self._by_hash.values():
            self._by_parties.setdefault((view.consumer, view.service), []).append(view)

    def find(self, consumer: SubsystemId, *, service: ServiceId, purpose: str) -> Agreement | None:
        """Return the agreement of two parties for a purpose."""
        for agreement in self._by_parties.get((consumer, service), ()):
            if purpose in agreement.purposes:
                return agreement
        return None

    def by_hash(self, digest: str) -> Agreement | None:
        """Return an agreement by its hash."""
        return self._by_hash.get(digest)

    def signed(self, digest: str) -> SignedAgreement | None:
        """Return the signed document by its hash."""
        return self._signed.get(digest)

    def services_of(self, consumer: SubsystemId) -> tuple[ServiceId, ...]:
        """Return what is open to a consumer."""
        return tuple(service for asking, service in self._by_parties if asking == consumer)
