"""The log is kept in the background; what third parties missed is caught up, or calls stop."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from pathlib import Path

import pytest

from taysir.exchange.log_keeper import LogKeeper
from taysir.exchange.log_lag import LogLag
from taysir.exchange.log_requests import Answer
from taysir.kernel import limits
from taysir.kernel.checkpoint import open_note
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import verify_inclusion
from tests.exchange.logs import MemoryJournal, open_log
from tests.exchange.third_parties import ThirdParties

TEN_MINUTES, FOUR_HOURS, A_DAY = 600, 4 * 3600, 24 * 3600


async def ticks(
    keeper: LogKeeper, others: ThirdParties, *, seconds: int, step: float = 1.0
) -> None:
    """Let the keeper work for a while of everyone's clock."""
    for _ in range(int(seconds / step)):
        others.wait(step)
        await keeper.tick()
        await keeper.idle()


def opened(others: ThirdParties, journal: MemoryJournal) -> LogKeeper:
    """A keeper over a journal."""
    keeper = others.keeper()
    keeper.open(journal)
    return keeper


def test_new_records_are_stamped_and_witnessed_within_the_promise(tmp_path: Path) -> None:
    """Second after second of new records: all are in time, none is late."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        for _ in range(40):
            journal.grow(3, at_ms=others.now_ms)
            await ticks(keeper, others, seconds=1)
        await ticks(keeper, others, seconds=10)

        text = "\n".join(keeper.metrics())
        assert 'taysir_log_stamped_total{in_time="yes"} 120' in text
        assert 'taysir_log_stamped_total{in_time="no"} 0' in text
        assert keeper.state()["stamped"] == 120
        assert keeper.oldest_unstamped_s() == 0
        assert others.stamps <= 40 / 8 + 2
        await keeper.close()

    asyncio.run(run())


def test_a_record_is_proved_with_all_that_is_had(tmp_path: Path) -> None:
    """Salt, inclusion, cosigned checkpoint, time-stamp and status come together."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        journal.grow(5, at_ms=others.now_ms)
        assert keeper.prove(2, signed_at_ms=others.now_ms) is None

        assert await keeper.settle(4, timeout_s=10)

        proof = keeper.prove(2, signed_at_ms=others.now_ms)
        assert proof is not None
        served = keeper.served
        assert served is not None
        row = journal.rows[2]
        verify_inclusion(
            served.leaves.leaf(2, request=row.request, response=row.response),
            index=2,
            size=5,
            proof=proof.proof.hashes,
            root=served.checkpoint.root,
        )
        assert proof.token
        assert proof.status
        assert proof.proof.checkpoint.count("—".encode()) == 3
        assert served.note == proof.proof.checkpoint
        await keeper.close()

    asyncio.run(run())


@pytest.mark.parametrize("party", ["stamp", "witness"])
@pytest.mark.parametrize(
    ("seconds", "works"), [(TEN_MINUTES, True), (FOUR_HOURS - 60, True), (A_DAY, False)]
)
def test_a_third_party_that_is_gone(tmp_path: Path, party: str, seconds: int, works: bool) -> None:
    """Calls go on for up to four hours, then stop; afterwards everything is caught up."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        others.gone.add(party)
        journal.grow(7, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=seconds, step=seconds / 20)

        state = keeper.state()
        assert state["checkpoint"] == 7
        assert state["stamped"] == 0
        assert state["oldest_unstamped_s"] >= seconds - 1
        assert keeper.failures[party] > 0
        if works:
            keeper.check()
        else:
            with pytest.raises(Problem, match="EXC-0542"):
                keeper.check()

        others.gone.clear()
        journal.grow(1, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=20)
        keeper.check()
        assert keeper.state()["stamped"] == 8
        assert 'taysir_log_stamped_total{in_time="no"} 7' in "\n".join(keeper.metrics())
        await keeper.close()

    asyncio.run(run())


def test_the_limit_is_the_limit(tmp_path: Path) -> None:
    """At four hours to the millisecond calls pass, one later they do not."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path, gone={"stamp"}), MemoryJournal()
        keeper = opened(others, journal)
        journal.grow(1, at_ms=others.now_ms)
        others.now_ms += int(limits.LOG_REFUSE_AFTER_S * 1000)
        keeper.check()
        others.now_ms += 1
        with pytest.raises(Problem, match="EXC-0542"):
            keeper.check()
        await keeper.close()

    asyncio.run(run())


