"""Bills, attempts and payments of the sample treasury, in one SQLite file.

Time is passed in. A payment carries the time from which the biller may hear of it: that is how the
late notice is made. An attempt is named by the form that sent it, so a double click pays once.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bill (
    number TEXT PRIMARY KEY, biller TEXT NOT NULL, reference TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    description_ar TEXT NOT NULL, description_en TEXT NOT NULL,
    due TEXT NOT NULL, return_url TEXT NOT NULL, last_attempt TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS payment (
    reference TEXT PRIMARY KEY, bill TEXT NOT NULL REFERENCES bill (number),
    amount_minor INTEGER NOT NULL, paid_at TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
    name TEXT PRIMARY KEY, bill TEXT NOT NULL REFERENCES bill (number), outcome TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS payment_of_bill ON payment (bill);
"""

LATE_NOTICE = timedelta(seconds=20)
"""How long the treasury keeps a payment to itself after the outcome *late*."""


class Attempt(StrEnum):
    """What the imaginary bank answers."""

    PAID = "paid"
    DECLINED = "declined"
    TIMEOUT = "timeout"
    TWICE = "twice"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPayment:
    """One payment as the biller hears of it."""

    reference: str
    amount_minor: int
    paid_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBill:
    """A bill with the payments that the biller may hear of."""

    number: str
    biller: str
    reference: str
    amount_minor: int
    description_ar: str
    description_en: str
    due: str
    return_url: str
    last_attempt: str
    payments: tuple[StoredPayment, ...]

    @property
    def is_paid(self) -> bool:
        """Whether the amount has arrived, as far as the biller may hear."""
        return sum(payment.amount_minor for payment in self.payments) >= self.amount_minor


class TreasuryStore:
    """Opens the file for each use, so that forks and threads need no care."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def prepare(self) -> None:
        """Make the tables if they are not there."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)

    def add(self, bill: StoredBill) -> bool:
        """Keep a new bill; False if the number is taken."""
        with closing(self._open()) as db, db:
            cursor = db.execute(
                "INSERT INTO bill VALUES (?, ?, ?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
                (
                    bill.number,
                    bill.biller,
                    bill.reference,
                    bill.amount_minor,
                    bill.description_ar,
                    bill.description_en,
                    bill.due,
                    bill.return_url,
                ),
            )
            return cursor.rowcount == 1

    def find(self, number: str, *, now: datetime, everything: bool = False) -> StoredBill | None:
        """Return a bill with the payments known by now, or with all that were made."""
        with closing(self._open()) as db:
            return _find(db, number, now=now, everything=everything)

    def attempt(self, number: str, *, name: str, outcome: Attempt, now: datetime) -> bool:
        """Carry out one payment attempt; False if there is no such bill.

        An attempt whose name was seen before changes nothing. A bill that is paid already is paid
        again only by the outcome *twice*.
        """
        with closing(self._open()) as db, db:
            db.execute("BEGIN IMMEDIATE")
            bill = _find(db, number, now=now, everything=True)
            if bill is None:
                return False
            first = db.execute(
                "INSERT INTO attempt VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, number, outcome.value),
            )
            if first.rowcount == 0:
                return True
            count = {Attempt.PAID: 1, Attempt.LATE: 1, Attempt.TWICE: 2}.get(outcome, 0)
            if bill.is_paid and outcome is not Attempt.TWICE:
                count = 0
            known = now + LATE_NOTICE if outcome is Attempt.LATE else now
            for index in range(count):
                db.execute(
                    "INSERT INTO payment VALUES (?, ?, ?, ?, ?)",
                    (f"{name}-{index + 1}", number, bill.amount_minor, _text(now), _text(known)),
                )
            failed = outcome.value if outcome in {Attempt.DECLINED, Attempt.TIMEOUT} else ""
            db.execute("UPDATE bill SET last_attempt = ? WHERE number = ?", (failed, number))
            return True

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=5.0, isolation_level=None)
        db.execute("PRAGMA foreign_keys = ON")
        return db


def _find(
    db: sqlite3.Connection, number: str, *, now: datetime, everything: bool
) -> StoredBill | None:
    row = db.execute("SELECT * FROM bill WHERE number = ?", (number,)).fetchone()
    if row is None:
        return None
    horizon = "9999" if everything else _text(now)
    rows = db.execute(
        "SELECT reference, amount_minor, paid_at FROM payment"
        " WHERE bill = ? AND known_from <= ? ORDER BY paid_at, reference",
        (number, horizon),
    ).fetchall()
    payments = tuple(StoredPayment(reference=r, amount_minor=a, paid_at=p) for r, a, p in rows)
    columns = (
        "number", "biller", "reference", "amount_minor", "description_ar", "description_en",
        "due", "return_url", "last_attempt",
    )  # fmt: skip
    return StoredBill(**dict(zip(columns, row, strict=True)), payments=payments)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
