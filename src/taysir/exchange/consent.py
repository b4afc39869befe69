"""A person's consent as a signed, content-addressed artefact.

The member that asked the person signs what was agreed: who may ask which service for what purpose
about this pseudonym, which fields, from when until when, how often, and whether it can be revoked.
The SHA-256 of the canonical document is its name, and a call carries that name. A revocation is a
signed document of its own. The person's identity number is never in it, only the keyed pseudonym.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from taysir.exchange.model import Consent, MemberCertificate, Period
from taysir.exchange.terms import POINTER, PURPOSE, Moment, is_whole
from taysir.exchange.trust_errors import EXC_CONSENT_ARTEFACT
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Jws, Signer, open_compact, sign_compact

FORMAT: Final = "taysir-consent/1"
CONSENT_TYPE: Final = "taysir-consent+jws"
REVOCATION_TYPE: Final = "taysir-consent-revocation+jws"

FindCertificate = Callable[[str], MemberCertificate | None]


class ConsentTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the person agreed to. Times are RFC 3339 in UTC with whole seconds.

    ``fields`` empty means the whole answer. ``calls`` is how often in each ``per``; without a
    ``per`` in all, so that 1 means once; without ``calls`` as often as needed.
    """

    consumer: str
    service: str
    purposes: tuple[str, ...]
    subject: str
    fields: tuple[str, ...] = ()
    start: Moment
    end: Moment
    calls: int | None = None
    per: Period | None = None
    revocable: bool = True
    collected_by: str
    collected_at: Moment
    format: str = FORMAT


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person's withdrawal, signed by the member to whom it was declared."""

    consent: str
    by: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedConsent:
    """The two tokens of a consent; ``revocation`` is empty while it stands."""

    token: bytes
    revocation: bytes = b""


def sign_consent(terms: ConsentTerms, *, signer: Signer) -> SignedConsent:
    """Return the signed artefact; raises EXC-0515 for terms nobody could act on."""
    _check(terms)
    document = canonical_json(msgspec.to_builtins(terms))
    return SignedConsent(token=sign_compact(document, signer=signer, header={"typ": CONSENT_TYPE}))


def revoke_consent(
    consent: SignedConsent, *, signer: Signer, by: MemberId, at: datetime
) -> SignedConsent:
    """Return the consent with its revocation; raises EXC-0515 when it cannot be revoked."""
    terms = _read(open_compact(consent.token, typ=CONSENT_TYPE))
    if not terms.revocable:
        raise Problem(EXC_CONSENT_ARTEFACT, reason="it was given for good")
    moment = at.astimezone(UTC).replace(microsecond=0)
    said = Revocation(consent=consent_hash(consent.token), by=str(by), at=moment)
    payload = canonical_json(msgspec.to_builtins(said))
    token = sign_compact(payload, signer=signer, header={"typ": REVOCATION_TYPE})
    return SignedConsent(token=consent.token, revocation=token)


def consent_hash(token: bytes) -> str:
    """Return the name of a consent: the SHA-256 of its document; raises KRN-0205."""
    return hashlib.sha256(open_compact(token, typ=CONSENT_TYPE).payload).hexdigest()


def open_consent(consent: SignedConsent, *, find: FindCertificate) -> Consent:
    """Check every signature and return what the consent says about calls.

    Raises:
        Problem: EXC-0515, KRN-0202, KRN-0205, KRN-0206 for anything that does not hold.
    """
    jws = open_compact(consent.token, typ=CONSENT_TYPE)
    terms = _read(jws)
    _verify(jws, by=terms.collected_by, at=terms.collected_at, find=find)
    revoked_at = None
    if consent.revocation:
        revoked_at = _open_revocation(consent, terms=terms, find=find).at
    return Consent(
        hash=hashlib.sha256(jws.payload).hexdigest(),
        consumer=SubsystemId.parse(terms.consumer),
        service=ServiceId.parse(terms.service),
        purposes=frozenset(terms.purposes),
        subject=terms.subject,
        fields=frozenset(terms.fields),
        start=terms.start,
        end=terms.end,
        calls=terms.calls,
        per=terms.per,
        revoked_at=revoked_at,
    )


