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
    assert person.page.locator(f"main a[href='/cases/{number}/']").count() == 1
