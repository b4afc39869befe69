"""A node: binds settings, keys, journal and faces; starts, serves, stops.

Four things run in one event loop: the information-system face, the mutual-TLS face for other nodes,
the admin face, and the fetching of the federation document. :func:`run` is the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import uvloop

from taysir.exchange.access import face_context
from taysir.exchange.admin import AdminFace, PackageEvidence
from taysir.exchange.backend import Address, HttpPool
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.edge import Edge
from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.frames import ALPN
from taysir.exchange.guard import make_guard, refusal_of_clients, refusal_of_nodes
from taysir.exchange.http import HttpServer, serve_http
from taysir.exchange.journal import Journal
from taysir.exchange.keys.service import load_signer, load_tls_key
from taysir.exchange.link import LinkService
from taysir.exchange.model import Directory, NodeEntry
from taysir.exchange.peers import Peer, PeerTls
from taysir.exchange.runtime import Backend, NodeRuntime
from taysir.exchange.settings import NodeSettings
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.kernel.log import get_logger

log = get_logger(__name__)


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
    faces: list[HttpServer]
    links: LinkService
    pools: _Pools
    fetching: asyncio.Task[None]

    async def close(self) -> None:
        """Stop taking calls, finish what is being journalled, release everything."""
        self.fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.fetching
        for face in self.faces:
            face.stop_listening()
        await self.links.drain(timeout_s=limits.CALL_TIMEOUT_S)
        for face in self.faces:
            await face.drain(timeout_s=limits.CALL_TIMEOUT_S)
        self.links.close()
        for face in self.faces:
            await face.close()
        self.pools.close()
        await self.runtime.journal.close()
        self.runtime.consents.close()


class _Pools:
    """The connections to other nodes and to back ends, made when first needed."""

    def __init__(self, tls: PeerTls) -> None:
        self._tls = tls
        self._peers: dict[tuple[str, int, str], Peer] = {}
        self._backends: list[HttpPool] = []

    def peer(self, entry: NodeEntry) -> Peer:
        """Return the connections to another node, as the federation registers it now."""
        key = (entry.host, entry.port, entry.tls_thumbprint)
        peer = self._peers.get(key)
        if peer is None:
            thumbprints = frozenset({entry.tls_thumbprint})
            peer = Peer(host=entry.host, port=entry.port, thumbprints=thumbprints, tls=self._tls)
            self._peers[key] = peer
        return peer

    def backend(self, url: str) -> Backend:
        """Return the connections to a back end."""
        parts = urlsplit(url)
        pool = HttpPool(
            Address(host=parts.hostname or "127.0.0.1", port=parts.port or 80),
            connections=limits.BACKEND_CONNECTIONS,
            timeout_s=limits.BACKEND_TIMEOUT_S,
        )
        self._backends.append(pool)
        return Backend(pool=pool, base_path=parts.path.rstrip("/"))

    def close(self) -> None:
        """Close every connection."""
        for pool in (*self._peers.values(), *self._backends):
            pool.close()


async def start_node(
    settings: NodeSettings, *, source: DirectorySource, package: PackageEvidence
) -> RunningNode:
    """Start a node in the running event loop.

    Raises:
        Problem: EXC-0140 for keys that cannot be read, EXC-0131 for a damaged journal.
        OSError: for a port that cannot be had.
    """
    pools = _Pools(peer_tls(settings))
    guard = make_guard(settings, now=lambda: datetime.now(UTC))
    runtime = NodeRuntime(
        name=settings.name,
        zone=settings.zone,
        subject_key=_read(settings.subject_key),
        directory=source.current,
        signers={MemberId.parse(m): load_signer(pair) for m, pair in settings.members.items()},
        backends={ServiceId.parse(s): pools.backend(url) for s, url in settings.services.items()},
        peer=pools.peer,
        journal=Journal(Path(settings.folder), segment_bytes=settings.segment_bytes),
        consents=ConsentShelf(
            Path(settings.folder) / "consents.sqlite",
            find=lambda name: source.current().certificate(name),
            now_ms=_now_ms,
        ),
        now_ms=_now_ms,
        new_id=lambda: str(uuid.uuid4()),
    )
    edge = Edge(runtime, guard=guard)
    links = LinkService(edge.link, loop=asyncio.get_running_loop())
    admin = AdminFace(runtime, package=package)
    faces = await _open_faces(settings, runtime, edge=edge, admin=admin, links=links)
    fetching = asyncio.create_task(source.keep_fresh())
    log.info("node_started", node=settings.name, journal_records=runtime.journal.count)
    return RunningNode(
        runtime=runtime, edge=edge, faces=faces, links=links, pools=pools, fetching=fetching
    )


async def _open_faces(
    settings: NodeSettings,
    runtime: NodeRuntime,
    *,
    edge: Edge,
    admin: AdminFace,
    links: LinkService,
) -> list[HttpServer]:
    host = settings.host
    bounds, counters = settings.http, runtime.counters
    return [
        await serve_http(
            edge.nodes,
            host=host,
            port=settings.peer_port,
            tls=server_context(settings),
            bounds=bounds,
            refusal=refusal_of_nodes(counters),
            protocols={ALPN: links.protocol},
        ),
        await serve_http(
            edge.information_systems,
            host=host,
            port=settings.face_port,
            tls=face_context(settings.face),
            bounds=bounds,
            refusal=refusal_of_clients(counters),
        ),
        await serve_http(admin, host=host, port=settings.admin_port, bounds=bounds),
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def run(settings: NodeSettings, *, source: DirectorySource, package: PackageEvidence) -> None:
    """Run a node until SIGTERM or SIGINT."""
    uvloop.run(_serve(settings, source=source, package=package))


async def _serve(
    settings: NodeSettings, *, source: DirectorySource, package: PackageEvidence
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    node = await start_node(settings, source=source, package=package)
    await stop.wait()
    await node.close()


# --- keys and TLS --------------------------------------------------------------------------------


def server_context(settings: NodeSettings) -> ssl.SSLContext:
    """Return the context of the face for other nodes: TLS 1.3, a client certificate demanded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols([ALPN, "http/1.1"])
    _load(context, settings)
    return context


def peer_tls(settings: NodeSettings) -> PeerTls:
    """Return the contexts towards other nodes, with and without the framed link."""
    link = client_context(settings)
    link.set_alpn_protocols([ALPN])
    return PeerTls(link=link, http=client_context(settings))


def client_context(settings: NodeSettings) -> ssl.SSLContext:
    """Return the context towards other nodes: TLS 1.3; the certificate is pinned, not the name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    _load(context, settings)
    return context


def _load(context: ssl.SSLContext, settings: NodeSettings) -> None:
    try:
        context.load_verify_locations(settings.tls_authorities)
    except (OSError, ssl.SSLError) as error:
        raise Problem(EXC_SETTINGS, file=settings.tls_authorities, reason=str(error)) from error
    load_tls_key(context, settings.tls)


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
