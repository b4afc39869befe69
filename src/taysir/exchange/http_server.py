"""A small HTTP/1.1 server on asyncio and httptools for faces that are not web pages.

Bytes flow: socket → httptools → Request → handler → Response → socket. It keeps connections,
refuses oversized and slow requests, and hands over the client certificate of mutual TLS. It does
not route, decode bodies, stream, or serve files; the portal runs on a WSGI server.
"""

from __future__ import annotations

import asyncio
import errno
import math
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import httptools

from taysir.exchange.errors import EXC_PORT
from taysir.exchange.http import (
    Handler,
    HttpLimits,
    Request,
    Response,
    encode_response,
    json_response,
    plain_refusal,
    problem_response,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

ProtocolsByAlpn = Mapping[str, Callable[[], asyncio.Protocol]]
"""What else is spoken on a TLS port: a maker of protocols by ALPN name."""


@dataclass(slots=True)
class _Gate:
    """What the connections of one face share.

    One sweep looks at the deadlines of all connections, because a timer each, set and unset with
    every request, costs more than the parsing. Requests that were taken are carried to their end
    even when the client hangs up, so that the evidence of a call is whole.
    """

    handler: Handler
    bounds: HttpLimits
    loop: asyncio.AbstractEventLoop
    refusal: Callable[[int], Response] = plain_refusal
    connections: set[_Connection] = field(default_factory=set)
    addresses: Counter[str] = field(default_factory=Counter)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    bodies_bytes: int = 0
    ending: bool = False
    sweeper: asyncio.TimerHandle | None = None

    def sweep(self) -> None:
        """Close what is past its deadline, and come again."""
        now = self.loop.time()
        for connection in [c for c in self.connections if c.deadline <= now]:
            connection.time_out()
        for connection in [c for c in self.connections if c.write_deadline <= now]:
            connection.abort()
        bounds = self.bounds
        shortest = min(
            bounds.header_timeout_s,
            bounds.body_timeout_s,
            bounds.idle_timeout_s,
            bounds.write_timeout_s,
        )
        self.sweeper = self.loop.call_later(min(0.5, shortest / 4), self.sweep)


class _Connection(asyncio.Protocol):
    """One client connection: parse, hand over, answer; requests of a pipeline wait their turn."""

    def __init__(self, gate: _Gate) -> None:
        self._gate = gate
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self.deadline = math.inf
        self.write_deadline = math.inf
        self._address = ""
        self._peer_der: bytes | None = None
        self._queue: list[tuple[Request, bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._refused = False
        self._refusal = 0
        self._held = 0
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._in_message = False

    # --- asyncio.Protocol ---

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        gate, peer = self._gate, transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        gate.addresses[self._address] += 1
        crowded = gate.addresses[self._address] > gate.bounds.connections_per_address
        full = crowded or len(gate.connections) >= gate.bounds.connections
        gate.connections.add(self)
        if full:
            self._refuse(503)
            return
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._peer_der = tls.getpeercert(binary_form=True)
        self._arm(self._gate.bounds.idle_timeout_s)

    def connection_lost(self, _exc: Exception | None) -> None:
        gate = self._gate
        gate.connections.discard(self)
        gate.addresses[self._address] -= 1
        if not gate.addresses[self._address]:
            del gate.addresses[self._address]
        self._hold(-self._held)
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400)
        except httptools.HttpParserError:
            self._refuse(400)

    def pause_writing(self) -> None:
        self._writable.clear()
        self.write_deadline = self._gate.loop.time() + self._gate.bounds.write_timeout_s

    def resume_writing(self) -> None:
        self._writable.set()
        self.write_deadline = math.inf

    # --- httptools callbacks ---

    def on_message_begin(self) -> None:
        self._reset()
        self._in_message = True
        self._arm(self._gate.bounds.header_timeout_s)

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._gate.bounds.target_bytes:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > self._gate.bounds.header_bytes:
            self._refuse(431)
        else:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._refused or self._transport is None:
            return
        self._arm(self._gate.bounds.body_timeout_s)
        for name, value in self._headers:
            if name == b"expect" and value.lower() == b"100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._hold(len(body))
        if self._body_bytes > self._gate.bounds.body_bytes:
            self._refuse(413)
        elif self._gate.bodies_bytes > self._gate.bounds.bodies_bytes:
            self._refuse(503)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._disarm()
        self._in_message = False
        if self._refused:
            return
        request = Request(
            method=self._parser.get_method().decode("ascii"),
            target=self._target,
            headers=tuple(self._headers),
            body=b"".join(self._body),
            peer_certificate_der=self._peer_der,
        )
        self._queue.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = self._gate.loop.create_task(self._answer_queue())
            self._gate.under_way.add(self._task)
            self._task.add_done_callback(self._gate.under_way.discard)
        elif self._transport is not None and len(self._queue) > 16:
            self._transport.pause_reading()

    # --- our own ---

    async def _answer_queue(self) -> None:
        transport = self._transport
        assert transport is not None
        while self._queue:
            request, keep_alive = self._queue.pop(0)
            try:
                response = await self._gate.handler(request)
            except Problem as problem:
                response = problem_response(problem)
            except Exception:  # the last line of defence of a face; logged with its cause
                log.exception("http_handler_failed", method=request.method)
                response = json_response({"title": "Internal error", "status": 500}, status=500)
            self._hold(-min(len(request.body), self._held))
            if not self._writable.is_set():
                await self._writable.wait()
            if transport.is_closing():
                self._queue.clear()
                return
            head_only = request.method == "HEAD"
            keep_alive = keep_alive and not self._gate.ending
            transport.write(encode_response(response, keep_alive=keep_alive, head_only=head_only))
            if not keep_alive:
                transport.close()
                return
        self._task = None
        if self._refused:
            self._write_refusal(self._refusal)
            return
        transport.resume_reading()
        if not self._in_message:
            self._arm(self._gate.bounds.idle_timeout_s)

    def _refuse(self, status: int) -> None:
        """Answer an unacceptable request and close; nothing of it reaches the handler.

        The requests before it are answered first: a refusal before their answers would be taken
        for one of them.
        """
        if self._refused or self._transport is None:
            return
        self._refused, self._refusal = True, status
        self._body.clear()
        if self._task is None:
            self._write_refusal(status)
        else:
            self._disarm()

    def _write_refusal(self, status: int) -> None:
        """Say why, and close after a moment.

        What still comes is dropped: closing at once would break the connection before the sender
        has read why.
        """
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(encode_response(self._gate.refusal(status), keep_alive=False))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._arm(self._gate.bounds.linger_s)

    def _hold(self, count: int) -> None:
        """Count what this connection holds of bodies, and all connections of the face together."""
        self._held += count
        self._gate.bodies_bytes += count

    def _arm(self, seconds: float) -> None:
        self.deadline = self._gate.loop.time() + seconds

    def _disarm(self) -> None:
        self.deadline = math.inf

    def time_out(self) -> None:
        """End a connection that kept us waiting for too long."""
        self._disarm()
        if self._in_message and not self._refused:
            self._refuse(408)
        elif self._transport is not None and self._transport.get_write_buffer_size():
            self.abort()
        else:
            self.shut()

    def abort(self) -> None:
        """End a connection whose client does not read, without waiting until it does."""
        self.write_deadline = math.inf
        if self._transport is not None:
            self._transport.abort()

    @property
    def idle(self) -> bool:
        """Whether no request is arriving or under way."""
        return self._task is None and not self._in_message

    def end(self, *, idle_s: float) -> None:
        """Close the connection once it has been idle for so long; a request ends it sooner."""
        if self.idle:
            self._arm(idle_s)

    def end_if_due(self, now: float) -> None:
        """Close the connection if it was to end by now."""
        if self.idle and self.deadline <= now:
            self.shut()

    def shut(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.close()


_DRAIN_LOOK_S: Final = 0.005


class _ByAlpn(asyncio.Protocol):
    """Hands a connection to the protocol that its TLS handshake chose, or to HTTP/1.1."""

    def __init__(self, gate: _Gate, protocols: ProtocolsByAlpn) -> None:
        self._gate = gate
        self._protocols = protocols

    def connection_made(self, transport: Any) -> None:
        tls = transport.get_extra_info("ssl_object")
        chosen = tls.selected_alpn_protocol() if tls is not None else None
        make = self._protocols.get(chosen or "")
        protocol = make() if make is not None else _Connection(self._gate)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


class HttpServer:
    """A listening face. Use :func:`serve_http` to make one."""

    def __init__(self, server: asyncio.Server, gate: _Gate) -> None:
        self._server = server
        self._gate = gate

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def descriptor(self) -> int:
        """The descriptor of the listening socket, for a process that takes it over."""
        descriptor: int = self._server.sockets[0].fileno()
        return descriptor

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._gate.connections)

    def stop_listening(self, *, idle_s: float = 0.0) -> None:
        """Take no new connections; each that is open ends with its next answer.

        One that stays idle is closed after ``idle_s``: a client that is about to send its next
        request is told to connect anew instead of losing it.
        """
        self._server.close()
        self._gate.ending = True
        for connection in list(self._gate.connections):
            connection.end(idle_s=idle_s)

    async def drain(self, *, timeout_s: float) -> None:
        """Wait for the requests under way, also for those that are still arriving."""
        gate, now = self._gate, self._gate.loop.time
        until = now() + timeout_s
        while (gate.under_way or gate.connections) and now() < until:
            for connection in list(gate.connections):
                connection.end_if_due(now())
            await asyncio.sleep(_DRAIN_LOOK_S)

    async def close(self) -> None:
        """Stop listening and close every connection."""
        self._server.close()
        if self._gate.sweeper is not None:
            self._gate.sweeper.cancel()
        for task in self._gate.under_way:
            task.cancel()
        for connection in list(self._gate.connections):
            connection.shut()
        await asyncio.sleep(0)


async def serve_http(
    handler: Handler,
    *,
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    bounds: HttpLimits | None = None,
    refusal: Callable[[int], Response] = plain_refusal,
    protocols: ProtocolsByAlpn = MappingProxyType({}),
    listener: socket.socket | None = None,
) -> HttpServer:
    """Listen on a face until it is closed.

    The handler must answer every request; an exception that leaves it becomes status 500 and a
    log event, so that one bad request never ends a connection's other requests.

    Args:
        handler: called once a request, concurrently between connections.
        host: the address to listen on.
        port: the port, or 0 for a free one.
        tls: the server's context; with ``CERT_REQUIRED`` the peer's certificate reaches requests.
        bounds: the bounds of this face.
        refusal: the answer to what the server refuses by itself, for a status.
        protocols: what else is spoken on the port, by the name in the TLS handshake.
        listener: a socket that listens already, instead of host and port.

    Raises:
        Problem: EXC-0187 when the port cannot be had.
    """
    loop = asyncio.get_running_loop()
    kept = bounds or HttpLimits()
    gate = _Gate(handler=handler, bounds=kept, loop=loop, refusal=refusal)
    gate.sweep()
    listen = partial(
        loop.create_server,
        lambda: _ByAlpn(gate, protocols) if protocols else _Connection(gate),
        ssl=tls,
        ssl_handshake_timeout=kept.handshake_timeout_s if tls else None,
        backlog=limits.HTTP_BACKLOG,
    )
    if listener is None:
        try:
            server = await listen(host=host, port=port, reuse_address=True)
        except OSError as error:
            # The name of the number reads the same in every language.
            reason = errno.errorcode.get(error.errno or 0, "")
            raise Problem(EXC_PORT, port=port, host=host, reason=reason) from error
    else:
        server = await listen(sock=listener)
    return HttpServer(server, gate)
