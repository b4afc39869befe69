"""A disk that hangs refuses new calls clearly and loses nothing; what waited is answered later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from taysir.exchange.journal import Journal
from taysir.exchange.journal_store import SEGMENTS, Store
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_reading import verify_segments
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.testing.stores import GatedStore
from tests.exchange.test_journal import example


@pytest.mark.slow
def test_calls_that_wait_for_a_hanging_disk_are_answered_when_it_goes_on(tmp_path: Path) -> None:
    """While it hangs new calls are refused with a time to come again; the queue stays bounded."""
    stores: list[GatedStore] = []

    def open_store() -> Store:
        stores.append(GatedStore(SegmentStore(tmp_path / SEGMENTS)))
        return stores[0]

    async def run() -> None:
        journal = Journal(tmp_path, open_store=open_store)
        [store] = stores
        assert await journal.append(example(0)) == 0
        journal.check()

        store.gate.clear()
        waiting = [asyncio.ensure_future(journal.append(example(n))) for n in range(1, 11)]
        assert await asyncio.to_thread(store.reached.wait, 10)
        assert not any(task.done() for task in waiting)
        clock = asyncio.get_running_loop().time
        hanging_until = clock() + limits.JOURNAL_WAIT_S + 0.2
        journal.check()
        await asyncio.sleep(hanging_until - clock())
        for refused in (journal.check, lambda: journal.submit([example(99)])):
            with pytest.raises(Problem) as why:
                refused()
            assert why.value.code == "EXC-0130"
            assert why.value.params["retry_after_s"] == limits.JOURNAL_RETRY_AFTER_S

        store.gate.set()
        assert await asyncio.gather(*waiting) == list(range(1, 11))
        journal.check()
        assert await journal.append(example(11)) == 11
        await journal.close()

    asyncio.run(run())
    assert verify_segments(tmp_path / SEGMENTS) == 12
