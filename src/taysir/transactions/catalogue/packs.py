"""The service packs of this installation, loaded once a process and found by code or hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from taysir.engine.definition import Pack
from taysir.engine.pack import load_pack
from taysir.kernel.errors import Problem
from taysir.kernel.text import fold_arabic
from taysir.transactions.catalogue.errors import TRX_PACK_MISSING, TRX_SERVICE_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pack with the folder that its templates lie in."""

    pack: Pack
    folder: Path


@lru_cache(maxsize=1)
def offers() -> tuple[Offer, ...]:
    """Return every service on offer; loading stops at the first pack that is not sound."""
    folders = [Path(folder) for folder in settings.TAYSIR_PORTAL.packs]
    return tuple(Offer(pack=load_pack(folder), folder=folder) for folder in folders)


def offer_of(code: str) -> Offer:
    """Return the service with this code; raises TRX-0101."""
    for offer in offers():
        if offer.pack.service.code == code:
            return offer
    raise Problem(TRX_SERVICE_UNKNOWN, service=code[:64])


def offer_with(digest: str) -> Offer:
    """Return the pack that a case is pinned to; raises TRX-0102."""
    for offer in offers():
        if offer.pack.hash == digest:
            return offer
    raise Problem(TRX_PACK_MISSING, pack=digest[:12])


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
