"""The journal keeps, finds, and rebuilds its index; it refuses to go on after a loss."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from taysir.exchange.admission import ReplayCache
from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.signature import base64url

EXAMPLE = StoredExchange(
    exchange_id="e-1",
    direction=Direction.SENT,
    outcome=CallOutcome.ANSWERED,
    consumer="WAHA/GOV/ASK/portal",
    service="WAHA/GOV/ANS/population/persons",
    provider="WAHA/GOV/ANS",
    purpose="test",
    agreement="a",
    subject="s-1",
    issue="",
    method="GET",
    path="/persons/7",
    status=200,
    error_code="",
    recorded_at_ms=1000,
    elapsed_ms=1.5,
    request=b"request",
    response=b"response",
    request_headers=b"",
    request_body=b"",
    response_headers=b"",
    response_body=b"{}",
)


def example(number: int, **changes: object) -> StoredExchange:
    return msgspec.structs.replace(EXAMPLE, exchange_id=f"e-{number}", **changes)


async def fill(folder: Path, count: int) -> None:
    journal = Journal(folder, segment_bytes=1 << 16)
    positions = await asyncio.gather(*(journal.append(example(n)) for n in range(count)))
    assert positions == list(range(count))
    await journal.close()


async def look(folder: Path, subject: str) -> list[StoredExchange]:
    journal = Journal(folder, segment_bytes=1 << 16)
    try:
        return journal.about(subject, limit=500)
    finally:
        await journal.close()


def test_exchanges_come_back_newest_first_with_their_positions(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 300))
    found = asyncio.run(look(tmp_path, "s-1"))
    assert [exchange.position for exchange in found] == list(reversed(range(300)))
    assert found[-1] == msgspec.structs.replace(EXAMPLE, exchange_id="e-0", position=0)


def test_a_lost_index_is_rebuilt_from_the_journal(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 20))
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()
    assert len(asyncio.run(look(tmp_path, "s-1"))) == 20


def test_an_index_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 20))
    for file in tmp_path.glob("index.sqlite-*"):
        file.unlink()
    (tmp_path / "index.sqlite").write_bytes(b"no database" * 999)
    assert len(asyncio.run(look(tmp_path, "s-1"))) == 20


def test_a_journal_that_lost_records_does_not_start(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 20))
    for file in (tmp_path / "segments").iterdir():
        file.unlink()
    with pytest.raises(Problem) as refused:
        asyncio.run(look(tmp_path, "s-1"))
    assert refused.value.code == "EXC-0131"


def test_quotas_count_answers_of_one_side_since_a_time(tmp_path: Path) -> None:
    async def run() -> list[int]:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        await journal.append(example(1, recorded_at_ms=5))
        await journal.append(example(2, recorded_at_ms=10))
        await journal.append(example(3, recorded_at_ms=10, outcome=CallOutcome.REFUSED))
        await journal.append(example(4, recorded_at_ms=10, direction=Direction.RECEIVED))
        await journal.indexed()
        counts = [
            journal.answered_since("a", direction=side, since_ms=10)
            for side in (Direction.SENT, Direction.RECEIVED)
        ]
        assert journal.received_since(10) == [("WAHA/GOV/ASK/portal", "e-4")]
        assert journal.received_since(11) == []
        await journal.close()
        return counts

    assert asyncio.run(run()) == [1, 1]


def test_quotas_count_the_answers_for_one_purpose_also_after_a_restart(tmp_path: Path) -> None:
    """Refused calls count for none, whatever purpose their callers wrote."""

    async def keep() -> None:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        await journal.append_many([example(n, purpose="tax") for n in range(3)])
        await journal.append_many([example(n, purpose="tax-relief") for n in range(3, 5)])
        await journal.append(example(5, purpose="tax", agreement="a2"))
        await journal.append(example(6, purpose="tax", outcome=CallOutcome.REFUSED))
        await journal.close()

    async def count() -> list[int]:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        counted = [
            journal.answered_since("a", direction=Direction.SENT, since_ms=0, purpose=purpose)
            for purpose in ("tax", "tax-relief", "other", "")
        ]
        await journal.close()
        return counted

    asyncio.run(keep())
    assert asyncio.run(count()) == [3, 2, 0, 5]


@pytest.mark.parametrize("start", [0, 5, 28, 30])
def test_statements_in_a_row_are_found_with_and_without_the_index(
    tmp_path: Path, start: int
) -> None:
    """Those that are there, in their order, also before they are indexed."""

    async def run() -> None:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        rows = [example(n, request=b"q%d" % n, response=b"a%d" % n) for n in range(30)]
        await journal.append_many(rows)
        expected = [(row.request, row.response) for row in rows[start : start + 9]]
        early = journal.statements(start, count=9)
        await journal.indexed()
        assert early == journal.statements(start, count=9) == expected
        await journal.close()

    asyncio.run(run())


def test_an_index_of_an_older_version_is_made_anew(tmp_path: Path) -> None:
    """It cannot tell purposes apart; fsck does not call that a fault, and the start mends it."""

    asyncio.run(fill(tmp_path, 20))
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as index:
        index.execute("UPDATE made_for SET kind = 'segments'")
        index.execute("UPDATE exchange SET agreement = NULL")
        index.commit()
    assert check_node(tmp_path).clean

    async def count() -> int:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        counted = journal.answered_since("a", direction=Direction.SENT, since_ms=0, purpose="test")
        await journal.close()
        return counted

    assert asyncio.run(count()) == 20
    assert check_node(tmp_path).clean


def test_what_is_appended_together_gets_positions_in_a_row(tmp_path: Path) -> None:
    async def run() -> tuple[list[range], int]:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        groups = [[example(10 * group + n) for n in range(7)] for group in range(100)]
        told: list[tuple[int, int]] = []
        journal.watch(lambda first, exchanges: told.append((first, len(exchanges))))
        ranges = await asyncio.gather(*(journal.append_many(group) for group in groups))
        kept = [exchange.exchange_id for exchange in journal.exchanges()]
        for group, positions in zip(groups, ranges, strict=True):
            assert [kept[at] for at in positions] == [one.exchange_id for one in group]
        assert [first for first, _ in told] == [
            sum(n for _, n in told[:i]) for i in range(len(told))
        ]
        await journal.close()
        return ranges, len(kept)

    ranges, count = asyncio.run(run())
    assert count == 700
    assert {len(positions) for positions in ranges} == {7}


def test_issue_and_certificate_lead_to_exchanges(tmp_path: Path) -> None:
    def token(thumbprint: str) -> bytes:
        return base64url(json.dumps({"x5t#S256": thumbprint}).encode()).encode() + b".e30.AA"

    async def run() -> None:
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        await journal.append_many(
            [
                example(1, issue="TRF-1", request=token("k1"), recorded_at_ms=10),
                example(2, issue="TRF-2", request=token("k2"), recorded_at_ms=20),
                example(3, issue="TRF-1", response=token("k1"), recorded_at_ms=30),
            ]
        )
        await journal.indexed()
        assert [e.exchange_id for e in journal.of_issue("TRF-1", limit=5)] == ["e-3", "e-1"]
        signed = journal.signed_by("k1", from_ms=10, until_ms=31)
        assert [exchange.exchange_id for exchange in signed] == ["e-1", "e-3"]
        signed = journal.signed_by("k1", from_ms=11, until_ms=30)
        assert [exchange.exchange_id for exchange in signed] == []
        assert not list(journal.signed_by("k3", from_ms=0, until_ms=99))
        await journal.close()

    asyncio.run(run())


def test_more_waiting_records_than_the_bound_are_refused(tmp_path: Path) -> None:
    async def run() -> None:
        journal = Journal(tmp_path)
        taken = journal.submit([example(0)] * limits.JOURNAL_QUEUE_RECORDS)
        with pytest.raises(Problem, match="EXC-0130"):
            await journal.append(example(1))
        assert await taken == 0
        assert await journal.append(example(1)) == limits.JOURNAL_QUEUE_RECORDS
        await journal.close()

    asyncio.run(run())


def test_a_number_is_refused_while_its_statement_counts_as_fresh() -> None:
    cache = ReplayCache()
    fresh_ms = 2 * (limits.CLOCK_SKEW_S + 1) * 1000
    cache.accept("n", now_ms=0)
    with pytest.raises(Problem, match="EXC-0112"):
        cache.accept("n", now_ms=fresh_ms)
    cache.accept("n", now_ms=fresh_ms + 1)


def test_the_memory_of_numbers_is_bounded() -> None:
    cache = ReplayCache(capacity=2)
    cache.accept("1", now_ms=0)
    cache.accept("2", now_ms=0)
    with pytest.raises(Problem, match="EXC-0116"):
        cache.accept("3", now_ms=0)
