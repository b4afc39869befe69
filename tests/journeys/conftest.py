"""One running country and one Chromium for all journeys; each journey opens its own phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from taysir.country.personas import BY_CODE
from tests.journeys.citizen import Citizen
from tests.journeys.country import Country, running_country

NewCitizen = Callable[..., Citizen]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey: it needs the whole country and a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.country)
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    with running_country(tmp_path_factory.mktemp("journeys") / "waha") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def new_citizen(country: Country, browser: Browser) -> Iterator[NewCitizen]:
    """Make persons with a phone each; ``bypass_csp`` lets the measuring scripts in."""
    contexts = []

    def make(
        code: str = "granted",
        *,
        scripts: bool = True,
        bypass_csp: bool = False,
        language: str = "ar",
        width: int = 360,
    ) -> Citizen:
        context = browser.new_context(
            viewport={"width": width, "height": 740},
            has_touch=True,
            java_script_enabled=scripts,
            bypass_csp=bypass_csp,
            locale="ar-SA",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        citizen = Citizen(country=country, context=context, persona=BY_CODE[code])
        citizen.choose_language(language)
        return citizen

    yield make
    for context in contexts:
        context.close()
