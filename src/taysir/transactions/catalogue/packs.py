"""The service packs of this installation, loaded once a process and found by code or hash.

What is offered are the live services of the packs that the settings name. A case finds its own
version by hash, also when the settings name another one by now (``versions.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from taysir.engine.definition import Pack, ServiceStatus
from taysir.engine.pack import load_pack
from taysir.kernel.errors import Problem
from taysir.kernel.text import fold_arabic
from taysir.transactions.catalogue.errors import TRX_SERVICE_UNKNOWN
from taysir.transactions.catalogue.models import KEPT_TABLE
from taysir.transactions.catalogue.versions import keep, kept_pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pack with the folder that its templates lie in."""

    pack: Pack
    folder: Path


def offers() -> tuple[Offer, ...]:
    """Return every service on offer; loading stops at the first pack that is not sound."""
    live = ServiceStatus.LIVE
    return tuple(offer for offer in installed() if offer.pack.service.status is live)


def installed() -> tuple[Offer, ...]:
    """Return every pack that the settings name, also those that are only prepared."""
    return _loaded(tuple(settings.TAYSIR_PORTAL.packs))


@lru_cache(maxsize=4)
def _loaded(folders: tuple[str, ...]) -> tuple[Offer, ...]:
    paths = [Path(folder) for folder in folders]
    return tuple(Offer(pack=load_pack(path), folder=path) for path in paths)


def offer_of(code: str) -> Offer:
    """Return the service with this code; raises TRX-0101."""
    for offer in offers():
        if offer.pack.service.code == code:
            return offer
    raise Problem(TRX_SERVICE_UNKNOWN, service=code[:64])


def offer_with(digest: str) -> Offer:
    """Return the pack that a case is pinned to; raises TRX-0102."""
    for offer in installed():
        if offer.pack.hash == digest:
            return offer
    pack, folder = kept_pack(digest)
    return Offer(pack=pack, folder=folder)


def keep_installed(**_signal: Any) -> None:
    """Keep every installed version before a case can begin with it, or go on after an update."""
    if KEPT_TABLE in connection.introspection.table_names():
        for offer in installed():
            keep(offer.pack, at=timezone.now())


def search(words: str) -> tuple[Offer, ...]:
    """Return the services that all the words are about, spelt in whatever way."""
    wanted = fold_arabic(words).split()
    if not wanted:
        return offers()
    return tuple(o for o in offers() if all(w in _haystack(o) for w in wanted))


def _haystack(offer: Offer) -> str:
    service = offer.pack.service
    texts = [*service.title.values(), *service.summary.values()]
    texts += [word for words in service.keywords.values() for word in words]
    texts += [text for event in service.life_events for text in event.values()]
    return fold_arabic(" ".join(texts))
