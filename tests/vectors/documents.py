"""Vectors of signed documents: agreements, consents, the federation document."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from taysir.exchange.consent import (
    CONSENT_TYPE,
    REVOCATION_TYPE,
    SignedConsent,
    consent_hash,
    revoke_consent,
)
from taysir.exchange.contracts import (
    ACCEPT_TYPE,
    END_TYPE,
    EndAction,
    SignedAgreement,
    end,
    propose,
)
from taysir.exchange.federation import TYPE as FEDERATION
from taysir.kernel.canonical import canonical_json
from taysir.kernel.signature import Signer, sign_detached

from . import forging
from .basics import Vector
from .world import MOI, NOW, REVOKED_AT, START, TRF, World, der64, plain_terms

_START_S = int(START.timestamp())


# --- agreements ----------------------------------------------------------------------------------


ODD_TIMES = ("2026-10-01T00:00:00", "2026-10-01T03:00:00+03:00", "2026-10-01T00:00:00.500000Z")
"""Times that programs read and no document holds: without a zone, of another, with a fraction."""


def agreements(world: World) -> list[Vector]:
    """Return agreements with where they stand, and what is none."""
    persons = world.agreements["persons"]
    rejected = end(
        world.agreements["half"],
        action=EndAction.REJECT,
        signer=world.moi,
        by=MOI,
        at=REVOKED_AT,
        reason="too many fields",
    )
    good = [
        _agreement("proposed", propose(plain_terms("persons")), state="proposed"),
        _agreement("accepted by one", world.agreements["half"], state="proposed"),
        _agreement("accepted by all", persons, state="accepted"),
        _agreement("accepted by three", world.agreements["for-justice"], state="accepted"),
        _agreement("revoked", world.agreements["revoked"], state="revoked"),
        _agreement("rejected", rejected, state="rejected"),
    ]
    return good + _bad_terms(persons) + _bad_signatures(world, persons)


def _agreement(name: str, agreement: SignedAgreement, **expect: str) -> Vector:
    return {
        "name": name,
        "document": agreement.document.decode("utf-8", "replace"),
        "accepts": {by: token.decode() for by, token in agreement.accepts.items()},
        "ends": [token.decode() for token in agreement.ends],
        **({"sha256": agreement.hash} if "state" in expect else {}),
        **expect,
    }


def _bad_terms(persons: SignedAgreement) -> list[Vector]:
    read: dict[str, Any] = json.loads(persons.document)

    def changed(name: str, code: str = "EXC-0511", **members: Any) -> Vector:
        told = {k: v for k, v in {**read, **members}.items() if v is not ...}
        made = SignedAgreement(document=canonical_json(told))
        return _agreement(name, made, code=code)

    def text(name: str, document: bytes) -> Vector:
        return _agreement(name, SignedAgreement(document=document), code="KRN-0202")

    twice = {"calls": 1, "per": "day", "purpose": ""}
    operation = {"method": "GET", "path": "/a"}
    return [
        text("not JSON", b"{"),
        text("not canonical", persons.document + b"\n"),
        text("a name twice", b'{"a":1,"a":1}'),
        changed("another format", format="taysir-agreement/1"),
        changed("a member missing", zones=...),
        changed("a member too many", extra=""),
        changed("no purpose", purposes=[]),
        changed("a purpose that is no code", purposes=["Licence Renewal"]),
        changed("a purpose twice", purposes=["a", "a"]),
        changed("a legal basis that is no code", legal_basis="the law"),
        changed("no operation", operations=[]),
        changed("an unknown method", operations=[{**operation, "method": "TRACE"}]),
        changed("a path without a slash", operations=[{**operation, "path": "a"}]),
        changed("a path with a query", operations=[{**operation, "path": "/a?b"}]),
        changed("a field that is no pointer", fields=["name"]),
        changed("a field twice", fields=["/a", "/a"]),
        changed("a bad escape in a pointer", fields=["/a~2"]),
        changed("no mode", modes=[]),
        changed("an unknown mode", modes=["fax"]),
        changed("an unknown class", classification="private"),
        changed("a zone that is no code", zones={**read["zones"], "storage": ["The Moon"]}),
        changed("a quota of none", quotas=[{**twice, "calls": 0}]),
        changed("two quotas for one period", quotas=[twice, {**twice, "calls": 2}]),
        changed("a quota for another purpose", quotas=[{**twice, "purpose": "other"}]),
        changed("a negative retention", retention_days=-1),
        changed("an end before the start", valid_until=read["valid_from"]),
        changed("longer than ten years", valid_until="2046-01-01T00:00:00Z"),
        changed("a time with a fraction", valid_from="2026-01-01T00:00:00.500000Z"),
        changed("a time of another zone", valid_from="2026-01-01T03:00:00+03:00"),
        changed("a time spelled otherwise", valid_from="2026-01-01T00:00:00+00:00"),
        changed("a consumer that is a member", code="KRN-0001", consumer=str(TRF)),
        changed("a service that is a subsystem", code="KRN-0001", service=str(TRF) + "/a"),
        changed("on behalf of itself", behalf=str(TRF)),
        changed("a predecessor that is no hash", supersedes="x"),
        changed(
            "two parameters in one segment",
            operations=[{"method": "GET", "path": "/persons/{year}-{number}"}],
        ),
    ]


def _bad_signatures(world: World, persons: SignedAgreement) -> list[Vector]:
    both = persons.accepts

    def accepted(name: str, code: str, token: bytes, by: str = str(TRF)) -> Vector:
        made = SignedAgreement(document=persons.document, accepts={**both, by: token})
        return _agreement(name, made, code=code)

    def signed(signer: Signer, **head: Any) -> bytes:
        header = {"typ": ACCEPT_TYPE, "iat": _START_S, "by": str(TRF), **head}
        kept = {key: value for key, value in header.items() if value is not None}
        return sign_detached(persons.document, signer=signer, header=kept)

    def ended(name: str, code: str, signer: Signer, **members: Any) -> Vector:
        says = {
            "agreement": persons.hash,
            "action": "revoke",
            "by": str(MOI),
            "at": "2026-10-01T00:00:00Z",
            "reason": "x",
            **members,
        }
        token = forging.sign(canonical_json(says), signer=signer, typ=END_TYPE, iat=None)
        made = SignedAgreement(document=persons.document, accepts=both, ends=(token,))
        return _agreement(name, made, code=code)

    own = both[str(TRF)]
    attached = forging.sign(persons.document, signer=world.trf, typ=ACCEPT_TYPE, iat=_START_S)
    later = int(REVOKED_AT.timestamp()) + 1
    before = int((START - timedelta(days=400)).timestamp())
    return [
        accepted(
            "a signature of another document",
            "KRN-0206",
            world.agreements["whole"].accepts[str(TRF)],
        ),
        accepted(
            "a changed signature", "KRN-0206", forging.with_signature(own, bytes(31) + b"\x01" * 33)
        ),
        accepted("a payload that is not detached", "KRN-0205", attached),
        accepted("another type", "KRN-0205", signed(world.trf, typ=END_TYPE)),
        accepted("for another party", "EXC-0511", signed(world.trf, by=str(MOI))),
        accepted("for nobody", "EXC-0511", signed(world.trf, by=None)),
        accepted(
            "by one who is no party",
            "EXC-0511",
            signed(world.signers["moj"], by="WAHA/GOV/MOJ"),
            by="WAHA/GOV/MOJ",
        ),
        accepted("with another member's certificate", "EXC-0511", signed(world.moi)),
        accepted(
            "with a certificate that is not listed", "EXC-0511", signed(world.signers["unlisted"])
        ),
        accepted(
            "with a certificate that was revoked before",
            "EXC-0511",
            signed(world.signers["trf-lost"], iat=later),
        ),
        accepted(
            "with a certificate that had ended",
            "EXC-0511",
            signed(world.signers["trf-old"], iat=later),
        ),
        accepted(
            "with a certificate that had not begun", "EXC-0511", signed(world.trf, iat=before)
        ),
        accepted("without a time", "EXC-0511", signed(world.trf, iat=None)),
        ended("the end of another agreement", "EXC-0511", world.moi, agreement="0" * 64),
        ended("ended by one who is no party", "EXC-0511", world.signers["moj"], by="WAHA/GOV/MOJ"),
        ended("ended with another member's key", "EXC-0511", world.trf),
        *(ended(f"ended at {at}", "EXC-0511", world.moi, at=at) for at in ODD_TIMES),
        ended("an unknown way to end", "EXC-0511", world.moi, action="pause"),
    ]


# --- consents ------------------------------------------------------------------------------------


def consents(world: World) -> list[Vector]:
    """Return consents with their names, and what is none."""
    good = [_consent(name, signed) for name, signed in world.consents.items()]
    base = forging.payload_of(world.consents["good"].token)
    name = consent_hash(world.consents["good"].token)

    def changed(
        label: str, code: str = "EXC-0515", signer: Signer | None = None, **members: Any
    ) -> Vector:
        told = {k: v for k, v in {**base, **members}.items() if v is not ...}
        payload = canonical_json(told)
        token = forging.sign(payload, signer=signer or world.trf, typ=CONSENT_TYPE, iat=None)
        return {"name": label, "token": token.decode(), "revocation": "", "code": code}

    def revoked(label: str, signer: Signer, code: str = "EXC-0515", **members: Any) -> Vector:
        says = {"consent": name, "by": str(TRF), "at": "2026-10-01T00:00:00Z", **members}
        token = forging.sign(canonical_json(says), signer=signer, typ=REVOCATION_TYPE, iat=None)
        signed = world.consents["good"].token.decode()
        return {"name": label, "token": signed, "revocation": token.decode(), "code": code}

    for_good = {**base, "revocable": False}
    lasting = SignedConsent(
        token=forging.sign(canonical_json(for_good), signer=world.trf, typ=CONSENT_TYPE, iat=None)
    )
    fixed = forging.payload_of(
        revoke_consent(world.consents["good"], signer=world.trf, by=TRF, at=REVOKED_AT).revocation
    )
    fixed["consent"] = consent_hash(lasting.token)
    against = forging.sign(canonical_json(fixed), signer=world.trf, typ=REVOCATION_TYPE, iat=None)
    return [
        *good,
        changed("another format", format="taysir-consent/2"),
        changed("a member missing", fields=...),
        changed("a member too many", extra=1),
        changed("no purpose", purposes=[]),
        changed("about nobody", subject=""),
        changed("an end before the start", end=base["start"]),
        changed("a field that is no pointer", fields=["name"]),
        changed("no calls", calls=0),
        changed("a period without a number", per="day"),
        changed("a service that is none", code="KRN-0001", service="WAHA"),
        changed("signed by another member", signer=world.moi),
        changed(
            "signed with a revoked certificate",
            signer=world.signers["trf-lost"],
            collected_at="2026-11-01T00:00:00Z",
        ),
        changed("collected by another member than the signer", collected_by=str(MOI)),
        *(changed(f"a start at {at}", start=at) for at in ODD_TIMES),
        *(changed(f"an end at {at}", end=at) for at in ODD_TIMES),
        *(revoked(f"revoked at {at}", world.trf, at=at) for at in ODD_TIMES),
        revoked("revoked by a stranger", world.signers["moj"], by="WAHA/GOV/MOJ"),
        revoked("revoked with another member's key", world.moi),
        revoked("the revocation of another consent", world.trf, consent="0" * 64),
        {
            "name": "given for good",
            "token": lasting.token.decode(),
            "revocation": against.decode(),
            "code": "EXC-0515",
        },
    ]


def _consent(name: str, signed: SignedConsent) -> Vector:
    return {
        "name": name,
        "token": signed.token.decode(),
        "revocation": signed.revocation.decode(),
        "sha256": consent_hash(signed.token),
        "revoked": bool(signed.revocation),
    }


# --- the federation document ---------------------------------------------------------------------


def federation(world: World) -> list[Vector]:
    """Return the signed document, and what a node must not believe."""
    token = world.federation()
    signer = world.federation_signer
    says = forging.payload_of(token)

    def changed(name: str, code: str, **members: Any) -> Vector:
        told = {k: v for k, v in {**says, **members}.items() if v is not ...}
        return _federation(name, _signed(canonical_json(told), signer), code)

    foreign = Signer(world.other_authority.certificate_der, world.other_authority.key)
    by_node = world.federation(signer=world.node_signer)
    by_member = world.federation(signer=world.trf)
    early = world.federation(now=NOW - timedelta(days=2000))
    payload = canonical_json(says)
    return [
        {"name": "the document", "token": token.decode(), "serial": 7},
        changed("another format", "EXC-0501", format="taysir-federation/2"),
        changed("no validity", "EXC-0501", expires_at=says["issued_at"]),
        *(changed(f"an end at {at}", "EXC-0501", expires_at=at) for at in ODD_TIMES),
        changed("a member missing", "EXC-0501", serial=...),
        changed("a member too many", "EXC-0501", extra=1),
        _federation("not canonical", _signed(payload + b" ", signer), "KRN-0202"),
        _federation("a changed signature", forging.with_signature(token, b"\x01" * 64), "KRN-0206"),
        _federation("no certificate", _signed(payload, signer, x5c=None), "EXC-0501"),
        _federation(
            "two certificates", _signed(payload, signer, x5c=[der64(signer)] * 2), "EXC-0501"
        ),
        _federation(
            "a certificate that is not base64", _signed(payload, signer, x5c=["*"]), "EXC-0501"
        ),
        _federation(
            "another certificate than named",
            _signed(payload, signer, x5c=[der64(world.trf)]),
            "EXC-0501",
        ),
        _federation(
            "another type", _signed(payload, signer, typ="taysir-statement+jws"), "KRN-0205"
        ),
        _federation("signed by a member", by_member, "KRN-0211"),
        _federation("signed by a node", by_node, "KRN-0211"),
        _federation("signed by another authority", world.federation(signer=foreign), "KRN-0211"),
        _federation("signed before its certificate held", early, "KRN-0211"),
    ]


def _signed(payload: bytes, signer: Signer, **head: Any) -> bytes:
    header = {"x5c": [der64(signer)], **head}
    return forging.sign(payload, signer=signer, typ=FEDERATION, iat=None, head=header)


def _federation(name: str, token: bytes, code: str) -> Vector:
    return {"name": name, "token": token.decode(), "code": code}
