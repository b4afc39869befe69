"""The journal's ground: whole after every crash, and no changed byte goes unnoticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.errors import EXC_JOURNAL_DAMAGED
from taysir.exchange.journal_store import GENESIS, Place, chain_hash
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_reading import verify_segments
from taysir.kernel.errors import Problem
from tests.examples import examples

SMALL = 4096


def filled(folder: Path, *, batches: int = 6) -> list[bytes]:
    """Write batches of three records over several segments and return the payloads."""
    store = SegmentStore(folder, segment_bytes=SMALL)
    written = []
    for number in range(batches):
        batch = [b"%d-%d " % (number, item) * 60 for item in range(3)]
        store.append(batch)
        written += batch
    store.close()
    return written


def payloads(folder: Path) -> list[bytes]:
    store = SegmentStore(folder, segment_bytes=SMALL)
    try:
        return [record.payload for record in store.records()]
    finally:
        store.close()


def test_records_come_back_in_order_over_segments(tmp_path: Path) -> None:
    written = filled(tmp_path)
    assert len(list(tmp_path.glob("*.segment"))) > 1
    assert payloads(tmp_path) == written
    assert verify_segments(tmp_path) == len(written)


def test_a_reopened_store_goes_on_with_position_and_chain(tmp_path: Path) -> None:
    written = filled(tmp_path)
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    added = store.append([b"next"])
    assert added.position == len(written)
    assert store.read(Place(added.segment, added.offsets[0])) == b"next"
    assert [later.payload for later in store.records(start=added.position)] == [b"next"]
    store.close()
    assert verify_segments(tmp_path) == len(written) + 1


def test_a_batch_larger_than_a_segment_gets_one_of_its_own(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    store.append([b"small"])
    store.append([b"x" * (3 * SMALL)])
    store.append([b"small again"])
    store.close()
    assert [len(payload) for payload in payloads(tmp_path)] == [5, 3 * SMALL, 11]


@pytest.mark.parametrize("cut", [1, 9, 60, 200])
def test_a_torn_last_batch_is_forgotten_whole(tmp_path: Path, cut: int) -> None:
    store = SegmentStore(tmp_path, segment_bytes=1 << 14)
    store.append([b"kept"])
    torn = store.append([b"a" * 100, b"b" * 100])
    store.close()
    [file] = tmp_path.glob("*.segment")
    start = torn.offsets[0]
    data = bytearray(file.read_bytes())
    data[start + cut : start + 300] = bytes(300 - cut)
    file.write_bytes(data)
    assert payloads(tmp_path) == [b"kept"]
    store = SegmentStore(tmp_path, segment_bytes=1 << 14)
    store.append([b"after"])
    store.close()
    assert payloads(tmp_path) == [b"kept", b"after"]


@examples(40)
@given(where=st.floats(min_value=0, max_value=0.999), bit=st.integers(0, 7))
def test_a_changed_bit_before_the_last_batch_is_found(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("segments")
    written = filled(folder)
    first = min(folder.glob("*.segment"))
    data = bytearray(first.read_bytes())
    used = len(bytes(data).rstrip(b"\0"))
    data[int(used * where)] ^= 1 << bit
    first.write_bytes(data)
    with pytest.raises(Problem) as found:
        assert verify_segments(folder) == len(written)
    assert found.value.kind is EXC_JOURNAL_DAMAGED


def test_the_chain_follows_from_the_payloads_alone(tmp_path: Path) -> None:
    written, chain = filled(tmp_path), GENESIS
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    for record, payload in zip(store.records(), written, strict=True):
        chain = chain_hash(chain, payload)
        assert record.chain == chain
    assert store.chain == chain
    store.close()


@examples(40)
@given(where=st.floats(min_value=0, max_value=0.999), bit=st.integers(0, 7))
def test_a_changed_bit_in_the_open_segment_is_no_torn_end(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    """Whatever stands before a whole batch was durable, so it is damage and nothing is dropped."""
    folder = tmp_path_factory.mktemp("segments")
    store = SegmentStore(folder, segment_bytes=1 << 14)
    store.append([b"first" * 50] * 3)
    last = store.append([b"last" * 50])
    store.close()
    [file] = folder.glob("*.segment")
    data = bytearray(file.read_bytes())
    data[int((last.offsets[0] - 60) * where)] ^= 1 << bit
    file.write_bytes(data)
    with pytest.raises(Problem) as found:
        SegmentStore(folder, segment_bytes=1 << 14)
    assert found.value.kind is EXC_JOURNAL_DAMAGED


SECTOR = 512


@examples(40)
@given(kept=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_power_cut_leaves_the_last_batch_whole_or_not_there(
    tmp_path_factory: pytest.TempPathFactory, kept: list[bool]
) -> None:
    """A disk writes sectors in any order; what it had not synced may be there in part."""
    folder = tmp_path_factory.mktemp("segments")
    store = SegmentStore(folder, segment_bytes=1 << 14)
    before = [b"durable" * 100] * 3
    store.append(before)
    [file] = folder.glob("*.segment")
    synced = file.read_bytes()
    last = [b"told nobody" * 60] * 6
    store.append(last)
    store.close()
    written, cut = file.read_bytes(), bytearray(synced)
    changed = [
        at for at in range(0, len(written), SECTOR) if written[at:][:SECTOR] != synced[at:][:SECTOR]
    ]
    for at, is_kept in zip(changed, kept, strict=False):
        if is_kept:
            cut[at : at + SECTOR] = written[at : at + SECTOR]
    file.write_bytes(cut)
    whole = bytes(cut) == written
    assert payloads(folder) == before + (last if whole else [])
    store = SegmentStore(folder, segment_bytes=1 << 14)
    store.append([b"next"])
    store.close()
    assert verify_segments(folder) == len(before) + (len(last) if whole else 0) + 1


def test_a_missing_segment_is_found(tmp_path: Path) -> None:
    filled(tmp_path, batches=15)
    sorted(tmp_path.glob("*.segment"))[1].unlink()
    with pytest.raises(Problem) as found:
        verify_segments(tmp_path)
    assert found.value.kind is EXC_JOURNAL_DAMAGED


def test_a_failed_write_counts_for_nothing_and_the_next_one_goes_on(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    store.append([b"one"])
    # The next segment cannot be made while a folder stands where its draft would be.
    obstacle = tmp_path / "00000002.draft"
    obstacle.mkdir()
    with pytest.raises(Problem) as refused:
        store.append([b"x" * SMALL])
    assert refused.value.code == "EXC-0130"
    obstacle.rmdir()
    store.append([b"two"])
    store.append([b"y" * SMALL])
    store.close()
    assert [payload[:3] for payload in payloads(tmp_path)] == [b"one", b"two", b"yyy"]


WRITER = """
import sys
from pathlib import Path
from taysir.exchange.segments import SegmentStore
store = SegmentStore(Path(sys.argv[1]), segment_bytes=65536)
while True:
    written = store.append([b"%d" % store.next_position + bytes(500)] * 3)
    sys.stdout.write(f"{written.position + 2}\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("reported", [1, 40, 150])
def test_kill_9_loses_nothing_that_was_reported_as_durable(tmp_path: Path, reported: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd() / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as writer:
        assert writer.stdout is not None
        for _ in range(reported):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().decode().split()
    last = int(rest[-1]) if rest and rest[-1].isdigit() else reported * 3 - 1
    assert verify_segments(tmp_path) >= min(last, reported * 3 - 1) + 1
    store = SegmentStore(tmp_path, segment_bytes=65536)
    store.append([b"after"])
    store.close()
    assert payloads(tmp_path)[-1] == b"after"


def test_room_for_the_next_segment_is_taken_when_one_is_half_full(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    spare = tmp_path / "next.spare"
    store.append([b"x" * 1000])
    store.prepare()
    assert not spare.exists()
    store.append([b"y" * 1500])
    store.prepare()
    assert spare.stat().st_blocks * 512 >= SMALL
    store.append([b"z" * 2000])
    assert not spare.exists()
    store.append([b"w" * 2000])
    store.prepare()
    store.close()
    assert [payload[:1] for payload in payloads(tmp_path)] == [b"x", b"y", b"z", b"w"]
    assert verify_segments(tmp_path) == 4


def test_without_room_the_store_says_so_before_anything_is_lost(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path, segment_bytes=SMALL)
    store.append([b"x" * 3000])
    (tmp_path / "next.spare").mkdir()
    assert [store.lacks_room] == [True]
    with pytest.raises(Problem, match="EXC-0130"):
        store.prepare()
    assert store.append([b"y" * 500]).position == 1
    (tmp_path / "next.spare").rmdir()
    store.prepare()
    assert [store.lacks_room] == [False]
    store.close()
    assert verify_segments(tmp_path) == 2


def test_room_that_a_crash_left_half_prepared_is_prepared_again(tmp_path: Path) -> None:
    """What another process had begun to reserve is taken over and finished."""
    (tmp_path / "making.spare").write_bytes(b"x" * 100)
    store = SegmentStore(tmp_path, segment_bytes=1 << 20)
    store.append([b"r" * 600_000])
    for _ in range(4):
        store.prepare()
    assert not store.lacks_room
    store.append([b"s" * 600_000])
    assert [record.payload[:1] for record in store.records()] == [b"r", b"s"]
    store.close()
    assert verify_segments(tmp_path) == 2
