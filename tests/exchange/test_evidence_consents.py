"""Evidence carries the consents that its requests name, of one exchange or of thousands."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec
import pytest

from taysir.exchange.consent import SignedConsent, consent_hash, revoke_consent, sign_consent
from taysir.exchange.contracts import agree, write_agreement
from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.evidence_range import CONSENTS_FILE, named_consents
from taysir.exchange.model import StoredExchange
from taysir.exchange.package import unpack
from taysir.exchange.verifier import verify_package
from taysir.exchange.verifier_range import verify_range
from taysir.kernel.canonical import canonical_json, parse_json
from tests.exchange.logged_country import logged_country
from tests.exchange.logs import record
from tests.exchange.small_country import CIV, CONSUMER, NOW, SERVICE, TRF, exchange, terms
from tests.exchange.test_consents import consent_terms
from tests.exchange.test_evidence_log import resealed
from tests.exchange.test_evidence_range import COUNT, START, exported, texts

ANCHOR = logged_country().authority.root.certificate_der


def consent(*, revoked_after_s: int | None = None, **changes: Any) -> SignedConsent:
    """A person's consent, revoked so long after it was given."""
    signer = logged_country().signers[TRF]
    signed = sign_consent(consent_terms(**changes), signer=signer)
    if revoked_after_s is None:
        return signed
    at = NOW + timedelta(seconds=revoked_after_s)
    return revoke_consent(signed, signer=signer, by=TRF, at=at)


@lru_cache(maxsize=1)
def agreement() -> str:
    """An agreement under which every request must name a consent."""
    place = logged_country()
    made = agree(
        terms(consent_required=True),
        consumer_signer=place.signers[TRF],
        provider_signer=place.signers[CIV],
        at=NOW,
    )
    write_agreement(place.folder / "agreements", agreement=made)
    return made.hash


def asked(
    signed: SignedConsent, *, number: int = 1, response: dict[str, Any] | None = None
) -> StoredExchange:
    """An exchange under that agreement, which names a consent."""
    request = {
        "id": f"3f0c5a8e-0000-4000-8000-{number:012d}",
        "agreement": agreement(),
        "consent": consent_hash(signed.token),
        "subject": "pseudonym",
    }
    made = exchange(logged_country(), request=request, response={"consent": "", **(response or {})})
    return msgspec.structs.replace(made, agreement=agreement())


def refused(signed: SignedConsent) -> StoredExchange:
    """The same, refused by the provider."""
    return asked(signed, response={"type": "refusal", "status": 403, "error": "EXC-0118"})


def a_range(rows: list[StoredExchange], *carried: SignedConsent) -> bytes:
    """A range with these exchanges, and with consents."""
    filled = [*(record(n) for n in range(START)), *rows, *_silent(COUNT - len(rows))]
    return exported(filled, consents={consent_hash(one.token): one for one in carried})


def _silent(count: int) -> list[StoredExchange]:
    return [msgspec.structs.replace(record(n), request=b"", response=b"") for n in range(count)]


def one(row: StoredExchange, signed: SignedConsent | None) -> bytes:
    """The package of one exchange."""
    place = logged_country()
    packager = EvidencePackager(place.source(), signers=place.signers, node="trf")
    return packager([row], consent=signed)


def findings_of_one(data: bytes) -> str:
    """Every finding about the package of one exchange."""
    report = verify_package(data, anchor=ANCHOR)
    return "\n".join(f"{f.file}: {f.text['en']}" for step in report.steps for f in step.findings)


def test_a_range_carries_its_consents_once_and_they_hold() -> None:
    """Two exchanges of one consent, one of another."""
    first, second = consent(), consent(fields=("/vital_status",))
    rows = [asked(first, number=1), asked(first, number=2), asked(second, number=3)]
    assert named_consents(rows) == {consent_hash(first.token), consent_hash(second.token)}

    data = a_range(rows, first, second)

    assert texts(verify_range(data, anchor=ANCHOR)) == ""
    carried = parse_json(unpack(data)[CONSENTS_FILE])
    assert isinstance(carried, dict)
    assert set(carried) == named_consents(rows)


