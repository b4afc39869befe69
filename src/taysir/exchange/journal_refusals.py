"""Keeps evidence of messages that were refused unsigned because nobody can be held to them.

Whoever may open a connection can send such messages, so they must not fill the disk: a bucket
lets some of them through a minute, the rest is only counted, not even logged; long statements are
cut, bodies are not kept. A record says what was sent, over which certificate, when, and why it was
refused.
"""

from __future__ import annotations

from collections.abc import Callable

from taysir.exchange.errors import EXC_JOURNAL
from taysir.exchange.journal import Journal
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)
_MINUTE_MS = 60_000


class RefusalKeeper:
    """Journals unsigned refusals of one node, within bounds."""

    def __init__(
        self, journal: Journal, *, now_ms: Callable[[], int], new_id: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._now_ms = now_ms
        self._new_id = new_id
        self._room = float(limits.UNSIGNED_REFUSALS_KEPT)
        self._filled_at_ms = now_ms()
        self.left_out = 0

    async def keep(self, token: bytes, *, code: str, tls_thumbprint: str) -> None:
        """Keep one refusal if there is room for it; a full disk is not the sender's business."""
        now_ms = self._now_ms()
        if code == EXC_JOURNAL.code or not self._take(now_ms):
            self.left_out += 1
            return
        log.info("call_not_accepted", code=code)
        try:
            await self._journal.append(
                self._record(token, code=code, tls_thumbprint=tls_thumbprint, now_ms=now_ms)
            )
        except Problem as problem:
            log.warning("refusal_not_kept", code=problem.code)

    def _take(self, now_ms: int) -> bool:
        passed_ms = max(0, now_ms - self._filled_at_ms)
        most = float(limits.UNSIGNED_REFUSALS_KEPT)
        self._room = min(most, self._room + passed_ms * most / _MINUTE_MS)
        self._filled_at_ms = now_ms
        if self._room < 1:
            return False
        self._room -= 1
        return True

    def _record(
        self, token: bytes, *, code: str, tls_thumbprint: str, now_ms: int
    ) -> StoredExchange:
        return StoredExchange(
            exchange_id=self._new_id(),
            direction=Direction.RECEIVED,
            outcome=CallOutcome.REFUSED,
            consumer="",
            service="",
            provider="",
            purpose="",
            agreement="",
            subject="",
            issue="",
            method="",
            path="",
            status=0,
            error_code=code,
            recorded_at_ms=now_ms,
            elapsed_ms=0.0,
            request=token[: limits.UNSIGNED_REFUSAL_BYTES],
            response=b"",
            request_headers=b"taysir-tls:%s\n" % tls_thumbprint.encode(),
            request_body=b"",
            response_headers=b"",
            response_body=b"",
        )
