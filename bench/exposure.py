"""How long it takes to list whose data a stolen key touched, from a journal of a million exchanges.

The journal is made first, which is not measured: small records of ten keys about many people, of
which one key signed a tenth. Then the report of that key is made for the whole time and for one
hour, as ``taysir exposure`` makes it, in a process that had nothing in its memory.
"""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from taysir.exchange.journal import Journal
from taysir.exchange.model import CallOutcome, Direction, StoredExchange

RECORDS: Final = int(os.environ.get("TAYSIR_BENCH_RECORDS", "1000000"))
KEYS: Final = 10
PEOPLE: Final = 100_000
FRAME: Final = 500
BEGIN_MS: Final = 1_790_000_000_000
HOUR_MS: Final = 3_600_000
STEP_MS: Final = 100

_MEASURE: Final = """
import sys, time, pathlib, orjson
from taysir.exchange.exposure import Exposure, touches
folder, key, begin, end = sys.argv[1:]
started = time.perf_counter()
gathered = Exposure()
gathered.add_all(
    touches(
        pathlib.Path(folder),
        thumbprint=key,
        from_ms=int(begin),
        until_ms=int(end),
        fields_of=lambda _name: ("/name_ar", "/vital_status"),
    )
)
report = gathered.report()
took = time.perf_counter() - started
print(orjson.dumps([took, report["exchanges"], report["subjects"]]).decode())
"""


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-exposure-") as name:
        folder = Path(name)
        uvloop.run(_fill(folder))
        end_ms = BEGIN_MS + RECORDS * STEP_MS
        whole = _measure(folder, begin_ms=BEGIN_MS, end_ms=end_ms)
        middle = BEGIN_MS + RECORDS * STEP_MS // 2
        hour = _measure(folder, begin_ms=middle, end_ms=middle + HOUR_MS)
    return [
        _row(f"journal of {RECORDS:,}: a key that signed a tenth of it, all", whole, target=60.0),
        _row(f"journal of {RECORDS:,}: the same key, one hour", hour, target=60.0),
    ]


def _row(name: str, measured: tuple[float, int, int], *, target: float) -> dict[str, Any]:
    took, exchanges, subjects = measured
    return {
        "name": f"{name} ({exchanges:,} exchanges, {subjects:,} subjects)",
        "value": round(took, 2),
        "unit": "s",
        "target": f"≤ {target:g}",
        "met": took <= target,
    }


async def _fill(folder: Path) -> None:
    journal = Journal(folder)
    frames = _frames()
    room = asyncio.Semaphore(4)

    async def keep(frame: list[StoredExchange]) -> None:
        await journal.append_many(frame)
        room.release()

    tasks = set()
    for frame in frames:
        await room.acquire()
        task = asyncio.create_task(keep(frame))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    await journal.indexed()
    await journal.close()


def _frames() -> Iterator[list[StoredExchange]]:
    for at in range(0, RECORDS, FRAME):
        yield [_example(number) for number in range(at, min(at + FRAME, RECORDS))]


def _token(key: str) -> bytes:
    head = base64.urlsafe_b64encode(orjson.dumps({"alg": "ES256", "x5t#S256": key})).rstrip(b"=")
    return b".".join((head, b"A" * 400, b"B" * 86))


def _key(number: int) -> str:
    return f"key-{number:03d}".ljust(43, "x")


_TOKENS: Final = [_token(_key(number)) for number in range(KEYS)]
_ANSWER: Final = _token(_key(999))


def _example(number: int) -> StoredExchange:
    return StoredExchange(
        exchange_id=f"exchange-{number:012d}",
        direction=Direction.RECEIVED,
        outcome=CallOutcome.ANSWERED,
        consumer="WAHA/GOV/TRF/portal",
        service="WAHA/GOV/CIV/population/persons",
        provider="WAHA/GOV/CIV",
        purpose="licence-renewal",
        agreement="a" * 64,
        subject=f"subject-{number * 7919 % PEOPLE:06d}".ljust(43, "x"),
        issue="",
        method="GET",
        path="/persons/1",
        status=200,
        error_code="",
        recorded_at_ms=BEGIN_MS + number * STEP_MS,
        elapsed_ms=1.0,
        request=_TOKENS[number % KEYS],
        response=_ANSWER,
        request_headers=b"",
        request_body=b"",
        response_headers=b"",
        response_body=b'{"vital_status":"alive"}',
    )


def _measure(folder: Path, *, begin_ms: int, end_ms: int) -> tuple[float, int, int]:
    arguments = [str(folder), _key(0), str(begin_ms), str(end_ms)]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *arguments], check=True, capture_output=True, text=True
    )
    took, exchanges, subjects = orjson.loads(done.stdout)
    return took, exchanges, subjects
