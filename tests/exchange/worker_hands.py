"""Workers of a running node without processes: each asks its writer over sockets of its own."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from taysir.exchange.admission import Asked
from taysir.exchange.edge import Edge
from taysir.exchange.flow.consume import consume
from taysir.exchange.frames import Message
from taysir.exchange.guard import Guard
from taysir.exchange.http import Headers, Request, Response
from taysir.exchange.link import LinkPeer, LinkService
from taysir.exchange.metaservices import Metaservices
from taysir.exchange.model import Agreement, Direction, NodeEntry
from taysir.exchange.node import RunningNode
from taysir.exchange.runtime import CallRuntime, NodeRuntime
from taysir.exchange.wire import InformationCall
from taysir.exchange.worker_asks import BOUNDS
from taysir.exchange.worker_link import AskingLink, WorkerCounters, WriterLink
from taysir.exchange.writer import Desk, Writer
from taysir.testing.nodes import PERSONS, PORTAL, PURPOSE


@dataclass(slots=True, kw_only=True)
class Hand:
    """One worker of a node, its desk at the writer, and whether it has lost the writer."""

    node: CallRuntime
    edge: Edge
    asks: WriterLink
    link: AskingLink
    desk: Desk
    service: LinkService
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def die(self) -> None:
        """End without a word, as a killed process does."""
        self.service.close()
        self.desk.close()


@asynccontextmanager
async def hands_of(
    running: RunningNode, guard: Guard, *, count: int = 2, **parts: Any
) -> AsyncIterator[list[Hand]]:
    """Give workers of a node; ``parts`` replace what of its runtime they have for themselves."""
    writer = Writer(node=running.runtime, guard=guard, face=running.agreements.face)
    hands = [await _hand(running, writer, parts) for _ in range(count)]
    try:
        yield hands
    finally:
        for hand in hands:
            hand.die()
        await asyncio.sleep(0)


async def _hand(running: RunningNode, writer: Writer, parts: dict[str, Any]) -> Hand:
    loop, desk, lost = asyncio.get_running_loop(), writer.desk(), asyncio.Event()
    ours, theirs = socket.socketpair()
    service = LinkService(
        desk.answer, loop=loop, identify=lambda _: LinkPeer(b"", "worker"), bounds=BOUNDS
    )
    await loop.create_unix_connection(service.protocol, sock=ours)
    _, link = await loop.create_unix_connection(
        lambda: AskingLink(loop=loop, lost=lost.set), sock=theirs
    )
    asks = WriterLink(link, loop=loop)
    node = CallRuntime(
        **{
            **parts_of(running.runtime),
            "evidence": asks,
            "admission": asks,
            "refusals": asks,
            "counters": WorkerCounters(asks),
            **parts,
        }
    )
    edge = Edge(node, guard=running.edge._guard, metaservices=Metaservices(node), others=asks.face)
    return Hand(node=node, edge=edge, asks=asks, link=link, desk=desk, service=service, lost=lost)


def parts_of(runtime: NodeRuntime) -> dict[str, Any]:
    """Return what a worker has of its own, as the node itself has it."""
    names = ("name", "zone", "subject_key", "directory", "signers", "backends", "peer")
    rest = ("consents", "descriptions", "now_ms", "new_id")
    return {name: getattr(runtime, name) for name in (*names, *rest)}


class AdmitsAll:
    """An admission that counts nothing: for the side of a call that is not looked at."""

    async def admit(self, asked: Asked, *, agreement: Agreement | None) -> int:
        """Admit."""
        assert asked.direction is Direction.SENT
        assert agreement is not None
        return 0

    def leave(self, ticket: int) -> None:
        """End nothing."""
        assert ticket == 0


@dataclass(slots=True)
class Carrier:
    """Carries calls to a worker of one's choice, and keeps them."""

    to: Callable[[], Edge]
    peer: LinkPeer
    sent: list[Message] = field(default_factory=list)

    async def carry(
        self, statement: bytes, *, body_type: bytes, headers: Headers, body: bytes
    ) -> Message:
        """Hand a call over as a link would."""
        message = Message(len(self.sent), statement, body_type, headers, body)
        self.sent.append(message)
        return await self.to().link(message, self.peer)


def consumer_of(running: RunningNode, carrier: Carrier) -> CallRuntime:
    """Return a consumer's side that sends through a carrier and counts nothing."""
    runtime = running.runtime
    peer: Any = carrier

    def carried(_entry: NodeEntry) -> Any:
        return peer

    return CallRuntime(
        **{
            **parts_of(runtime),
            "peer": carried,
            "evidence": runtime.evidence,
            "admission": AdmitsAll(),
            "refusals": runtime.refusals,
        }
    )


async def call(consumer: CallRuntime) -> Response:
    """Ask for one person."""
    request = InformationCall(
        consumer=PORTAL,
        service=PERSONS,
        method="GET",
        path="/persons/7",
        query="",
        purpose=PURPOSE,
        subject="",
        consent="",
        issue="",
        user="",
        message_id=str(uuid.uuid4()),
        headers=(),
        body=b"",
        body_type="",
    )
    return await consume(consumer, request)


def peer_request(path: str, *, certificate: bytes) -> Request:
    """Return what another node asks besides calls."""
    return Request(method="GET", target=path.encode(), headers=(), peer_certificate_der=certificate)
