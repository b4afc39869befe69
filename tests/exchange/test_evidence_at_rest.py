"""What third parties' evidence takes on disk: tiles, checkpoints, cosignatures, stamps, status."""

from __future__ import annotations

import asyncio
from pathlib import Path

from taysir.kernel import limits
from tests.exchange.logs import MemoryJournal
from tests.exchange.third_parties import ThirdParties

ROUNDS, EACH = 20, 40
GOAL_BYTES = 200


def test_the_log_takes_little_beside_the_statements(tmp_path: Path) -> None:
    """Even at five exchanges a second, where a stamp is shared by forty of them only."""
    others, journal = ThirdParties(tmp_path), MemoryJournal()

    async def run() -> None:
        keeper = others.keeper()
        keeper.open(journal)
        for _ in range(ROUNDS):
            journal.grow(EACH, at_ms=others.now_ms)
            others.wait(limits.LOG_STAMP_INTERVAL_S)
            await keeper.tick()
            await keeper.idle()
        assert keeper.state()["stamped"] >= (ROUNDS - 1) * EACH
        await keeper.close()

    asyncio.run(run())

    kept = sum(f.stat().st_size for f in (tmp_path / "transparency").rglob("*") if f.is_file())
    assert kept / (ROUNDS * EACH) <= GOAL_BYTES
