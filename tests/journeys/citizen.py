"""A person with a phone: what they tap and type on the way, counted, in a real browser.

A tap is a click on a link, a button or a choice. A typed field is one that opens the keyboard or a
list: here the two fields of the sample identity provider.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Error, Locator, Page, Response

from taysir.country.bootstrap import PERSONA_PASSWORD
from taysir.country.personas import Persona
from tests.journeys.country import Country

SERVICE = "/services/licence-renewal/"
CASE_NUMBER = re.compile(r"/cases/([A-Z]+-\d{4}-\d+-\d)/")
WAIT_S = 40.0


@dataclass(slots=True)
class Citizen:
    """One persona in one browser of their own."""

    country: Country
    context: BrowserContext
    persona: Persona
    page: Page = field(init=False)
    taps: int = 0
    typed: int = 0

    def __post_init__(self) -> None:
        self.page = self.context.new_page()

    # --- small things ---

    def choose_language(self, language: str) -> None:
        self.context.add_cookies(
            [{"name": "taysir_language", "value": language, "url": self.country.portal}]
        )

    def open(self, path: str) -> Response:
        """Open an address of the portal, or a whole one."""
        address = path if path.startswith("http") else self.country.portal + path
        answer = self.page.goto(address)
        assert answer is not None
        return answer

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()

    def type(self, what: Locator, text: str) -> None:
        self.typed += 1
        what.fill(text)

    def choose(self, what: Locator, value: str) -> None:
        self.typed += 1
        what.select_option(value)

    @property
    def case_number(self) -> str:
        """The number of the case whose page is open."""
        found = CASE_NUMBER.search(self.page.url)
        assert found, self.page.url
        return found[1]

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    # --- steps of the journey ---

    def start(self) -> None:
        """Go from the service's page to its first page, or to the sign-in."""
        self.open(SERVICE)
        self.taps = self.typed = 0
        self.tap(self.page.locator(f"a[href$='{SERVICE}start']"))

    def sign_in(self, password: str = PERSONA_PASSWORD) -> None:
        self.choose(self.page.locator("#national_id"), self.persona.national_id)
        self.type(self.page.locator("#password"), password)
        self.tap(self.page.locator("button[value=sign-in]"))

    def answer(self, years: str = "5") -> None:
        """Choose the years and go on."""
        self.tap(self.page.locator(f"label[for='{self.years(years).get_attribute('id')}']"))
        self.proceed()

    def years(self, years: str) -> Locator:
        return self.page.locator(f"input[name='renewal.years'][value='{years}']")

    def proceed(self) -> None:
        """Press the button of the open page's form."""
        self.tap(self.page.locator("main form button[type=submit]"))

    def go_back(self) -> None:
        """Press the browser's back button, once the open page stands still.

        Chromium refuses to look at a page's history while it swaps the page's process.
        """
        self.page.wait_for_load_state("load")
        for attempts_left in range(10, -1, -1):
            try:
                self.page.go_back()
            except Error as error:
                if "Not attached" not in error.message or not attempts_left:
                    raise
                self.page.wait_for_timeout(300)
            else:
                return

    def draft(self) -> str:
        """Sign in and answer up to the review page; returns the case number."""
        self.start()
        self.sign_in()
        self.answer()
        assert self.page.url.endswith("/review"), self.page.url
        return self.case_number

    def apply(self) -> str:
        """Send an application; returns its case number."""
        number = self.draft()
        self.proceed()
        assert self.page.url.endswith(f"/cases/{number}/"), self.page.url
        return number

    def apply_again(self) -> str:
        """Send one more application while signed in; returns its case number."""
        self.start()
        self.answer()
        self.proceed()
        return self.case_number

    def pay(self, number: str, outcome: str = "paid") -> None:
        """Let the treasury's bank answer this for the bill of a case."""
        self.wait_for(number, "a[href$='/pay']")
        self.open(f"/cases/{number}/pay")
        self.page.locator(f"#o-{outcome}").check()
        self.page.locator("main form button[type=submit]").click()

    def wait_for(self, number: str, selector: str) -> Locator:
        """Look at the case's page until it holds this; returns the place."""
        found = self.page.locator(selector)
        deadline = time.monotonic() + WAIT_S
        while True:
            self.open(f"/cases/{number}/")
            if found.count():
                return found.first
            assert time.monotonic() < deadline, f"no {selector} in time: {self.text()}"
            time.sleep(0.2)
