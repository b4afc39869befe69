"""The small federation of the vectors: members, nodes, agreements, consents, one moment.

Every key is derived from its name, every signature is deterministic, so the same bytes come out
each time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from taysir.exchange.consent import ConsentTerms, SignedConsent, revoke_consent, sign_consent
from taysir.exchange.contracts import EndAction, SignedAgreement, accept, agree, end, propose
from taysir.exchange.federation import (
    Content,
    MemberRow,
    Names,
    NodeRow,
    RevokedRow,
    ServiceRow,
    SubsystemRow,
    sign_federation,
)
from taysir.exchange.model import Mode, Period
from taysir.exchange.terms import OperationTerms, QuotaTerms, Terms, ZoneTerms, read_terms
from taysir.kernel.certificates import Subject, Use, Validity, issue, self_signed
from taysir.kernel.checkpoint import COSIGNATURE, NoteSigner
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import Signer, base64url

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
YEAR = Validity(start=START, end=END)
PAST = Validity(start=datetime(2025, 1, 1, tzinfo=UTC), end=datetime(2026, 6, 1, tzinfo=UTC))
REVOKED_AT = datetime(2026, 10, 1, tzinfo=UTC)

TRF, MOI, MOJ = (MemberId("WAHA", "GOV", code) for code in ("TRF", "MOI", "MOJ"))
LICENSING = TRF.subsystem("licensing")
POPULATION = MOI.subsystem("population")
PURPOSE = "licence-renewal"
SUBJECT_KEY = hashlib.sha256(b"taysir vectors: subject key").digest()
PERSON = "3000000004"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def key_of(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of a name."""
    seed = int.from_bytes(hashlib.sha256(f"taysir vectors: {name}".encode()).digest(), "big")
    return ec.derive_private_key(seed % (_ORDER - 1) + 1, ec.SECP256R1())


def note_signer(name: str, *, kind: int = 1) -> NoteSigner:
    """Return the Ed25519 key of a log or a witness."""
    seed = hashlib.sha256(f"taysir vectors: {name}".encode()).digest()
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return NoteSigner(name=name, key=key, kind=kind)


LOG = note_signer("log.moi.waha")
WITNESS = note_signer("witness.trf.waha", kind=COSIGNATURE)


def tls_of(name: str) -> str:
    """Return the thumbprint of a node's TLS certificate; the certificate itself is not needed."""
    return base64url(hashlib.sha256(f"taysir vectors: tls {name}".encode()).digest())


def der64(signer: Signer) -> str:
    """Return a certificate as base64."""
    return base64.b64encode(signer.certificate_der).decode("ascii")


@dataclass(slots=True)
class _Issuer:
    """The authority of the vectors."""

    authority: Signer
    serial: int = 1

    def member(self, name: str, member: MemberId, *, validity: Validity = YEAR) -> Signer:
        """Certify a member's key."""
        return self._issue(name, _subject(Use.MEMBER, str(member)), validity)

    def federation(self) -> Signer:
        """Certify the key that signs the federation document."""
        return self._issue("federation", _subject(Use.FEDERATION, "WAHA"), YEAR)

    def node(self) -> Signer:
        """Certify a key for TLS only."""
        return self._issue("node", _subject(Use.NODE, "node"), YEAR)

    def _issue(self, name: str, subject: Subject, validity: Validity) -> Signer:
        self.serial += 1
        key = key_of(name)
        der = issue(
            subject,
            public_key=key.public_key(),
            issuer=self.authority,
            serial=self.serial,
            validity=validity,
        )
        return Signer(der, key)


def _subject(use: Use, identifier: str) -> Subject:
    return Subject(use=use, identifier=identifier, organization=identifier)


def authority_named(name: str) -> Signer:
    """Return an authority that certifies itself."""
    subject = _subject(Use.AUTHORITY, "WAHA")
    validity = Validity(
        start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2034, 1, 1, tzinfo=UTC)
    )
    return self_signed(subject, key=key_of(name), serial=1, validity=validity)


def plain_terms(service: str, **more: Any) -> Terms:
    """Return the terms of an agreement between the two agencies."""
    values: dict[str, Any] = {
        "consumer": str(LICENSING),
        "service": str(POPULATION.service(service)),
        "purposes": (PURPOSE,),
        "legal_basis": "traffic-law/12",
        "operations": (
            OperationTerms(method="GET", path="/persons/{id}"),
            OperationTerms(method="POST", path="/persons/search"),
        ),
        "fields": ("/name", "/status", "/addresses/city"),
        "valid_from": START,
        "valid_until": END,
    }
    return Terms(**{**values, **more})


