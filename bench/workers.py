"""What worker processes cost and bring: two nodes with 0, 1 and 2 workers each, in turn.

The calls are those of ``bench/exchange.py``. All nodes run during the whole measurement and those
that are not called are idle, so that whatever else the machine does meets all of them alike;
printed are medians. With a processor for each busy process workers bring calls; on one or two
processors they show their price: the processor time of an exchange.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench._ground import ALONE, BATCHED, Ground, lay_ground
from bench.exchange import Round, at_most, drive

WORKERS = (0, 1, 2)
KINDS = {"message": (ALONE, 64), "batch": (BATCHED, 100)}
ROUNDS = 5
SECONDS = 3
SETTLE_S = 3.0


def run() -> list[dict[str, Any]]:
    """Return rows for each number of workers."""
    rounds: dict[tuple[str, int], list[Round]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        grounds = {number: _ground(folder, number, stack=stack) for number in WORKERS}
        for turn in range(ROUNDS + 1):
            for number, ground in grounds.items():
                for kind, (service, connections) in KINDS.items():
                    url = ground.url(service)
                    found = drive(ground, url, connections=connections, seconds=SECONDS)
                    if turn:  # the first one warms up
                        rounds.setdefault((kind, number), []).append(found)
    return [row for (kind, number), found in rounds.items() for row in _rows(kind, number, found)]


def _ground(folder: Path, workers: int, *, stack: ExitStack) -> Ground:
    own = folder / str(workers)
    own.mkdir()
    ground = lay_ground(own, stack=stack, workers=workers)
    time.sleep(SETTLE_S if workers else 0.0)
    return ground


def _rows(kind: str, workers: int, found: list[Round]) -> list[dict[str, Any]]:
    name = f"{workers} workers, one signature a {kind}"
    per_s = statistics.median(one.load.per_s for one in found)
    asking = statistics.median(one.asking_us for one in found)
    answering = statistics.median(one.answering_us for one in found)
    return [
        at_most(f"{name}: exchanges", per_s, "1/s", None),
        at_most(f"{name}: processor time, asking node", asking, "µs", None),
        at_most(f"{name}: processor time, answering node", answering, "µs", None),
    ]
