"""Third parties vouch for an exchange: log, witnesses, time and status, each checked offline."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.evidence import MANIFEST_TYPE, REDACTIONS, EvidencePackager
from taysir.exchange.evidence_log import PROOF_FILE, STAMP_FILE, STATUS_FILE
from taysir.exchange.federation import sign_federation
from taysir.exchange.package import pack, unpack
from taysir.exchange.verifier import Report, verify_package
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.certificates import load_certificate
from taysir.kernel.checkpoint import (
    COSIGNATURE,
    NoteSigner,
    cosign,
    cosignature_lines,
    open_note,
    sign_note,
    signed_by_log,
)
from taysir.kernel.errors import Problem
from taysir.kernel.signature import sign_detached
from taysir.kernel.tlog_proof import encode_proof, parse_proof
from tests.examples import examples
from tests.exchange.logged_country import logged_country, make, packed, stamped_package
from tests.exchange.logs import LOG, WITNESSES, note_signer
from tests.exchange.small_country import NOW, TRF
from tests.exchange.third_parties import ThirdParties, time_stamper

ANCHOR = logged_country().authority.root.certificate_der
STEPS = ("log", "witnesses", "time-stamp", "status")


def texts(report: Report) -> str:
    """Every finding of a report."""
    return "\n".join(f"{f.file}: {f.text['en']}" for s in report.steps for f in s.findings)


def resealed(files: dict[str, bytes]) -> bytes:
    """Files that were changed, with a manifest that the producer signed anew.

    The worst case: the member that hands out the evidence is itself the forger.
    """
    manifest = parse_json(files.pop("manifest.json"))
    files.pop("manifest.jws")
    assert isinstance(manifest, dict)
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    data = canonical_json(manifest)
    signer = logged_country().signers[TRF]
    token = sign_detached(data, signer=signer, header={"typ": MANIFEST_TYPE})
    return pack({**files, "manifest.json": data, "manifest.jws": token})


def test_a_stamped_package_is_valid_and_says_so() -> None:
    """Every step holds, nothing is pending."""
    report = verify_package(stamped_package(), anchor=ANCHOR)

    assert texts(report) == ""
    assert report.valid
    assert report.pending == ()
    assert report.state == "stamped"
    assert report.facts is not None
    assert report.facts.log is not None
    assert [w.name for w in report.facts.log.logged.witnesses] == [w.name for w in WITNESSES]


def test_the_summary_tells_position_witnesses_and_time() -> None:
    """People read in both languages what third parties vouch for."""
    files = unpack(stamped_package())

    for language in ("ar", "en"):
        page = files[f"summary.{language}.html"].decode()
        assert "WAHA/log/trf, 7 / 11" in page
        assert "WAHA/witness/civ" in page
        assert "2026-11-24T09:00:10.000Z" in page
        assert "<script" not in page


@pytest.mark.parametrize(
    ("gone", "pending"),
    [
        (["log"], STEPS),
        (["stamp"], ("time-stamp",)),
        (["witness"], ("witnesses",)),
        (["status"], ("status",)),
        (["stamp", "witness", "status"], STEPS[1:]),
    ],
)
def test_what_third_parties_have_not_said_is_pending(
    gone: list[str], pending: tuple[str, ...]
) -> None:
    """The package is valid as far as it goes, and does not pass for a stamped one."""
    report = verify_package(packed(make(), gone=gone), anchor=ANCHOR)

    assert texts(report) == ""
    assert report.valid
    assert report.pending == pending
    assert report.state == ("stamped" if pending == ("status",) else "pending")


def test_pending_is_written_into_the_summary() -> None:
    """Nobody reads a time-stamp where there is none."""
    files = unpack(packed(make(), gone=["stamp"]))

    assert "<bdi>pending</bdi>" in files["summary.en.html"].decode()
    assert "<bdi>لم يكتمل بعد</bdi>" in files["summary.ar.html"].decode()


def test_a_package_without_bodies_verifies() -> None:
    """The statements still prove the digests; every third party's word stays."""
    data = packed(make(), bodies=False)
    files = unpack(data)

    report = verify_package(data, anchor=ANCHOR)

    assert "response.body" not in files
    assert parse_json(files[REDACTIONS]) == {
        "response.body": "withheld",
        "response.headers": "withheld",
    }
    assert texts(report) == ""
    assert report.state == "stamped"