@pytest.mark.parametrize("seconds", [TEN_MINUTES, FOUR_HOURS, A_DAY])
def test_status_that_is_gone_stops_no_call(tmp_path: Path, seconds: int) -> None:
    """Time-stamps go on; the status comes later and stands for the time before."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path, gone={"status"}), MemoryJournal()
        keeper = opened(others, journal)
        signed_at_ms = others.now_ms
        journal.grow(3, at_ms=signed_at_ms)
        await ticks(keeper, others, seconds=seconds, step=seconds / 20)

        keeper.check()
        proof = keeper.prove(0, signed_at_ms=signed_at_ms)
        assert proof is not None
        assert proof.token
        assert not proof.status
        others.gone.clear()
        await ticks(keeper, others, seconds=130, step=10)

        proof = keeper.prove(0, signed_at_ms=signed_at_ms)
        assert proof is not None
        assert proof.status
        await keeper.close()

    asyncio.run(run())


def test_one_witness_too_few_is_pending_until_it_is_back(tmp_path: Path) -> None:
    """The stamp that was had meanwhile is kept, and is not asked for again."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        gone = next(iter(others.judges))
        others.gone.add(gone)
        keeper = opened(others, journal)
        journal.grow(3, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=60)

        assert keeper.state()["witnesses"] == 1
        assert keeper.state()["stamped"] == 0
        assert others.stamps == 1
        others.gone.clear()
        await ticks(keeper, others, seconds=10)
        assert keeper.state()["stamped"] == 3
        assert others.stamps == 1
        await keeper.close()

    asyncio.run(run())


def test_an_outage_is_remembered_across_a_restart(tmp_path: Path) -> None:
    """The age of the oldest unstamped record comes from the journal."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path, gone={"stamp"}), MemoryJournal()
        keeper = opened(others, journal)
        journal.grow(2, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=5)
        await keeper.close()
        others.wait(A_DAY)

        again = opened(others, journal)

        assert again.state()["checkpoint"] == 2
        with pytest.raises(Problem, match="EXC-0542"):
            again.check()
        others.gone.clear()
        await ticks(again, others, seconds=2)
        again.check()
        await again.close()

    asyncio.run(run())


def test_a_log_that_does_not_fit_its_journal_refuses_calls(tmp_path: Path) -> None:
    """The node starts, shows the reason and signs nothing."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        journal.grow(4, at_ms=others.now_ms)
        assert await keeper.settle(3, timeout_s=10)
        await keeper.close()
        del journal.rows[2:]

        again = opened(others, journal)

        with pytest.raises(Problem, match="EXC-0541"):
            again.check()
        assert not await again.settle(0, timeout_s=1)
        assert again.state()["checkpoint"] == 0
        await again.tick()
        await again.close()

    asyncio.run(run())


