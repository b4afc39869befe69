"""How fast signed, journalled exchanges are: two nodes, a back end and the clients in one process.

Every call is signed, verified, projected and synced to disk on both sides. Client threads, both
nodes and the back end share one interpreter, so the figures are a floor, not a limit.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from taysir.testing.nodes import PERSONS, PURPOSE, TwoNodes, two_nodes

SINGLE_CALLS = 300
THREADS = 16
CALLS_A_THREAD = 60


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    with tempfile.TemporaryDirectory() as folder, two_nodes(Path(folder)) as nodes:
        single = sorted(_calls(nodes, SINGLE_CALLS))
        began = time.perf_counter()
        threads = [
            threading.Thread(target=_calls, args=(nodes, CALLS_A_THREAD)) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = THREADS * CALLS_A_THREAD / (time.perf_counter() - began)
    p99 = single[int(len(single) * 0.99)]
    return [
        _row("one connection, p50", statistics.median(single) * 1000, "ms", 2.0),
        _row("one connection, p99", p99 * 1000, "ms", 8.0),
        {
            "name": f"signed, journalled exchanges, {THREADS} connections",
            "value": round(rate, 1),
            "unit": "1/s",
            "target": 4000,
            "met": rate >= 4000,
        },
    ]


def _calls(nodes: TwoNodes, count: int) -> list[float]:
    times = []
    with nodes.client() as client:
        for _ in range(count):
            began = time.perf_counter()
            answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"a call failed: {answer.error_code} {answer.error_detail}")
    return times


def _row(name: str, value: float, unit: str, target: float) -> dict[str, Any]:
    rounded = round(value, 2)
    return {"name": name, "value": rounded, "unit": unit, "target": target, "met": value <= target}
