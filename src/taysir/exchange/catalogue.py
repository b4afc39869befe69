"""What data services there are: this node's own, and those of every other node, asked directly.

No office keeps a catalogue. Each node describes its own services from their OpenAPI documents; a
node that looks for something asks the others over mutual TLS and remembers the answers for a while.
Names in Arabic and English come from the federation document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.model import NodeEntry
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.validation import Description
from taysir.exchange.wire import SERVICES_PATH
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId
from taysir.kernel.log import get_logger
from taysir.kernel.text import search_key

log = get_logger(__name__)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The same in Arabic and English."""

    ar: str = ""
    en: str = ""


class OperationCard(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that a service offers."""

    method: str
    path: str
    summary: str = ""


class ServiceCard(msgspec.Struct, frozen=True, kw_only=True):
    """One data service as an integrator looks for it.

    ``described`` says whether the service has an OpenAPI document; operations, fields and
    classification come from there.
    """

    id: str
    provider: str
    name: Words
    provider_name: Words
    description: Words
    classification: str = ""
    described: bool = False
    operations: tuple[OperationCard, ...] = ()
    fields: tuple[str, ...] = ()


class Catalogue:
    """The services that one node offers and those that it knows of."""

    def __init__(self, node: NodeRuntime, *, clock: Callable[[], float]) -> None:
        self._node = node
        self._clock = clock
        self._known: dict[str, tuple[float, tuple[ServiceCard, ...]]] = {}

    async def own(self) -> tuple[ServiceCard, ...]:
        """Return the services behind this node."""
        return tuple([await self._card(service) for service in sorted(self._node.backends)])

    async def find(self, words: str) -> list[ServiceCard]:
        """Return the services of all nodes whose names or descriptions hold every word."""
        entries = self._node.directory().every_node()
        found = await asyncio.gather(*(self._of(entry) for entry in entries))
        wanted = search_key(words).split()
        cards = {card.id: card for cards in found for card in cards}
        return [card for _id, card in sorted(cards.items()) if _holds(card, wanted)]

    async def _of(self, entry: NodeEntry) -> tuple[ServiceCard, ...]:
        if entry.name == self._node.name:
            return await self.own()
        known = self._known.get(entry.name)
        if known is not None and self._clock() - known[0] < limits.CATALOGUE_FRESH_S:
            return known[1]
        try:
            async with asyncio.timeout(limits.CATALOGUE_WAIT_S):
                body = await self._ask(entry)
            cards = msgspec.json.decode(body, type=tuple[ServiceCard, ...])
        except (BackendUnreachable, TimeoutError, msgspec.DecodeError) as error:
            log.info("catalogue_incomplete", node=entry.name, reason=type(error).__name__)
            return known[1] if known is not None else ()
        owned = {str(member) for member in entry.members}
        cards = tuple(card for card in cards if card.provider in owned)
        self._known[entry.name] = (self._clock(), cards)
        return cards

    async def _ask(self, entry: NodeEntry) -> bytes:
        """Ask a node, again while it does not know us yet: it fetches the federation then."""
        while True:
            answer = await self._node.peer(entry).ask("GET", target=SERVICES_PATH)
            if answer.status != 401:
                return answer.body
            await asyncio.sleep(limits.CATALOGUE_WAIT_S / 10)

    async def _card(self, service: ServiceId) -> ServiceCard:
        try:
            description = await self._node.descriptions.of(service)
        except Problem:
            description = None
        directory = self._node.directory()
        card = ServiceCard(
            id=str(service),
            provider=str(service.owner),
            name=_words(directory.name_of(str(service))),
            provider_name=_words(directory.name_of(str(service.owner))),
            description=Words(),
        )
        return card if description is None else _described(card, description)


def _described(card: ServiceCard, description: Description) -> ServiceCard:
    info = description.info
    text = Words(
        ar=str(info.get("x-description-ar") or info.get("x-title-ar") or ""),
        en=str(info.get("description") or info.get("title") or ""),
    )
    operations = tuple(
        OperationCard(method=o.method, path=o.path, summary=o.summary)
        for o in description.operations
    )
    return msgspec.structs.replace(
        card,
        description=text,
        classification=str(info.get("x-classification") or ""),
        described=True,
        operations=operations,
        fields=description.fields,
    )


def _words(names: tuple[str, str]) -> Words:
    return Words(ar=names[0], en=names[1])


def _holds(card: ServiceCard, wanted: list[str]) -> bool:
    parts = (card.name, card.provider_name, card.description)
    text = search_key(" ".join([card.id, *(p.ar for p in parts), *(p.en for p in parts)]))
    return all(word in text for word in wanted)
