"""fsck finds every kind of damage, repairs what is derived, and touches nothing unasked."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.erasure import SLOT_BYTES
from taysir.exchange.fsck import FsckReport, check_node
from taysir.exchange.index import ExchangeIndex, index_row
from taysir.exchange.journal import Journal
from taysir.exchange.journal_lock import JournalLock
from taysir.exchange.journal_store import Place
from taysir.kernel.errors import Problem
from tests.examples import examples
from tests.exchange.test_erasure import about

RECORDS = 40


def fill(folder: Path, *, erase: bool = False) -> None:
    async def run() -> None:
        journal = Journal(folder, segment_bytes=1 << 13)
        every = [about(f"s-{number % 4}", number) for number in range(RECORDS)]
        for at in range(0, RECORDS, 8):
            await journal.append_many(every[at : at + 8])
        if erase:
            await journal.erase("s-1", reason="order", at_ms=5, number="x-1")
        await journal.close()

    asyncio.run(run())


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A node's folder with a journal of several segments."""
    fill(tmp_path)
    return tmp_path


def codes(report: FsckReport) -> list[str]:
    return [fault.problem.code for fault in report.faults]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file but SQLite's passing ones and the locks, which are always empty."""
    passing = ("sqlite-", ".lock", ".wish")
    kept = (
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part in file.name for part in passing)
    )
    return {str(file): file.read_bytes() for file in kept}


def segments(node: Path) -> list[Path]:
    return sorted((node / "segments").glob("*.segment"))


def test_a_whole_node_is_clean_and_left_as_it_is(node: Path) -> None:
    before = snapshot(node)
    report = check_node(node)
    assert (report.clean, report.records) == (True, RECORDS)
    assert len(segments(node)) > 1
    assert check_node(node, repair=True).clean
    assert snapshot(node) == before


def leave_torn_batch(node: Path) -> None:
    last = segments(node)[-1]
    data = bytearray(last.read_bytes())
    end = len(bytes(data).rstrip(b"\0"))
    data[end + 8 : end + 40] = b"x" * 32
    last.write_bytes(data)


def leave_draft(node: Path) -> None:
    (node / "segments" / "00000099.draft").write_bytes(b"half")


def lose_index(node: Path) -> None:
    for file in node.glob("index.sqlite*"):
        file.unlink()


def spoil_index(node: Path) -> None:
    file = node / "index.sqlite"
    data = bytearray(file.read_bytes())
    data[4096:12288] = b"\xff" * 8192
    file.write_bytes(data)


def change_index(statement: str) -> Callable[[Path], None]:
    def change(node: Path) -> None:
        with sqlite3.connect(node / "index.sqlite") as database:
            database.execute(statement)
        database.close()

    return change


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (leave_torn_batch, "EXC-0811"),
        (leave_draft, "EXC-0812"),
        (lose_index, "EXC-0813"),
        (spoil_index, "EXC-0813"),
        (change_index("UPDATE exchange SET offset = offset + 1 WHERE position = 7"), "EXC-0813"),
        (change_index("UPDATE exchange SET subject = 1 WHERE position = 7"), "EXC-0813"),
        (change_index("DELETE FROM exchange WHERE position = 7"), "EXC-0813"),
    ],
)
def test_what_can_be_repaired_is_named_and_then_repaired(
    node: Path, spoil: Callable[[Path], None], code: str
) -> None:
    spoil(node)
    before = snapshot(node)
    found = check_node(node)
    assert (codes(found), found.whole) == ([code], False)
    assert snapshot(node) == before
    repaired = check_node(node, repair=True)
    assert (codes(repaired), repaired.whole) == ([code], True)
    assert check_node(node).clean
    assert check_node(node).records == RECORDS


def drop_segment(number: int) -> Callable[[Path], None]:
    return lambda node: segments(node)[number].unlink()


def cut_last_segments(node: Path) -> None:
    for file in segments(node)[1:]:
        file.unlink()


