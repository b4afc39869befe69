"""A second, small implementation of the protocol, written from docs/reference/protocol.md alone.

It exists to show that the page is enough: it shares no code with the product and uses only the
standard library and ``cryptography``. It must agree with every vector. Each public function takes
a vector and the world, and returns what it found or raises :class:`Refused`;
the modules of ``second`` follow the clauses of the page.
"""

from __future__ import annotations

from tests.conformance.second.basics import Refused, canonical, identifiers
from tests.conformance.second.documents import (
    agreements,
    consents,
    federation,
    standing,
)
from tests.conformance.second.link import frames
from tests.conformance.second.node import answers, calls, requests
from tests.conformance.second.notes import entries, notes, witness
from tests.conformance.second.package import containers
from tests.conformance.second.statements import headers, projections, statements

__all__ = [
    "Refused",
    "agreements",
    "answers",
    "calls",
    "canonical",
    "consents",
    "containers",
    "entries",
    "federation",
    "frames",
    "headers",
    "identifiers",
    "notes",
    "projections",
    "requests",
    "standing",
    "statements",
    "witness",
]
