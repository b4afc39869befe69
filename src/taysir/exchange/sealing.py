"""Signs what a member says: each statement alone, or all of one turn together in a batch.

Statements that an agreement allows to be batched and that become ready within one turn of the
event loop are signed with one signature; under load a turn is long and the batch large, without
anybody waiting for a timer. The key is asked for at the moment of signing, so it may be changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer
from taysir.kernel.statement import Statement, seal_statements


class Sealer:
    """Seals one member's batched statements."""

    def __init__(
        self,
        signer: Callable[[], Signer],
        *,
        loop: asyncio.AbstractEventLoop,
        now_ms: Callable[[], int],
    ) -> None:
        self._signer = signer
        self._loop = loop
        self._now_ms = now_ms
        self._ready: list[tuple[Statement, asyncio.Future[bytes]]] = []

    def seal(self, statement: Statement) -> asyncio.Future[bytes]:
        """Return the future batched token of a statement; a key that fails raises its problem."""
        token: asyncio.Future[bytes] = self._loop.create_future()
        self._ready.append((statement, token))
        if len(self._ready) == 1:
            self._loop.call_soon(self._sign)
        return token

    def _sign(self) -> None:
        ready, self._ready = self._ready, []
        for start in range(0, len(ready), limits.BATCH_STATEMENTS):
            self._sign_batch(ready[start : start + limits.BATCH_STATEMENTS])

    def _sign_batch(self, batch: list[tuple[Statement, asyncio.Future[bytes]]]) -> None:
        statements = [statement for statement, _token in batch]
        try:
            tokens = seal_statements(statements, signer=self._signer(), time_ms=self._now_ms())
        except Problem as problem:
            for _statement, future in batch:
                if not future.done():
                    future.set_exception(problem)
            return
        for (_statement, future), token in zip(batch, tokens, strict=True):
            if not future.done():
                future.set_result(token)