def test_taking_the_stamp_away_is_found_or_told() -> None:
    """Left out by anybody it is found; left out by the producer itself it is pending."""
    files = unpack(stamped_package())
    del files[STAMP_FILE]

    assert "missing" in texts(verify_package(pack(files), anchor=ANCHOR))
    report = verify_package(resealed(files), anchor=ANCHOR)
    assert report.state == "pending"
    assert "summary.en.html" in texts(report)


def _other_salt(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    files[PROOF_FILE] = encode_proof(_changed(proof, extra=bytes(32)))


def _no_salt(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    files[PROOF_FILE] = encode_proof(_changed(proof, extra=b""))


def _other_index(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    files[PROOF_FILE] = encode_proof(_changed(proof, index=6))


def _other_log(files: dict[str, bytes]) -> None:
    """Signed by a key that the federation does not name."""
    proof = parse_proof(files[PROOF_FILE])
    note = proof.checkpoint.replace(b"WAHA/log/trf", b"WAHA/log/xyz")
    files[PROOF_FILE] = encode_proof(_changed(proof, checkpoint=note))


def _foreign_log_key(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    point, _ = open_note(proof.checkpoint, keys=())
    other = NoteSigner(name=LOG.name, key=ed25519.Ed25519PrivateKey.from_private_bytes(b"z" * 32))
    note = sign_note(point, signer=other)
    rest = proof.checkpoint.removeprefix(signed_by_log(proof.checkpoint))
    files[PROOF_FILE] = encode_proof(_changed(proof, checkpoint=note + rest))


def _foreign_witness(files: dict[str, bytes]) -> None:
    """One true witness and one that nobody knows: not enough."""
    proof = parse_proof(files[PROOF_FILE])
    note = signed_by_log(proof.checkpoint)
    note += cosignature_lines(proof.checkpoint, keys=[WITNESSES[0].public])
    stranger = note_signer("WAHA/witness/xyz", kind=COSIGNATURE)
    note = cosign(note, signer=stranger, at=int(NOW.timestamp()) + 20)
    files[PROOF_FILE] = encode_proof(_changed(proof, checkpoint=note))


def _same_witness_twice(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    note = signed_by_log(proof.checkpoint)
    for second in (20, 21):
        note = cosign(note, signer=WITNESSES[0], at=int(NOW.timestamp()) + second)
    files[PROOF_FILE] = encode_proof(_changed(proof, checkpoint=note))


def _witness_before_signing(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    note = signed_by_log(proof.checkpoint)
    for witness in WITNESSES:
        note = cosign(note, signer=witness, at=int(NOW.timestamp()) - 3600)
    files[PROOF_FILE] = encode_proof(_changed(proof, checkpoint=note))


def _other_stamp(files: dict[str, bytes]) -> None:
    """The stamp of another checkpoint."""
    made = make()
    made.journal.rows.pop()
    files[STAMP_FILE] = unpack(packed(made))[STAMP_FILE]


def _stamp_before_signing(files: dict[str, bytes]) -> None:
    made = make()
    made.parties.wait(-60)
    proof = parse_proof(files[PROOF_FILE])
    stamper = made.parties.ports().stamper
    assert stamper is not None
    files[STAMP_FILE] = stamper.stamp(signed_by_log(proof.checkpoint))


def _stamp_of_a_stranger(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    folder = logged_country().folder / "stranger"
    stamper = ThirdParties(folder).ports().stamper
    assert stamper is not None
    files[STAMP_FILE] = stamper.stamp(signed_by_log(proof.checkpoint))


def _status_of_a_stranger(files: dict[str, bytes]) -> None:
    files[STATUS_FILE] = ThirdParties(logged_country().folder / "stranger").status().der


def _another_record(files: dict[str, bytes]) -> None:
    journal = parse_json(files["journal.json"])
    assert isinstance(journal, dict)
    journal["records"][0]["position"] = 8
    files["journal.json"] = canonical_json(journal)


def _another_node(files: dict[str, bytes]) -> None:
    journal = parse_json(files["journal.json"])
    assert isinstance(journal, dict)
    journal["node"] = "civ"
    files["journal.json"] = canonical_json(journal)


def _changed(proof: Any, **changes: Any) -> Any:
    return dataclasses.replace(proof, **changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_other_salt, "leads to another root"),
        (_no_salt, "does not disclose the salt"),
        (_other_index, "leads to another root"),
        (_other_log, "does not name this log"),
        (_foreign_log_key, "not signed by its log"),
        (_witness_before_signing, "cosigned before the statement was signed"),
        (_other_stamp, "it is over something else"),
        (_stamp_before_signing, "older than the statement"),
        (_stamp_of_a_stranger, "The time-stamp is not accepted"),
        (_status_of_a_stranger, "not signed by the authority"),
        (_another_record, "another record of the journal"),
        (_another_node, "the log of another node"),
    ],
)
def test_a_forging_producer_is_found_out(
    change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    """Even the member that signs the manifest cannot change what third parties vouch for."""
    files = unpack(stamped_package())
    change(files)

    report = verify_package(resealed(files), anchor=ANCHOR)

    assert not report.valid
    assert reason in texts(report)


@pytest.mark.parametrize("change", [_foreign_witness, _same_witness_twice])
def test_too_few_witnesses_are_pending(change: Callable[[dict[str, bytes]], None]) -> None:
    """A stranger's cosignature does not count, and nobody counts twice."""
    files = unpack(stamped_package())
    change(files)

    report = verify_package(resealed(files), anchor=ANCHOR)

    assert report.state == "pending"
    assert "witnesses" in report.pending


def _revoked(at_s: int) -> Report:
    """A package whose status list revokes the asker's certificate at a time."""
    made = make()
    serial = load_certificate(logged_country().signers[TRF].certificate_der).serial_number
    made.parties.revoked.append((serial, NOW + timedelta(seconds=at_s)))
    return verify_package(packed(made), anchor=ANCHOR)


def test_a_key_revoked_before_signing_is_found() -> None:
    """The status list tells, even where the federation document does not."""
    report = _revoked(4)

    assert not report.valid
    assert "request.jws: the evidence does not hold: its certificate was revoked" in texts(report)


def test_a_key_revoked_later_does_not_harm() -> None:
    """What others saw before stays proven."""
    assert _revoked(11).state == "stamped"


def test_a_key_revoked_before_others_saw_the_statements_leaves_them_pending() -> None:
    """A stolen key writes any time into a statement; only the signer says that it was earlier."""
    report = _revoked(9)

    assert (report.valid, report.state) == (True, "pending")
    assert report.pending == ("time-stamp",)


def test_a_later_stamp_covers_the_exchange_again() -> None:
    """Years later the newest checkpoint vouches for it, with the keys of that day."""
    place, made = logged_country(), make()

    async def run() -> list[Report]:
        keeper = made.parties.keeper()
        keeper.open(made.journal)
        await keeper.settle(7, timeout_s=10)
        made.parties.wait(300 * 86_400)
        made.journal.grow(5, at_ms=made.parties.now_ms)
        await keeper.settle(15, timeout_s=10)
        packager = EvidencePackager(
            place.source(), signers=place.signers, node="trf", prove=keeper.prove
        )
        packages = [packager([made.record], newest=newest) for newest in (False, True)]
        await keeper.close()
        return [verify_package(package, anchor=ANCHOR) for package in packages]

    first, second = asyncio.run(run())

    assert texts(first) == texts(second) == ""
    assert (first.state, second.state) == ("stamped", "stamped")
    facts = [report.facts.log for report in (first, second) if report.facts]
    assert [fact.logged.checkpoint.size for fact in facts if fact] == [11, 16]
    assert [fact.stamped_at.year for fact in facts if fact and fact.stamped_at] == [2026, 2027]


@pytest.mark.parametrize(("seconds", "valid"), [(10, False), (11, True)])
def test_a_time_stamper_revoked_before_is_found(seconds: int, valid: bool) -> None:
    """In the second of the stamp it counts as revoked, a second later it does not."""
    made = make()
    der = time_stamper(made.parties.root).certificate_der
    serial = load_certificate(der).serial_number
    made.parties.revoked.append((serial, NOW + timedelta(seconds=seconds)))

    report = verify_package(packed(made), anchor=ANCHOR)

    assert report.valid is valid
    assert ("the time-stamper's certificate was revoked" in texts(report)) is not valid


def test_a_second_history_of_the_log_convinces_nobody() -> None:
    """A log that shows another tree to a verifier finds no witness to cosign it."""
    made = make()
    packed(made)
    made.journal.rows[2] = msgspec.structs.replace(made.journal.rows[2], request=b"other")
    shutil.rmtree(made.parties.folder / "transparency")

    report = verify_package(packed(made), anchor=ANCHOR)

    assert report.state == "pending"
    assert "witnesses" in report.pending


def test_a_federation_that_does_not_name_the_log_leaves_it_out(tmp_path: Path) -> None:
    """A log that nobody can check proves nothing, so it is not in the package."""
    place, made = logged_country(), make()
    bare = msgspec.structs.replace(place.content, logs=())
    token = sign_federation(bare, serial=99, now=NOW, signer=place.authority.signer)
    shutil.copytree(place.folder / "agreements", tmp_path / "agreements")
    elsewhere = dataclasses.replace(place, folder=tmp_path, token=token)

    async def run() -> bytes:
        keeper = made.parties.keeper()
        keeper.open(made.journal)
        await keeper.settle(7, timeout_s=10)
        packager = EvidencePackager(
            elsewhere.source(), signers=place.signers, node="trf", prove=keeper.prove
        )
        package = packager([made.record])
        await keeper.close()
        return package

    data = asyncio.run(run())
    assert PROOF_FILE not in unpack(data)
    assert verify_package(data, anchor=ANCHOR).state == "pending"


@examples(40)
@given(st.data())
def test_garbage_in_a_third_partys_file_never_breaks_the_verifier(data: st.DataObject) -> None:
    """Whole files replaced by anything and sealed again: a finding, never a crash."""
    files = unpack(stamped_package())
    name = data.draw(st.sampled_from([PROOF_FILE, STAMP_FILE, STATUS_FILE, "journal.json"]))
    odd = st.binary(max_size=80) | st.sampled_from([b"{}", b"[]", b"\n\n", b"0\x03\x02\x01\x00"])
    files[name] = data.draw(odd.filter(lambda new: new != files[name]))

    with contextlib.suppress(Problem):
        assert not verify_package(resealed(files), anchor=ANCHOR).valid


@examples(40)
@given(st.data())
def test_one_bit_in_a_third_partys_file_is_found(data: st.DataObject) -> None:
    """A flipped bit under an untouched manifest is found wherever it is."""
    files = unpack(stamped_package())
    name = data.draw(st.sampled_from(sorted(set(files) - {"mimetype"})))
    changed = bytearray(files[name] or b"x")
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    files[name] = bytes(changed)

    with contextlib.suppress(Problem):
        assert not verify_package(pack(files), anchor=ANCHOR).valid


@pytest.mark.slow
@pytest.mark.parametrize("name", [PROOF_FILE, STAMP_FILE, STATUS_FILE])
def test_no_bit_of_a_third_partys_file_may_change(name: str) -> None:
    """Every byte of the files, one bit each; all other bytes are in ``test_evidence``."""
    original = stamped_package()
    start = original.index(unpack(original)[name])
    missed = []
    for place in range(start, start + len(unpack(original)[name])):
        changed = bytearray(original)
        changed[place] ^= 1 << (place % 8)
        with contextlib.suppress(Problem):
            if verify_package(bytes(changed), anchor=ANCHOR).valid:
                missed.append(place)
    assert missed == []
