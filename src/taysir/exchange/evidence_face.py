"""The part of the admin face that hands out evidence: of one exchange, or of records in a row.

A request waits a moment for witnesses and time-stamp, so that what is handed out is complete
wherever third parties answer; ``wait=no`` takes what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, Protocol, runtime_checkable

from taysir.exchange.consent import SignedConsent
from taysir.exchange.errors import EXC_MALFORMED
from taysir.exchange.evidence import EvidencePackager, named_consent
from taysir.exchange.evidence_range import RangePackager, named_consents
from taysir.exchange.http import Request, Response
from taysir.exchange.model import StoredExchange
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.trust_errors import EXC_EVIDENCE_INCOMPLETE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

RANGE_PATH: Final = "/admin/evidence"
"""Where records of the journal in a row are handed out."""
_AT_ONCE: Final = 64
"""Consents that are read in one turn of the event loop; they take less than a millisecond."""
_ANSWERS: Final = {"yes": True, "no": False}


class PackageEvidence(Protocol):
    """Makes the evidence package of one exchange from what this node holds of it."""

    def __call__(
        self,
        records: list[StoredExchange],
        *,
        bodies: bool = True,
        newest: bool = False,
        consent: SignedConsent | None = None,
    ) -> bytes:
        """Return the package, without the bodies or by the newest checkpoint on request."""


@runtime_checkable
class PackageRange(Protocol):
    """Makes the evidence of records in a row."""

    def package_range(
        self, records: Sequence[StoredExchange], *, consents: Mapping[str, SignedConsent]
    ) -> bytes:
        """Return the package, with the consents that its requests name; raises EXC-0531."""


class NodeEvidence:
    """Both kinds of packages of one node."""

    def __init__(self, single: EvidencePackager, rows: RangePackager) -> None:
        self._single = single
        self._rows = rows

    def __call__(
        self,
        records: list[StoredExchange],
        *,
        bodies: bool = True,
        newest: bool = False,
        consent: SignedConsent | None = None,
    ) -> bytes:
        """Return the package of one exchange; raises EXC-0531."""
        return self._single(records, bodies=bodies, newest=newest, consent=consent)

    def package_range(
        self, records: Sequence[StoredExchange], *, consents: Mapping[str, SignedConsent]
    ) -> bytes:
        """Return the package of records in a row; raises EXC-0531."""
        return self._rows(records, consents=consents)


class EvidenceFace:
    """Answers the requests for evidence."""

    def __init__(self, node: NodeRuntime, *, package: PackageEvidence) -> None:
        self._node = node
        self._package = package

    async def of_exchange(self, records: list[StoredExchange], request: Request) -> Response:
        """Package one exchange; raises EXC-0101 for a malformed query, EXC-0531."""
        bodies, wait = _yes(request, name="bodies"), _yes(request, name="wait")
        newest = _yes(request, name="newest", unless="no")
        if wait:
            await self._settle(max(record.position for record in records))
        consent = self._node.consents.signed(named_consent(records))
        package = partial(self._package, bodies=bodies, newest=newest, consent=consent)
        return _zip(await asyncio.to_thread(package, records))

    async def of_range(self, request: Request) -> Response:
        """Package records of the journal in a row; raises EXC-0101, EXC-0531."""
        start = _number(request, name="start", least=0, most=1 << 53)
        count = _number(request, name="count", least=1, most=limits.RANGE_RECORDS)
        journal, package = self._node.journal, self._package
        if not isinstance(package, PackageRange):
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason="this node keeps no log")
        if start >= journal.count:
            reason = f"the journal holds {journal.count} records, counted from 0"
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason=reason)
        await self._settle(min(start + count, journal.count) - 1)
        records, named = await asyncio.to_thread(self._read_range, start, count)
        made = partial(package.package_range, records, consents=await self._consents(named))
        return _zip(await asyncio.to_thread(made))

    def _read_range(self, start: int, count: int) -> tuple[list[StoredExchange], frozenset[str]]:
        """Return records in a row, and the names of the consents that they name."""
        records = list(islice(self._node.journal.exchanges(start=start, bodies=False), count))
        return records, named_consents(records)

    async def _consents(self, named: frozenset[str]) -> dict[str, SignedConsent]:
        """Return what this node holds of consents, without holding up its calls meanwhile."""
        found = {}
        for number, name in enumerate(sorted(named), 1):
            signed = self._node.consents.signed(name)
            if signed is not None:
                found[name] = signed
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    async def _settle(self, position: int) -> None:
        keeper = self._node.keeper
        if keeper is not None:
            await keeper.settle(position, timeout_s=limits.EVIDENCE_WAIT_S)


def _zip(body: bytes) -> Response:
    return Response(headers=((b"content-type", b"application/zip"),), body=body)


def _yes(request: Request, *, name: str, unless: str = "yes") -> bool:
    """Read a yes or no of the query; where it says nothing, the default."""
    text = request.query.get(name, unless)
    if text not in _ANSWERS:
        raise Problem(EXC_MALFORMED, reason=f"{name} is yes or no")
    return _ANSWERS[text]


def _number(request: Request, *, name: str, least: int, most: int) -> int:
    """Read a number of the query."""
    text = request.query.get(name, "")
    short = text.isascii() and text.isdigit() and len(text) <= 16
    if not short or not least <= int(text) <= most:
        raise Problem(EXC_MALFORMED, reason=f"{name} is {least} to {most}")
    return int(text)
