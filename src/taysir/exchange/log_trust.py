"""Whom a node or a verifier trusts about logs, as the federation document names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taysir.exchange.federation import Content
from taysir.exchange.trust_errors import EXC_FEDERATION
from taysir.exchange.witness import WitnessPeer
from taysir.kernel.certificates import load_certificate
from taysir.kernel.checkpoint import COSIGNATURE, LOG_SIGNATURE, NoteKey
from taysir.kernel.errors import Problem
from taysir.kernel.signature import from_base64url


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTrust:
    """Keys of logs by origin, witnesses by node, roots of time-stamp authorities (DER)."""

    logs: Mapping[str, tuple[NoteKey, ...]]
    node_of_log: Mapping[str, str]
    witnesses: Mapping[str, WitnessPeer]
    quorum: int
    stamp_roots: tuple[bytes, ...]

    def witnesses_of(self, node: str) -> list[WitnessPeer]:
        """Return the witnesses that count for a node's log: those of other nodes."""
        return [peer for owner, peer in self.witnesses.items() if owner != node]


NO_TRUST = LogTrust(logs={}, node_of_log={}, witnesses={}, quorum=0, stamp_roots=())
"""For a federation that names no logs."""


def log_trust(content: Content, *, also_roots: tuple[bytes, ...] = ()) -> LogTrust:
    """Read what a federation document says about logs.

    Args:
        content: of the document.
        also_roots: roots of time-stamp authorities that a node accepts by its settings.

    Raises:
        Problem: EXC-0501, KRN-0231, KRN-0211.
    """
    logs: dict[str, tuple[NoteKey, ...]] = {}
    nodes: dict[str, str] = {}
    for row in content.logs:
        keys = _keys(row.keys, kind=LOG_SIGNATURE, node=row.node)
        logs[keys[0].name] = keys
        nodes[keys[0].name] = row.node
    witnesses = {}
    for witness in content.witnesses:
        keys = _keys(witness.keys, kind=COSIGNATURE, node=witness.node)
        peer = WitnessPeer(name=keys[0].name, url=witness.url, keys=keys)
        witnesses[witness.node] = peer
    roots = tuple(from_base64url(root.encode()) for root in content.time_stampers)
    for root in roots:
        load_certificate(root)
    return LogTrust(
        logs=logs,
        node_of_log=nodes,
        witnesses=witnesses,
        quorum=content.quorum,
        stamp_roots=tuple(dict.fromkeys((*roots, *also_roots))),
    )


def _keys(texts: tuple[str, ...], *, kind: int, node: str) -> tuple[NoteKey, ...]:
    """Read the verifier keys of one log or witness: one name, one kind."""
    keys = tuple(NoteKey.parse(text) for text in texts)
    if not keys or any(key.kind != kind or key.name != keys[0].name for key in keys):
        raise Problem(EXC_FEDERATION, reason=f"the log keys of {node} do not belong together")
    return keys
