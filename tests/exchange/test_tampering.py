"""The tamper suite: swapped answers, used numbers, expired, revoked and foreign keys: all found.

Each forger here holds real keys and signs what they forge; single-bit changes and second histories
are in ``test_evidence``, ``test_evidence_log``, ``test_evidence_range`` and ``test_witness``.
"""

from __future__ import annotations

import dataclasses
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from taysir.exchange.authority import issue_member
from taysir.exchange.contracts import agree
from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.federation import MemberRow, RevokedRow, sign_federation
from taysir.exchange.model import StoredExchange
from taysir.exchange.package import unpack
from taysir.exchange.verifier import Report, verify_package
from taysir.exchange.verifier_range import verify_range
from taysir.kernel.certificates import Subject, Use, Validity, issue, new_key
from taysir.kernel.signature import Signer, base64url
from taysir.kernel.statement import digest, parse_statement, sign_statement
from tests.exchange.logged_country import logged_country, make, packed
from tests.exchange.small_country import CIV, NOW, TRF, SmallCountry, exchange, terms
from tests.exchange.test_evidence_log import resealed
from tests.exchange.test_evidence_range import exported, rows

PLACE = logged_country()
ANCHOR = PLACE.authority.root.certificate_der


def texts(report: Report) -> str:
    """Every finding of a report."""
    return "\n".join(f"{f.file}: {f.text['en']}" for s in report.steps for f in s.findings)


def swapped(first: StoredExchange, second: StoredExchange) -> StoredExchange:
    """The first exchange with the second one's answer."""
    return msgspec.structs.replace(
        first,
        response=second.response,
        response_body=second.response_body,
        response_headers=second.response_headers,
    )


def test_a_swapped_answer_is_found() -> None:
    """The same asker, the same source, the same body: another request."""
    mine = make()
    other = make(request={"id": "3f0c5a8e-0000-4000-8000-000000000009"})
    mine.record = swapped(mine.record, other.record)
    mine.journal.rows[7] = msgspec.structs.replace(mine.record, position=-1)

    report = verify_package(packed(mine), anchor=ANCHOR)

    assert not report.valid
    assert "response.jws: the evidence does not hold: it answers another request" in texts(report)


def test_a_swapped_body_is_found() -> None:
    """The answer's statement with the content of another answer."""
    files = unpack(packed(make()))
    files["response.body"] = b'{"vital_status":"other"}'

    assert "response.body" in texts(verify_package(resealed(files), anchor=ANCHOR))


def test_a_number_that_was_used_before_is_found() -> None:
    """Two different questions under one number, in one journal."""
    journal = rows()
    changed = exchange(
        PLACE,
        request={"id": "3f0c5a8e-0000-4000-8000-000000000001", "path": "/persons/1000000016"},
        response={},
    )
    journal[6] = changed

    report = verify_range(exported(journal), anchor=ANCHOR)

    assert [f.file for f in report.findings] == ["record 6"]
    assert "its number was used before" in report.findings[0].text["en"]


def test_the_two_records_of_one_call_are_not_a_used_number() -> None:
    """Accepted and then answered: the same request stands in two records."""
    journal = rows()
    journal[4] = msgspec.structs.replace(journal[3], response=b"")

    assert verify_range(exported(journal), anchor=ANCHOR).valid


# --- keys ----------------------------------------------------------------------------------------


def signed_by(asker: Signer, source: Signer, **changes: Any) -> StoredExchange:
    """The exchange with both statements signed by these keys."""
    row = exchange(PLACE, request=changes, response={})
    asked = parse_statement(row.request).statement
    said = parse_statement(row.response).statement
    request = sign_statement(asked, signer=asker)
    answer = msgspec.structs.replace(said, request=digest(request))
    return msgspec.structs.replace(
        row, request=request, response=sign_statement(answer, signer=source)
    )


