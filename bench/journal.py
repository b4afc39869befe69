"""How fast evidence becomes durable: the node's journal beside SQLite in WAL mode with FULL sync.

Calls append one record each and wait, so many at a time as a busy node has in flight, and then in
frames of ten. The records are those of an exchange with 1 KB each way. SQLite stores the same bytes
in transactions of as many rows. The rounds of both take turns; a row is the median of its rounds.
CPU is that of all threads: encoding, hashing, writing, and the index.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from taysir.exchange.journal import Journal
from taysir.exchange.model import CallOutcome, Direction, StoredExchange

ROUNDS = 3
RECORDS = 6_000
IN_FLIGHT = 64
FRAME = 10
BODY = bytes(range(256)) * 4
TOKEN = b".".join((b"eyJhbGciOiJFUzI1NiJ9", b"A" * 900, b"B" * 86))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One run: what it did in which time."""

    rate: float
    p99_ms: float
    loop_us: float
    cpu_us: float
    disk_bytes: float = 0.0


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    ways: dict[str, Callable[[Path], _Round]] = {
        f"journal, {IN_FLIGHT} callers": lambda place: uvloop.run(_journal(place, together=1)),
        f"journal, {IN_FLIGHT} callers with frames of {FRAME}": lambda place: uvloop.run(
            _journal(place, together=FRAME)
        ),
        f"SQLite WAL FULL, {IN_FLIGHT} rows a commit": lambda place: _sqlite(place, IN_FLIGHT),
        f"SQLite WAL FULL, {FRAME} rows a commit": lambda place: _sqlite(place, FRAME),
    }
    results: dict[str, list[_Round]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-journal-") as folder:
                results[name].append(way(Path(folder)))
    rows = []
    for name, rounds in results.items():
        ours = name.startswith("journal")
        rows.append(_row(f"{name}: durable rows", rounds, "rate", "1/s", None))
        rows.append(_row(f"{name}: p99", rounds, "p99_ms", "ms", None))
        rows.append(_row(f"{name}: CPU a row, all", rounds, "cpu_us", "µs", 25 if ours else None))
        if ours:
            rows.append(_row(f"{name}: CPU a row, event loop", rounds, "loop_us", "µs", 12))
            rows.append(
                _row(f"{name}: on disk beyond bodies", rounds, "disk_bytes", "B", 2048 + 250)
            )
    return rows


def _row(
    name: str, rounds: list[_Round], measure: str, unit: str, target: float | None
) -> dict[str, Any]:
    value = round(statistics.median(getattr(one, measure) for one in rounds), 2)
    met = None if target is None else value <= target
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met}


def example(number: int) -> StoredExchange:
    """Return the evidence of one exchange."""
    return StoredExchange(
        exchange_id=f"9e5dbef1-116b-46a9-92fb-{number:012x}",
        direction=Direction.SENT,
        outcome=CallOutcome.ANSWERED,
        consumer="WAHA/GOV/ASK/portal",
        service="WAHA/GOV/ANS/population/persons",
        provider="WAHA/GOV/ANS",
        purpose="licence-renewal",
        agreement="a" * 64,
        subject=f"{number % 2000:043x}",
        issue="",
        method="GET",
        path="/persons/7",
        status=200,
        error_code="",
        recorded_at_ms=1_795_000_000_000 + number,
        elapsed_ms=3.4,
        request=TOKEN,
        response=TOKEN,
        request_headers=b"accept:*/*\n",
        request_body=BODY,
        response_headers=b"",
        response_body=BODY,
    )


async def _journal(place: Path, *, together: int) -> _Round:
    journal = Journal(place)
    groups = [
        [example(at + item) for item in range(together)] for at in range(0, RECORDS, together)
    ]
    waits: list[float] = []
    todo = iter(groups)

    async def caller() -> None:
        for group in todo:
            began = time.perf_counter()
            if together == 1:
                await journal.append(group[0])
            else:
                await journal.append_many(group)
            waits.append(time.perf_counter() - began)

    began, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    took, loop_cpu = time.perf_counter() - began, time.thread_time() - own
    await journal.indexed()
    all_cpu = time.process_time() - cpu
    stored = 0.0
    await journal.close()
    return _Round(
        rate=RECORDS / took,
        p99_ms=sorted(waits)[int(len(waits) * 0.99)] * 1000,
        loop_us=loop_cpu / RECORDS * 1e6,
        cpu_us=all_cpu / RECORDS * 1e6,
        disk_bytes=stored / RECORDS,
    )


def _sqlite(place: Path, rows: int) -> _Round:
    database = sqlite3.connect(place / "rows.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE record (position INTEGER PRIMARY KEY, payload BLOB)")
    waits = []
    began, cpu = time.perf_counter(), time.process_time()
    for at in range(0, RECORDS, rows):
        started = time.perf_counter()
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO record (payload) VALUES (?)",
            [(msgspec.msgpack.encode(example(at + item)),) for item in range(rows)],
        )
        database.execute("COMMIT")
        waits.append(time.perf_counter() - started)
    took = time.perf_counter() - began
    database.close()
    spent = (time.process_time() - cpu) / RECORDS * 1e6
    return _Round(
        rate=RECORDS / took,
        p99_ms=sorted(waits)[int(len(waits) * 0.99)] * 1000,
        loop_us=0.0,
        cpu_us=spent,
    )
