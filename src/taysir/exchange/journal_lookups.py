"""What can be looked up in a journal: by exchange, subject, issue, certificate, time.

The index says where; the records say what, because it keeps hashes only. Bodies are opened with the
keys of the node; those that were erased come back empty and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from taysir.exchange.erasure import BodyKeys
from taysir.exchange.errors import EXC_UNKNOWN_EXCHANGE
from taysir.exchange.index import ExchangeIndex, IndexEntry
from taysir.exchange.journal_records import decode_exchange, received_call
from taysir.exchange.journal_store import Store
from taysir.exchange.model import Direction, StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class JournalLookups:
    """The reading half of a journal; whoever inherits it sets storage, index and keys."""

    _store: Store
    _index: ExchangeIndex
    _keys: BodyKeys

    def find(self, exchange_id: str) -> list[StoredExchange]:
        """Return what this node holds of an exchange: one record a side; raises EXC-0141."""
        entries = self._read(self._index.of_exchange(exchange_id))
        found = [exchange for exchange in entries if exchange.exchange_id == exchange_id]
        if not found:
            raise Problem(EXC_UNKNOWN_EXCHANGE)
        return found

    def about(self, subject: str, *, limit: int) -> list[StoredExchange]:
        """Return the exchanges about a pseudonymous subject, newest first."""
        found = self._read(self._index.about(subject, limit=limit))
        return [exchange for exchange in found if exchange.subject == subject]

    def of_issue(self, issue: str, *, limit: int) -> list[StoredExchange]:
        """Return the exchanges that belong to an issue, newest first."""
        found = self._read(self._index.of_issue(issue, limit=limit))
        return [exchange for exchange in found if exchange.issue == issue]

    def statements(self, start: int, *, count: int) -> list[tuple[bytes, bytes]]:
        """Return request and answer of records in a row, as many as are durable.

        Cost: 70 µs for each; where the index is not there yet a segment is read from its beginning.
        """
        found = self._index.between(start, count=count)
        if len(found) == min(count, self._store.next_position - start):
            rows = self._read(found)
        else:
            rows = islice(self.exchanges(start=start, bodies=False), count)
        return [(row.request, row.response) for row in rows]

    def erasures(self) -> list[StoredExchange]:
        """Return the records of erasures, oldest first."""
        return list(self._read(self._index.erasures()))

    def latest(self, *, limit: int) -> list[StoredExchange]:
        """Return the newest exchanges, newest first."""
        return list(self._read(self._index.latest(limit=limit)))

    def signed_by(
        self, thumbprint: str, *, from_ms: int, until_ms: int
    ) -> Iterator[StoredExchange]:
        """Yield the exchanges with a statement signed by a certificate, oldest first."""
        yield from self._read(self._index.signed_by(thumbprint, from_ms=from_ms, until_ms=until_ms))

    def _read(self, found: Iterable[IndexEntry]) -> Iterator[StoredExchange]:
        for entry in found:
            payload = self._store.read(entry.place)
            yield decode_exchange(payload, position=entry.position, keys=self._keys)

    def answered_since(
        self, agreement: str, *, direction: Direction, since_ms: int, purpose: str = ""
    ) -> int:
        """Return how many calls an agreement carried since a time, for one purpose on request."""
        return self._index.answered_since(
            agreement, direction=direction, since_ms=since_ms, purpose=purpose
        )

    def received_since(self, since_ms: int) -> list[tuple[str, str]]:
        """Return consumer and number of the calls received since a time, the newest last.

        No more than the replay cache holds. Cost: about 8 µs for each record since then.
        """
        start = self._index.first_since(since_ms)
        if start is None:
            return []
        start = max(start, self._store.next_position - limits.REPLAY_CACHE_IDS)
        calls = (received_call(record.payload) for record in self._store.records(start=start))
        return [call for call in calls if call is not None]

    def exchanges(self, *, start: int = 0, bodies: bool = True) -> Iterator[StoredExchange]:
        """Yield the records from a position on, on request with their bodies still sealed."""
        keys = self._keys if bodies else None
        for record in self._store.records(start=start):
            yield decode_exchange(record.payload, position=record.position, keys=keys)
