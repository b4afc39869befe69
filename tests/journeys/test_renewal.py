"""A licence renewed on a phone, with and without JavaScript, and all that goes wrong on the way."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import NewCitizen


@pytest.mark.parametrize(("scripts", "code"), [(False, "granted"), (True, "resident")])
def test_renewal_takes_six_taps_and_two_fields_and_ends_with_a_document(
    new_citizen: NewCitizen, scripts: bool, code: str
) -> None:
    """From the service's page to “sent”; then pay, get the licence and a message."""
    person = new_citizen(code, scripts=scripts)
    number = person.apply()
    assert person.taps <= 6
    assert person.typed <= 2
    person.wait_for(number, "a[href$='/pay']")
    person.pay(number)
    assert person.page.url.endswith(f"/cases/{number}/")
    document = person.wait_for(number, "a[href^='/documents/']").get_attribute("href")
    answer = person.context.request.get(f"{person.country.portal}{document}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    person.open("/inbox/")
    messages = person.page.locator("main .card a")
    assert messages.count() >= 2, person.text()
    messages.first.click()
    person.page.locator(f"main a[href='/cases/{number}/']").wait_for()


def test_refusal_gives_its_reason_article_and_way_out(new_citizen: NewCitizen) -> None:
    """Unpaid fines: warned before sending, refused at once with the article and the remedy."""
    person = new_citizen("unpaid-fine", scripts=False)
    person.start()
    person.sign_in()
    assert "450" in person.page.locator(".notice--warning").inner_text()
    person.answer()
    person.proceed()
    person.wait_for(person.case_number, ".panel--refused")
    text = person.text()
    assert "450" in text
    assert "المادة 14" in text
    assert person.page.locator("a[href$='/pay']").count() == 0
    assert person.page.locator("a[href^='/documents/']").count() == 0
    person.page.locator("main a[href$='/objection']").click()
    assert person.page.locator("textarea").count() == 1


def test_case_without_evidence_waits_and_can_be_withdrawn(new_citizen: NewCitizen) -> None:
    """A fitness test not yet in the register delays the case; it is not refused."""
    person = new_citizen("fitness-not-arrived", scripts=False)
    number = person.apply()
    person.wait_for(number, "main:has(.panel--waiting):has-text('وزارة الصحة')")
    assert person.page.locator(".panel--refused").count() == 0
    person.page.locator("a[href$='/withdraw']").click()
    person.proceed()
    assert person.page.url.endswith(f"/cases/{number}/")
    assert person.page.locator("a[href$='/withdraw']").count() == 0


def test_wrong_password_keeps_the_person_on_the_page(new_citizen: NewCitizen) -> None:
    """The password is asked again, the chosen person stays, and the right one goes on."""
    person = new_citizen("identity-expired")
    person.start()
    person.sign_in("oasis")
    assert person.page.locator("#error-summary").count() == 1
    assert person.page.locator("#national_id").input_value() == person.persona.national_id
    assert person.page.locator("#password").input_value() == ""
    person.sign_in()
    assert "/pages/" in person.page.url


def test_cancelled_sign_in_leads_back_to_the_portal(new_citizen: NewCitizen) -> None:
    """Cancelling explains that nothing changed and offers to try again."""
    person = new_citizen("identity-expired")
    person.start()
    person.page.locator("button[value=cancel]").click()
    assert person.page.url == f"{person.country.portal}/sign-in/failed/"
    person.page.locator("main a[href='/sign-in/']").click()
    person.sign_in()
    assert person.page.url == f"{person.country.portal}/cases/"


@pytest.mark.parametrize(
    ("scripts", "code"), [(False, "window-opens-today"), (True, "expired-59-days")]
)
def test_sending_twice_makes_one_case(new_citizen: NewCitizen, scripts: bool, code: str) -> None:
    """A double tap on “send” sends once: one case, one message, one bill."""
    person = new_citizen(code, scripts=scripts)
    number = person.draft()
    person.page.locator("main form button[type=submit]").dblclick(no_wait_after=True)
    person.page.wait_for_url(f"**/cases/{number}/")
    person.wait_for(number, "a[href$='/pay']")
    person.open("/cases/")
    assert person.page.locator("main .card").count() == 1
    person.open("/inbox/")
    assert person.page.locator("main .card").count() == 2


def test_back_button_after_sending_changes_nothing(new_citizen: NewCitizen) -> None:
    """The review page from the browser's memory cannot send a second application."""
    person = new_citizen("expired-60-days", scripts=False)
    number = person.apply()
    person.go_back()
    if person.page.url.endswith("/review"):
        person.proceed()
    assert person.page.url.endswith(f"/cases/{number}/")
    person.wait_for(number, "a[href$='/pay']")
    person.open("/cases/")
    assert person.page.locator("main .card").count() == 1


def test_two_tabs_share_one_draft(new_citizen: NewCitizen) -> None:
    """A second tab opens the same case, and comes too late politely once it was sent."""
    person = new_citizen("glasses")
    number = person.draft()
    first, person.page = person.page, person.context.new_page()
    person.start()
    assert person.case_number == number
    assert person.years("5").is_checked()
    person.answer("10")
    person.proceed()
    person.wait_for(number, "a[href$='/pay']")
    first.locator("main form button[type=submit]").click()
    assert first.url.endswith(f"/cases/{number}/")
    person.page = first
    person.open(f"/cases/{number}/review")
    assert person.page.url.endswith(f"/cases/{number}/")
    assert "400" in person.page.locator(".summary").first.inner_text()


@pytest.mark.parametrize("scripts", [False, True])
def test_lost_session_keeps_the_draft(new_citizen: NewCitizen, scripts: bool) -> None:
    """Cookies gone in mid-form: after signing in again the same draft is there, with its answer."""
    person = new_citizen("no-licence", scripts=scripts)
    number = person.draft()
    questions = person.page.locator("main a[href*='/pages/']").first.get_attribute("href")
    assert questions
    person.open(questions.split("#")[0])
    person.context.clear_cookies()
    person.page.locator("main form button[type=submit]").click()
    assert person.persona.full_name_ar not in person.text()
    person.start()
    person.sign_in()
    assert person.case_number == number
    assert person.years("5").is_checked()


def test_declined_payment_can_be_tried_again(new_citizen: NewCitizen) -> None:
    """Declined, then unanswered, then paid with a late notice: one licence in the end."""
    person = new_citizen("by-post", scripts=False)
    number = person.apply()
    person.wait_for(number, "a[href$='/pay']")
    person.pay(number, "declined")
    person.page.locator(f"a[href$='/cases/{number}/paid']").click()
    person.wait_for(number, ".notice--warning")
    person.pay(number, "timeout")
    assert person.page.locator("main [role=alert]").count() == 1
    person.pay(number, "late")
    person.wait_for(number, "a[href^='/documents/']")
    assert person.page.locator("a[href^='/documents/']").count() == 1
