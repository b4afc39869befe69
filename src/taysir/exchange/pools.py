"""The connections of one node to other nodes and to back ends, made when first needed.

A peer is known by where it listens and the certificates that it may show; when either changes, or
when the node's own TLS key does, later calls connect anew and those under way end where they are.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from taysir.exchange.backend import Address, HttpPool
from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.model import NodeEntry
from taysir.exchange.peers import Peer, PeerTls
from taysir.exchange.runtime import Backend
from taysir.kernel import limits
from taysir.kernel.errors import Problem


def address_of(url: str) -> Address:
    """Return where a system behind a service is.

    A node speaks plain HTTP to it, on the same machine or network; a URL that promises more, or
    holds a password, would promise what is not done. Raises EXC-0140.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.username or parts.query:
        reason = "the URL of a system behind a service is http://HOST:PORT/PATH"
        raise Problem(EXC_SETTINGS, file="services", reason=reason)
    return Address(host=parts.hostname, port=parts.port or 80)


class Pools:
    """The connections of one node."""

    def __init__(self, tls: PeerTls) -> None:
        self._tls = tls
        self._peers: dict[tuple[str, int, frozenset[str]], Peer] = {}
        self._retired: list[Peer] = []
        self._backends: list[HttpPool] = []

    def peer(self, entry: NodeEntry) -> Peer:
        """Return the connections to another node, as the federation registers it now."""
        key = (entry.host, entry.port, entry.thumbprints)
        peer = self._peers.get(key)
        if peer is None:
            self._retire(host=entry.host, port=entry.port)
            peer = Peer(
                host=entry.host, port=entry.port, thumbprints=entry.thumbprints, tls=self._tls
            )
            self._peers[key] = peer
        return peer

    def renew(self) -> None:
        """Connect anew for every later call; those under way end on their old connections."""
        for host, port, _thumbprints in list(self._peers):
            self._retire(host=host, port=port)

    def _retire(self, *, host: str, port: int) -> None:
        """Use no more what was connected to an address; close it when its calls have ended."""
        loop = asyncio.get_running_loop()
        for key in [key for key in self._peers if key[:2] == (host, port)]:
            peer = self._peers.pop(key)
            self._retired.append(peer)
            loop.call_later(limits.CALL_TIMEOUT_S, self._close_retired, peer)

    def _close_retired(self, peer: Peer) -> None:
        if peer in self._retired:
            self._retired.remove(peer)
            peer.close()

    def backend(self, url: str) -> Backend:
        """Return the connections to a back end; raises EXC-0140 for another URL than http."""
        pool = HttpPool(
            address_of(url),
            connections=limits.BACKEND_CONNECTIONS,
            timeout_s=limits.BACKEND_TIMEOUT_S,
        )
        self._backends.append(pool)
        return Backend(pool=pool, base_path=urlsplit(url).path.rstrip("/"))

    def close(self) -> None:
        """Close every connection."""
        for peer in (*self._peers.values(), *self._retired):
            peer.close()
        for pool in self._backends:
            pool.close()
