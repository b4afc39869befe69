"""Packages that should not convince a court: each forger holds real keys, and is found out."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import msgspec
import pytest

from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.evidence_log import PROOF_FILE, STATUS_FILE
from taysir.exchange.package import pack, unpack
from taysir.exchange.summary import shown
from taysir.exchange.verifier import Report, verify_package
from taysir.kernel.certificates import Validity, issue_crl
from taysir.kernel.checkpoint import Checkpoint, cosign, sign_note, signed_by_log
from taysir.kernel.errors import Problem
from taysir.kernel.signature import sign_compact
from taysir.kernel.tlog_proof import encode_proof, parse_proof
from tests.exchange.logged_country import logged_country, make, packed, stamped_package
from tests.exchange.logs import LOG, WITNESSES
from tests.exchange.small_country import NOW, TRF
from tests.exchange.test_evidence_log import resealed

ANCHOR = logged_country().authority.root.certificate_der


def texts(report: Report) -> str:
    """Every finding of a report."""
    return "\n".join(f"{f.file}: {f.text['en']}" for s in report.steps for f in s.findings)


def judged(files: dict[str, bytes]) -> Report:
    """The report on files that the producer itself signed anew."""
    return verify_package(resealed(files), anchor=ANCHOR)


@pytest.mark.parametrize(
    "name",
    [
        "summary.html",
        "summary.fr.html",
        "READ-ME-FIRST.html",
        "agreement/annex.json",
        "agreement/WAHA_GOV_PRG.accept.jws",
        "consent/consent.jws",
        "certificates/note.pem",
        "log/checkpoint.txt",
    ],
)
def test_a_file_that_nothing_checks_is_found(name: str) -> None:
    """Whoever hands a package out signs all of it, so it could say anything beside the proof."""
    files = {**unpack(stamped_package()), name: b"the answer was: alive"}

    report = judged(files)

    assert not report.valid
    assert f"{name}: " in texts(report)


@pytest.mark.parametrize("name", ["response.body", "response.headers"])
def test_an_answer_that_nobody_signed_is_found(name: str) -> None:
    """Without a signed answer there is no content of one."""
    place, made = logged_country(), make()
    unanswered = msgspec.structs.replace(
        made.record, response=b"", response_body=b"", response_headers=b""
    )
    packager = EvidencePackager(place.source(), signers=place.signers, node="trf")
    files = unpack(packager([unanswered]))
    assert judged(dict(files)).valid

    report = judged({**files, name: b"alive"})

    assert not report.valid
    assert "nothing that was signed speaks of it" in texts(report)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "another"},
        {"path": "/persons/1000000016"},
        {"purpose": "tax-audit"},
        {"subject": "another"},
        {"agreement": "0" * 64},
        {"consent": "0" * 64},
    ],
)
def test_an_answer_that_tells_of_another_call_is_found(changes: dict[str, str]) -> None:
    """The digest binds it to the request, but people would read what it says beside that."""
    report = verify_package(packed(make(response=changes)), anchor=ANCHOR)

    assert "it tells of another call than was asked" in texts(report)


@pytest.mark.parametrize("projection", ["", "another"])
def test_an_answer_that_was_not_reduced_is_found(projection: str) -> None:
    """The agreement names fields, so a good answer says that it holds no others."""
    report = verify_package(packed(make(response={"projection": projection})), anchor=ANCHOR)

    assert "it was not reduced to the agreed fields" in texts(report)


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../b", ".profile", "a/.b", "a//b", "a/", "a\\b", "..", ""],
)
def test_a_name_that_leads_out_of_the_folder_is_no_package(name: str) -> None:
    """People take packages out with whatever program they have."""
    data = pack({**unpack(stamped_package()), name: b"x"})

    with pytest.raises(Problem) as refused:
        unpack(data)
    assert refused.value.code == "EXC-0533"


def test_a_witness_beyond_the_calendar_is_a_finding_and_no_crash() -> None:
    """A time that cannot be written down would end the program that makes the summary."""
    files = unpack(stamped_package())
    proof = parse_proof(files[PROOF_FILE])
    note = signed_by_log(proof.checkpoint)
    for witness in WITNESSES:
        note = cosign(note, signer=witness, at=2**63)
    files[PROOF_FILE] = encode_proof(dataclasses.replace(proof, checkpoint=note))

    report = judged(files)

    assert not report.valid
    assert "beyond the calendar" in texts(report)


def test_the_log_s_own_key_is_no_witness() -> None:
    """A log that cosigns itself under a witness's name convinces nobody."""
    files = unpack(stamped_package())
    proof = parse_proof(files[PROOF_FILE])
    note = signed_by_log(proof.checkpoint)
    for witness in WITNESSES:
        note = cosign(note, signer=dataclasses.replace(LOG, name=witness.name, kind=4), at=10**9)
    files[PROOF_FILE] = encode_proof(dataclasses.replace(proof, checkpoint=note))

    report = judged(files)

    assert report.state == "pending"
    assert "witnesses" in report.pending


def test_a_checkpoint_of_another_origin_is_not_this_log_s() -> None:
    """The same key under another name is another log, which the federation does not list."""
    files = unpack(stamped_package())
    proof = parse_proof(files[PROOF_FILE])
    lines = proof.checkpoint.split(b"\n")
    other = dataclasses.replace(LOG, name="WAHA/log/civ")
    body = b"\n".join([b"WAHA/log/civ", *lines[1:3], b""])
    note = sign_note(Checkpoint.parse(body), signer=other)
    files[PROOF_FILE] = encode_proof(dataclasses.replace(proof, checkpoint=note))

    assert "does not name this log" in texts(judged(files))


@pytest.mark.parametrize("typ", ["taysir-manifest+jws", "taysir-statement+jws", "JWT"])
def test_a_signature_made_for_another_purpose_does_not_count(typ: str) -> None:
    """Each kind of document has a type of its own inside the signature."""
    files = unpack(stamped_package())
    manifest = files["manifest.json"]
    signer = logged_country().signers[TRF]
    head, _, signature = sign_compact(manifest, signer=signer, header={"typ": typ}).split(b".")
    forged = {**files, "manifest.jws": head + b".." + signature}

    report = verify_package(pack(forged), anchor=ANCHOR)

    assert not report.valid
    assert "manifest.jws" in texts(report)


def test_the_summary_shows_what_would_hide_or_turn_text_round() -> None:
    """A name with a right-to-left override reads as another name; it is shown as what it is."""
    assert shown("/persons/\u202e7001") == "/persons/\\u202E7001"
    assert shown("a\u2066b\u2069c\u200bd\x00e") == "a\\u2066b\\u2069c\\u200Bd\\u0000e"
    assert shown("وزارة الداخلية") == "وزارة الداخلية"


def test_a_revocation_list_from_before_others_saw_the_statements_says_too_little() -> None:
    """Whoever dates a statement back would put the list of that day beside it."""
    files = unpack(stamped_package())
    assert judged(dict(files)).pending == ()
    early = Validity(start=NOW - timedelta(minutes=1), end=NOW + timedelta(seconds=6))
    root = logged_country().authority.root
    files[STATUS_FILE] = issue_crl(root, revoked=[], number=1, validity=early)

    report = judged(files)

    assert report.valid
    assert report.pending == ("status",)


def test_the_authority_s_file_holds_its_certificate_and_nothing_else() -> None:
    """What stands behind a certificate in its file is read by people and by no program."""
    files = unpack(stamped_package())
    files["authority.pem"] += b"the answer was: alive\n"

    assert not judged(files).valid
