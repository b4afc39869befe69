"""Messages that nobody can be held to leave evidence, and cannot fill the disk with it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from taysir.exchange.journal import Journal
from taysir.exchange.journal_refusals import RefusalKeeper
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.kernel import limits
from taysir.kernel.certificates import Use
from taysir.testing.nodes import TwoNodes
from tests.exchange.test_call import client_tls, deliver, refusal_of, statement_for


def kept(folder: Path, tokens: list[bytes], *, later_ms: int = 0) -> list[StoredExchange]:
    """Keep refusals, the last one after a while, and return what the journal holds."""

    async def run() -> list[StoredExchange]:
        clock, numbers = [1_000_000], iter(range(10_000))
        journal = Journal(folder)
        keeper = RefusalKeeper(
            journal, now_ms=lambda: clock[0], new_id=lambda: f"r-{next(numbers)}"
        )
        for at, token in enumerate(tokens):
            if at == len(tokens) - 1:
                clock[0] += later_ms
            await keeper.keep(token, code="EXC-0114", tls_thumbprint="tls-1")
        found = list(journal.exchanges())
        assert keeper.left_out == len(tokens) - len(found)
        await journal.close()
        return found

    return asyncio.run(run())


def test_a_refusal_says_what_was_sent_over_which_certificate(tmp_path: Path) -> None:
    [record] = kept(tmp_path, [b"no statement"])
    assert (record.direction, record.outcome) == (Direction.RECEIVED, CallOutcome.REFUSED)
    assert (record.request, record.error_code) == (b"no statement", "EXC-0114")
    assert record.request_headers == b"taysir-tls:tls-1\n"


@pytest.mark.parametrize(("beyond", "later_ms", "more"), [(0, 0, 0), (1, 0, 0), (1, 1000, 1)])
def test_only_so_many_a_minute_are_kept(
    tmp_path: Path, beyond: int, later_ms: int, more: int
) -> None:
    tokens = [b"x"] * (limits.UNSIGNED_REFUSALS_KEPT + beyond)
    assert len(kept(tmp_path, tokens, later_ms=later_ms)) == limits.UNSIGNED_REFUSALS_KEPT + more


def test_what_is_not_kept_is_not_logged_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flood fills neither the journal nor the file of the log."""
    kept(tmp_path, [b"x"] * (limits.UNSIGNED_REFUSALS_KEPT + 20))
    assert capsys.readouterr().out.count("call_not_accepted") == limits.UNSIGNED_REFUSALS_KEPT


@pytest.mark.parametrize("more", [0, 1])
def test_a_long_statement_is_cut(tmp_path: Path, more: int) -> None:
    [record] = kept(tmp_path, [b"x" * (limits.UNSIGNED_REFUSAL_BYTES + more)])
    assert len(record.request) == limits.UNSIGNED_REFUSAL_BYTES


def test_a_node_keeps_what_a_stranger_sent(nodes: TwoNodes) -> None:
    token = statement_for(nodes)
    tls = client_tls(nodes, Use.NODE, "WAHA/stranger")
    assert refusal_of(deliver(nodes, token, tls=tls)) == "EXC-0115"
    assert refusal_of(deliver(nodes, b"garbage")) == "KRN-0205"
    found = list(nodes.answering.runtime.journal.exchanges())
    assert [(one.error_code, one.request) for one in found] == [
        ("EXC-0115", token),
        ("KRN-0205", b"garbage"),
    ]
    assert abs(found[0].recorded_at_ms - time.time() * 1000) < 60_000
