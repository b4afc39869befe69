"""A backup is made while the node writes, comes back whole, and brings back nothing erased."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sqlite3
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.backup import Restored, back_up, restore
from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.journal_lock import PACK_LOCK, JournalLock
from taysir.exchange.journal_pack import pack_journal
from taysir.exchange.model import BodyState, StoredExchange
from taysir.kernel.errors import Problem
from tests.examples import examples
from tests.exchange.test_erasure import BODY, about
from tests.exchange.test_fsck import fill


def keep(node: Path, place: Path, name: str = "b.tar") -> tuple[Path, Path]:
    file, keys = place / name, place / "keys.tar"
    back_up(node, file=file, keys_file=keys, now_ms=7)
    return file, keys


def bring_back(node: Path, file: Path, keys: Path | None, target: Path) -> Restored:
    return restore(file, folder=target, keys_file=keys, body_key=node / "bodies.key")


def exchanges(folder: Path) -> dict[str, StoredExchange]:
    async def run() -> dict[str, StoredExchange]:
        journal = Journal(folder, segment_bytes=1 << 13)
        kept = {one.exchange_id: one for one in journal.exchanges()}
        await journal.close()
        return kept

    return asyncio.run(run())


def test_what_was_durable_before_a_backup_is_in_it_while_the_node_writes_on(
    tmp_path: Path,
) -> None:
    node, file, keys = tmp_path / "node", tmp_path / "b.tar", tmp_path / "keys.tar"

    async def run() -> tuple[int, int]:
        journal = Journal(node, segment_bytes=1 << 14)
        stop, busy, numbers = asyncio.Event(), asyncio.Event(), iter(range(10**9))

        async def load() -> None:
            while not stop.is_set():
                if await journal.append(about(f"s-{next(numbers) % 7}", next(numbers))) > 200:
                    busy.set()

        writers = [asyncio.create_task(load()) for _ in range(8)]
        await busy.wait()
        before = journal.count
        manifest = await asyncio.to_thread(back_up, node, file=file, keys_file=keys, now_ms=7)
        stop.set()
        await asyncio.gather(*writers)
        await journal.close()
        return before, manifest.records

    before, records = asyncio.run(run())
    assert records >= before
    restored = bring_back(node, file, keys, tmp_path / "back")
    assert (restored.report.clean, restored.report.records) == (True, records)
    kept = exchanges(tmp_path / "back")
    assert len(kept) == records
    assert {one.response_body for one in kept.values()} == {BODY}
    every = exchanges(node)
    assert all(every[number] == one for number, one in kept.items())


def test_a_restored_node_goes_on_where_it_was(tmp_path: Path) -> None:
    node, back = tmp_path / "node", tmp_path / "back"
    fill(node)
    bring_back(node, *keep(node, tmp_path), target=back)

    async def go_on() -> int:
        journal = Journal(back, segment_bytes=1 << 13)
        position = await journal.append(about("s-9", 99))
        await journal.close()
        return position

    assert asyncio.run(go_on()) == 40
    assert check_node(back).clean


def test_neither_an_old_journal_nor_old_keys_bring_back_what_was_erased(tmp_path: Path) -> None:
    node = tmp_path / "node"
    fill(node)
    old, keys = keep(node, tmp_path, "old.tar")
    old_keys = tmp_path / "old-keys.tar"
    shutil.copy(keys, old_keys)

    async def erase() -> None:
        journal = Journal(node, segment_bytes=1 << 13)
        await journal.erase("s-1", reason="order", at_ms=5, number="x-1")
        await journal.close()

    asyncio.run(erase())
    new, keys = keep(node, tmp_path, "new.tar")

    old_journal = tmp_path / "old-journal"
    assert bring_back(node, old, keys, old_journal).report.clean
    with_old_keys = tmp_path / "with-old-keys"
    done = bring_back(node, new, old_keys, with_old_keys)
    assert [(f.problem.code, f.repaired) for f in done.report.faults] == [("EXC-0815", True)]
    for place in (old_journal, with_old_keys):
        states = {one.subject: one.bodies for one in exchanges(place).values() if one.consumer}
        assert states.pop("s-1") is BodyState.ERASED
        assert set(states.values()) == {BodyState.KEPT}


def test_without_the_keys_every_proof_comes_back_and_bodies_are_named_as_lost(
    tmp_path: Path,
) -> None:
    node = tmp_path / "node"
    fill(node)
    file, _keys = keep(node, tmp_path)
    done = restore(file, folder=tmp_path / "back")
    assert [fault.problem.code for fault in done.report.faults] == ["EXC-0814"]
    assert done.report.records == 40
    kept = exchanges(tmp_path / "back")
    assert {one.request for one in kept.values()} == {b"request"}


def test_agreements_and_databases_come_along_and_secrets_do_not(tmp_path: Path) -> None:
    node, back = tmp_path / "node", tmp_path / "back"
    fill(node)
    (node / "agreements" / "x").mkdir(parents=True)
    (node / "agreements" / "x" / "1.end.jws").write_bytes(b"signed")
    (node / "tls.key").write_bytes(b"secret-1")
    (node / "signing.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\nsecret-2")
    with contextlib.closing(sqlite3.connect(node / "archive.sqlite")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (a)")
        database.execute("INSERT INTO t VALUES (1)")
        database.commit()
        file, keys = keep(node, tmp_path)
    bring_back(node, file, keys, back)
    assert (back / "agreements" / "x" / "1.end.jws").read_bytes() == b"signed"
    with contextlib.closing(sqlite3.connect(back / "archive.sqlite")) as database:
        assert database.execute("SELECT a FROM t").fetchall() == [(1,)]
    with tarfile.open(file) as tar:
        names = set(tar.getnames())
    assert not names & {
        "tls.key",
        "signing.pem",
        "bodies.key",
        "index.sqlite",
        "journal.lock",
        "pack.lock",
    }
    secrets = (node / "bodies.key").read_bytes(), b"secret-1", b"secret-2", BODY
    assert not any(secret in kept.read_bytes() for secret in secrets for kept in (file, keys))


@examples(15)
@given(where=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_a_changed_bit_in_a_backup_is_never_restored_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    place = tmp_path_factory.mktemp("backup")
    fill(place / "node")
    file, keys = keep(place / "node", place)
    kept = exchanges(place / "node")
    data = bytearray(file.read_bytes())
    data[int(len(data) * where)] ^= 1 << bit
    file.write_bytes(data)
    # Padding and names of owners in the tar file carry nothing.
    with contextlib.suppress(Problem):
        assert bring_back(place / "node", file, keys, place / "back").report.clean
        assert exchanges(place / "back") == kept


def test_a_packed_journal_comes_back_and_none_is_packed_meanwhile(tmp_path: Path) -> None:
    node = tmp_path / "node"
    fill(node)
    kept = exchanges(node)
    assert pack_journal(node).segments > 0
    file, keys = keep(node, tmp_path)
    assert bring_back(node, file, keys, tmp_path / "back").report.clean
    assert exchanges(tmp_path / "back") == kept
    with JournalLock(node, wait_s=0, name=PACK_LOCK), pytest.raises(Problem, match="EXC-0802"):
        pack_journal(node)


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path: Path) -> None:
    node = tmp_path / "node"
    fill(node)
    file, keys = keep(node, tmp_path)
    with pytest.raises(Problem, match="EXC-0803"):
        bring_back(node, file, keys, node)


@pytest.mark.parametrize("data", [b"", b"garbage" * 200])
def test_what_is_no_backup_is_named(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(data)
    with pytest.raises(Problem, match=r"EXC-0803.*it is no tar file"):
        restore(file, folder=tmp_path / "back")


def test_a_backup_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"EXC-0803.*No such file or directory"):
        restore(tmp_path / "none.tar", folder=tmp_path / "back")


def test_after_a_failed_restore_the_folder_is_empty_again(tmp_path: Path) -> None:
    """So that the next attempt, with the right keys, may use it."""
    node = tmp_path / "node"
    fill(node)
    file, keys = keep(node, tmp_path)
    keys.write_bytes(b"garbage")
    back = tmp_path / "back"
    with pytest.raises(Problem, match="EXC-0803"):
        restore(file, folder=back, keys_file=keys)
    assert list(back.iterdir()) == []
    assert restore(file, folder=back).manifest.records > 0


def test_what_is_no_node_cannot_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="EXC-0805"):
        keep(tmp_path, tmp_path)


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    node, file = tmp_path / "node", tmp_path / "node.tar"
    fill(node, erase=True)
    app = build_app(["backup", "restore"])
    made = CliRunner().invoke(app, ["backup", str(node), "-o", str(file), "--json"])
    said = json.loads(made.stdout)
    assert (made.exit_code, said["records"], said["keys"]) == (0, 41, f"{file}.keys")
    options = ["--keys", f"{file}.keys", "--body-key", str(node / "bodies.key"), "--json"]
    back = CliRunner().invoke(app, ["restore", str(file), "-d", str(tmp_path / "back"), *options])
    again = json.loads(back.stdout)
    assert (back.exit_code, again["ok"], again["records"]) == (0, True, 41)
    assert (again["chain"], again["keys_as_of"]) == (said["chain"], 41)
    plain = CliRunner().invoke(app, ["restore", str(file), "-d", str(tmp_path / "third")])
    assert plain.exit_code == 2
    assert "EXC-0814" in plain.output
