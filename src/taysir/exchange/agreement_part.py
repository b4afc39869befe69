"""The part of a node that makes agreements and describes services, bound together once at start."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from taysir.exchange.backend import HttpPool
from taysir.exchange.catalogue import Catalogue
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.descriptions import Descriptions
from taysir.exchange.desk import AgreementDesk, TrustSource
from taysir.exchange.http import Response
from taysir.exchange.metaservices import Metaservices
from taysir.exchange.model import Directory
from taysir.exchange.peer_face import PeerFace
from taysir.exchange.pools import address_of
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.settings import NodeSettings
from taysir.exchange.shelf import AgreementShelf
from taysir.exchange.steps import StepLog
from taysir.kernel import limits
from taysir.kernel.identifiers import ServiceId


@dataclass(frozen=True, slots=True)
class FolderOnly:
    """A source of trust for a node whose federation document does not come from an authority."""

    shelf: AgreementShelf

    def fetch_soon(self) -> None:
        """There is nothing to fetch."""


@dataclass(slots=True, kw_only=True)
class AgreementPart:
    """The desk, the catalogue and the faces that offer them to others."""

    desk: AgreementDesk
    catalogue: Catalogue
    metaservices: Metaservices
    face: PeerFace
    delivering: asyncio.Task[None]

    async def close(self) -> None:
        """Stop delivering and release the files."""
        self.delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.delivering
        self.desk.steps.close()


def make_agreement_part(
    node: NodeRuntime, settings: NodeSettings, *, trust: TrustSource | None
) -> AgreementPart:
    """Bind the part of a node in the running event loop."""
    trust = trust or FolderOnly(AgreementShelf(Path(settings.agreements)))
    desk = AgreementDesk(
        node, trust=trust, steps=StepLog(Path(settings.folder) / "agreements.sqlite")
    )
    catalogue = Catalogue(node, clock=time.monotonic)
    metaservices = Metaservices(node)
    return AgreementPart(
        desk=desk,
        catalogue=catalogue,
        metaservices=metaservices,
        face=PeerFace(node, desk=desk, catalogue=catalogue, metaservices=metaservices, trust=trust),
        delivering=asyncio.get_running_loop().create_task(desk.keep_delivering()),
    )


def make_consents(
    settings: NodeSettings, *, directory: Callable[[], Directory], now_ms: Callable[[], int]
) -> ConsentShelf:
    """Open the consents that a node holds."""
    return ConsentShelf(
        Path(settings.folder) / "consents.sqlite",
        find=lambda name: directory().certificate(name),
        now_ms=now_ms,
    )


def make_descriptions(settings: NodeSettings) -> Descriptions:
    """Bind the OpenAPI documents that the settings name; raises EXC-0140 for a foreign URL."""
    for source in settings.openapi.values():
        if "://" in source:
            address_of(source)
    return Descriptions(
        {ServiceId.parse(service): source for service, source in settings.openapi.items()},
        folder=Path(settings.folder) / "descriptions",
        fetch=_fetch,
        clock=time.monotonic,
    )


async def _fetch(url: str) -> Response:
    """Ask for a document with a connection of its own; it happens once a minute at most."""
    parts = urlsplit(url)
    pool = HttpPool(
        address_of(url),
        connections=1,
        timeout_s=limits.BACKEND_TIMEOUT_S,
    )
    try:
        return await pool.send("GET", target=parts.path or "/")
    finally:
        pool.close()