def test_without_consents_a_range_has_no_file_of_them() -> None:
    """Nothing is there that says nothing."""
    rows = [exchange(logged_country(), request={}, response={})]

    assert CONSENTS_FILE not in unpack(a_range(rows))
    assert named_consents(rows) == named_consents(_silent(1)) == frozenset()


def test_a_request_that_cannot_be_read_names_no_consent() -> None:
    """Refused messages are kept as they came."""
    row = msgspec.structs.replace(asked(consent()), request=b"not a statement")

    assert named_consents([row]) == frozenset()


@pytest.mark.parametrize(
    ("carried", "reason"),
    [
        (consent(purposes=("other",)), "it is not for this purpose"),
        (consent(subject="somebody-else"), "it is another person's"),
        (consent(consumer="WAHA/GOV/TRF/other"), "it is not given to the asker"),
        (consent(service="WAHA/GOV/CIV/population/deaths"), "it is not for this service"),
        (consent(start=NOW + timedelta(hours=1)), "it did not hold at that time"),
        (consent(revoked_after_s=1), "it was revoked before"),
    ],
)
def test_a_consent_that_does_not_cover_its_request_is_found(
    carried: SignedConsent, reason: str
) -> None:
    """In a range as in a single package."""
    row = asked(carried)

    assert reason in texts(verify_range(a_range([row], carried), anchor=ANCHOR))
    assert reason in findings_of_one(one(row, carried))


def test_a_consent_that_was_revoked_later_held() -> None:
    """The revocation is carried, and does not undo what was before it."""
    carried = consent(revoked_after_s=3600)
    row = asked(carried)
    data = a_range([row], carried)

    assert texts(verify_range(data, anchor=ANCHOR)) == ""
    assert b"revocation" in unpack(data)[CONSENTS_FILE]
    assert findings_of_one(one(row, carried)) == ""


def test_a_missing_consent_is_found_where_the_agreement_wants_one() -> None:
    """A name alone proves nothing."""
    row = asked(consent())

    assert "its consent is missing" in texts(verify_range(a_range([row]), anchor=ANCHOR))
    assert "the file is missing" in findings_of_one(one(row, None))


def test_a_refusal_is_proved_with_the_consent_that_did_not_cover_the_request() -> None:
    """The withdrawn consent is the very reason, so it belongs into the evidence."""
    carried = consent(revoked_after_s=1)
    row = refused(carried)

    assert texts(verify_range(a_range([row], carried), anchor=ANCHOR)) == ""
    assert findings_of_one(one(row, carried)) == ""


def test_another_consent_beside_a_refusal_is_found() -> None:
    """What no request names has no place in evidence."""
    row, other = refused(consent()), consent(subject="somebody-else")

    assert "speaks of" in texts(verify_range(a_range([row], other), anchor=ANCHOR))
    assert "another consent" in findings_of_one(one(row, other))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "it names no consents"),
        ({}, "it names no consents"),
        ({"a" * 64: 7}, "is not a consent"),
        ({"a" * 64: {"token": 7}}, "is not a consent"),
        ({"a" * 64: {"token": "x", "more": "y"}}, "is not a consent"),
        ({"a" * 64: {"token": consent().token.decode()}}, "not a consent of this name"),
        ({"a" * 64: {"token": "a.b.c"}}, "consents.json"),
    ],
)
def test_a_file_of_consents_that_is_none_is_found(rows: Any, reason: str) -> None:
    """Though the producer signed the manifest."""
    files = unpack(a_range([asked(consent())], consent()))
    files[CONSENTS_FILE] = canonical_json(rows)

    report = verify_range(resealed(files), anchor=ANCHOR)

    assert not report.valid
    assert reason in texts(report)


def test_a_forged_consent_is_found() -> None:
    """Signed by the provider in the name of the agency that claims to have asked."""
    forger = logged_country().signers[CIV]
    forged = sign_consent(
        consent_terms(consumer=CONSUMER, service=SERVICE, collected_by=str(TRF)), signer=forger
    )

    report = verify_range(a_range([asked(forged)], forged), anchor=ANCHOR)

    assert "not signed with a certificate of WAHA/GOV/TRF" in texts(report)
