"""The gallery in a real browser: accessible, within the window, in its own letters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from taysir.ui.middleware import COOKIE
from tests.journeys.accessibility import run_axe, run_htmlcs, sideways_scroll

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIEWS = list(itertools.product(["ar", "en"], ["light", "dark"], [320, 1280]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium."""
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Browser, url: str, language: str, scheme: str, width: int) -> Page:
    """Open the gallery in one language, scheme and width."""
    dark = "dark" if scheme == "dark" else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=dark, bypass_csp=True
    )
    context.add_cookies([{"name": COOKIE, "value": language, "url": url}])
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    return page


@pytest.mark.parametrize(("language", "scheme", "width"), VIEWS)
def test_every_component_is_accessible(
    browser: Browser, gallery_url: str, language: str, scheme: str, width: int
) -> None:
    """axe-core and HTML_CodeSniffer find nothing, and nothing is wider than the window."""
    page = opened(browser, gallery_url, language, scheme, width)
    assert run_axe(page) == []
    assert run_htmlcs(page) == []
    assert sideways_scroll(page) == 0
    page.context.close()


@pytest.mark.parametrize("status", [404, 500, 503])
@pytest.mark.parametrize(("language", "scheme"), [("ar", "light"), ("en", "dark")])
def test_every_page_of_a_failure_is_accessible(
    browser: Browser, gallery_url: str, status: int, language: str, scheme: str
) -> None:
    """The pages that nobody hopes to see are held to the same bar, and say what to do."""
    url = gallery_url.replace("/ui/gallery/", f"/failures/{status}/")
    page = opened(browser, url, language, scheme, 360)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("main .lead").inner_text()
    assert run_axe(page) == []
    assert run_htmlcs(page) == []
    assert sideways_scroll(page) == 0
    page.context.close()


def test_letters_come_from_our_fonts(browser: Browser, gallery_url: str) -> None:
    """Arabic and Latin letters and digits of a page are all drawn in Plex."""
    page = opened(browser, gallery_url, "ar", "light", 360)
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", ".lead, .card__text", ".summary__text", ".figure__number", ".button"):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})
        names = {font["familyName"] for font in used["fonts"]}
        assert all(name.startswith("IBM Plex Sans") for name in names), (selector, names)
    page.context.close()


def test_targets_are_large_enough_for_a_thumb(browser: Browser, gallery_url: str) -> None:
    """Buttons, fields and choices are at least 44 pixels high."""
    page = opened(browser, gallery_url, "ar", "light", 360)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, .input, .choice__label, .tool")]
            .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44)
            .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert small == []
    page.context.close()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_text_of_twice_the_size_fits_a_phone(
    browser: Browser, gallery_url: str, language: str
) -> None:
    """WCAG 1.4.4: nothing is cut off sideways when a person doubles the letters."""
    page = opened(browser, gallery_url, language, "light", 360)
    page.add_style_tag(content="html { font-size: 200% !important }")
    assert sideways_scroll(page) == 0
    page.context.close()


def test_the_page_works_without_javascript(browser: Browser, gallery_url: str) -> None:
    """The language switch, a disclosure and the links of the errors need no script."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery_url)
    page.locator("details summary").first.click()
    assert page.locator("details[open]").count() == 1
    page.locator(".error-summary a").first.click()
    assert page.url.endswith("#national_id")
    page.locator(".tool--language").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url == gallery_url
    context.close()
