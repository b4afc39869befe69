"""What an evidence package says of the journal: which records, where, and when they were kept.

The positions are proved by the log and the statements by their digests. Times and outcomes are the
word of the node that hands the package out: nobody else saw its journal. So they are held to a
strict form, and to what the statements allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

from taysir.exchange.evidence_log import CALENDAR_ENDS_S
from taysir.exchange.model import StoredExchange
from taysir.exchange.trust_errors import EXC_EVIDENCE_FINDING
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.errors import Problem

JOURNAL_FILE: Final = "journal.json"

_Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_TimeMs = Annotated[int, msgspec.Meta(gt=0, lt=CALENDAR_ENDS_S * 1000)]


class JournalRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record of the exchange: the call begun, or ended."""

    position: Annotated[int, msgspec.Meta(ge=0)]
    direction: Literal["sent", "received"]
    outcome: Literal["accepted", "answered", "refused", "failed"]
    recorded_at_ms: _TimeMs
    request_sha256: _Sha256
    response_sha256: _Sha256


class JournalRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The records of one exchange at one node, in the order of their positions."""

    node: str
    records: Annotated[tuple[JournalRow, ...], msgspec.Meta(min_length=1)]


def journal_file(records: Sequence[StoredExchange], *, node: str) -> bytes:
    """Return the file for the records of an exchange."""
    rows = [
        {
            "position": record.position,
            "direction": record.direction.value,
            "outcome": record.outcome.value,
            "recorded_at_ms": record.recorded_at_ms,
            "request_sha256": hashlib.sha256(record.request).hexdigest(),
            "response_sha256": hashlib.sha256(record.response).hexdigest(),
        }
        for record in sorted(records, key=lambda record: record.position)
    ]
    return canonical_json({"node": node, "records": rows})


def read_journal(content: bytes) -> JournalRows:
    """Read the file, refusing every other form; raises EXC-0533."""
    try:
        found = msgspec.convert(parse_canonical(content), JournalRows, strict=True)
    except msgspec.ValidationError as cause:
        raise _finding("its records do not have the form") from cause
    positions = [row.position for row in found.records]
    if positions != sorted(set(positions)):
        raise _finding("its records are not in the order of their positions")
    return found


def check_rows(rows: JournalRows, *, request: bytes, response: bytes, asked_at_ms: int) -> None:
    """Check that records are of these statements, and not from before them; raises EXC-0533."""
    wanted, answer = (hashlib.sha256(token).hexdigest() for token in (request, response))
    if not all(row.request_sha256 == wanted for row in rows.records):
        raise _finding("a record is of another request")
    if not any(row.response_sha256 == answer for row in rows.records):
        raise _finding("no record is of this answer")
    earliest_ms = asked_at_ms - limits.CLOCK_SKEW_S * 1000
    if any(row.recorded_at_ms < earliest_ms for row in rows.records):
        raise _finding("a record is older than the request")


def _finding(reason: str) -> Problem:
    return Problem(EXC_EVIDENCE_FINDING, file=JOURNAL_FILE, reason=reason)
