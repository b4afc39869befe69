"""A person who is about to renew a licence."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.transactions.cases.walking import Walk


@pytest.fixture
def walk(browser: Client) -> Walk:
    """Return a signed-in person's browser before the first click."""
    return Walk(browser)
