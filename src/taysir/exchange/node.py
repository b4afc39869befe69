"""A node: binds settings, keys, journal and faces; starts, serves, stops.

Four things run in one event loop: the information-system face, the mutual-TLS face for other nodes,
the admin face, and the fetching of the federation document. :func:`run` is the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import uvloop

from taysir.exchange.admin import AdminFace
from taysir.exchange.admin_gate import make_admin_gate
from taysir.exchange.agreement_part import (
    AgreementPart,
    make_agreement_part,
    make_consents,
    make_descriptions,
)
from taysir.exchange.call_faces import (
    CALL_FACES,
    bind_call_faces,
    end_faces,
    open_call_faces,
)
from taysir.exchange.desk import TrustSource
from taysir.exchange.edge import Edge
from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.evidence_face import PackageEvidence
from taysir.exchange.guard import make_guard
from taysir.exchange.handover import Listeners, offer_handover
from taysir.exchange.http import Handler
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.exchange.journal import Journal
from taysir.exchange.journal_move import open_database
from taysir.exchange.journal_packer import JournalPacker
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.keys.watch import KeyWatch
from taysir.exchange.link import LinkService
from taysir.exchange.log_face import LogFace
from taysir.exchange.log_keeper import close_keeper
from taysir.exchange.log_setup import Transparency
from taysir.exchange.model import Directory
from taysir.exchange.pools import Pools
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.settings import NodeSettings
from taysir.exchange.tls import peer_tls
from taysir.exchange.workers import Workers
from taysir.exchange.writer import Writer
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, random_number
from taysir.kernel.log import get_logger

log = get_logger(__name__)

FACES: Final = (*CALL_FACES, "admin", "log")
"""The names of a node's listening sockets, in the order of its faces."""


class DirectorySource(Protocol):
    """Where a node gets the federation from."""

    def current(self) -> Directory:
        """Return the federation in hand."""

    async def keep_fresh(self) -> None:
        """Fetch newer documents until cancelled."""


