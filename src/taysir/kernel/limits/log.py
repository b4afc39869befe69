"""Bounds of the transparency log: tiles, witnesses, time-stamps."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

LOG_CHECKPOINT_INTERVAL_S: Final = 1.0
"""How often the log signs a checkpoint when it has grown."""

LOG_APPEND_INTERVAL_S: Final = 0.1
"""How long durable records wait before they become leaves: small steps never hold up a call."""

LOG_PENDING_BATCHES: Final = 2000
"""Commits remembered until they become leaves; beyond it the log reads them from the journal."""

LOG_BUNDLE_REST: Final = 4.0
"""How many times its own length the reading of an entry bundle is followed by a rest, so that who
mirrors a log takes a fifth of a processor from its node at most."""

LOG_BUNDLE_REST_S: Final = 1.0
"""The longest of those rests."""

LOG_LAG_MARKS: Final = 2000
"""Arrival times remembered during an outage; later arrivals then share the last one's time."""

LOG_STAMP_INTERVAL_S: Final = 8.0
"""The longest pause between two time-stamps of a growing log; keeps the promised 10 s and 15 s."""

LOG_STAMP_PROMISE_S: Final = 15.0
"""Within this time a statement is under a witnessed, time-stamped checkpoint; measured."""

LOG_REFUSE_AFTER_S: Final = 4 * 3600.0
"""How old the oldest unstamped statement may be before new calls are refused. Members' signatures
and witnesses' times still bind during it; X-Road allows the same four hours."""

LOG_REQUEST_TIMEOUT_S: Final = 3.0
"""How long the log waits for a witness or a time-stamp authority in the background."""

LOG_WITNESSES: Final = 16
"""Witnesses asked about one checkpoint."""

WITNESS_QUORUM: Final = 2
"""Cosignatures that a checkpoint needs; two others must lie before a history can be split."""

WITNESS_REQUEST_BYTES: Final = 68 * KIB
"""An add-checkpoint request: 63 hashes and a signed note."""

WITNESS_PROOF_HASHES: Final = 63
"""Lines of a consistency proof in an add-checkpoint request (C2SP tlog-witness)."""

TIME_STAMP_BYTES: Final = 16 * KIB
"""An RFC 3161 answer with its certificates; ours have 1.5 KiB."""

TIME_STAMP_AHEAD_S: Final = 60.0
"""How far a time-stamp authority's clock may be from ours before its stamp is not taken."""

STATUS_BYTES: Final = 4 * MIB
"""A certificate revocation list; 100,000 entries take about 3.6 MiB."""

STATUS_FETCH_INTERVAL_S: Final = 60.0
"""How often revocation status is fetched; the authority signs it anew as often."""

EVIDENCE_WAIT_S: Final = 3.0
"""How long a request for evidence waits for a checkpoint to be witnessed and stamped."""

RANGE_RECORDS: Final = 20_000
"""Records of one exported range: two statements each, below the size of a package."""

RANGE_FINDINGS: Final = 100
"""Findings of one range; whoever forged more than these is found out already."""
