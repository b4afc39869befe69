"""The consents that a node holds, and how often each was used; one SQLite file.

Calls look consents up by name in memory; what another process of the node wrote is noticed by
SQLite's data version. A consent is verified when it is put here and stays as proof after its end.
Counting a use costs one write without a disk flush: a power failure may forget the last seconds of
counts, never a consent or a revocation.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from taysir.exchange.consent import FindCertificate, SignedConsent, open_consent
from taysir.exchange.model import Consent, Direction
from taysir.exchange.quota import period_start
from taysir.exchange.trust_errors import EXC_CONSENT_ARTEFACT, EXC_UNKNOWN_CONSENT
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS consent (
  hash TEXT PRIMARY KEY,
  token BLOB NOT NULL,
  revocation BLOB NOT NULL,
  subject TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS consent_by_subject ON consent (subject);
CREATE TABLE IF NOT EXISTS consent_use (
  hash TEXT NOT NULL,
  direction TEXT NOT NULL,
  period_ms INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (hash, direction)
);
"""


class ConsentShelf:
    """The consents of one node; used from the node's event loop only."""

    def __init__(
        self,
        file: Path,
        *,
        find: FindCertificate,
        now_ms: Callable[[], int],
        memory: int = limits.CONSENTS_IN_MEMORY,
    ) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._find_certificate = find
        self._now_ms = now_ms
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)
        self._known: dict[str, Consent] = {}
        self._version = -1
        self._memory = memory

    def find(self, digest: str) -> Consent | None:
        """Return a consent whose signatures hold, or None. Cost: about 2 µs."""
        if not digest:
            return None
        version = int(self._database.execute("PRAGMA data_version").fetchone()[0])
        if version != self._version:
            self._known.clear()
            self._version = version
        known = self._known.get(digest)
        return known if known is not None else self._load(digest)

    def _load(self, digest: str) -> Consent | None:
        signed = self.signed(digest)
        if signed is None:
            return None
        try:
            consent = open_consent(signed, find=self._find_certificate)
        except Problem:
            return None
        if len(self._known) >= self._memory:
            self._known.clear()
        self._known[digest] = consent
        return consent

    def signed(self, digest: str) -> SignedConsent | None:
        """Return the tokens of a consent, for evidence and for other nodes."""
        row = self._database.execute(
            "SELECT token, revocation FROM consent WHERE hash = ?", (digest,)
        ).fetchone()
        return None if row is None else SignedConsent(token=row[0], revocation=row[1])

    def put(self, signed: SignedConsent) -> Consent:
        """Verify and keep a consent or its revocation; of two revocations the earlier one counts.

        A party could otherwise date a revocation far ahead, and so keep the person's own from
        counting.

        Raises:
            Problem: EXC-0515 and the errors of :func:`open_consent`.
        """
        consent = open_consent(signed, find=self._find_certificate)
        held = self.signed(consent.hash)
        if held is not None and held.token != signed.token:
            raise Problem(EXC_CONSENT_ARTEFACT, reason="it is held with another signature")
        revocation = signed.revocation
        if held is not None and held.revocation:
            known = open_consent(held, find=self._find_certificate)
            if not _is_earlier(consent, than=known):
                consent, revocation = known, held.revocation
        self._database.execute(
            "INSERT INTO consent VALUES (?, ?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET revocation = excluded.revocation",
            (consent.hash, signed.token, revocation, consent.subject),
        )
        self._known.pop(consent.hash, None)
        return consent

    def require(self, digest: str) -> SignedConsent:
        """Return a consent's tokens; raises EXC-0516."""
        signed = self.signed(digest)
        if signed is None:
            raise Problem(EXC_UNKNOWN_CONSENT)
        return signed

    def of_subject(self, subject: str) -> list[Consent]:
        """Return the consents of a pseudonym."""
        rows = self._database.execute(
            "SELECT hash FROM consent WHERE subject = ? ORDER BY rowid DESC LIMIT ?",
            (subject, limits.CONSENTS_LISTED),
        ).fetchall()
        found = (self.find(row[0]) for row in rows)
        return [consent for consent in found if consent is not None]

    def uses(self, digest: str, *, direction: Direction) -> int:
        """Return how many calls used a consent in its present period, before this one."""
        consent = self.find(digest)
        if consent is None or consent.calls is None:
            return 0
        row = self._database.execute(
            "SELECT period_ms, calls FROM consent_use WHERE hash = ? AND direction = ?",
            (digest, direction.value),
        ).fetchone()
        return int(row[1]) if row is not None and row[0] == self._period(consent) else 0

    def use(self, digest: str, *, direction: Direction) -> None:
        """Count one permitted call."""
        consent = self.find(digest)
        if consent is None or consent.calls is None:
            return
        self._database.execute(
            "INSERT INTO consent_use VALUES (?, ?, ?, 1) ON CONFLICT (hash, direction) DO UPDATE"
            " SET calls = CASE WHEN period_ms = excluded.period_ms THEN calls + 1 ELSE 1 END,"
            " period_ms = excluded.period_ms",
            (digest, direction.value, self._period(consent)),
        )

    def _period(self, consent: Consent) -> int:
        return period_start(consent.per, now_ms=self._now_ms()) if consent.per else 0

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _is_earlier(consent: Consent, *, than: Consent) -> bool:
    """Whether a consent was revoked before another copy of it was."""
    first, second = consent.revoked_at, than.revoked_at
    return first is not None and (second is None or first < second)