@dataclass(slots=True)
class World:
    """Everything that two implementations must agree on before the first call."""

    authority: Signer
    other_authority: Signer
    signers: dict[str, Signer]
    federation_signer: Signer
    node_signer: Signer
    agreements: dict[str, SignedAgreement] = field(default_factory=dict)
    consents: dict[str, SignedConsent] = field(default_factory=dict)

    @property
    def trf(self) -> Signer:
        """The consumer's key."""
        return self.signers["trf"]

    @property
    def moi(self) -> Signer:
        """The provider's key."""
        return self.signers["moi"]

    def content(self) -> Content:
        """Return what the authority registers."""

        def names(english: str) -> Names:
            return Names(ar=f"جهة {english}", en=english)

        def member(member: MemberId, english: str, *listed: str) -> MemberRow:
            certificates = (base64url(self.signers[name].certificate_der) for name in listed)
            return MemberRow(id=str(member), name=names(english), certificates=tuple(certificates))

        def node(name: str, zone: str, *members: MemberId) -> NodeRow:
            return NodeRow(
                name=name,
                host=f"{name}.waha",
                port=8443,
                tls=tls_of(name),
                zone=zone,
                members=tuple(str(member) for member in members),
            )

        services = sorted({t.service for t in map(_terms_of, self.agreements.values())})
        return Content(
            instance="WAHA",
            authority=names("Authority"),
            members=(
                member(TRF, "Traffic", "trf", "trf-old", "trf-lost"),
                member(MOI, "Interior", "moi", "moi-old", "moi-lost"),
                member(MOJ, "Justice", "moj"),
            ),
            nodes=(node("trf", "riyadh", TRF, MOJ), node("moi", "jeddah", MOI)),
            subsystems=(
                SubsystemRow(id=str(LICENSING), name=names("Licensing")),
                SubsystemRow(id=str(POPULATION), name=names("Population")),
            ),
            services=tuple(ServiceRow(id=service, name=names("Service")) for service in services),
            zones=("jeddah", "riyadh"),
            revoked=tuple(
                RevokedRow(thumbprint=self.signers[name].thumbprint, at=REVOKED_AT)
                for name in ("moi-lost", "trf-lost")
            ),
        )

    def federation(self, **more: Any) -> bytes:
        """Return the signed federation document."""
        values: dict[str, Any] = {"serial": 7, "now": NOW, "signer": self.federation_signer}
        return sign_federation(self.content(), **{**values, **more})

    def agreed(self, name: str, **more: Any) -> SignedAgreement:
        """Make an agreement that both parties accept and keep it under a name."""
        made = agree(
            plain_terms(name, **more), consumer_signer=self.trf, provider_signer=self.moi, at=START
        )
        self.agreements[name] = made
        return made

    def consent(self, name: str, *, revoked: bool = False, **more: Any) -> SignedConsent:
        """Make a consent and keep it under a name."""
        values: dict[str, Any] = {
            "consumer": str(LICENSING),
            "service": str(POPULATION.service("consented")),
            "purposes": (PURPOSE,),
            "subject": SUBJECT,
            "start": START,
            "end": END,
            "collected_by": str(TRF),
            "collected_at": START + timedelta(seconds=len(self.consents)),
        }
        made = sign_consent(ConsentTerms(**{**values, **more}), signer=self.trf)
        if revoked:
            made = revoke_consent(made, signer=self.trf, by=TRF, at=REVOKED_AT)
        self.consents[name] = made
        return made


def _terms_of(agreement: SignedAgreement) -> Terms:
    return read_terms(agreement.document)


def pseudonym(number: str) -> str:
    """Return the keyed pseudonym of an identity number."""
    return base64url(hmac.digest(SUBJECT_KEY, number.encode(), hashlib.sha256))


SUBJECT = pseudonym(PERSON)


def make_world() -> World:
    """Return the federation of the vectors."""
    issuer = _Issuer(authority_named("authority"))
    other = authority_named("another authority")
    signers = {
        "trf": issuer.member("trf", TRF),
        "trf-old": issuer.member("trf-old", TRF, validity=PAST),
        "trf-lost": issuer.member("trf-lost", TRF),
        "moi": issuer.member("moi", MOI),
        "moi-old": issuer.member("moi-old", MOI, validity=PAST),
        "moi-lost": issuer.member("moi-lost", MOI),
        "moj": issuer.member("moj", MOJ),
        "unlisted": issuer.member("unlisted", TRF),
        "foreign": _Issuer(other).member("foreign", TRF),
    }
    world = World(
        authority=issuer.authority,
        other_authority=other,
        signers=signers,
        federation_signer=issuer.federation(),
        node_signer=issuer.node(),
    )
    _add_agreements(world)
    _add_consents(world)
    return world


def _add_agreements(world: World) -> None:
    world.agreed("persons", fields=("/name", "/status", "/addresses/city"))
    world.agreed("whole", fields=())
    world.agreed("batched", batch=True)
    world.agreed("consented", consent_required=True)
    world.agreed("measured", quotas=(QuotaTerms(calls=3, per=Period.DAY),))
    world.agreed("narrow", request_fields=("/id", "/filter/name"))
    world.agreed("asynchronous", modes=(Mode.ASYNC,))
    world.agreed("past", valid_until=NOW - timedelta(days=1))
    world.agreed("future", valid_from=NOW + timedelta(days=1))
    world.agreed("elsewhere", zones=ZoneTerms(consumer=("jeddah",)))
    world.agreed("processed-elsewhere", zones=ZoneTerms(processing=("riyadh",)))
    world.agreed("stored-elsewhere", zones=ZoneTerms(storage=("tabuk",)))
    world.agreed("unserved")
    revoked = world.agreed("revoked")
    world.agreements["revoked"] = end(
        revoked,
        action=EndAction.REVOKE,
        signer=world.moi,
        by=MOI,
        at=REVOKED_AT,
        reason="the registry moved",
    )
    half = propose(plain_terms("half"))
    world.agreements["half"] = accept(half, signer=world.trf, by=TRF, at=START)
    behalf = world.agreed("for-justice", behalf=str(MOJ))
    world.agreements["for-justice"] = accept(behalf, signer=world.signers["moj"], by=MOJ, at=START)


def _add_consents(world: World) -> None:
    world.consent("good")
    world.consent("revoked", revoked=True)
    world.consent("over", end=NOW - timedelta(days=1))
    world.consent("of-another-person", subject=pseudonym("3000000012"))
    world.consent("other-purpose", purposes=("tax-audit",))
    world.consent("other-service", service=str(POPULATION.service("persons")))
    world.consent("fewer-fields", fields=("/name",))
    world.consent("used-up", calls=1)


def scalar(signer: Signer) -> str:
    """Return a private key as its number, in hexadecimal."""
    return f"{signer.key.private_numbers().private_value:064x}"
