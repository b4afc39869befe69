"""Node to node: many calls at once over one TLS 1.3 connection, everything pending in one frame.

The consumer's node keeps one :class:`Link` to a peer and sends calls by number; the provider's
node answers in whatever order its back ends do, so a slow one holds up nobody. What becomes ready
within one turn of the event loop leaves as one frame. :class:`LinkService` is the other end. Both
bound what may be under way and what may wait to be written. Statements are not looked at here.

Source: docs/reference/protocol.md clause 7; RFC 7301 (ALPN).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from taysir.exchange.errors import EXC_BUSY, EXC_FRAME
from taysir.exchange.frames import MOST_BYTES, Frame, FrameKind, FrameReader, Message, encode_frames
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.signature import thumbprint

log = get_logger(__name__)

_SWEEP_S: Final = 1.0
_DRAIN_LOOK_S: Final = 0.005


class LinkBroken(Exception):
    """The connection ended, or the other side did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBounds:
    """How much may be on a link: in one frame, waiting to be written, and under way."""

    frame_bytes: int = MOST_BYTES
    waiting_bytes: int = limits.LINK_BYTES_WAITING
    calls: int = limits.LINK_CALLS


BETWEEN_NODES: Final = LinkBounds()


class _Coalescer:
    """Collects messages during one turn of the loop and writes them as frames at its end."""

    def __init__(
        self, kind: FrameKind, *, loop: asyncio.AbstractEventLoop, bounds: LinkBounds
    ) -> None:
        self._kind = kind
        self._bounds = bounds
        self._loop = loop
        self._pending: list[Message] = []
        self.transport: asyncio.Transport | None = None

    def add(self, message: Message) -> None:
        """Send a message with all others of this turn."""
        self._pending.append(message)
        if len(self._pending) == 1:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        messages, self._pending = self._pending, []
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        for frame in encode_frames(self._kind, messages):
            transport.write(frame)
        if transport.get_write_buffer_size() > self._bounds.waiting_bytes:
            log.warning("link_too_slow", kind=self._kind.name.lower())
            transport.abort()


