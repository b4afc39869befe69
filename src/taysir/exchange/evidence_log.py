"""What a package proves about the log: position, witnesses and third-party time, from files alone.

Packaging and checking both read it here, so the summary says the same on either side. Trust comes
from the federation document of the package: keys of logs and witnesses, roots of time-stampers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from taysir.exchange.log import log_entry
from taysir.exchange.log_trust import LogTrust
from taysir.exchange.stamping import verify_stamp
from taysir.exchange.trust_errors import EXC_EVIDENCE_FINDING
from taysir.kernel.checkpoint import Checkpoint, Signature, open_note, signed_by_log
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from taysir.kernel.tlog_proof import TlogProof, parse_proof

PROOF_FILE: Final = "log/exchange.tlog-proof"
STAMP_FILE: Final = "log/checkpoint.tsr"
STATUS_FILE: Final = "status/authority.crl"
CALENDAR_ENDS_S: Final = 253402300800
"""The year 10000, beyond which no time can be written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A record under a checkpoint: the proof held, the log signed, these witnesses cosigned."""

    proof: TlogProof
    checkpoint: Checkpoint
    node: str
    witnesses: tuple[Signature, ...]
    quorum: int

    @property
    def witnessed(self) -> bool:
        """Whether enough witnesses cosigned."""
        return len(self.witnesses) >= self.quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What the summary says about the log; ``stamped_at`` is None while the time is pending."""

    logged: Logged
    stamped_at: datetime | None


def read_logged(text: bytes, *, trust: LogTrust, request: bytes, response: bytes) -> Logged:
    """Check that statements are in a log that the federation names, and who cosigned.

    Raises:
        Problem: KRN-0221, KRN-0231, EXC-0533.
    """
    proof = parse_proof(text)
    note = proof.checkpoint
    checkpoint, _unknown = open_note(note, keys=())
    keys = trust.logs.get(checkpoint.origin)
    if keys is None:
        raise _finding("the federation document does not name this log")
    if not open_note(signed_by_log(note), keys=keys)[1]:
        raise _finding("the checkpoint is not signed by its log")
    if len(proof.extra) != HASH_BYTES:
        raise _finding("it does not disclose the salt")
    leaf = leaf_hash(log_entry(proof.extra, request=request, response=response))
    verify_inclusion(
        leaf,
        index=proof.index,
        size=checkpoint.size,
        proof=proof.hashes,
        root=checkpoint.root,
    )
    node = trust.node_of_log[checkpoint.origin]
    peers = trust.witnesses_of(node)
    _checkpoint, signed = open_note(note, keys=[key for peer in peers for key in peer.keys])
    if any(signature.at >= CALENDAR_ENDS_S for signature in signed):
        raise _finding("a witness's time is beyond the calendar")
    witnesses = {signature.name: signature for signature in signed}
    return Logged(
        proof=proof,
        checkpoint=checkpoint,
        node=node,
        witnesses=tuple(witnesses[name] for name in sorted(witnesses)),
        quorum=trust.quorum,
    )


def read_stamp(token: bytes, *, logged: Logged, trust: LogTrust) -> datetime:
    """Check the time-stamp over the checkpoint and return its time; raises EXC-0544."""
    data = signed_by_log(logged.proof.checkpoint)
    return verify_stamp(token, data=data, roots=trust.stamp_roots)


def read_log_facts(files: Mapping[str, bytes], *, trust: LogTrust) -> LogFacts | None:
    """Return what a package's files prove about the log; None when they prove nothing yet.

    Raises:
        Problem: KRN-0221, KRN-0231, EXC-0533, EXC-0544.
    """
    if PROOF_FILE not in files:
        return None
    logged = read_logged(
        files[PROOF_FILE],
        trust=trust,
        request=files.get("request.jws", b""),
        response=files.get("response.jws", b""),
    )
    token = files.get(STAMP_FILE)
    stamped_at = read_stamp(token, logged=logged, trust=trust) if token else None
    return LogFacts(logged=logged, stamped_at=stamped_at)


def _finding(reason: str) -> Problem:
    return Problem(EXC_EVIDENCE_FINDING, file=PROOF_FILE, reason=reason)
