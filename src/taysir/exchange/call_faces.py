"""The two call faces of a node as listening servers: opened, and ended without a missed call.

The process that writes a node opens them itself, or binds the sockets and leaves the rest to its
workers, which open them in the same way on the same sockets.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Final

from taysir.exchange.access import face_context
from taysir.exchange.edge import Edge
from taysir.exchange.errors import EXC_PORT
from taysir.exchange.frames import ALPN
from taysir.exchange.guard import refusal_of_clients, refusal_of_nodes
from taysir.exchange.handover import Listeners
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.link import LinkService
from taysir.exchange.runtime import Counters
from taysir.exchange.settings import NodeSettings
from taysir.exchange.tls import server_context
from taysir.kernel import limits
from taysir.kernel.errors import Problem

NODES: Final = "nodes"
INFORMATION_SYSTEMS: Final = "information-systems"
CALL_FACES: Final = (NODES, INFORMATION_SYSTEMS)
"""The names of the listening sockets that take calls."""


async def open_call_faces(
    settings: NodeSettings,
    edge: Edge,
    *,
    keys: KeyRing,
    counters: Counters,
    links: LinkService,
    listeners: Listeners,
) -> list[HttpServer]:
    """Open both faces, in the order of :data:`CALL_FACES`; raises EXC-0187."""
    return [
        await serve_http(
            edge.nodes,
            host=settings.host,
            port=settings.peer_port,
            tls=server_context(settings, keys=keys),
            bounds=settings.http,
            refusal=refusal_of_nodes(counters),
            protocols={ALPN: links.protocol},
            listener=listeners.get(NODES),
        ),
        await serve_http(
            edge.information_systems,
            host=settings.host,
            port=settings.face_port,
            tls=face_context(settings.face),
            bounds=settings.http,
            refusal=refusal_of_clients(counters),
            listener=listeners.get(INFORMATION_SYSTEMS),
        ),
    ]


async def end_faces(faces: list[HttpServer], links: LinkService, *, grace_s: float) -> None:
    """Take no new calls, finish those under way, and close.

    During ``grace_s`` calls on connections that were just accepted are still taken.
    """
    for face in faces:
        face.stop_listening(idle_s=grace_s)
    await asyncio.sleep(grace_s)
    await links.drain(timeout_s=limits.CALL_TIMEOUT_S)
    for face in faces:
        await face.drain(timeout_s=limits.CALL_TIMEOUT_S)
    links.close()
    for face in faces:
        await face.close()


def bind_call_faces(settings: NodeSettings, *, listeners: Listeners) -> Listeners:
    """Return the listening sockets of both faces, given or bound now; raises EXC-0187."""
    ports = dict(zip(CALL_FACES, (settings.peer_port, settings.face_port), strict=True))
    return {
        name: listeners.get(name) or _listen(settings.host, port) for name, port in ports.items()
    }


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _kind, _protocol, _name, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=limits.HTTP_BACKLOG)
    except OSError as error:
        # The name of the number reads the same in every language.
        reason = errno.errorcode.get(error.errno or 0, "")
        raise Problem(EXC_PORT, port=port, host=host, reason=reason) from error
