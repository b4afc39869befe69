"""Compares a node's journal with what its transparency log has signed.

The leaves are made again from the journal's records; the root at the signed size must be the
signed one. Tiles are not looked at: they follow from the journal, and the log makes them again.
"""

from __future__ import annotations

from pathlib import Path

from taysir.exchange.log import LeafMaker
from taysir.exchange.log_setup import read_note_signer
from taysir.exchange.model import StoredExchange
from taysir.exchange.settings import NodeSettings
from taysir.exchange.store_errors import EXC_LOG_WRONG
from taysir.kernel.checkpoint import open_note
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import EMPTY_ROOT, TreeBuilder


class LogCheck:
    """Takes the records one after the other and tells at the end what does not fit."""

    def __init__(self, settings: NodeSettings) -> None:
        """Read what was signed, before any record is read; raises EXC-0140 for a missing key."""
        self._tree = TreeBuilder()
        self._size, self._root = 0, EMPTY_ROOT
        self._found = EMPTY_ROOT
        self._faults: list[Problem] = []
        log = settings.log
        checkpoint = Path(settings.folder) / "transparency" / "log" / "checkpoint"
        if log is None or not checkpoint.exists():
            return
        self._leaves = LeafMaker(Path(log.salt).read_bytes())
        signer = read_note_signer(log.key, name=log.origin, secret=log.key_secret)
        try:
            signed, signatures = open_note(checkpoint.read_bytes(), keys=[signer.public])
        except Problem as problem:
            self._faults.append(Problem(EXC_LOG_WRONG, reason=problem.title("en")))
            return
        if not signatures:
            reason = "its checkpoint is not signed with the log's key"
            self._faults.append(Problem(EXC_LOG_WRONG, reason=reason))
        self._size, self._root = signed.size, signed.root

    def take(self, exchange: StoredExchange) -> None:
        """Make a record's leaf; records come in the order of their positions."""
        if self._tree.size < self._size:
            leaf = self._leaves.leaf(
                self._tree.size, request=exchange.request, response=exchange.response
            )
            self._tree.append(leaf)
            if self._tree.size == self._size:
                self._found = self._tree.root()

    def faults(self, *, records: int) -> list[Problem]:
        """Return what does not fit, once every record was taken."""
        if records < self._size:
            reason = f"{self._size} records were signed, the journal holds {records}"
            return [*self._faults, Problem(EXC_LOG_WRONG, reason=reason)]
        if self._found != self._root:
            reason = f"the journal leads to another root of {self._size} records than was signed"
            return [*self._faults, Problem(EXC_LOG_WRONG, reason=reason)]
        return self._faults
