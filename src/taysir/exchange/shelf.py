"""The signed agreements that a node holds: a folder of files, read once and when it changes.

Files are the truth, so that agreements can be copied, backed up and looked at with common tools.
Another process of the node may write them too; the number of the present reading tells whoever
compiled something from it that it is out of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from taysir.exchange.contracts import (
    SignedAgreement,
    merged,
    read_agreements,
    write_agreement,
)
from taysir.exchange.trust_errors import EXC_UNKNOWN_AGREEMENT
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class AgreementShelf:
    """One node's agreements, in force or not."""

    def __init__(self, folder: Path, *, capacity: int = limits.AGREEMENTS_HELD) -> None:
        self._folder = folder
        self._capacity = capacity
        self._seen: tuple[tuple[str, int], ...] = ()
        self._held: dict[str, SignedAgreement] = {}
        self.reading = 0
        self.refresh()

    def refresh(self) -> bool:
        """Read the folder again if it changed; returns whether it did."""
        seen = _look(self._folder)
        if seen == self._seen:
            return False
        self._seen = seen
        self._held = {a.hash: a for a in read_agreements(self._folder)}
        self.reading += 1
        return True

    def all(self) -> Mapping[str, SignedAgreement]:
        """Return every agreement by its name."""
        return MappingProxyType(self._held)

    def get(self, digest: str) -> SignedAgreement | None:
        """Return an agreement by its name."""
        return self._held.get(digest)

    def require(self, digest: str) -> SignedAgreement:
        """Return an agreement by its name; raises EXC-0512."""
        agreement = self._held.get(digest)
        if agreement is None:
            raise Problem(EXC_UNKNOWN_AGREEMENT)
        return agreement

    def has_room(self) -> bool:
        """Whether agreements that others hand in may be added."""
        return len(self._held) < self._capacity

    def put(self, agreement: SignedAgreement) -> SignedAgreement:
        """Keep an agreement together with the signatures held of it, and return both together."""
        held = self._held.get(agreement.hash)
        whole = agreement if held is None else merged(held, agreement)
        if whole != held:
            write_agreement(self._folder, agreement=whole)
            self._held[whole.hash] = whole
            self._seen = _look(self._folder)
            self.reading += 1
        return whole


def _look(folder: Path) -> tuple[tuple[str, int], ...]:
    """What of a folder of agreements shows a change: names and times of the inner folders."""
    if not folder.is_dir():
        return ()
    return tuple(sorted((place.name, place.stat().st_mtime_ns) for place in folder.iterdir()))
