"""A worker process of a node: TLS, HTTP, frames, signatures, checks and back ends of its calls.

It shares the listening sockets with the other workers, reads keys, federation and agreements
itself, and asks the process that writes the node whatever there is only one of (``worker_link``).
It ends when it is told to, after the calls that it has; and at once when the writing process ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from taysir.exchange.agreement_part import make_consents, make_descriptions
from taysir.exchange.call_faces import end_faces, open_call_faces
from taysir.exchange.edge import Edge
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.frames import Message
from taysir.exchange.guard import make_guard
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.keys.watch import KeyWatch
from taysir.exchange.link import LinkPeer, LinkService
from taysir.exchange.metaservices import Metaservices
from taysir.exchange.pools import Pools
from taysir.exchange.process import calm_collector
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.settings import NodeSettings
from taysir.exchange.tls import peer_tls
from taysir.exchange.worker_asks import DRAIN, KEYS, answer_to
from taysir.exchange.worker_link import AskingLink, WorkerCounters, WriterLink
from taysir.exchange.workers import Start
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, random_number
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class Orders:
    """What the writing process tells: answered here, in the worker."""

    def __init__(self, source: FederationSource, keys: KeyRing, *, settings: NodeSettings) -> None:
        self._source = source
        self._keys = keys
        self.settings = settings
        self.ready = asyncio.Event()
        self.ending = asyncio.Event()
        self.grace_s = 0.0

    async def answer(self, message: Message, _peer: LinkPeer) -> Message:
        """Do as told, and say so when it is done."""
        word = message.statement
        if word == DRAIN:
            self.grace_s = msgspec.msgpack.decode(message.body, type=float)
            self.ending.set()
        elif word == KEYS:
            self._take_keys(msgspec.msgpack.decode(message.body, type=NodeSettings))
        else:
            self._reread()
            self.ready.set()
        return answer_to(message)

    def end(self) -> None:
        """End by oneself, as SIGTERM asks for; the writing process starts another worker."""
        self.grace_s = limits.HANDOVER_GRACE_S
        self.ending.set()

    def _reread(self) -> None:
        try:
            self._source.reread()
        except Problem as problem:
            log.warning("kept_federation_not_used", code=problem.code)

    def _take_keys(self, settings: NodeSettings) -> None:
        try:
            self._keys.use(settings)
        except Problem as problem:
            log.warning("keys_not_reloaded", code=problem.code)
        else:
            self.settings = settings
            log.info("keys_reloaded")


def main() -> None:
    """Run one worker, as ``workers`` starts it: what it is to do, and the settings on stdin."""
    start = msgspec.json.decode(sys.argv[1], type=Start)
    _die_with(start.parent)
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=NodeSettings)
    source = FederationSource(
        url=settings.federation_url,
        authority_certificate=Path(settings.authority_certificate),
        folder=Path(settings.folder),
        agreements=Path(settings.agreements),
        now=lambda: datetime.now(UTC),
    )
    calm_collector()
    uvloop.run(_work(start, settings, source=source))


async def _work(start: Start, settings: NodeSettings, *, source: FederationSource) -> None:
    """Take calls until told to end."""
    loop = asyncio.get_running_loop()
    keys = KeyRing(settings)
    orders = Orders(source, keys, settings=settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, orders.end)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the writing process tells of new keys
    told = LinkService(orders.answer, loop=loop, identify=lambda _: LinkPeer(b"", "writer"))
    _, asking = await loop.create_unix_connection(
        lambda: AskingLink(loop=loop, lost=_lost), sock=socket.socket(fileno=start.asks)
    )
    await loop.create_unix_connection(told.protocol, sock=socket.socket(fileno=start.told))
    writer = WriterLink(asking, loop=loop, number=start.number)
    pools = Pools(peer_tls(settings, keys=keys))
    keys.when_tls_changes(pools.renew)
    node = _make_runtime(settings, source=source, keys=keys, pools=pools, writer=writer)
    node.descriptions.when_broken(writer.report)
    guard = make_guard(settings, now=lambda: datetime.now(UTC))
    edge = Edge(node, guard=guard, metaservices=Metaservices(node), others=writer.face)
    links = LinkService(edge.link, loop=loop)
    watch = KeyWatch(keys, directory=source.current, reread=lambda: orders.settings)
    watching = asyncio.create_task(watch.watch())
    await orders.ready.wait()
    faces = await open_call_faces(
        settings,
        edge,
        keys=keys,
        counters=node.counters,
        links=links,
        listeners={name: socket.socket(fileno=fd) for name, fd in start.listeners.items()},
    )
    await orders.ending.wait()
    watching.cancel()
    await end_faces(faces, links, grace_s=orders.grace_s)
    pools.close()
    node.consents.close()


def _make_runtime(
    settings: NodeSettings,
    *,
    source: FederationSource,
    keys: KeyRing,
    pools: Pools,
    writer: WriterLink,
) -> CallRuntime:
    """Bind what the call path needs."""
    # Each worker keeps last good documents for itself: two would write over each other.
    own = msgspec.structs.replace(settings, folder=f"{settings.folder}/workers/{writer.number}")
    return CallRuntime(
        name=settings.name,
        zone=settings.zone,
        subject_key=Path(settings.subject_key).read_bytes(),
        directory=source.current,
        signers=keys.signers,
        backends={ServiceId.parse(s): pools.backend(url) for s, url in settings.services.items()},
        peer=pools.peer,
        consents=make_consents(settings, directory=source.current, now_ms=_now_ms),
        descriptions=make_descriptions(own),
        now_ms=_now_ms,
        new_id=lambda: random_number(os.urandom(16)),
        evidence=writer,
        admission=writer,
        refusals=writer,
        counters=WorkerCounters(writer),
    )


def _die_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, whatever ends it."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _lost() -> None:
    """End at once: without the writing process no answer may leave any more."""
    log.error("writer_lost")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    main()
