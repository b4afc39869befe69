"""The how-to's plain OpenSSL commands verify a package, and fail for a changed one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from taysir.exchange.evidence_log import PROOF_FILE, STAMP_FILE, STATUS_FILE
from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.package import pack, unpack
from taysir.kernel.tlog_proof import encode_proof, parse_proof
from tests.exchange.logged_country import logged_country, make, packed, stamped_package
from tests.exchange.test_evidence_log import resealed

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGE, ARABIC_PAGE = HOWTO / "verify-with-openssl.md", HOWTO / "verify-with-openssl.ar.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TOOLS = ("openssl", "unzip", "sha256sum", "base64", "awk", "od")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="a tool of the page is missing"
)


def by_hand(folder: Path, package: bytes) -> subprocess.CompletedProcess[str]:
    """Run every block of the page on a package, as a reader would."""
    script = "\n".join(BLOCK.findall(PAGE.read_text("utf-8")))
    (folder / "evidence.zip").write_bytes(package)
    anchor = certificate_pem(logged_country().authority.root.certificate_der)
    (folder / "authority.pem").write_bytes(anchor)
    return subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_commands_of_the_page_verify_a_package(tmp_path: Path) -> None:
    """Signature, chain, bodies, agreement, federation, status, log, witnesses, time: all hold."""
    run = by_hand(tmp_path, stamped_package())

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("Verified OK") >= 5
    assert "record 7 of 11 is under the checkpoint" in run.stdout
    assert run.stdout.count("Signature Verified Successfully") == 3
    assert "Nov 24 09:00:10 2026 GMT" in run.stdout
    assert "Verification: OK" in run.stdout + run.stderr


def test_both_languages_have_the_same_commands() -> None:
    """Whoever reads Arabic runs what is tested."""
    english, arabic = (BLOCK.findall(page.read_text("utf-8")) for page in (PAGE, ARABIC_PAGE))

    assert arabic == english


def test_a_package_without_bodies_is_verified_by_hand(tmp_path: Path) -> None:
    """What is left out is not asked for."""
    run = by_hand(tmp_path, packed(make(), bodies=False))

    assert run.returncode == 0, run.stdout + run.stderr
    assert "response.body" not in run.stdout


def _body(files: dict[str, bytes]) -> None:
    files["response.body"] = files["response.body"].replace(b"alive", b"other")


def _signature(files: dict[str, bytes]) -> None:
    token = bytearray(files["request.jws"])
    token[-10] ^= 1
    files["request.jws"] = bytes(token)


def _answer(files: dict[str, bytes]) -> None:
    """The answer of another exchange, signed by the right member."""
    other = make(request={"id": "3f0c5a8e-0000-4000-8000-000000000002"})
    files["response.jws"] = other.record.response


def _proof(files: dict[str, bytes]) -> None:
    proof = parse_proof(files[PROOF_FILE])
    hashes = (bytes(32), *proof.hashes[1:])
    files[PROOF_FILE] = encode_proof(
        type(proof)(
            index=proof.index, hashes=hashes, checkpoint=proof.checkpoint, extra=proof.extra
        )
    )


def _witness(files: dict[str, bytes]) -> None:
    proof = files[PROOF_FILE]
    lines = proof.split(b"\n")
    files[PROOF_FILE] = b"\n".join(lines[:-2]) + b"\n"


def _stamp(files: dict[str, bytes]) -> None:
    made = make()
    made.journal.rows.pop()
    files[STAMP_FILE] = unpack(packed(made))[STAMP_FILE]


def _status(files: dict[str, bytes]) -> None:
    data = bytearray(files[STATUS_FILE])
    data[-1] ^= 1
    files[STATUS_FILE] = bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize("change", [_body, _signature, _answer, _proof, _witness, _stamp, _status])
def test_a_forged_package_fails_by_hand(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    """Each forgery, sealed anew by the producer itself, ends the script with an error."""
    files = unpack(stamped_package())
    change(files)

    assert by_hand(tmp_path, resealed(files)).returncode != 0


def test_a_changed_file_is_not_in_the_manifest(tmp_path: Path) -> None:
    """The second step already stops at a file whose hash is another."""
    files = unpack(stamped_package())
    _body(files)

    run = by_hand(tmp_path, pack(files))

    assert run.returncode != 0
    assert "response.body: as listed" not in run.stdout