def test_records_beyond_the_memory_are_read_from_the_journal(tmp_path: Path) -> None:
    """A burst of more commits than are remembered loses no record."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        for _ in range(limits.LOG_PENDING_BATCHES + 1):
            journal.grow(1, at_ms=others.now_ms)
        assert len(keeper._pending) == limits.LOG_PENDING_BATCHES

        await ticks(keeper, others, seconds=2)

        assert keeper.state()["checkpoint"] == limits.LOG_PENDING_BATCHES + 1
        await keeper.close()

    asyncio.run(run())


def test_marks_of_arrival_are_bounded() -> None:
    """Beyond the bound later arrivals share the last mark; the oldest stays exact."""
    lag = LogLag(complete_size=0)
    for number in range(limits.LOG_LAG_MARKS + 1):
        lag.arrived(number + 1, at_ms=number)

    assert lag.oldest_ms(now_ms=50) == 50
    lag.completed(limits.LOG_LAG_MARKS + 1, at_ms=5000)
    assert (lag.in_time, lag.late) == (limits.LOG_LAG_MARKS + 1, 0)
    assert lag.oldest_ms(now_ms=10**9) == 0


@pytest.mark.parametrize(("waited_ms", "late"), [(15_000, 0), (15_001, 1)])
def test_in_time_means_within_the_promise(waited_ms: int, late: int) -> None:
    """15 s is in time, a millisecond more is not."""
    lag = LogLag(complete_size=0)
    lag.arrived(1, at_ms=0)

    lag.completed(1, at_ms=waited_ms)

    assert lag.late == late


def test_witnesses_asked_are_bounded(tmp_path: Path) -> None:
    """Of one more than the bound, the last is not asked."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        asked: list[str] = []
        peer = next(iter(others.trust.witnesses.values()))
        crowd = {
            f"n{i}": dataclasses.replace(peer, name=f"w{i}", url=f"w{i}")
            for i in range(limits.LOG_WITNESSES + 1)
        }
        others.trust = dataclasses.replace(others.trust, witnesses=crowd)
        others.gone.add("witness")
        whole = others.ask

        def ask(url: str, body: bytes) -> Answer:
            asked.append(url)
            return whole(url, body)

        others.ask = ask  # type: ignore[method-assign]
        keeper = opened(others, journal)
        journal.grow(1, at_ms=others.now_ms)
        assert not await keeper.settle(0, timeout_s=10)
        assert sorted(asked) == sorted(f"w{i}" for i in range(limits.LOG_WITNESSES))
        await keeper.close()

    asyncio.run(run())


def test_settling_does_not_wait_for_ever(tmp_path: Path) -> None:
    """A third party that hangs holds up nobody who asks for evidence."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        release = threading.Event()
        whole = others.stamp

        def slow(url: str, query: bytes) -> Answer:
            release.wait(20)
            return whole(url, query)

        others.stamp = slow  # type: ignore[method-assign]
        keeper = opened(others, journal)
        journal.grow(1, at_ms=others.now_ms)

        assert not await keeper.settle(0, timeout_s=0.05)
        release.set()
        await keeper.idle()
        assert keeper.state()["stamped"] == 1
        await keeper.close()

    asyncio.run(run())


def test_a_disk_that_fails_is_tried_again(tmp_path: Path) -> None:
    """Tiles cannot be written for a while; afterwards the same history is signed."""

    async def run() -> None:
        others, journal = ThirdParties(tmp_path), MemoryJournal()
        keeper = opened(others, journal)
        journal.grow(100, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=2)
        tiles = tmp_path / "transparency" / "log" / "tile"
        tiles.rename(tiles.with_name("aside"))
        tiles.write_bytes(b"in the way")
        journal.grow(400, at_ms=others.now_ms)
        await ticks(keeper, others, seconds=5)

        assert keeper.state()["checkpoint"] == 100
        assert keeper.failures["disk"] > 0
        keeper.check()
        tiles.unlink()
        tiles.with_name("aside").rename(tiles)
        await ticks(keeper, others, seconds=20)

        assert keeper.state()["stamped"] == 500
        served = keeper.served
        assert served is not None
        again = open_log(tmp_path / "again", journal)
        again.publish()
        assert served.checkpoint == again.checkpoint
        for position in (0, 99, 100, 255, 256, 499):
            proof = keeper.prove(position, signed_at_ms=0)
            row = journal.rows[position]
            assert proof is not None
            point, _signatures = open_note(proof.proof.checkpoint, keys=())
            verify_inclusion(
                served.leaves.leaf(position, request=row.request, response=row.response),
                index=position,
                size=point.size,
                proof=proof.proof.hashes,
                root=point.root,
            )
        await keeper.close()

    asyncio.run(run())