@pytest.mark.parametrize(
    "spoil", [drop_segment(0), drop_segment(1), drop_segment(-1), cut_last_segments]
)
def test_lost_records_are_named_and_no_repair_hides_them(
    node: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(node)
    assert "EXC-0131" in codes(check_node(node))
    for _ in range(2):
        report = check_node(node, repair=True)
        assert "EXC-0131" in codes(report)
        assert not report.whole


@examples(25)
@given(where=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_a_changed_bit_anywhere_in_the_journal_is_found(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    node = tmp_path_factory.mktemp("node")
    fill(node)
    file = segments(node)[int(where * len(segments(node)))]
    data = bytearray(file.read_bytes())
    used = len(bytes(data).rstrip(b"\0"))
    data[int(used * where)] ^= 1 << bit
    file.write_bytes(data)
    assert not check_node(node).clean


def test_lost_keys_of_bodies_are_counted(node: Path) -> None:
    keys = node / "body-keys" / "keys.bin"
    data = bytearray(keys.read_bytes())
    data[SLOT_BYTES + 50] ^= 1
    keys.write_bytes(data)
    report = check_node(node, repair=True)
    [fault] = report.faults
    assert (fault.problem.code, fault.problem.params["count"]) == ("EXC-0814", RECORDS // 4)
    assert not report.whole


def test_another_node_s_key_is_named(node: Path) -> None:
    (node / "bodies.key").write_bytes(bytes(32))
    assert codes(check_node(node)) == ["EXC-0801", "EXC-0814"]


def test_keys_that_came_back_after_an_erasure_are_erased_again(tmp_path: Path) -> None:
    fill(tmp_path)
    keys = tmp_path / "body-keys" / "keys.bin"
    old = keys.read_bytes()

    async def erase() -> None:
        journal = Journal(tmp_path, segment_bytes=1 << 13)
        await journal.erase("s-1", reason="order", at_ms=5, number="x-1")
        await journal.append(about("s-1", 99))
        await journal.close()

    asyncio.run(erase())
    assert check_node(tmp_path).clean
    new = keys.read_bytes()
    keys.write_bytes(old[: 5 * SLOT_BYTES] + new[5 * SLOT_BYTES :])
    found = check_node(tmp_path)
    assert (codes(found), found.erasures) == (["EXC-0815"], 1)
    assert check_node(tmp_path, repair=True).whole
    assert check_node(tmp_path).clean
    assert keys.read_bytes() == new


def test_a_running_node_may_be_looked_at_and_not_repaired(node: Path) -> None:
    leave_torn_batch(node)
    with JournalLock(node, wait_s=0):
        assert check_node(node).clean
        with pytest.raises(Problem, match="EXC-0802"):
            check_node(node, repair=True)


def test_an_index_that_grows_while_it_is_looked_at_fits(tmp_path: Path) -> None:
    """A running node gives numbers to names that were not there when the index was opened."""
    writer, reader = (ExchangeIndex(tmp_path / "index.sqlite") for _ in range(2))
    row = index_row(about("s-1", 1), position=0, place=Place(1, 52))
    writer.add([row])
    assert reader.rows(start=0, count=1) == {0: reader.named(row)}
    writer.close()
    reader.close()


def test_a_changed_agreement_is_named(node: Path) -> None:
    place = node / "agreements" / ("0" * 64)
    place.mkdir(parents=True)
    (place / "agreement.json").write_bytes(b"{}")
    assert codes(check_node(node)) == ["EXC-0816"]


def test_another_folder_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="EXC-0805"):
        check_node(tmp_path)


def test_a_node_that_finds_damage_at_its_start_points_to_fsck(node: Path) -> None:
    drop_segment(1)(node)
    with pytest.raises(Problem) as refused:
        fill(node)
    assert refused.value.code == "EXC-0131"
    assert "taysir fsck" in refused.value.remedy("en")
    assert "taysir fsck" in refused.value.remedy("ar")


def test_the_command_tells_clean_repaired_and_damaged_apart(node: Path) -> None:
    def run(*options: str) -> tuple[int, dict[str, object]]:
        result = CliRunner().invoke(build_app(["fsck"]), ["fsck", str(node), "--json", *options])
        return result.exit_code, json.loads(result.stdout)

    code, said = run()
    assert (code, said["ok"], said["records"], said["faults"]) == (0, True, RECORDS, [])
    leave_torn_batch(node)
    assert run()[0] == 2
    code, said = run("--repair")
    assert (code, said["ok"]) == (1, True)
    assert run()[0] == 0
    drop_segment(0)(node)
    code, said = run("--repair")
    assert (code, said["ok"]) == (2, False)
    plain = CliRunner().invoke(build_app(["fsck"]), ["fsck", str(node)])
    assert plain.exit_code == 2
    assert "EXC-0131" in plain.output
