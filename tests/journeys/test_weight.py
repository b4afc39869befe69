"""A citizen page is light enough for a weak connection: cold and from the second page on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Request

from tests.journeys.citizen import SERVICE, Citizen
from tests.journeys.conftest import NewCitizen

COLD_BYTES = 100_000
COLD_REQUESTS = 10
LATER_BYTES = 10_000


@dataclass
class Traffic:
    """What went over the network, in bytes as sent: heads and compressed bodies."""

    requests: list[Request] = field(default_factory=list)

    def note(self, request: Request) -> None:
        """Keep one finished request."""
        self.requests.append(request)

    def bytes(self) -> int:
        """Return the bytes of all answers that did not come from the browser's own store."""
        sizes = [request.sizes() for request in self.requests]
        return sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)

    def addresses(self) -> list[str]:
        return [request.url for request in self.requests]


@contextmanager
def traffic_of(person: Citizen) -> Iterator[Traffic]:
    """Count what the pages opened in this block load."""
    traffic = Traffic()
    person.page.on("requestfinished", traffic.note)
    yield traffic
    person.page.wait_for_load_state("networkidle")
    person.page.remove_listener("requestfinished", traffic.note)


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("path", ["/", SERVICE, "/verify/"])
def test_first_page_is_light(new_citizen: NewCitizen, path: str, language: str) -> None:
    """A browser that was never here loads little, in few requests."""
    person = new_citizen(language=language)
    with traffic_of(person) as traffic:
        person.open(path)
    assert 3 <= len(traffic.requests) <= COLD_REQUESTS, traffic.addresses()
    assert 5_000 <= traffic.bytes() <= COLD_BYTES


@pytest.mark.parametrize("language", ["ar", "en"])
def test_later_pages_are_lighter(new_citizen: NewCitizen, language: str) -> None:
    """Once styles and type are there, a page is a few kilobytes."""
    person = new_citizen("expired-one-year-61-days", language=language)
    person.start()
    person.sign_in()
    questions = person.page.url
    person.answer()
    person.page.wait_for_load_state("networkidle")
    for path in ("/", SERVICE, questions, person.page.url, "/cases/", "/inbox/", "/my-data/"):
        with traffic_of(person) as traffic:
            person.open(path)
        fresh = [r for r in traffic.requests if r.resource_type == "document"]
        assert len(fresh) == 1
        assert 500 <= traffic.bytes() <= LATER_BYTES, (path, traffic.addresses())
