"""A running node packs its closed segments by itself, beside its work, and gives way."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.journal_lock import PACK_LOCK, JournalLock, packing_stopped
from taysir.exchange.journal_pack import ASK, pack_journal, waiting_segments
from taysir.exchange.journal_packer import JournalPacker, rest
from taysir.exchange.segments_reading import segment_files
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from tests.exchange.test_segments_packed import all_records, exchange, fill

PATIENCE_S = 60


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again; the one that is waited for gives no signal."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + PATIENCE_S
    for pause in chain([0.0], repeat(0.01)):
        await asyncio.sleep(pause)
        if holds():
            return
        assert loop.time() < give_up


async def stop(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def plain(folder: Path) -> int:
    return sum(file.suffix == ".segment" for file in segment_files(folder / "segments"))


def test_closed_segments_are_packed_while_the_node_writes(tmp_path: Path) -> None:
    fill(tmp_path)
    before = all_records(tmp_path)

    async def run() -> JournalPacker:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        packer = JournalPacker(tmp_path, count=lambda: journal.count, look_s=0.01)
        running = asyncio.create_task(packer.run())
        await until(lambda: packer.packed.segments > 2 and packer.waiting == 0)
        assert journal.find("e-3")[0].exchange_id == "e-3"
        chance = random.Random(3)
        segments = packer.packed.segments
        for number in range(300, 360):
            await journal.append(exchange(number, chance))
        await until(lambda: packer.packed.segments > segments and packer.waiting == 0)
        await stop(running)
        await journal.close()
        return packer

    packer = asyncio.run(run())
    assert plain(tmp_path) == 1
    assert all_records(tmp_path)[: len(before)] == before
    assert check_node(tmp_path).clean
    lines = packer.metrics()
    saved = packer.packed.bytes_before - packer.packed.bytes_after
    assert saved > 0
    assert f"taysir_journal_packing_saved_bytes_total {saved}" in lines
    assert "taysir_journal_segments_waiting 0" in lines
    assert "taysir_journal_packing_failures_total 0" in lines


def test_packing_rests_longer_the_more_calls_come_in() -> None:
    busy = limits.JOURNAL_PACK_BUSY_PER_S
    assert rest(records=busy, seconds=1.0) == limits.JOURNAL_PACK_QUICK_S
    assert rest(records=busy + 1, seconds=1.0) == limits.JOURNAL_PACK_SLOW_S


def test_a_node_that_stops_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    fill(tmp_path)
    before = all_records(tmp_path)

    async def run() -> None:
        packer = JournalPacker(tmp_path, count=lambda: 0)
        running = asyncio.create_task(packer.run())
        await until(lambda: any((tmp_path / "segments").glob("*.draft")))
        await stop(running)

    asyncio.run(run())
    assert check_node(tmp_path).clean
    assert all_records(tmp_path) == before


def test_a_damaged_segment_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    fill(tmp_path)
    file = segment_files(tmp_path / "segments")[0]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    async def run() -> JournalPacker:
        packer = JournalPacker(tmp_path, count=lambda: 0)
        running = asyncio.create_task(packer.run())
        await until(lambda: packer.failures > 0)
        await stop(running)
        return packer

    packer = asyncio.run(run())
    assert packer.packed.segments == 0
    assert packer.waiting > 0
    assert file.read_bytes() == bytes(data)


def test_nothing_is_packed_while_a_backup_copies(tmp_path: Path) -> None:
    fill(tmp_path)
    waiting = len(waiting_segments(tmp_path / "segments"))

    async def run() -> JournalPacker:
        packer = JournalPacker(tmp_path, count=lambda: 0, look_s=0.01)
        with packing_stopped(tmp_path):
            running = asyncio.create_task(packer.run())
            await until(lambda: packer.waiting > 0)
            await packer._pack()  # one whole run of the process
            assert (packer.packed.segments, packer.failures) == (0, 0)
            assert len(waiting_segments(tmp_path / "segments")) == waiting
        await until(lambda: packer.waiting == 0)
        await stop(running)
        return packer

    assert asyncio.run(run()).packed.segments == waiting


def test_packing_gives_way_to_a_backup_at_its_next_step(tmp_path: Path) -> None:
    fill(tmp_path)
    steps = 0

    def pace() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            # Held by somebody who now waits for the packing to end.
            wishes.append(JournalLock(tmp_path, wait_s=0, name="pack.wish"))

    wishes: list[JournalLock] = []
    with pytest.raises(Problem, match="EXC-0802"):
        pack_journal(tmp_path, pace=pace)
    assert steps == 3
    JournalLock(tmp_path, wait_s=0, name=PACK_LOCK).release()
    wishes[0].release()
    assert check_node(tmp_path).clean
    assert pack_journal(tmp_path).segments > 0


@pytest.mark.parametrize("steps", [0, 1, 2, 4, 9])
def test_a_killed_packing_loses_nothing_and_the_next_one_clears_up(
    tmp_path: Path, steps: int
) -> None:
    fill(tmp_path)
    before = all_records(tmp_path)
    words = [sys.executable, "-m", "taysir.exchange.journal_pack", str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        granted = 0
        for line in process.stdout:
            if line == ASK and granted == steps:
                break
            if line == ASK:
                granted += 1
                process.stdin.write(b".")
                process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert all_records(tmp_path) == before
    assert {fault.problem.code for fault in check_node(tmp_path).faults} <= {"EXC-0812"}
    pack_journal(tmp_path)
    assert check_node(tmp_path).clean
    assert all_records(tmp_path) == before
    assert plain(tmp_path) == 1


def test_the_process_ends_when_its_node_does(tmp_path: Path) -> None:
    fill(tmp_path)
    words = [sys.executable, "-m", "taysir.exchange.journal_pack", str(tmp_path)]
    done = subprocess.run(
        words, input=b"...", stdout=subprocess.PIPE, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stdout) == (0, ASK * 4)
    assert check_node(tmp_path).clean
