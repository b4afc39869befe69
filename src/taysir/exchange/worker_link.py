"""A worker's end of the way to the process that writes its node.

What a call needs of the node's one journal and one ledger is asked here: to admit it and to keep
its evidence, coalesced with everything else of the same turn of the loop. Without the writing
process nothing can be kept, so a worker that loses it ends at once. Nothing is decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from taysir.exchange.admission import Asked
from taysir.exchange.descriptions import ContractBreak
from taysir.exchange.frames import Message
from taysir.exchange.http import Request, Response
from taysir.exchange.link import Link, LinkBroken
from taysir.exchange.model import Agreement, StoredExchange
from taysir.exchange.runtime import Counters
from taysir.exchange.worker_asks import (
    ADMIT,
    APPEND,
    BOUNDS,
    BREAK,
    COUNT,
    FACE,
    LEAVE,
    REFUSED,
    Counted,
    Refused,
    decode_number,
    decode_response,
    encode,
    journal_trouble,
    value_of,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)


class AskingLink(Link):
    """The connection of a worker; ``lost`` is called when it ends."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop, lost: Callable[[], None]) -> None:
        super().__init__(loop=loop, bounds=BOUNDS)
        self._lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        """Break off the questions under way and say so."""
        super().connection_lost(exc)
        self._lost()


class WriterLink:
    """Keeps evidence, admits calls and keeps refusals: at the writing process."""

    def __init__(self, link: Link, *, loop: asyncio.AbstractEventLoop, number: int = 0) -> None:
        self.number = number
        """Which of the node's workers this is."""
        self._link = link
        self._loop = loop
        self._left: list[int] = []

    # --- evidence ---

    async def append(self, exchange: StoredExchange) -> int:
        """Keep one exchange and return its position; durable on return; raises EXC-0130."""
        body = encode(exchange)
        if len(body) > limits.WORKER_FRAME_BYTES - limits.LINK_BODY_BYTES:
            raise journal_trouble("the evidence of one call is too large")
        return decode_number(await self._ask(APPEND, body))

    def check(self) -> None:
        """Refuse a new call without the writing process; raises EXC-0130."""
        if not self._link.open:
            raise journal_trouble("the process that writes the node has ended")

    # --- admission ---

    async def admit(self, asked: Asked, *, agreement: Agreement | None) -> int:
        """Count one call at the writing process, which looks for the agreement itself."""
        return decode_number(await self._ask(ADMIT, encode(asked)))

    def leave(self, ticket: int) -> None:
        """End a call that was counted; all of one turn of the loop are told together."""
        if not ticket:
            return
        self._left.append(ticket)
        if len(self._left) == 1:
            self._loop.call_soon(self._tell_left)

    def _tell_left(self) -> None:
        left, self._left = self._left, []
        self._tell(LEAVE, encode(left))

    # --- everything else ---

    async def keep(self, token: bytes, *, code: str, tls_thumbprint: str) -> None:
        """Have a refusal kept if there is room for it."""
        cut = token[: limits.UNSIGNED_REFUSAL_BYTES]
        refused = Refused(token=cut, code=code, tls_thumbprint=tls_thumbprint)
        try:
            await self._ask(REFUSED, encode(refused))
        except Problem as problem:
            log.warning("refusal_not_kept", code=problem.code)

    async def face(self, request: Request) -> Response:
        """Have another node's request answered that is not a call."""
        return decode_response(await self._ask(FACE, encode(request)))

    def count_refusal(self, face: str, *, code: str) -> None:
        """Tell of a request that a face refused."""
        self._tell(COUNT, encode(Counted(face=face, code=code)))

    def report(self, broken: ContractBreak) -> None:
        """Tell of a back end that broke its own contract."""
        self._tell(BREAK, encode(broken))

    async def _ask(self, word: bytes, body: bytes) -> bytes:
        try:
            return value_of(await self._link.call(word, body_type=b"", headers=(), body=body))
        except LinkBroken as broken:
            raise journal_trouble(str(broken)) from broken

    def _tell(self, word: bytes, body: bytes) -> None:
        """Send what needs no answer."""
        if self._link.open:
            told = self._link.call(word, body_type=b"", headers=(), body=body)
            told.add_done_callback(_heard)


def _heard(told: asyncio.Future[Message]) -> None:
    """Nobody waits: when the connection breaks the worker ends, and that is told elsewhere."""
    if not told.cancelled():
        told.exception()


class WorkerCounters(Counters):
    """Counts nothing itself: the writing process counts calls by the evidence that it keeps."""

    def __init__(self, writer: WriterLink) -> None:
        super().__init__()
        self._writer = writer

    def count(self, direction: str, *, result: str, elapsed_ms: float) -> None:
        """Leave a call to be counted where its evidence is kept."""

    def refuse(self, face: str, *, code: str) -> None:
        """Have a refused request counted."""
        self._writer.count_refusal(face, code=code)
