"""A session that ends while somebody writes costs them nothing but signing in again."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from taysir.kernel import limits
from taysir.transactions.cases.models import Objection
from taysir.transactions.identity.models import Person
from tests.transactions.cases.walking import Walk
from tests.transactions.conftest import FINES, OTHER, Town, make_person

STATEMENT = "سددت المخالفة أمس، والإيصال <١٢٣> معي."
KEPT = "ما كتبته محفوظ هنا"


def sign_in(browser: Client, person: Person) -> None:
    browser.force_login(person.user, backend=settings.AUTHENTICATION_BACKENDS[0])


@pytest.fixture
def objecting(walk: Walk, town: Town) -> str:
    """Return the address at which a refused person writes an objection."""
    town.agencies.records[FINES] = {"unpaid_count": 1, "unpaid_total_minor": 15_000}
    walk.apply()
    return f"/cases/{walk.number}/objection"


def test_what_was_written_is_there_after_signing_in(
    walk: Walk, objecting: str, person: Person
) -> None:
    """It is shown once, is not sent by itself, and goes the usual way then."""
    walk.browser.logout()
    origin = {"Referer": "http://testserver" + objecting}
    answer = walk.browser.post(objecting, {"statement": STATEMENT}, headers=origin)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=%2Fcases%2F")
    assert not Objection.objects.exists()
    sign_in(walk.browser, person)
    page = walk.open(objecting)
    assert KEPT in page
    assert "والإيصال &lt;١٢٣&gt; معي" in page
    assert KEPT not in walk.open(objecting)
    walk.send(objecting, {"statement": STATEMENT})
    assert Objection.objects.get().statement == STATEMENT


def test_answers_of_a_page_are_there_too(walk: Walk, person: Person) -> None:
    page = walk.start()
    walk.browser.logout()
    walk.send(page, {"renewal.years": "10", "renewal.delivery": "digital"})
    sign_in(walk.browser, person)
    shown = walk.open(page)
    assert KEPT in shown
    chosen = next(line for line in shown.split("<input") if 'value="10"' in line)
    assert "checked" in chosen
    assert "renewal.years" not in walk.case.facts


def test_nobody_else_sees_it(walk: Walk, objecting: str, person: Person) -> None:
    """Whoever signs in next on the same computer does not get the page it belongs to."""
    walk.browser.logout()
    walk.send(objecting, {"statement": STATEMENT})
    sign_in(walk.browser, make_person(OTHER, name_ar="شخص آخر"))
    assert STATEMENT[:10] not in walk.open(objecting, status=404)
    assert "سددت" not in walk.open("/cases/")


@pytest.mark.parametrize(("beyond", "is_kept"), [(0, True), (1, False)])
def test_what_is_kept_is_bounded(
    walk: Walk, objecting: str, person: Person, beyond: int, is_kept: bool
) -> None:
    room = limits.KEPT_INPUT_CHARACTERS - len("statement")
    walk.browser.logout()
    walk.send(objecting, {"statement": "x" * (room + beyond)})
    sign_in(walk.browser, person)
    assert (KEPT in walk.open(objecting)) is is_kept


def test_a_refused_case_tells_until_when_and_that_an_objection_arrived(
    walk: Walk, objecting: str
) -> None:
    assert "آخر يوم للاعتراض" in walk.open(f"/cases/{walk.number}/")
    walk.send(objecting, {"statement": STATEMENT})
    page = walk.open(f"/cases/{walk.number}/")
    assert "وصل اعتراضك" in page
    assert "آخر يوم للاعتراض" not in page


def test_answers_that_are_missing_are_asked_for_on_the_same_page(walk: Walk) -> None:
    """Nothing chosen: the page comes back with the error and without talk of a session."""
    page = walk.send(walk.start(), {}, status=422)
    assert 'id="error-summary"' in page
    assert KEPT not in page