@dataclass(slots=True, kw_only=True)
class RunningNode:
    """A started node; close it in the loop that started it."""

    runtime: NodeRuntime
    edge: Edge
    agreements: AgreementPart
    faces: list[HttpServer]
    links: LinkService
    pools: Pools
    fetching: asyncio.Task[None]
    keys: KeyWatch
    watching: asyncio.Task[None]
    keeping: asyncio.Task[None] | None = None
    packing: asyncio.Task[None] | None = None
    workers: Workers | None = None
    closed: bool = False

    def listeners(self) -> dict[str, int]:
        """The descriptors of the listening sockets, for a process that takes this node over."""
        held = self.workers.listeners if self.workers is not None else {}
        names = FACES[len(held) :]
        taken = {name: listener.fileno() for name, listener in held.items()}
        own = {name: face.descriptor for name, face in zip(names, self.faces, strict=False)}
        return taken | own

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Stop taking calls, finish what is being journalled, release everything.

        During ``grace_s`` calls on connections that were just accepted are still taken. A node
        that is closed already stays as it is.
        """
        if self.closed:
            return
        self.closed = True
        for task in filter(None, (self.fetching, self.watching, self.packing)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.workers is not None:
            await self.workers.stop(grace_s=grace_s)
            grace_s = 0.0
        await end_faces(self.faces, self.links, grace_s=grace_s)
        self.pools.close()
        await self.agreements.close()
        if self.keeping is not None:
            # Before the journal is let go: a log has one keeper at a time.
            await close_keeper(self.keeping)
        await self.runtime.journal.close()
        self.runtime.consents.close()


async def start_node(
    settings: NodeSettings,
    *,
    source: DirectorySource,
    package: PackageEvidence,
    keys: KeyRing | None = None,
    reread: Callable[[], NodeSettings] | None = None,
    trust: TrustSource | None = None,
    transparency: Transparency | None = None,
    listeners: Listeners | None = None,
) -> RunningNode:
    """Start a node in the running event loop.

    Args:
        settings: what the node must be told.
        source: where it gets the federation from.
        package: makes evidence packages.
        keys: the keys of these settings, if they are open already.
        reread: reads the settings again when the node is told to.
        trust: where its agreements are, and how to look for a newer federation document.
        transparency: the node's log and witness, if it has them.
        listeners: sockets that listen already, by the names of :data:`FACES`.

    Raises:
        Problem: EXC-0140 for settings, EXC-0601 to EXC-0607 for keys, EXC-0131 for a damaged
            journal, EXC-0187 for a port that cannot be had.
    """
    keys = keys or KeyRing(settings)
    pools = Pools(peer_tls(settings, keys=keys))
    keys.when_tls_changes(pools.renew)
    guard = make_guard(settings, now=lambda: datetime.now(UTC))
    runtime = _make_runtime(settings, source=source, keys=keys, pools=pools)
    agreements = make_agreement_part(runtime, settings, trust=trust)
    given, workers = listeners or {}, _workers(settings, runtime, listeners=listeners or {})
    others = workers.telling(agreements.face) if workers else agreements.face
    edge = Edge(runtime, guard=guard, metaservices=agreements.metaservices, others=others)
    links = LinkService(edge.link, loop=asyncio.get_running_loop())
    desk = KeyWatch(keys, directory=source.current, reread=reread or (lambda: settings))
    packer = _packer(settings, runtime)
    face = AdminFace(
        runtime, package=package, agreements=agreements, packer=packer, workers=workers
    )
    admin = make_admin_gate(settings, workers.telling(face) if workers else face, keys=desk)
    faces: list[HttpServer] = []
    if workers:
        desk.when_reloaded(workers.take_keys)
        workers.start(Writer(node=runtime, guard=guard, face=others))
    else:
        faces = await open_call_faces(
            settings, edge, keys=keys, counters=runtime.counters, links=links, listeners=given
        )
    faces.append(await _open_admin(settings, admin, listener=given.get(FACES[2])))
    if transparency is not None:
        listener = given.get(FACES[3])
        faces.append(
            await _open_log(settings, runtime, transparency=transparency, listener=listener)
        )
    keeping = asyncio.create_task(transparency.keeper.run()) if transparency else None
    fetching = asyncio.create_task(source.keep_fresh())
    watching = asyncio.create_task(desk.watch())
    log.info("node_started", node=settings.name, journal_records=runtime.journal.count)
    return RunningNode(
        runtime=runtime,
        edge=edge,
        agreements=agreements,
        faces=faces,
        links=links,
        pools=pools,
        fetching=fetching,
        keys=desk,
        watching=watching,
        keeping=keeping,
        packing=asyncio.create_task(packer.run()) if packer else None,
        workers=workers,
    )


def _workers(
    settings: NodeSettings, runtime: NodeRuntime, *, listeners: Listeners
) -> Workers | None:
    """Return the workers of a node that is to have some; the sockets are bound from now on."""
    if not settings.workers:
        return None
    bound = bind_call_faces(settings, listeners=listeners)
    return Workers(settings=settings, listeners=bound, directory=runtime.directory)


def _make_runtime(
    settings: NodeSettings, *, source: DirectorySource, keys: KeyRing, pools: Pools
) -> NodeRuntime:
    """Bind what the call path needs."""
    return NodeRuntime(
        name=settings.name,
        zone=settings.zone,
        subject_key=_read(settings.subject_key),
        directory=source.current,
        signers=keys.signers,
        backends={ServiceId.parse(s): pools.backend(url) for s, url in settings.services.items()},
        peer=pools.peer,
        journal=_journal(settings),
        consents=make_consents(settings, directory=source.current, now_ms=_now_ms),
        descriptions=make_descriptions(settings),
        now_ms=_now_ms,
        new_id=lambda: random_number(os.urandom(16)),
    )


async def _open_log(
    settings: NodeSettings,
    runtime: NodeRuntime,
    *,
    transparency: Transparency,
    listener: socket.socket | None,
) -> HttpServer:
    """Bind the log to the journal and serve it."""
    keeper = transparency.keeper
    keeper.open(runtime.journal)
    runtime.keeper = keeper
    face = LogFace(keeper.served, witness=transparency.witness)
    return await serve_http(
        face,
        host=settings.host,
        port=transparency.port,
        bounds=settings.http,
        listener=listener,
    )


async def _open_admin(
    settings: NodeSettings, admin: Handler, *, listener: socket.socket | None
) -> HttpServer:
    return await serve_http(
        admin,
        host=settings.host,
        port=settings.admin_port,
        bounds=settings.http,
        listener=listener,
    )


def _journal(settings: NodeSettings) -> Journal:
    place = settings.journal
    return Journal(
        Path(settings.folder),
        segment_bytes=settings.segment_bytes,
        open_store=(lambda: open_database(place)) if place else None,
        body_key=Path(settings.bodies_key) if settings.bodies_key else None,
    )


def _packer(settings: NodeSettings, runtime: NodeRuntime) -> JournalPacker | None:
    """Return what packs the journal's segments, where there are any and it is wanted."""
    if settings.journal or not settings.pack_segments:
        return None
    return JournalPacker(Path(settings.folder), count=lambda: runtime.journal.count)


def ports_of(settings: NodeSettings) -> dict[str, int]:
    """Return the port of each face by its name."""
    ports = (settings.peer_port, settings.face_port, settings.admin_port)
    return dict(zip(FACES, (*ports, settings.log.port if settings.log else 0), strict=True))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def run(settings: NodeSettings, *, start: Callable[[], Awaitable[RunningNode]]) -> None:
    """Run a node until SIGTERM, SIGINT, or its next process; SIGHUP has it read its keys again."""
    uvloop.run(_serve(settings, start=start))


async def _serve(settings: NodeSettings, *, start: Callable[[], Awaitable[RunningNode]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    node = await start()
    loop.add_signal_handler(signal.SIGHUP, node.keys.reload_quietly)
    offer = await offer_handover(Path(settings.folder), node.listeners(), give_way=stop.set)
    await stop.wait()
    offer.close()
    await node.close(grace_s=limits.HANDOVER_GRACE_S)


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
