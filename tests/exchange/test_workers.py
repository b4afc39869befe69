"""Several workers of one node count as one: numbers, quotas, partners, evidence, figures."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import msgspec
import pytest

from taysir.exchange.access import Access
from taysir.exchange.admin import AdminFace
from taysir.exchange.descriptions import ContractBreak
from taysir.exchange.errors import EXC_QUOTA
from taysir.exchange.frames import FrameKind, FrameReader, Message, encode_frames
from taysir.exchange.guard import Guard
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.exchange.link import Link, LinkBounds, LinkPeer
from taysir.exchange.model import CallOutcome, Period, Quota
from taysir.exchange.partner_limits import Allowance, PartnerLimits
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.settings import FaceSettings, NodeSettings
from taysir.exchange.wire import AGREEMENTS_PATH
from taysir.exchange.worker_asks import BOUNDS, answer_to, problem_to, value_of
from taysir.exchange.workers import Workers
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.statement import parse_statement
from taysir.testing.nodes import TwoNodes, greeting_backend, no_evidence, two_nodes_async
from tests.exchange.worker_hands import Carrier, Hand, call, consumer_of, hands_of

WIDE = Allowance(requests_per_s=1e6, burst=1_000_000, calls=1_000_000)


class Stage:
    """Two nodes, workers of the answering one, and a consumer who turns to each in turn."""

    def __init__(self, nodes: TwoNodes, hands: list[Hand]) -> None:
        self.nodes = nodes
        self.hands = hands
        entry = nodes.directory.nodes[0]
        self.peer = LinkPeer(b"asking", entry.tls_thumbprint)
        turn = cycle(hands)
        self.carrier = Carrier(lambda: next(turn).edge, self.peer)
        self.consumer: CallRuntime = consumer_of(nodes.asking, self.carrier)

    async def calls(self, count: int) -> Counter[int]:
        """Call so often at once, at all workers, and return the statuses of the answers."""
        answers = await asyncio.gather(*(call(self.consumer) for _ in range(count)))
        return Counter(answer.status for answer in answers)


@asynccontextmanager
async def stage(
    folder: Path, *, backend: Handler = greeting_backend, partners: Allowance = WIDE
) -> AsyncIterator[Stage]:
    async with two_nodes_async(folder, backend=backend) as nodes:
        nodes.answering.edge._guard = guard_of(WIDE)
        async with hands_of(nodes.answering, guard_of(partners)) as hands:
            yield Stage(nodes, hands)


def guard_of(partners: Allowance) -> Guard:
    loop = asyncio.get_running_loop()
    return Guard(
        access=Access(FaceSettings(), now=lambda: datetime.now(UTC)),
        clients=PartnerLimits(WIDE, clock=loop.time),
        partners=PartnerLimits(partners, clock=loop.time),
    )


def code_of(message: Message) -> str:
    """Return why a call was refused; of an answer nothing."""
    if message.statement and parse_statement(message.statement).statement.type == "response":
        return ""
    found: str = json.loads(message.body)["code"]
    return found


def test_a_statement_is_accepted_once_whatever_worker_it_comes_to(tmp_path: Path) -> None:
    async def run() -> None:
        async with stage(tmp_path) as on:
            assert (await call(on.consumer)).status == 200
            [sent] = on.carrier.sent
            for hand in on.hands:
                again = await hand.edge.link(sent, on.peer)
                assert code_of(again) == "EXC-0112"
                assert parse_statement(again.statement).statement.type == "refusal"

    asyncio.run(run())


def test_a_refused_statement_counts_as_seen_at_every_worker(tmp_path: Path) -> None:
    async def run() -> None:
        async with stage(tmp_path) as on:
            await call(on.consumer)
            [sent] = on.carrier.sent
            on.nodes.answering.runtime.replay._seen.clear()
            spoilt = msgspec.structs.replace(sent, body=b"another")
            assert code_of(await on.hands[0].edge.link(spoilt, on.peer)) == "EXC-0113"
            assert code_of(await on.hands[1].edge.link(sent, on.peer)) == "EXC-0112"

    asyncio.run(run())


def test_a_quota_is_exact_over_all_workers(tmp_path: Path) -> None:
    """Of twelve calls that come at once at two workers seven find the quota of seven."""

    async def run() -> None:
        async with stage(tmp_path) as on:
            [agreement] = on.nodes.directory.agreements
            quota = Quota(calls=7, per=Period.DAY)
            on.nodes.directory.agreements[:] = [replace(agreement, quotas=(quota,))]
            assert await on.calls(12) == {200: 7, EXC_QUOTA.status: 5}
            kept = on.nodes.answering.runtime.journal.exchanges()
            assert Counter(one.outcome for one in kept) == {
                CallOutcome.ANSWERED: 7,
                CallOutcome.REFUSED: 5,
            }

    asyncio.run(run())


def test_a_partner_has_one_account_at_all_workers(tmp_path: Path) -> None:
    """Three calls may be under way; a fourth is turned away at either worker, unrecorded."""

    async def run() -> None:
        goes_on, arrived = asyncio.Event(), asyncio.Queue[str]()

        async def waiting(request: Request) -> Response:
            arrived.put_nowait(request.method)
            await goes_on.wait()
            return json_response({"path": "/"})

        allowance = Allowance(requests_per_s=1e6, burst=1000, calls=3)
        async with stage(tmp_path, backend=waiting, partners=allowance) as on:
            three = [asyncio.create_task(call(on.consumer)) for _ in range(3)]
            for _ in three:
                await arrived.get()
            assert [hand.desk.under_way for hand in on.hands] == [2, 1]
            for _ in on.hands:
                refused = await call(on.consumer)
                assert (refused.status, json.loads(refused.body)["code"]) == (503, "EXC-0179")
            goes_on.set()
            assert [(await one).status for one in three] == [200, 200, 200]
            assert (await call(on.consumer)).status == 200
            counters = on.nodes.answering.runtime.counters
            assert counters.refusals == {("nodes", "EXC-0178"): 2}
            assert on.nodes.answering.runtime.journal.count == 4

    asyncio.run(run())


def test_a_partners_rate_is_one_over_all_workers(tmp_path: Path) -> None:
    async def run() -> None:
        allowance = Allowance(requests_per_s=0.001, burst=5, calls=1000)
        async with stage(tmp_path, partners=allowance) as on:
            statuses = await on.calls(8)
            assert statuses[200] == 5
            counters = on.nodes.answering.runtime.counters
            assert counters.refusals == {("nodes", "EXC-0177"): 3}

    asyncio.run(run())


def test_a_worker_that_dies_leaves_no_partners_account_uneven(tmp_path: Path) -> None:
    async def run() -> None:
        arrived = asyncio.Event()

        async def never(_request: Request) -> Response:
            arrived.set()
            await asyncio.Event().wait()
            raise AssertionError

        allowance = Allowance(requests_per_s=1e6, burst=1000, calls=1)
        async with stage(tmp_path, backend=never, partners=allowance) as on:
            first, second = on.hands
            cut_off = asyncio.create_task(call(on.consumer))
            await arrived.wait()
            assert (first.desk.under_way, second.desk.under_way) == (1, 0)
            first.die()
            await first.lost.wait()
            assert first.desk.under_way == 0
            with pytest.raises(Problem, match="EXC-0130"):
                first.node.current_directory()
            arrived.clear()
            another = asyncio.create_task(call(on.consumer))
            await arrived.wait()
            assert second.desk.under_way == 1
            for task in (cut_off, another):
                task.cancel()
            await asyncio.gather(cut_off, another, return_exceptions=True)

    asyncio.run(run())


def test_what_ended_at_the_writer_ends_calls_at_workers_that_have_not_heard(
    tmp_path: Path,
) -> None:
    """A worker's own directory still has the agreement; the writer's does not."""

    async def run() -> None:
        async with two_nodes_async(tmp_path) as nodes:
            stale = replace(nodes.directory, agreements=list(nodes.directory.agreements))
            async with hands_of(nodes.answering, guard_of(WIDE), directory=lambda: stale) as hands:
                on = Stage(nodes, hands)
                on.consumer.directory = lambda: stale
                assert (await call(on.consumer)).status == 200
                nodes.directory.agreements.clear()
                refused = await call(on.consumer)
                assert (refused.status, json.loads(refused.body)["code"]) == (403, "EXC-0104")

    asyncio.run(run())


def test_the_writer_counts_what_all_workers_do(tmp_path: Path) -> None:
    async def run() -> None:
        async with stage(tmp_path) as on:
            assert await on.calls(10) == {200: 10}
            runtime = on.nodes.answering.runtime
            assert runtime.counters.calls == {("received", "answered"): 10}
            assert runtime.journal.count == 10
            for hand in on.hands:
                hand.node.counters.refuse("nodes", code="EXC-0171")
                hand.asks.report(
                    ContractBreak(
                        at_ms=1, exchange_id="e", service="s", method="GET", status=200, reason="r"
                    )
                )
                await hand.asks.keep(b"token", code="EXC-0114", tls_thumbprint="t")
            assert runtime.counters.refusals == {("nodes", "EXC-0171"): 2}
            assert runtime.descriptions.counts == {"s": 2}
            assert runtime.journal.count == 12

    asyncio.run(run())


def test_a_writer_without_room_has_its_workers_refuse(tmp_path: Path) -> None:
    """EXC-0130 comes back as it is, with its parameters, and no back end is asked."""

    async def run() -> None:
        asked = Counter[str]()

        async def counting(request: Request) -> Response:
            asked[request.method] += 1
            return json_response({"path": "/"})

        async with stage(tmp_path, backend=counting) as on:
            on.nodes.answering.runtime.journal._trouble = "no space"
            await call(on.consumer)
            [sent] = on.carrier.sent
            refused = await on.hands[1].edge.link(sent, on.peer)
            assert refused.statement == b""
            assert code_of(refused) == "EXC-0130"
            assert json.loads(refused.body)["params"]["reason"] == "no space"
            assert not asked

    asyncio.run(run())


def test_other_nodes_requests_are_answered_by_the_writer(tmp_path: Path) -> None:
    async def run() -> None:
        async with stage(tmp_path) as on:
            [hand, *_] = on.hands
            request = Request(
                method="POST",
                target=AGREEMENTS_PATH.encode(),
                headers=(),
                body=b"{}",
                peer_certificate_der=b"unknown",
            )
            answer = await hand.edge.nodes(request)
            assert json.loads(answer.body)["code"] == "EXC-0115"

    asyncio.run(run())


def test_the_consumers_side_is_counted_once_too(tmp_path: Path) -> None:
    """A quota of three on the sending side holds over the workers of the asking node."""

    async def run() -> None:
        async with two_nodes_async(tmp_path) as nodes:
            [agreement] = nodes.directory.agreements
            quota = Quota(calls=3, per=Period.DAY)
            nodes.directory.agreements[:] = [replace(agreement, quotas=(quota,))]
            async with hands_of(nodes.asking, guard_of(WIDE)) as hands:
                workers = cycle(hand.node for hand in hands)
                answers = await asyncio.gather(*(call(next(workers)) for _ in range(5)))
                assert Counter(answer.status for answer in answers) == {200: 3, EXC_QUOTA.status: 2}
                assert nodes.asking.runtime.counters.calls == {
                    ("sent", "answered"): 3,
                    ("sent", "refused"): 2,
                }
            received = nodes.answering.runtime.counters.calls
            assert received == {("received", "answered"): 3}

    asyncio.run(run())


def test_a_problem_comes_back_with_its_parameters_and_an_unknown_one_as_trouble() -> None:
    question = Message(4, b"admit", b"", (), b"")
    with pytest.raises(Problem, match="EXC-0107") as told:
        value_of(problem_to(question, Problem(EXC_QUOTA, quota=3, period="day")))
    assert told.value.params == {"quota": 3, "period": "day"}
    unknown = msgspec.structs.replace(
        answer_to(question), statement=b"problem", body=msgspec.msgpack.encode(("EXC-9999", {}))
    )
    with pytest.raises(Problem, match="EXC-0130"):
        value_of(unknown)
    assert value_of(answer_to(question, 7)) == b"\x07"


def test_a_node_has_so_many_workers_and_not_one_more() -> None:
    field = next(f for f in msgspec.structs.fields(NodeSettings) if f.name == "workers")
    assert msgspec.convert(limits.WORKERS, type=field.type) == limits.WORKERS
    for number in (-1, limits.WORKERS + 1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(number, type=field.type)


def test_what_a_worker_has_under_way_and_sends_is_bounded() -> None:
    """At the bound it is taken; one beyond it is refused."""

    async def run() -> None:
        bounds = LinkBounds(frame_bytes=BOUNDS.frame_bytes, waiting_bytes=1, calls=2)
        link = Link(loop=asyncio.get_running_loop(), bounds=bounds)
        waiting = [link.call(b"", body_type=b"", headers=(), body=b"") for _ in range(2)]
        with pytest.raises(Problem, match="EXC-0116"):
            _ = link.call(b"", body_type=b"", headers=(), body=b"")
        link.connection_lost(None)
        assert len(await asyncio.gather(*waiting, return_exceptions=True)) == 2

    asyncio.run(run())
    [frame] = encode_frames(FrameKind.CALLS, (Message(1, b"append", b"", (), bytes(9)),))
    content = len(frame) - 4
    assert len(list(FrameReader(most_bytes=content).feed(frame))) == 1
    with pytest.raises(Problem, match="EXC-0151"):
        list(FrameReader(most_bytes=content - 1).feed(frame))


def test_a_node_is_not_ready_before_a_worker_is(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_nodes_async(tmp_path) as nodes:
            workers = Workers(
                settings=nodes.settings["asking"],
                listeners={},
                directory=nodes.directory.current,
            )
            face = AdminFace(
                nodes.asking.runtime,
                package=no_evidence,
                agreements=nodes.asking.agreements,
                workers=workers,
            )
            with pytest.raises(Problem, match="EXC-0188"):
                await face(Request(method="GET", target=b"/ready", headers=()))
            said = (await face(Request(method="GET", target=b"/metrics", headers=()))).body
            assert b"\ntaysir_workers 0\n" in said
            assert b"\ntaysir_worker_restarts_total 0\n" in said

    asyncio.run(run())