def _open_revocation(
    consent: SignedConsent, *, terms: ConsentTerms, find: FindCertificate
) -> Revocation:
    jws = open_compact(consent.revocation, typ=REVOCATION_TYPE)
    try:
        said = msgspec.convert(parse_canonical(jws.payload), Revocation)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_CONSENT_ARTEFACT, reason="a revocation of the wrong form") from cause
    if not is_whole(said.at):
        raise Problem(EXC_CONSENT_ARTEFACT, reason="a revocation of the wrong form")
    if said.consent != consent_hash(consent.token) or said.by not in _may_revoke(terms):
        raise Problem(EXC_CONSENT_ARTEFACT, reason="a revocation of another consent or member")
    if not terms.revocable:
        raise Problem(EXC_CONSENT_ARTEFACT, reason="it was given for good")
    _verify(jws, by=said.by, at=said.at, find=find)
    return said


def _may_revoke(terms: ConsentTerms) -> frozenset[str]:
    """Each party must take the person's withdrawal, so each may sign it."""
    consumer, service = SubsystemId.parse(terms.consumer), ServiceId.parse(terms.service)
    return frozenset({terms.collected_by, str(consumer.owner), str(service.owner)})


def _verify(jws: Jws, *, by: str, at: datetime, find: FindCertificate) -> None:
    """Check a signature by a certificate that was the member's at that time."""
    name = jws.header.get("x5t#S256")
    certificate = find(name) if isinstance(name, str) else None
    if certificate is None or str(certificate.member) != by:
        raise Problem(EXC_CONSENT_ARTEFACT, reason=f"not signed with a certificate of {by}")
    revoked_before = certificate.revoked_at is not None and certificate.revoked_at <= at
    if revoked_before or not certificate.valid_from <= at < certificate.valid_until:
        raise Problem(EXC_CONSENT_ARTEFACT, reason=f"the certificate of {by} did not hold then")
    jws.verify(certificate.public_key)


def _read(jws: Jws) -> ConsentTerms:
    try:
        terms = msgspec.convert(parse_canonical(jws.payload), ConsentTerms)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_CONSENT_ARTEFACT, reason=str(cause)[:200]) from cause
    _check(terms)
    if canonical_json(msgspec.to_builtins(terms)) != jws.payload:
        raise Problem(EXC_CONSENT_ARTEFACT, reason="a member is missing or spelled otherwise")
    return terms


def _check(terms: ConsentTerms) -> None:
    SubsystemId.parse(terms.consumer)
    ServiceId.parse(terms.service)
    MemberId.parse(terms.collected_by)
    longest = timedelta(days=limits.CONSENT_VALIDITY_DAYS)
    whole = is_whole(terms.start, terms.end, terms.collected_at)
    checks = (
        (terms.format == FORMAT, "unknown format"),
        (bool(terms.purposes), "a purpose is missing"),
        (all(PURPOSE.fullmatch(p) for p in terms.purposes), "a purpose is not a code"),
        (bool(terms.subject), "it is about nobody"),
        (len(terms.fields) <= limits.AGREEMENT_FIELDS, "too many fields"),
        (all(POINTER.fullmatch(f) for f in terms.fields), "a field is not a JSON Pointer"),
        (whole, "times must be UTC, whole seconds"),
        (timedelta(0) < terms.end - terms.start <= longest, "its time is empty or too long"),
        (terms.calls is None or terms.calls > 0, "the number of calls is not positive"),
        (terms.per is None or terms.calls is not None, "a period without a number of calls"),
    )
    for holds, reason in checks:
        if not holds:
            raise Problem(EXC_CONSENT_ARTEFACT, reason=reason)