def checked(
    folder: Path, row: StoredExchange, *, more: Signer | None = None, revoked: tuple[Any, ...] = ()
) -> Report:
    """Package an exchange in a federation with one more certificate of TRF, and check it."""
    content = PLACE.content
    if more is not None:
        extra = base64url(more.certificate_der)
        members = tuple(
            msgspec.structs.replace(m, certificates=(*m.certificates, extra))
            if m.id == str(TRF)
            else m
            for m in content.members
        )
        assert all(isinstance(member, MemberRow) for member in members)
        content = msgspec.structs.replace(content, members=members)
    content = msgspec.structs.replace(content, revoked=revoked)
    token = sign_federation(content, serial=50, now=NOW, signer=PLACE.authority.signer)
    shutil.copytree(PLACE.folder / "agreements", folder / "agreements")
    place: SmallCountry = dataclasses.replace(PLACE, folder=folder, token=token)
    package = EvidencePackager(place.source(), signers=PLACE.signers, node="trf")([row])
    return verify_package(package, anchor=ANCHOR)


def test_a_second_key_of_the_member_is_as_good(tmp_path: Path) -> None:
    """Registered by the authority: the measure for the refusals below."""
    second = issue_member(PLACE.authority, TRF, organization="Traffic", now=NOW)

    assert checked(tmp_path, signed_by(second, PLACE.signers[CIV]), more=second).valid


def test_a_foreign_key_is_found(tmp_path: Path) -> None:
    """Certified by the authority but not registered, or another member's."""
    stranger = issue_member(PLACE.authority, TRF, organization="Traffic", now=NOW)
    unregistered = checked(tmp_path / "a", signed_by(stranger, PLACE.signers[CIV]))
    others = checked(tmp_path / "b", signed_by(PLACE.signers[CIV], PLACE.signers[CIV]))

    assert "its signer is not in the federation document" in texts(unregistered)
    assert "its signer is not the member that it names" in texts(others)


@pytest.mark.parametrize(
    ("start", "end", "valid"), [(0, 5, False), (0, 6, True), (5, 60, True), (6, 60, False)]
)
def test_a_key_outside_its_time_is_found(tmp_path: Path, start: int, end: int, valid: bool) -> None:
    """Signed five seconds on: before the start and from the end on the key does not count."""
    key = new_key()
    der = issue(
        Subject(use=Use.MEMBER, identifier=str(TRF), organization="Traffic"),
        public_key=key.public_key(),
        issuer=PLACE.authority.root,
        serial=4242,
        validity=Validity(start=NOW + timedelta(seconds=start), end=NOW + timedelta(seconds=end)),
    )
    short = Signer(der, key)

    report = checked(tmp_path, signed_by(short, PLACE.signers[CIV]), more=short)

    assert ("its certificate did not hold" in texts(report)) is not valid
    assert report.valid is valid


@pytest.mark.parametrize(("seconds", "found"), [(4, True), (5, True), (6, False)])
def test_a_key_revoked_before_is_found(tmp_path: Path, seconds: int, found: bool) -> None:
    """In the very second of signing it counts as revoked; a second later it does not."""
    key = issue_member(PLACE.authority, TRF, organization="Traffic", now=NOW)
    row = RevokedRow(thumbprint=key.thumbprint, at=NOW + timedelta(seconds=seconds))

    report = checked(tmp_path, signed_by(key, PLACE.signers[CIV]), more=key, revoked=(row,))

    assert ("its certificate was revoked before" in texts(report)) is found
    assert report.valid is not found


def test_an_agreement_signed_by_a_foreign_key_is_found() -> None:
    """The provider's acceptance by a key that is not the provider's."""
    forged = agree(
        terms(), consumer_signer=PLACE.signers[TRF], provider_signer=PLACE.signers[TRF], at=NOW
    )
    files = unpack(packed(make()))
    name = "agreement/WAHA_GOV_CIV.accept.jws"
    files[name] = forged.accepts[str(CIV)]

    assert name in texts(verify_package(resealed(files), anchor=ANCHOR))
