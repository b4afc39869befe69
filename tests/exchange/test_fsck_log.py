"""fsck finds a journal that does not lead to what the transparency log has signed."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.backup import back_up, restore
from taysir.exchange.fsck_log import LogCheck
from taysir.exchange.journal import Journal
from taysir.exchange.log import LeafMaker, TransparencyLog
from taysir.exchange.log_setup import read_note_signer, write_note_key
from taysir.exchange.settings import KeyPair, LogSettings, NodeSettings
from tests.exchange.test_erasure import about


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A stopped node with a journal and a signed log."""

    settings: NodeSettings
    file: Path

    def fsck(self) -> tuple[int, list[str]]:
        """Run the command and return its exit code and the codes of its faults."""
        arguments = ["fsck", self.settings.folder, "--settings", str(self.file), "--json"]
        result = CliRunner().invoke(build_app(["fsck"]), arguments)
        return result.exit_code, [fault["code"] for fault in json.loads(result.stdout)["faults"]]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """A node whose log has signed twelve of fifteen records."""
    key, salt = tmp_path / "log.pem", tmp_path / "salt"
    write_note_key(key, key=ed25519.Ed25519PrivateKey.generate())
    salt.write_bytes(bytes(range(32)))
    pair = KeyPair(certificate="", key="")
    settings = NodeSettings(
        name="n",
        zone="z",
        folder=str(tmp_path / "node"),
        host="127.0.0.1",
        face_port=1,
        admin_port=2,
        peer_port=3,
        tls=pair,
        tls_authorities="",
        members={},
        services={},
        subject_key="",
        federation_url="",
        authority_certificate="",
        agreements="",
        log=LogSettings(
            port=0, origin="log/n", key=str(key), witness_name="w", witness_key="", salt=str(salt)
        ),
    )

    async def fill() -> None:
        journal = Journal(tmp_path / "node")
        await journal.append_many([about(f"s-{n}", n) for n in range(12)])
        log = TransparencyLog(
            tmp_path / "node" / "transparency" / "log",
            signer=read_note_signer(str(key), name="log/n"),
            leaves=LeafMaker(salt.read_bytes()),
            journal=journal,
        )
        assert log.publish()
        await journal.append_many([about("s-1", n) for n in range(12, 15)])
        await journal.close()

    asyncio.run(fill())
    file = tmp_path / "settings.json"
    file.write_bytes(msgspec.json.encode(settings))
    return Logged(settings=settings, file=file)


def test_a_journal_that_leads_to_the_signed_root_is_clean(logged: Logged) -> None:
    assert logged.fsck() == (0, [])


def test_a_second_history_is_found(logged: Logged, tmp_path: Path) -> None:
    """A journal with a whole chain and a whole index, and still not the one that was signed."""
    forged = tmp_path / "forged"

    async def forge() -> None:
        journal = Journal(forged)
        await journal.append_many([about(f"s-{n}", n) for n in range(14)])
        await journal.append(msgspec.structs.replace(about("s-1", 3), request=b"another"))
        await journal.close()

    async def forge_early() -> None:
        journal = Journal(forged)
        changed = msgspec.structs.replace(about("s-3", 3), request=b"another")
        await journal.append_many([about("s-0", 0), changed, *(about("s-1", n) for n in range(12))])
        await journal.close()

    for history, code in ((forge, 0), (forge_early, 2)):
        shutil.rmtree(forged, ignore_errors=True)
        asyncio.run(history())
        shutil.copytree(Path(logged.settings.folder) / "transparency", forged / "transparency")
        settings = msgspec.structs.replace(logged.settings, folder=str(forged))
        logged.file.write_bytes(msgspec.json.encode(settings))
        again = Logged(settings=settings, file=logged.file)
        assert again.fsck() == (code, ["EXC-0817"] if code else [])


def test_fewer_records_than_were_signed_are_found(logged: Logged) -> None:
    check = LogCheck(logged.settings)
    [problem] = check.faults(records=11)
    assert (problem.code, "12" in str(problem.params["reason"])) == ("EXC-0817", True)


@pytest.mark.parametrize("replacement", [b"garbage", b"log/n\n12\nAAAA\n\n"])
def test_a_checkpoint_that_was_not_signed_is_found(logged: Logged, replacement: bytes) -> None:
    checkpoint = Path(logged.settings.folder) / "transparency" / "log" / "checkpoint"
    checkpoint.write_bytes(replacement)
    code, faults = logged.fsck()
    assert code == 2
    assert set(faults) == {"EXC-0817"}


def test_another_log_key_is_found(logged: Logged) -> None:
    assert logged.settings.log is not None
    key = ed25519.Ed25519PrivateKey.generate()
    write_note_key(Path(logged.settings.log.key), key=key)
    assert logged.fsck() == (2, ["EXC-0817"])


def test_a_restored_log_is_checked_against_the_restored_journal(
    logged: Logged, tmp_path: Path
) -> None:
    node, file = Path(logged.settings.folder), tmp_path / "b.tar"
    back_up(node, file=file, keys_file=tmp_path / "keys.tar", now_ms=7)
    given = {"keys_file": tmp_path / "keys.tar", "body_key": node / "bodies.key"}
    whole = restore(file, folder=tmp_path / "back", settings=logged.settings, **given)
    assert whole.report.clean
    assert logged.settings.log is not None
    write_note_key(Path(logged.settings.log.key), key=ed25519.Ed25519PrivateKey.generate())
    other = restore(file, folder=tmp_path / "other", settings=logged.settings, **given)
    assert [fault.problem.code for fault in other.report.faults] == ["EXC-0817"]
