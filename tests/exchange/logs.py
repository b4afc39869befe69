"""A journal in memory, keys and logs for the tests of transparency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.exchange.log import LeafMaker, TransparencyLog
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.kernel.checkpoint import COSIGNATURE, LOG_SIGNATURE, NoteSigner

SECRET = b"s" * 32


def note_signer(name: str, *, kind: int = LOG_SIGNATURE) -> NoteSigner:
    """A key that depends on its name alone."""
    seed = name.encode().ljust(32, b".")[:32]
    return NoteSigner(name=name, key=ed25519.Ed25519PrivateKey.from_private_bytes(seed), kind=kind)


LOG = note_signer("WAHA/log/trf")
WITNESSES = [note_signer(f"WAHA/witness/{node}", kind=COSIGNATURE) for node in ("civ", "prg")]


def record(number: int, *, at_ms: int = 0, text: str = "") -> StoredExchange:
    """A record whose statements are not signed: the log does not look into them."""
    return StoredExchange(
        exchange_id=f"exchange-{number}",
        direction=Direction.SENT,
        outcome=CallOutcome.ANSWERED,
        consumer="WAHA/GOV/TRF/portal",
        service="WAHA/GOV/CIV/population/persons",
        provider="WAHA/GOV/CIV",
        purpose="test",
        agreement="",
        subject="",
        issue="",
        method="GET",
        path="/",
        status=200,
        error_code="",
        recorded_at_ms=at_ms,
        elapsed_ms=1.0,
        request=f"request {number} {text}".encode(),
        response=f"response {number}".encode(),
        request_headers=b"",
        request_body=b"",
        response_headers=b"",
        response_body=b"",
    )


@dataclass
class MemoryJournal:
    """A journal as far as the log reads it."""

    rows: list[StoredExchange] = field(default_factory=list)
    watchers: list[Callable[[int, list[StoredExchange]], None]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def exchanges(self, *, start: int = 0) -> Iterator[StoredExchange]:
        """Yield the records from a position on."""
        for position, row in enumerate(self.rows[start:], start):
            yield msgspec.structs.replace(row, position=position)

    def statements(self, start: int, *, count: int) -> list[tuple[bytes, bytes]]:
        """Return request and answer of records in a row."""
        return [(row.request, row.response) for row in self.rows[start : start + count]]

    def watch(self, watcher: Callable[[int, list[StoredExchange]], None]) -> None:
        """Have new records told."""
        self.watchers.append(watcher)

    def grow(self, count: int, *, at_ms: int = 0) -> None:
        """Append records and tell the watchers."""
        start = len(self.rows)
        new = [record(start + i, at_ms=at_ms) for i in range(count)]
        self.rows += new
        for watcher in self.watchers:
            watcher(start, new)


def open_log(folder: Path, journal: MemoryJournal, *, signer: NoteSigner = LOG) -> TransparencyLog:
    """Open a log over a journal in memory."""
    return TransparencyLog(folder, signer=signer, leaves=LeafMaker(SECRET), journal=journal)
