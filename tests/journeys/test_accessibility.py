"""Every page, in both languages and schemes: no finding, no sideways scroll, no dead link."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.accessibility import run_axe, run_htmlcs, sideways_scroll
from tests.journeys.citizen import SERVICE, Citizen
from tests.journeys.conftest import NewCitizen

Step = Callable[[], object]


class Inspector:
    """Looks at pages in Arabic (light) and in English (dark) and keeps what it finds."""

    def __init__(self, person: Citizen) -> None:
        self.person = person
        self.findings: list[str] = []
        self.looks = 0
        self.links: dict[str, str] = {}

    def look(self, name: str, show: Step) -> None:
        """Show a page once in each language and measure it."""
        page = self.person.page
        for language, scheme in (("ar", "light"), ("en", "dark")):
            self.person.choose_language(language)
            page.emulate_media(color_scheme=scheme)
            show()
            assert page.locator("html").get_attribute("lang") == language, (name, page.url)
            found = [*run_axe(page), *run_htmlcs(page)]
            if wider := sideways_scroll(page):
                found.append(f"{wider} px wider than the phone")
            self.findings += [f"{name}, {language}: {finding}" for finding in found]
            self.looks += 1
            for link in page.locator("a:not([href^='#'])").evaluate_all(
                "links => links.map(a => a.href)"
            ):
                self.links.setdefault(link.split("#")[0], name)
        self.person.choose_language("ar")

    def open(self, name: str, path: str, *, status: int = 200) -> None:
        """Open an address and measure what it shows."""

        def show() -> None:
            answer = self.person.open(path)
            assert answer.status == status, (name, path, answer.status)

        self.look(name, show)

    def report(self) -> None:
        """Fail with every finding and every dead link at once."""
        for link, name in self.links.items():
            assert link.startswith("http://127.0.0.1:"), (name, link)
            if "/language/" not in link:
                status = self.person.context.request.get(link).status
                self.findings += [f"{name}: {link} answers {status}"] * (status >= 400)
        assert self.looks > 0
        assert self.findings == [], "\n".join(self.findings)


@pytest.fixture
def inspect(new_citizen: NewCitizen) -> Callable[[str], Inspector]:
    """Give an inspector in the shoes of this persona."""
    return lambda code: Inspector(new_citizen(code, bypass_csp=True))


def test_planted_faults_are_found(inspect: Callable[[str], Inspector]) -> None:
    """A button without a name, an image without a text and a wide table do not pass."""
    looker = inspect("no-licence")
    planted = "<button></button><img src='x.png'><div style='width:900px'>…</div>"

    def show() -> None:
        looker.person.open("/")
        looker.person.page.evaluate(f'document.body.insertAdjacentHTML("beforeend", `{planted}`)')

    looker.look("planted", show)
    found = "\n".join(looker.findings)
    assert "button-name" in found
    assert "image-alt" in found
    assert "WCAG2AA" in found
    assert "wider than the phone" in found


def test_pages_before_the_sign_in(inspect: Callable[[str], Inspector]) -> None:
    """Catalogue, search without a result, service, verification and the error pages."""
    looker = inspect("no-licence")
    looker.open("home", "/")
    looker.open("search with a result", "/?q=رخصة")
    looker.open("search without a result", "/?q=سفينة+فضاء")
    looker.open("service", SERVICE)
    looker.open("verify: ask", "/verify/")
    looker.open("verify: not a code", "/verify/?code=12", status=422)
    looker.open("verify: unknown", "/verify/AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", status=404)
    looker.open("no such page", "/nowhere/", status=404)
    looker.open("no such service", "/services/flying-carpet/", status=404)
    looker.report()


def test_pages_of_signing_in(inspect: Callable[[str], Inspector]) -> None:
    """The identity provider's page, a wrong password, an unknown address, a cancelled sign-in."""
    looker = inspect("no-licence")
    person = looker.person
    looker.open("sign in", "/sign-in/")
    looker.look("wrong password", lambda: (person.open("/sign-in/"), person.sign_in("wrong")))
    cancel = person.page.locator("button[value=cancel]")
    looker.look("cancelled", lambda: (person.open("/sign-in/"), cancel.click()))
    looker.open("unknown at the provider", f"{person.country.identity}/authorize", status=404)
    looker.report()


def test_pages_of_applying(inspect: Callable[[str], Inspector]) -> None:
    """The questions, their errors, dispute, review, a draft, withdrawal."""
    looker = inspect("long-names")
    person = looker.person
    person.start()
    person.sign_in()
    number, questions = person.case_number, person.page.url
    looker.open("questions", questions)
    looker.look("nothing chosen", lambda: (person.open(questions), person.proceed()))
    assert person.page.locator("#error-summary").count() == 1
    dispute = person.page.locator("a[href*='/dispute/']").first.get_attribute("href")
    assert dispute
    looker.open("dispute", dispute)
    person.open(questions)
    person.answer()
    looker.open("review", f"/cases/{number}/review")
    looker.open("my cases", "/cases/")
    looker.open("case: draft", f"/cases/{number}/")
    looker.open("withdraw", f"/cases/{number}/withdraw")
    person.proceed()
    looker.open("case: withdrawn", f"/cases/{number}/")
    looker.open("somebody else's case", "/cases/TRF-2026-999999-9/", status=404)
    looker.report()


