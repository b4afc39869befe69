"""The installation's one client of the exchange, behind a port that tests can fill."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

from taysir.exchange.client import Answer, ExchangeClient, Read
from taysir.kernel.identifiers import ServiceId, SubsystemId


class AgencyQuestions(Protocol):
    """What cases need of the exchange."""

    def ask(
        self,
        service: ServiceId,
        *,
        method: str = "GET",
        path: str,
        query: Mapping[str, str] = ...,
        body: bytes = b"",
        media_type: str = "application/json",
        purpose: str,
        subject: str = "",
        issue: str = "",
        user: str = "",
        message_id: str = "",
    ) -> Answer:
        """Ask a data service."""
        ...

    def reads_about(self, subject: str, *, limit: int = 100) -> list[Read]:
        """Return who asked about a person."""
        ...


def agencies() -> AgencyQuestions:
    """Return the client; a test installation may name its own in ``TAYSIR_AGENCIES``."""
    given: Any = getattr(settings, "TAYSIR_AGENCIES", None)
    if given is not None:
        questions: AgencyQuestions = given
        return questions
    return _client()


@lru_cache(maxsize=1)
def _client() -> ExchangeClient:
    portal = settings.TAYSIR_PORTAL
    return ExchangeClient(
        face_url=portal.face_url,
        admin_url=portal.admin_url,
        client=SubsystemId.parse(portal.subsystem),
    )