class Link(asyncio.Protocol):
    """The consumer's end of one connection to a peer."""

    def __init__(
        self, *, loop: asyncio.AbstractEventLoop, bounds: LinkBounds = BETWEEN_NODES
    ) -> None:
        self._loop = loop
        self._bounds = bounds
        self._calls = _Coalescer(FrameKind.CALLS, loop=loop, bounds=bounds)
        self._reader = FrameReader(most_bytes=bounds.frame_bytes)
        self._waiting: OrderedDict[int, tuple[float, asyncio.Future[Message]]] = OrderedDict()
        self._next_number = 1
        self._sweeper: asyncio.TimerHandle | None = None
        self.open = False
        """Whether new calls may be sent: not before the connection, not after a goodbye."""
        self.left = False
        """Whether the peer has said goodbye."""

    def call(
        self,
        statement: bytes,
        *,
        body_type: bytes,
        headers: tuple[tuple[bytes, bytes], ...],
        body: bytes,
    ) -> asyncio.Future[Message]:
        """Send one call and return the future answer, which may be LinkBroken.

        Raises:
            Problem: EXC-0116 when too many calls are under way.
        """
        if len(self._waiting) >= self._bounds.calls:
            raise Problem(EXC_BUSY)
        number = self._next_number
        self._next_number += 1
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._waiting[number] = (self._loop.time() + limits.CALL_TIMEOUT_S, answer)
        self._calls.add(Message(number, statement, body_type, headers, body))
        return answer

    # --- asyncio.Protocol ---

    def connection_made(self, transport: Any) -> None:
        """Take the connection; calls may be sent from now on."""
        self._calls.transport = transport
        self.open = True
        self._sweep()

    def data_received(self, data: bytes) -> None:
        """Give each answer to the one who waits for it."""
        try:
            for frame in self._reader.feed(data):
                _expect(frame, FrameKind.ANSWERS)
                if frame.kind is FrameKind.GOODBYE:
                    self.open, self.left = False, True
                for message in frame.messages:
                    self._give(message)
        except Problem as problem:
            log.warning("link_not_understood", code=problem.code)
            self.close()
        if not self.open and not self._waiting:
            self.close()

    def _give(self, message: Message) -> None:
        _deadline, answer = self._waiting.pop(message.number, (0.0, None))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Break off the calls under way."""
        self.open = False
        if self._sweeper is not None:
            self._sweeper.cancel()
        waiting, self._waiting = self._waiting, OrderedDict()
        for _deadline, answer in waiting.values():
            _break(answer, str(exc) if exc else "the connection was closed")

    # --- our own ---

    def _sweep(self) -> None:
        """Give up on calls whose time is over; they stand in the order of their deadlines."""
        now = self._loop.time()
        while self._waiting:
            number, (deadline, answer) = next(iter(self._waiting.items()))
            if deadline > now:
                break
            del self._waiting[number]
            _break(answer, "no answer in time")
        self._sweeper = self._loop.call_later(_SWEEP_S, self._sweep)

    def close(self) -> None:
        """Close the connection; calls under way are broken off."""
        self.open = False
        if self._calls.transport is not None:
            self._calls.transport.close()


def _expect(frame: Frame, kind: FrameKind) -> None:
    """Refuse a frame that does not come from this side; a goodbye carries nothing."""
    if frame.kind is not kind and (frame.kind is not FrameKind.GOODBYE or frame.messages):
        raise Problem(EXC_FRAME, reason="a frame of another kind than this side sends")


def _break(answer: asyncio.Future[Message], reason: str) -> None:
    if not answer.done():
        answer.set_exception(LinkBroken(reason))


@dataclass(frozen=True, slots=True)
class LinkPeer:
    """Who is at the other end of a link: the certificate of its TLS connection."""

    certificate_der: bytes
    thumbprint: str


AnswerCall = Callable[[Message, LinkPeer], Awaitable[Message]]
"""Answers one call of a peer."""


def _by_certificate(transport: Any) -> LinkPeer:
    """Return who is at the other end of a TLS connection."""
    der = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return LinkPeer(der, thumbprint(der))


class LinkService:
    """The provider's end of all links of a face."""

    def __init__(
        self,
        answer: AnswerCall,
        *,
        loop: asyncio.AbstractEventLoop,
        identify: Callable[[Any], LinkPeer] = _by_certificate,
        bounds: LinkBounds = BETWEEN_NODES,
    ) -> None:
        self.answer = answer
        self.loop = loop
        self.identify = identify
        self.bounds = bounds
        self.connections: set[_ServedLink] = set()
        self.under_way: set[asyncio.Task[None]] = set()
        self.ending = False

    def protocol(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return _ServedLink(self)

    def is_full_for(self, peer: LinkPeer) -> bool:
        """Whether a peer, or all together, hold as many links as they may."""
        held = sum(1 for connection in self.connections if connection.peer == peer)
        return held >= limits.LINKS_OF_PEER or len(self.connections) >= limits.LINK_CONNECTIONS

    async def drain(self, *, timeout_s: float) -> None:
        """Tell every peer to call elsewhere, and wait until they have hung up.

        A peer hangs up when its last call is answered; calls that it sent before it heard the
        goodbye are answered too. One that stays without calling is left after a moment.
        """
        self.ending = True
        for connection in self.connections:
            connection.say_goodbye()
        now = self.loop.time
        until, quiet_until = now() + timeout_s, now() + limits.LINK_GOODBYE_S
        while self.connections and now() < min(until, quiet_until):
            if self.under_way:
                await asyncio.wait(self.under_way, timeout=until - now())
                quiet_until = now() + limits.LINK_GOODBYE_S
            else:
                await asyncio.sleep(_DRAIN_LOOK_S)

    def close(self) -> None:
        """Close every connection."""
        for task in self.under_way:
            task.cancel()
        for connection in list(self.connections):
            connection.close()


class _ServedLink(asyncio.Protocol):
    """One link of a peer: reads calls, answers each in a task of its own."""

    def __init__(self, service: LinkService) -> None:
        self._service = service
        bounds = service.bounds
        self._answers = _Coalescer(FrameKind.ANSWERS, loop=service.loop, bounds=bounds)
        self._reader = FrameReader(most_bytes=bounds.frame_bytes)
        self.peer = LinkPeer(b"", "")
        self._under_way = 0
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None

    # --- asyncio.Protocol ---

    def connection_made(self, transport: Any) -> None:
        self.peer = self._service.identify(transport)
        if self._service.is_full_for(self.peer):
            log.warning("link_refused", peer=self.peer.thumbprint)
            transport.abort()
            return
        self._transport = self._answers.transport = transport
        self._service.connections.add(self)
        if self._service.ending:
            self.say_goodbye()

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._unwatch()
                _expect(frame, FrameKind.CALLS)
                for message in frame.messages:
                    self._take(message)
        except Problem as problem:
            log.warning("link_not_understood", code=problem.code)
            self.close()
            return
        if self._reader.within_frame and self._watch is None:
            # A frame that has begun must become whole, so that nobody holds memory for nothing,
            # not even one who sends a byte now and then.
            self._watch = self._service.loop.call_later(limits.HTTP_BODY_TIMEOUT_S, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._service.connections.discard(self)

    # --- our own ---

    def _take(self, message: Message) -> None:
        """Begin to answer a call; one peer's calls beyond the bound wait in the network."""
        self._under_way += 1
        if self._under_way == self._service.bounds.calls and self._transport is not None:
            self._transport.pause_reading()
        task = self._service.loop.create_task(self._answer(message))
        self._service.under_way.add(task)
        task.add_done_callback(self._service.under_way.discard)

    async def _answer(self, message: Message) -> None:
        try:
            self._answers.add(await self._service.answer(message, self.peer))
        except Exception:  # the last line of defence of a link; logged, and the caller is told
            log.exception("link_call_failed")
            self._answers.add(Message(message.number, b"", b"", (), b""))
        finally:
            self._under_way -= 1
            if self._under_way == self._service.bounds.calls - 1 and self._transport is not None:
                self._transport.resume_reading()

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def say_goodbye(self) -> None:
        """Take no new calls from here on, after those that are on their way."""
        if self._transport is not None and not self._transport.is_closing():
            for frame in encode_frames(FrameKind.GOODBYE, ()):
                self._transport.write(frame)

    def close(self) -> None:
        """Close the connection after what is written."""
        if self._transport is not None:
            self._transport.close()
