"""Double clicks, back button, two tabs, a lost session, other people: nothing is lost or shown."""

from __future__ import annotations

from django.test import Client

from taysir.exchange.client import Outcome
from taysir.transactions.cases.models import Case, OutboxRow
from taysir.transactions.notices.models import Message
from taysir.transactions.payments.models import Bill
from taysir.web.rounds import send_events
from tests.transactions.cases.walking import CHOICES, Walk
from tests.transactions.conftest import CASE_EVENTS, OTHER, SARA, Town, make_person


def signed_in(national_id: str) -> Client:
    client = Client()
    client.force_login(make_person(national_id).user)
    return client


def test_sending_twice_is_sending_once(walk: Walk) -> None:
    walk.apply()
    walk.submit()

    assert walk.steps().count("submitted") == 1
    assert Bill.objects.count() == 1
    assert Message.objects.filter(template="submitted").count() == 1


def test_two_tabs_work_on_one_draft(walk: Walk) -> None:
    first = walk.start()
    second = walk.start()

    assert first == second
    assert Case.objects.count() == 1


def test_the_back_button_after_sending_leads_to_the_case(walk: Walk) -> None:
    walk.apply()

    for page in ("pages/renew", "review"):
        response = walk.browser.get(f"/cases/{walk.number}/{page}")
        assert response.headers["Location"] == f"/cases/{walk.number}/"
    walk.answer(years="10")
    assert walk.case.facts.value("renewal.years") == 5


def test_wrong_answers_stay_in_the_form(walk: Walk) -> None:
    walk.start()
    address = f"/cases/{walk.number}/pages/renew"

    page = walk.send(address, {**CHOICES, "renewal.years": "3"}, status=422)

    assert 'href="#renewal.years"' in page
    assert "renewal.years" not in walk.case.facts


def test_a_lost_session_signs_in_and_comes_back_to_the_page(walk: Walk) -> None:
    address = walk.start()
    walk.browser.logout()

    shown = walk.browser.get(address)
    sent = walk.browser.post(address, CHOICES, headers={"referer": f"http://testserver{address}"})

    assert shown.headers["Location"] == f"/sign-in/?next={address.replace('/', '%2F')}"
    assert sent.headers["Location"] == shown.headers["Location"]


def test_sign_in_never_leads_elsewhere(browser: Client) -> None:
    response = browser.get("/sign-in/?next=https://elsewhere.example/")

    assert response.headers["Location"] == "/cases/"


def test_other_peoples_cases_are_not_there(walk: Walk) -> None:
    walk.apply()
    other = signed_in(OTHER)

    for page in ("", "review", "pages/renew", "withdraw", "pay", "paid", "objection"):
        assert other.get(f"/cases/{walk.number}/{page}").status_code == 404
    assert other.post(f"/cases/{walk.number}/withdraw").status_code == 404
    assert walk.case.stage == "payment"


def test_an_unknown_service_is_a_page_and_not_an_error(browser: Client) -> None:
    assert browser.get("/services/invented/start").status_code == 404
    assert browser.get("/services/invented/").status_code == 404


def test_events_wait_for_the_programme_and_carry_no_personal_data(walk: Walk, town: Town) -> None:
    walk.apply()
    queued = OutboxRow.objects.count()
    town.agencies.failing[CASE_EVENTS] = Outcome.UNREACHABLE
    assert not send_events()
    assert OutboxRow.objects.count() == queued

    town.agencies.failing.clear()
    assert send_events()

    assert not OutboxRow.objects.exists()
    told = str(town.agencies.bodies(CASE_EVENTS))
    assert walk.number not in told
    assert SARA not in told
    assert "سارة" not in told