def test_pages_of_a_granted_case(inspect: Callable[[str], Inspector]) -> None:
    """Payment due, the treasury, a declined payment, granted, document, inbox, readers."""
    looker = inspect("two-categories")
    person = looker.person
    number = person.apply()
    person.wait_for(number, "a[href$='/pay']")
    looker.open("case: payment", f"/cases/{number}/")
    looker.open("treasury", f"/cases/{number}/pay")
    looker.look("declined", lambda: person.pay(number, "declined"))
    person.open(f"/cases/{number}/paid")
    looker.open("case: declined", f"/cases/{number}/")
    person.pay(number, "twice")
    person.wait_for(number, "a[href^='/documents/']")
    looker.open("case: granted, paid twice", f"/cases/{number}/")
    looker.open("verify: valid", f"/verify/{person.country.verification_code(number)}")
    assert person.page.locator(".panel--success").count() == 1
    looker.open("inbox", "/inbox/")
    message = person.page.locator("main .card a").first.get_attribute("href")
    assert message
    looker.open("message", message)
    looker.open("who read my data", "/my-data/")
    looker.report()


def test_pages_of_other_outcomes(inspect: Callable[[str], Inspector]) -> None:
    """A refused case and one that waits for evidence."""
    refused = inspect("suspended")
    number = refused.person.apply()
    refused.person.wait_for(number, ".panel--refused")
    refused.open("case: refused", f"/cases/{number}/")
    objection = f"/cases/{number}/objection"
    refused.open("objection", objection)

    def object_without_a_word() -> None:
        refused.person.open(objection)
        refused.person.proceed()

    refused.look("objection: empty", object_without_a_word)
    assert refused.person.page.locator("#error-summary").count() == 1
    refused.report()
    waiting = inspect("fitness-not-arrived")
    waiting.open("case: waiting", f"/cases/{waiting.person.apply()}/")
    waiting.report()


def test_pages_of_a_case_with_an_officer(inspect: Callable[[str], Inspector]) -> None:
    """A disputed value leads to an officer, and to the supervisor when none acts in time."""
    looker = inspect("expired-61-days")
    person = looker.person
    person.start()
    person.sign_in()
    number = person.case_number
    person.page.locator("a[href*='/dispute/']").first.click()
    person.proceed()
    looker.open("questions with a disputed value", person.page.url)
    person.answer()
    person.proceed()
    person.wait_for(number, ".timeline :text('لدى موظف المعالجة')")
    looker.open("case: with an officer", f"/cases/{number}/")
    person.country.let_days_pass(number, days=4)
    person.wait_for(number, ".timeline :text('لدى المشرف')")
    looker.open("case: with the supervisor", f"/cases/{number}/")
    looker.report()


def test_pages_of_a_case_whose_register_is_down(inspect: Callable[[str], Inspector]) -> None:
    """Paid, and the licence is not made before the register has it; then it is."""
    looker = inspect("long-names")
    person = looker.person
    number = person.apply()
    with person.country.without_registry("TRF/renewals"):
        person.pay(number)
        person.wait_for(number, ".timeline :text('إصدار الرخصة')")
        looker.open("case: issuing", f"/cases/{number}/")
    person.wait_for(number, "a[href^='/documents/']")
    person.country.begin_story_again(person.persona.national_id)
    looker.report()


def test_pages_of_a_lapsed_case(inspect: Callable[[str], Inspector]) -> None:
    """A draft that nobody sends in thirty days, and a bill that nobody pays in as many."""
    looker = inspect("expired-one-year-61-days")
    person = looker.person
    number = person.draft()
    looker.open("no messages yet", "/inbox/")
    person.country.let_days_pass(number, days=31)
    looker.open("case: draft lapsed", f"/cases/{number}/")
    assert person.page.locator("main a[href*='/review']").count() == 0
    number = person.apply_again()
    person.wait_for(number, "a[href$='/pay']")
    person.country.let_days_pass(number, days=31)
    looker.open("case: bill lapsed", f"/cases/{number}/")
    assert person.page.locator("main a[href$='/pay']").count() == 0
    looker.open("my cases", "/cases/")
    looker.report()


def test_pages_of_the_programme(inspect: Callable[[str], Inspector]) -> None:
    """The figures, the events behind one, and an unknown figure."""
    looker = inspect("too-early")
    looker.person.apply()
    programme = looker.person.country.programme
    looker.open("figures", f"{programme}/")
    behind = looker.person.page.locator("a[href*='/figures/']").first.get_attribute("href")
    assert behind
    looker.open("events behind a figure", f"{programme}{behind}")
    looker.open("unknown figure", f"{programme}/figures/nothing/above", status=404)
    looker.open("no such page", f"{programme}/nowhere/", status=404)
    looker.report()
