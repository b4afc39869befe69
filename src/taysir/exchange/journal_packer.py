"""Keeps a running node's closed segments packed, in a process beside it.

Now and then the node looks whether a segment was closed. Then it starts ``journal_pack`` as a
process that takes only what processor and disk time nobody else wants, and lets it make one small
step after the other: quickly while the node is quiet, seldom while calls come in. Nothing of the
work is done in the node's own process, so no call ever waits for it.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.journal_lock import PACK_LOCK, JournalLock
from taysir.exchange.journal_pack import ASK, Packed, clear_leftovers, waiting_segments
from taysir.exchange.journal_store import SEGMENTS
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_STEP: Final = b"."


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the packing process: a packed segment, or why it could not go on."""

    segments: int = 0
    records: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    code: str = ""
    reason: str = ""


class JournalPacker:
    """Packs the segments of one node's folder; ``count`` says how many records there are now."""

    def __init__(
        self,
        folder: Path,
        *,
        count: Callable[[], int],
        look_s: float = limits.JOURNAL_PACK_LOOK_S,
    ) -> None:
        self._folder = folder
        self._count = count
        self._look_s = look_s
        self.packed = Packed()
        self.waiting = 0
        self.failures = 0

    async def run(self) -> None:
        """Look for closed segments and have them packed, until cancelled."""
        await asyncio.to_thread(_clear_up, self._folder)
        while True:
            failures = self.failures
            try:
                await self._look()
                if self.waiting:
                    await self._pack()
                    await self._look()
            except OSError as error:
                self.failures += 1
                log.warning("journal_packing_failed", reason=error.strerror or str(error))
            failed = self.failures > failures
            await asyncio.sleep(limits.JOURNAL_PACK_RETRY_S if failed else self._look_s)

    def metrics(self) -> list[str]:
        """Return what this shows to Prometheus, in its text form."""
        saved = self.packed.bytes_before - self.packed.bytes_after
        rows = (
            ("segments_waiting", "gauge", "Closed segments that are not packed yet.", self.waiting),
            ("segments_packed_total", "counter", "Segments packed.", self.packed.segments),
            ("packing_saved_bytes_total", "counter", "Room that packing made.", saved),
            ("packing_failures_total", "counter", "Times that packing failed.", self.failures),
        )
        lines = []
        for short, kind, text, value in rows:
            name = f"taysir_journal_{short}"
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return lines

    async def _look(self) -> None:
        found = await asyncio.to_thread(waiting_segments, self._folder / SEGMENTS)
        self.waiting = len(found)

    async def _pack(self) -> None:
        """Run the process to its end, or end it when this is cancelled."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "taysir.exchange.journal_pack", str(self._folder)),
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
        )
        try:
            await self._converse(process)
        finally:
            await self._end(process)

    async def _converse(self, process: Process) -> None:
        """Grant the steps that the process asks for, and hear what it has done."""
        if process.stdin is None or process.stdout is None:
            return
        loop = asyncio.get_running_loop()
        before, since = self._count(), loop.time()
        pause = limits.JOURNAL_PACK_QUICK_S
        async for line in process.stdout:
            if line != ASK:
                self._hear(line)
                continue
            await asyncio.sleep(pause)
            count, now = self._count(), loop.time()
            pause = rest(records=count - before, seconds=now - since)
            before, since = count, now
            process.stdin.write(_STEP)

    def _hear(self, line: bytes) -> None:
        said = msgspec.json.decode(line, type=_Said)
        if said.code:
            log.warning("journal_not_packed", code=said.code, reason=said.reason)
            return
        self.waiting -= said.segments
        self.packed = self.packed.and_also(
            Packed(
                segments=said.segments,
                records=said.records,
                bytes_before=said.bytes_before,
                bytes_after=said.bytes_after,
            )
        )

    async def _end(self, process: Process) -> None:
        """Let the process clear up and end, or kill it."""
        if process.stdin is not None:
            process.stdin.close()
        try:
            code = await asyncio.wait_for(process.wait(), limits.JOURNAL_PACK_STOP_S)
        except TimeoutError:
            process.kill()
            code = await process.wait()
        if code:
            self.failures += 1
            log.warning("journal_packing_failed", code=code)
            await asyncio.to_thread(_clear_up, self._folder)


def rest(*, records: int, seconds: float) -> float:
    """Return how long packing rests after a step in whose time so many records were written."""
    busy = records > limits.JOURNAL_PACK_BUSY_PER_S * seconds
    return limits.JOURNAL_PACK_SLOW_S if busy else limits.JOURNAL_PACK_QUICK_S


def _clear_up(folder: Path) -> None:
    """Remove what a killed packing left, unless somebody packs or copies the segments now."""
    with suppress(Problem), JournalLock(folder, wait_s=0, name=PACK_LOCK):
        clear_leftovers(folder / SEGMENTS)
