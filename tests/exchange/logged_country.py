"""The small country with a log, witnesses and a time-stamp authority, and evidence out of it."""

from __future__ import annotations

import asyncio
import atexit
import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from taysir.exchange.authority import write_federation
from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.federation import LogRow, WitnessRow
from taysir.exchange.model import StoredExchange
from taysir.kernel.checkpoint import NoteSigner
from taysir.kernel.signature import base64url
from tests.exchange.logs import LOG, WITNESSES, MemoryJournal, record
from tests.exchange.small_country import NOW, SmallCountry, exchange, make_country
from tests.exchange.third_parties import ThirdParties

POSITION = 7


@lru_cache(maxsize=1)
def logged_country() -> SmallCountry:
    """One country for all tests of a process; they only read it."""
    folder = Path(mkdtemp(prefix="taysir-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = make_country(folder)
    content = msgspec.structs.replace(
        place.content,
        logs=(LogRow(node="trf", url="http://trf.invalid/log", keys=(_key(LOG),)),),
        witnesses=tuple(
            WitnessRow(node=f"node-{i}", url=signer.name, keys=(_key(signer),))
            for i, signer in enumerate(WITNESSES)
        ),
        time_stampers=(base64url(place.authority.root.certificate_der),),
    )
    token = write_federation(place.authority, content, now=NOW)
    return dataclasses.replace(place, content=content, token=token)


def _key(signer: NoteSigner) -> str:
    return signer.public.encode()


@dataclass(slots=True, kw_only=True)
class Made:
    """What one package is made of; changed by tests before it is packed."""

    parties: ThirdParties
    journal: MemoryJournal
    record: StoredExchange


def make(*, request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> Made:
    """An exchange at a place in the journal, and third parties some seconds later."""
    place = logged_country()
    folder = Path(mkdtemp(prefix="log-", dir=place.folder))
    parties = ThirdParties(folder, root=place.authority.root)
    parties.wait(10)
    row = exchange(place, request=request or {}, response=response or {})
    journal = MemoryJournal([record(i) for i in range(POSITION)])
    journal.rows.append(msgspec.structs.replace(row, position=-1))
    journal.rows += [record(i) for i in range(POSITION + 1, POSITION + 4)]
    row = msgspec.structs.replace(row, position=POSITION)
    return Made(parties=parties, journal=journal, record=row)


def packed(made: Made, *, bodies: bool = True, gone: Sequence[str] = ()) -> bytes:
    """The evidence package, with some third parties gone."""
    made.parties.gone |= set(gone)

    async def pack() -> bytes:
        keeper = made.parties.keeper()
        keeper.open(made.journal)
        if "log" not in gone:
            await keeper.settle(POSITION, timeout_s=10)
        place = logged_country()
        packager = EvidencePackager(
            place.source(), signers=place.signers, node="trf", prove=keeper.prove
        )
        package = packager([made.record], bodies=bodies)
        await keeper.close()
        return package

    return asyncio.run(pack())


@lru_cache(maxsize=1)
def stamped_package() -> bytes:
    """A package with everything in it."""
    return packed(make())
