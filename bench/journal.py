"""How fast evidence becomes durable: the node's journal beside SQLite in WAL mode with FULL sync.

First the storage alone, like against like: the same bytes, so many rows a commit, one commit after
the other. Then the whole journal as a busy node uses it: callers append one record each, or frames
of ten, and wait; CPU is that of all threads: encoding, sealing, hashing, writing, and the index.
The rounds take turns; a row is the median of its rounds. What evidence takes at rest is measured on
real exchanges between two nodes, half of them signed in batches.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench._ground import ALONE, BATCHED, CLIENT, HOST, PURPOSE, QUESTION, lay_ground
from taysir.exchange.journal import Journal
from taysir.exchange.journal_records import decode_exchange
from taysir.exchange.journal_store import GENESIS, Record
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_packed import PackHead, pack_records

ROUNDS = 3
RECORDS = 6_000
IN_FLIGHT = 64
FRAME = 10
EXCHANGES = 400
BODY = bytes(range(256)) * 4
TOKEN = b".".join((b"eyJhbGciOiJFUzI1NiJ9", b"A" * 900, b"B" * 86))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One run: rows a second, how long the slowest hundredth waited, processor time a row."""

    rate: float
    p99_ms: float
    cpu_us: float


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    ways: dict[str, tuple[Callable[[Path], _Round], float | None]] = {
        f"segments, {FRAME} rows a commit": (lambda place: _segments(place, FRAME), None),
        f"SQLite, {FRAME} rows a commit": (lambda place: _sqlite(place, FRAME), None),
        f"segments, {IN_FLIGHT} rows a commit": (lambda place: _segments(place, IN_FLIGHT), None),
        f"SQLite, {IN_FLIGHT} rows a commit": (lambda place: _sqlite(place, IN_FLIGHT), None),
        f"journal, {IN_FLIGHT} callers": (lambda p: uvloop.run(_journal(p, together=1)), 25),
        f"journal, frames of {FRAME}": (lambda p: uvloop.run(_journal(p, together=FRAME)), 25),
    }
    results: dict[str, list[_Round]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (way, _target) in ways.items():
            with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-journal-") as folder:
                results[name].append(way(Path(folder)))
    rows = []
    for name, rounds in results.items():
        rows.append(_row(f"{name}: durable rows", [r.rate for r in rounds], "1/s", None))
        rows.append(_row(f"{name}: p99", [r.p99_ms for r in rounds], "ms", None))
        rows.append(_row(f"{name}: CPU a row", [r.cpu_us for r in rounds], "µs", ways[name][1]))
    return rows + _at_rest()


def _row(name: str, values: list[float], unit: str, target: float | None) -> dict[str, Any]:
    value = round(statistics.median(values), 2)
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


# --- the storage alone ---------------------------------------------------------------------------


def _segments(place: Path, rows: int) -> _Round:
    store = SegmentStore(place)

    def commit(payloads: Sequence[bytes]) -> None:
        store.append(payloads)
        if store.lacks_room:
            store.prepare()

    try:
        return _commits(commit, rows)
    finally:
        store.close()


def _sqlite(place: Path, rows: int) -> _Round:
    database = sqlite3.connect(place / "rows.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE record (position INTEGER PRIMARY KEY, payload BLOB)")

    def commit(payloads: Sequence[bytes]) -> None:
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO record (payload) VALUES (?)", [(payload,) for payload in payloads]
        )
        database.execute("COMMIT")

    try:
        return _commits(commit, rows)
    finally:
        database.close()


def _commits(commit: Callable[[Sequence[bytes]], None], rows: int) -> _Round:
    payloads = [msgspec.msgpack.encode(example(number)) for number in range(RECORDS)]
    waits = []
    # Making the file is no part of a commit.
    commit(payloads[:1])
    began, cpu = time.perf_counter(), time.process_time()
    for at in range(0, RECORDS, rows):
        started = time.perf_counter()
        commit(payloads[at : at + rows])
        waits.append(time.perf_counter() - started)
    return _round(waits, began=began, cpu=cpu)


def _round(waits: list[float], *, began: float, cpu: float) -> _Round:
    return _Round(
        rate=RECORDS / (time.perf_counter() - began),
        p99_ms=sorted(waits)[int(len(waits) * 0.99)] * 1000,
        cpu_us=(time.process_time() - cpu) / RECORDS * 1e6,
    )


# --- the whole journal ---------------------------------------------------------------------------


async def _journal(place: Path, *, together: int) -> _Round:
    journal = Journal(place)
    await journal.append(example(0))
    groups = [
        [example(at + item) for item in range(together)] for at in range(0, RECORDS, together)
    ]
    waits: list[float] = []
    todo = iter(groups)

    async def caller() -> None:
        for group in todo:
            began = time.perf_counter()
            await journal.append_many(group)
            waits.append(time.perf_counter() - began)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    took = time.perf_counter() - began
    await journal.indexed()
    measured = _round(waits, began=began, cpu=cpu)
    await journal.close()
    return _Round(rate=RECORDS / took, p99_ms=measured.p99_ms, cpu_us=measured.cpu_us)


# --- at rest -------------------------------------------------------------------------------------


def _at_rest() -> list[dict[str, Any]]:
    """Make real exchanges and weigh the consumer's evidence of them, without sealed bodies."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        _exchange(lay_ground(folder, stack=stack).face_port)
        store = SegmentStore(folder / "asking" / "segments")
        records = list(store.records())
        store.close()
    services = [decode_exchange(r.payload, position=0, keys=None).service for r in records]
    return [
        row
        for signed, service in (("alone", ALONE), ("in batches", BATCHED))
        for row in _weights(
            signed, [r for r, of in zip(records, services, strict=True) if of == str(service)]
        )
    ]


def _weights(signed: str, records: list[Record]) -> list[dict[str, Any]]:
    """Weigh the evidence of exchanges that were signed in one way."""
    head = PackHead(position=0, before=GENESIS, after=GENESIS, records=len(records))
    sealed = sum(len(msgspec.msgpack.decode(record.payload)[2]) for record in records)
    written = sum(len(record.payload) for record in records)
    packed = sum(map(len, pack_records(records, head=head)))
    exchanges = EXCHANGES / 2
    name = f"evidence of an exchange signed {signed}, without bodies"
    return [
        _row(f"{name}, as written", [(written - sealed) / exchanges], "B", None),
        _row(f"{name}, packed at rest", [(packed - sealed) / exchanges], "B", 2048),
    ]


def _exchange(face_port: int) -> None:
    headers = {"X-Road-Client": str(CLIENT), "Taysir-Purpose": PURPOSE}
    headers["Content-Type"] = "application/json"
    connection = HTTPConnection(HOST, face_port, timeout=10)
    for number in range(EXCHANGES):
        service = BATCHED if number % 2 else ALONE
        connection.request("POST", f"/r1/{service}/echo", QUESTION, headers)
        connection.getresponse().read()
    connection.close()
