"""Carries a signed call to another node and brings the answer back, framed or over HTTP.

The framed link is tried first; a peer whose TLS handshake does not choose it, and a body too large
to share a connection with others, take the HTTP/1.1 form of the same statements. The peer is known
by its pinned certificate. What an answer says is for the caller to check.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from taysir.exchange.backend import Address, BackendUnreachable, HttpPool, check_pinned
from taysir.exchange.frames import ALPN, Message
from taysir.exchange.http import Headers, Response
from taysir.exchange.link import Link, LinkBroken
from taysir.exchange.wire import CALL_PATH, STATEMENT_HEADER, passed_headers
from taysir.kernel import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerTls:
    """The two contexts towards other nodes: one that offers the framed link, one without."""

    link: ssl.SSLContext
    http: ssl.SSLContext


class Peer:
    """The connections to one other node."""

    def __init__(self, *, host: str, port: int, thumbprints: frozenset[str], tls: PeerTls) -> None:
        self._loop = asyncio.get_running_loop()
        self._host, self._port = host, port
        self._thumbprints = thumbprints
        self._tls = tls
        self._link: Link | None = None
        self._connecting: asyncio.Task[Link | None] | None = None
        self._http_until = 0.0
        self._http = HttpPool(
            Address(host=host, port=port, tls=tls.http, tls_thumbprints=thumbprints),
            connections=limits.PEER_CONNECTIONS,
            timeout_s=limits.CALL_TIMEOUT_S,
        )

    async def carry(
        self, statement: bytes, *, body_type: bytes, headers: Headers, body: bytes
    ) -> Message:
        """Send one call and return the answer; raises BackendUnreachable and EXC-0116."""
        again = False
        while len(body) <= limits.LINK_BODY_BYTES:
            link = self._link if self._link is not None and self._link.open else None
            link = link or await self._linked()
            if link is None:
                break
            try:
                return await link.call(statement, body_type=body_type, headers=headers, body=body)
            except LinkBroken as broken:
                # A peer that said goodbye and hung up did not take what was on its way; should it
                # have, it knows the statement and refuses to take it twice.
                if again or not link.left:
                    raise BackendUnreachable(str(broken)) from broken
                again = True
        return await self._over_http(statement, body_type=body_type, headers=headers, body=body)

    async def _linked(self) -> Link | None:
        """Return an open link, connecting once for all who wait; None if the peer has none."""
        if self._loop.time() < self._http_until:
            return None
        if self._connecting is None:
            self._connecting = self._loop.create_task(self._connect())
        try:
            return await asyncio.shield(self._connecting)
        finally:
            if self._connecting is not None and self._connecting.done():
                self._connecting = None

    async def _connect(self) -> Link | None:
        try:
            async with asyncio.timeout(limits.LINK_CONNECT_TIMEOUT_S):
                transport, link = await self._loop.create_connection(
                    lambda: Link(loop=self._loop), self._host, self._port, ssl=self._tls.link
                )
        except TimeoutError as error:
            raise BackendUnreachable("no connection in time") from error
        except (OSError, ssl.SSLError) as error:
            raise BackendUnreachable(str(error)) from error
        tls = transport.get_extra_info("ssl_object")
        check_pinned(tls, thumbprints=self._thumbprints, close=link.close)
        if tls.selected_alpn_protocol() != ALPN:
            link.close()
            self._http_until = self._loop.time() + limits.LINK_RETRY_S
            return None
        self._link = link
        return link

    async def _over_http(
        self, statement: bytes, *, body_type: bytes, headers: Headers, body: bytes
    ) -> Message:
        head: Headers = ((STATEMENT_HEADER, statement),)
        if body_type:
            head = (*head, (b"content-type", body_type))
        answer = await self._http.send(
            "POST", target=CALL_PATH, headers=(*head, *headers), body=body
        )
        found = dict(answer.headers)
        return Message(
            0,
            found.get(STATEMENT_HEADER, b""),
            found.get(b"content-type", b""),
            passed_headers(answer.headers),
            answer.body,
        )

    async def ask(
        self, method: str, *, target: str, headers: Headers = (), body: bytes = b""
    ) -> Response:
        """Ask about something else than a call, over HTTP; raises BackendUnreachable."""
        return await self._http.send(method, target=target, headers=headers, body=body)

    def close(self) -> None:
        """Close every connection."""
        if self._link is not None:
            self._link.close()
        if self._connecting is not None:
            self._connecting.cancel()
        self._http.close()
