"""A pooled HTTP/1.1 client on asyncio and httptools: to back ends, and to other nodes over TLS.

It keeps connections, bounds their number, the answer's size and every wait, and repeats a request
once when a kept connection turned out to be closed and nothing of an answer had come.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httptools

from taysir.exchange.http import Headers, Response
from taysir.kernel import limits
from taysir.kernel.signature import thumbprint


class BackendUnreachable(Exception):
    """The other side could not be reached, did not answer in time, or broke off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect; with a TLS context the connection is mutual TLS.

    ``tls_thumbprints`` pins the certificates of which the other side must show one.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    tls_thumbprints: frozenset[str] = frozenset()


class _Connection(asyncio.Protocol):
    """One kept connection: one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.timed_out = False
        self.loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Response] | None = None
        self._asked_for_head = False
        self._fresh()

    def _fresh(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._header_bytes = 0
        self._body_bytes = 0
        self.started = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._fail(BackendUnreachable(str(exc) if exc else "closed"))

    def data_received(self, data: bytes) -> None:
        self.started = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.close()
            self._fail(BackendUnreachable(f"not HTTP: {error}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > limits.HTTP_HEADER_BYTES:
            self.close()
            self._fail(BackendUnreachable("the answer's headers are too large"))
        else:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._asked_for_head and self._parser.get_status_code() >= 200:
            # The length that it names is that of the body which a GET would have had; the parser
            # waits for it, so this connection is of no use afterwards.
            self.close()
            self._give(self._parser.get_status_code())

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > limits.HTTP_BODY_BYTES:
            self.close()
            self._fail(BackendUnreachable("the answer is too large"))
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return
        if not self._parser.should_keep_alive():
            self.close()
        self._give(status)

    def _give(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(
                Response(status=status, headers=tuple(self._headers), body=b"".join(self._body))
            )

    def _fail(self, error: BackendUnreachable) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def close(self) -> None:
        """Close; the connection is not used again."""
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def time_out(self) -> None:
        """End a request that got no whole answer in time."""
        self.timed_out = True
        self.close()
        self._fail(BackendUnreachable("no answer in time"))

    async def exchange(self, data: bytes) -> Response:
        """Send one request's bytes and wait for its answer."""
        self._fresh()
        self._asked_for_head = data.startswith(b"HEAD ")
        self._answer = self.loop.create_future()
        assert self.transport is not None
        self.transport.write(data)
        return await self._answer


def check_pinned(
    tls: ssl.SSLObject, *, thumbprints: frozenset[str], close: Callable[[], None]
) -> None:
    """Close and raise BackendUnreachable unless the other side shows a registered certificate."""
    shown = tls.getpeercert(binary_form=True)
    if shown is None or thumbprint(shown) not in thumbprints:
        close()
        raise BackendUnreachable("it shows another certificate than the registered one")


class HttpPool:
    """The connections to one address."""

    def __init__(self, address: Address, *, connections: int, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._idle: deque[_Connection] = deque()
        self._places = asyncio.Semaphore(connections)

    async def send(
        self, method: str, *, target: str, headers: Headers = (), body: bytes = b""
    ) -> Response:
        """Send one request; raises BackendUnreachable when no whole answer comes in time."""
        data = _encode_request(self._address, method, target=target, headers=headers, body=body)
        kept = self._take()
        if kept is not None and not self._places.locked():
            return await self._send_on_kept(kept, data)
        if kept is not None:
            self._idle.append(kept)
        return await self._send_in_turn(data)

    async def _send_on_kept(self, kept: _Connection, data: bytes) -> Response:
        """Send without waiting for a place; the deadline is a timer on the connection itself."""
        await self._places.acquire()
        expiry = kept.loop.call_later(self._timeout_s, kept.time_out)
        try:
            answer = await kept.exchange(data)
        except BackendUnreachable:
            if kept.started or kept.timed_out:
                raise
        except BaseException:
            kept.close()
            raise
        else:
            if not kept.closed:
                self._idle.append(kept)
            return answer
        finally:
            expiry.cancel()
            self._places.release()
        # The kept connection had been closed by the other side before it took anything.
        return await self._send_in_turn(data)

    async def _send_in_turn(self, data: bytes) -> Response:
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                return await self._send_on_some_connection(data)
        except TimeoutError as error:
            raise BackendUnreachable("no answer in time") from error

    async def _send_on_some_connection(self, data: bytes) -> Response:
        while True:
            kept = self._take()
            connection = kept or await self._connect()
            try:
                answer = await connection.exchange(data)
            except BackendUnreachable:
                if kept is None or connection.started:
                    raise
                continue  # the kept connection had been closed by the other side
            except BaseException:
                connection.close()
                raise
            if not connection.closed:
                self._idle.append(connection)
            return answer

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return None

    async def _connect(self) -> _Connection:
        address = self._address
        try:
            transport, connection = await asyncio.get_running_loop().create_connection(
                _Connection, address.host, address.port, ssl=address.tls
            )
        except (OSError, ssl.SSLError) as error:
            raise BackendUnreachable(str(error)) from error
        if address.tls is not None:
            tls = transport.get_extra_info("ssl_object")
            check_pinned(tls, thumbprints=address.tls_thumbprints, close=connection.close)
        return connection

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().close()


def _encode_request(
    address: Address, method: str, *, target: str, headers: Headers, body: bytes
) -> bytes:
    head = f"{method} {target} HTTP/1.1\r\nhost: {address.host}:{address.port}\r\n"
    lines = b"".join([b"%s: %s\r\n" % pair for pair in headers])
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (
        head.encode("latin-1"),
        lines,
        len(body),
        body,
    )
