"""Lets a few calls through in each turn of the event loop, so that two nodes work at the same time.

What one turn produces is written at its end. A node that signs sixty calls in one turn lets the
other node wait for all of them, and then waits itself: each works half of the time. With few calls
a turn the first frame leaves while the next calls are signed. Measured with 64 callers on two
cores: docs/decisions/0006-a-framed-link-between-nodes.md.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turnstile:
    """Admits so many a turn; the others pass in the next turns, in order."""

    def __init__(self, per_turn: int, *, loop: asyncio.AbstractEventLoop) -> None:
        self._per_turn = per_turn
        self._loop = loop
        self._passed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Return at once, or in a later turn."""
        if self._passed < self._per_turn and not self._waiting:
            self._count()
            return
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _count(self) -> None:
        if self._passed == 0:
            self._loop.call_soon(self._next_turn)
        self._passed += 1

    def _next_turn(self) -> None:
        self._passed = 0
        while self._waiting and self._passed < self._per_turn:
            turn = self._waiting.popleft()
            if not turn.done():
                self._count()
                turn.set_result(None)
