"""Evidence convinces a stranger, and every change of it is found and located."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.model import BodyState
from taysir.exchange.package import pack, unpack
from taysir.exchange.verifier import Report, verify_package
from taysir.kernel.certificates import Subject, Use, Validity, new_key, self_signed
from taysir.kernel.errors import Problem
from tests.exchange.small_country import CONSUMER, NOW, country, exchange, package

ANCHOR = country().authority.root.certificate_der
PACKAGE = package(country())


def texts(report: Report) -> str:
    """Every finding of a report."""
    return "\n".join(f"{f.file}: {f.text['en']}" for s in report.steps for f in s.findings)


def test_an_untouched_package_is_valid() -> None:
    """Every step holds, with the authority given from elsewhere."""
    report = verify_package(PACKAGE, anchor=ANCHOR)

    assert texts(report) == ""
    assert report.valid
    assert report.anchor_given
    assert [step.number for step in report.steps] == list(range(1, 15))


def erased_package() -> bytes:
    """The evidence of an exchange whose bodies were erased since."""
    place = country()
    kept = exchange(place, request={}, response={})
    erased = msgspec.structs.replace(
        kept, bodies=BodyState.ERASED, response_body=b"", response_headers=b""
    )
    return EvidencePackager(place.source(), signers=place.signers, node="trf")([erased])


def test_evidence_of_an_erased_exchange_is_valid_and_names_what_is_left_out() -> None:
    """Statements hold digests only, so every other step holds as before."""
    data = erased_package()
    assert texts(verify_package(data, anchor=ANCHOR)) == ""
    files = unpack(data)
    assert json.loads(files["redactions.json"]) == {
        "response.body": "erased",
        "response.headers": "erased",
    }
    assert "response.body" not in files
    assert files["request.body"] == b""


@pytest.mark.parametrize(
    "said", [{}, {"request.jws": "erased"}, {"request.body": "erased"}, ["response.body"]]
)
def test_a_redaction_of_anything_else_is_found(said: object) -> None:
    """Only what is really left out, and only bodies and headers, may be redacted."""
    files = unpack(erased_package())
    files["redactions.json"] = json.dumps(said).encode()
    assert "redactions.json" in texts(verify_package(pack(files), anchor=ANCHOR))


def test_the_same_exchange_gives_the_same_bytes() -> None:
    """Two packagings cannot be told apart, so one may be compared with another."""
    assert package(country()) == PACKAGE


def test_without_an_anchor_the_report_says_so() -> None:
    """The authority of the package itself is named by its fingerprint for comparison."""
    report = verify_package(PACKAGE)

    assert report.valid
    assert not report.anchor_given
    assert len(report.authority_fingerprint) == 64


def test_another_authority_is_not_trusted() -> None:
    """A forged country is complete in itself and still refused by who knows the true one."""
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Other")
    other = self_signed(subject, key=new_key(), serial=5, validity=Validity.days(9, now=NOW))

    report = verify_package(PACKAGE, anchor=other.certificate_der)

    assert not report.valid
    assert "not the authority that you trust" in texts(report)


def missed_changes(places: range) -> list[int]:
    """Flip one bit at each place; returns the places whose change was not found and located."""
    missed = []
    for place in places:
        changed = bytearray(PACKAGE)
        changed[place] ^= 1 << (place % 8)
        with contextlib.suppress(Problem):
            report = verify_package(bytes(changed), anchor=ANCHOR)
            located = all(f.file for s in report.steps for f in s.findings)
            if report.valid or not located:
                missed.append(place)
    return missed


def test_a_changed_byte_is_found_and_located() -> None:
    """Bytes spread over the whole package; the next test takes every single one."""
    assert [] == missed_changes(range(0, len(PACKAGE), 61))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_no_byte_of_the_package_may_change(part: int) -> None:
    """One flipped bit in any byte: container, signatures, bodies, certificates, summaries."""
    assert [] == missed_changes(range(part, len(PACKAGE), 8))


def test_a_changed_file_is_named() -> None:
    """The container written anew around a changed file does not help the forger."""
    for name, content in unpack(PACKAGE).items():
        changed = content[:-1] + bytes([content[-1] ^ 1]) if content else b"x"

        report = verify_package(pack({**unpack(PACKAGE), name: changed}), anchor=ANCHOR)

        assert not report.valid
        assert name in texts(report) or name == "manifest.json", name


def test_a_missing_file_is_named() -> None:
    """A file that was left out is missed."""
    for name in set(unpack(PACKAGE)) - {"mimetype"}:
        files = unpack(PACKAGE)
        del files[name]

        report = verify_package(pack(files), anchor=ANCHOR)

        assert not report.valid
        assert name in texts(report)


def test_an_added_file_is_named() -> None:
    """Nothing can be slipped in."""
    report = verify_package(pack({**unpack(PACKAGE), "note.txt": b"trust me"}), anchor=ANCHOR)

    assert not report.valid
    assert "note.txt" in texts(report)


@pytest.mark.parametrize(
    ("request_changes", "response_changes", "reason"),
    [
        ({"purpose": "curiosity"}, {}, "the purpose is not in the agreement"),
        ({"path": "/everything"}, {}, "does not permit this operation"),
        ({"method": "POST"}, {}, "does not permit this operation"),
        ({"sender": "WAHA/GOV/TRF/other"}, {}, "not the agreement's consumer"),
        ({"agreement": "0" * 64}, {}, "it names another agreement"),
        ({}, {"request": "A" * 43}, "it answers another request"),
        ({}, {"receiver": f"{CONSUMER}2"}, "it is not for the asker"),
        ({}, {"body_length": 3}, "it is not the signed content"),
        ({}, {"headers_digest": ""}, "they are not the signed headers"),
        (
            {"time_ms": int((NOW + timedelta(days=400)).timestamp() * 1000)},
            {},
            "it had expired when the request was signed",
        ),
        ({}, {"time_ms": int(NOW.timestamp() * 1000) - 60_000}, "it is older than its request"),
    ],
)
def test_signed_but_wrong_is_not_valid(
    request_changes: dict[str, Any], response_changes: dict[str, Any], reason: str
) -> None:
    """Valid signatures over an exchange that should not have been are not enough."""
    data = package(country(), request=request_changes, response=response_changes)

    report = verify_package(data, anchor=ANCHOR)

    assert not report.valid
    assert reason in texts(report)


@given(st.binary(max_size=300))
def test_garbage_is_unreadable_or_not_valid(data: bytes) -> None:
    """The verifier never fails in another way."""
    with contextlib.suppress(Problem):
        assert not verify_package(data).valid


@given(st.data())
def test_garbage_in_any_file_never_breaks_the_verifier(data: st.DataObject) -> None:
    """Whole files replaced by anything: a finding, never a crash."""
    files = unpack(PACKAGE)
    name = data.draw(st.sampled_from(sorted(files)))
    odd = st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"..", b"a.b.c"])
    files[name] = data.draw(odd.filter(lambda new: new != unpack(PACKAGE)[name]))

    with contextlib.suppress(Problem):
        assert not verify_package(pack(files), anchor=ANCHOR).valid
