"""How fast evidence is checked offline: single packages, and exported ranges of the journal.

The range is made of really signed exchanges, one signature a message and one a batch, each under a
witnessed, stamped checkpoint; the check does everything that a verifier does. The share that the
signatures alone need says how far the rest could still be improved.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from tests.exchange.logged_country import logged_country, stamped_package
from tests.exchange.logs import MemoryJournal
from tests.exchange.small_country import CIV, NOW, TRF, exchange, terms
from tests.exchange.third_parties import ThirdParties

from taysir.exchange.contracts import agree, write_agreement
from taysir.exchange.evidence_range import RangePackager
from taysir.exchange.model import StoredExchange
from taysir.exchange.verifier import verify_package
from taysir.exchange.verifier_range import verify_range
from taysir.kernel.statement import parse_statement, seal_statements

_EXCHANGES = 2000
_BATCH = 50
_ROUNDS = 3


def run() -> list[dict[str, Any]]:
    """Return the figures."""
    anchor = logged_country().authority.root.certificate_der
    single = _rate(lambda: verify_package(stamped_package(), anchor=anchor).valid, count=100)
    alone = _signed_alone()
    separate = _best(_exported(alone), anchor=anchor)
    batched = _best(_exported(_signed_in_batches(alone)), anchor=anchor)
    ceiling = _signatures(alone)
    return [
        _row("single packages", round(single), "/s"),
        _row("range, a signature a message", round(separate), "/s", least=5000),
        _row(f"range, a signature a batch of {_BATCH}", round(batched), "/s", least=5000),
        _row("two ES256 verifications alone", round(ceiling), "/s"),
        _row("range, share of that ceiling", round(100 * separate / ceiling), "%"),
    ]


def _row(name: str, value: float, unit: str, *, least: int | None = None) -> dict[str, Any]:
    met = None if least is None else value >= least
    target = "" if least is None else f">= {least}"
    return {"name": f"{name}, per core", "value": value, "unit": unit, "target": target, "met": met}


def _rate(work: Any, *, count: int) -> float:
    best = 0.0
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(count):
            assert work()
        best = max(best, count / (time.process_time() - started))
    return best


def _best(data: bytes, *, anchor: bytes) -> float:
    best = 0.0
    for _ in range(_ROUNDS):
        started = time.process_time()
        report = verify_range(data, anchor=anchor)
        elapsed = time.process_time() - started
        assert report.state == "stamped", report.findings
        best = max(best, report.exchanges / elapsed)
    return best


def _signatures(rows: list[StoredExchange]) -> float:
    """Both signatures of exchanges, with everything read before."""
    signers = logged_country().signers
    keys = [signers[member].key.public_key() for member in (TRF, CIV)]
    pairs = [(parse_statement(row.request), parse_statement(row.response)) for row in rows[:500]]

    def both() -> bool:
        for asked, answer in pairs:
            asked.verify(keys[0])
            answer.verify(keys[1])
        return True

    return _rate(both, count=1) * len(pairs)


def _signed_alone() -> list[StoredExchange]:
    place = logged_country()
    return [
        exchange(place, request={"id": f"3f0c5a8e-0000-4000-8000-{i:012d}"}, response={})
        for i in range(_EXCHANGES)
    ]


def _signed_in_batches(rows: list[StoredExchange]) -> list[StoredExchange]:
    """The same exchanges under an agreement that permits one signature a batch."""
    signers, found = logged_country().signers, []
    for start in range(0, len(rows), _BATCH):
        chosen = rows[start : start + _BATCH]
        asked = [parse_statement(row.request).statement for row in chosen]
        said = [parse_statement(row.response).statement for row in chosen]
        asked = [msgspec.structs.replace(each, agreement=_batch_agreement()) for each in asked]
        at_ms = asked[0].time_ms
        requests = seal_statements(asked, signer=signers[TRF], time_ms=at_ms)
        named = [parse_statement(token).digest for token in requests]
        said = [
            msgspec.structs.replace(each, agreement=_batch_agreement(), request=name)
            for each, name in zip(said, named, strict=True)
        ]
        answers = seal_statements(said, signer=signers[CIV], time_ms=said[0].time_ms)
        found += [
            msgspec.structs.replace(
                row, request=request, response=answer, agreement=_batch_agreement()
            )
            for row, request, answer in zip(chosen, requests, answers, strict=True)
        ]
    return found


@lru_cache(maxsize=1)
def _batch_agreement() -> str:
    """Make an agreement that permits batches; returns its name."""
    place = logged_country()
    agreement = agree(
        terms(batch=True),
        consumer_signer=place.signers[TRF],
        provider_signer=place.signers[CIV],
        at=NOW,
    )
    write_agreement(place.folder / "agreements", agreement=agreement)
    return agreement.hash


def _exported(rows: list[StoredExchange]) -> bytes:
    """Log the rows, have them witnessed and stamped, and export them."""
    place = logged_country()
    with TemporaryDirectory() as folder:
        others = ThirdParties(Path(folder), root=place.authority.root)
        others.wait(10)

        async def export() -> bytes:
            keeper = others.keeper()
            keeper.open(MemoryJournal(rows))
            await keeper.settle(len(rows) - 1, timeout_s=60)
            packager = RangePackager(
                place.source(),
                signers={TRF: place.signers[TRF]},
                node="trf",
                prove=keeper.prove_range,
            )
            placed = [msgspec.structs.replace(row, position=i) for i, row in enumerate(rows)]
            package = packager(placed)
            await keeper.close()
            return package

        return asyncio.run(export())
