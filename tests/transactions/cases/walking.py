"""Walks a browser through a renewal, as a person does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from taysir.transactions.cases.models import Case

CHOICES = {"renewal.years": "5", "renewal.delivery": "digital"}


@dataclass(slots=True)
class Walk:
    """One person's renewal in one browser."""

    browser: Client
    number: str = ""
    pages: list[str] = field(default_factory=list)

    @property
    def case(self) -> Case:
        """The case as it is stored now."""
        return Case.objects.get(number=self.number)

    def open(self, address: str, *, status: int = 200) -> str:
        """Open an address and return its page."""
        response = self.browser.get(address)
        assert response.status_code == status, (address, response.status_code)
        return response.content.decode()

    def send(self, address: str, data: dict[str, Any] | None = None, *, status: int = 302) -> str:
        """Send a form and return where it leads, or its page."""
        response = self.browser.post(address, data or {})
        assert response.status_code == status, (address, response.status_code)
        return response.headers.get("Location", "") or response.content.decode()

    def start(self, service: str = "licence-renewal") -> str:
        """Start a case of a service and return the first page's address."""
        response = self.browser.get(f"/services/{service}/start")
        assert response.status_code == 302, response.content.decode()
        address = response.headers["Location"]
        self.number = address.split("/")[2]
        return address

    def answer(self, **changes: str) -> str:
        """Answer the questions; returns where that leads."""
        given = {**CHOICES, **{f"renewal.{name}": value for name, value in changes.items()}}
        return self.send(f"/cases/{self.number}/pages/renew", given)

    def submit(self) -> str:
        """Send the application; returns where that leads."""
        return self.send(f"/cases/{self.number}/submit")

    def apply(self, **changes: str) -> Case:
        """Start, answer and send."""
        self.start()
        self.answer(**changes)
        self.submit()
        return self.case

    def steps(self) -> list[str]:
        """Return the names of the case's events in their order."""
        return list(self.case.events.values_list("step", flat=True))
