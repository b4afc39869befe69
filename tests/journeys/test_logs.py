"""No log of the running country holds a person's name or identity number."""

from __future__ import annotations

from taysir.country.personas import PERSONAS
from tests.journeys.conftest import NewCitizen
from tests.journeys.country import Country


def test_logs_hold_no_person(country: Country, new_citizen: NewCitizen) -> None:
    """After a whole renewal, a refusal and wrong sign-ins the logs name nobody."""
    paid = new_citizen("fine-just-paid")
    paid.start()
    paid.sign_in("wrong")
    paid.sign_in()
    paid.answer()
    paid.proceed()
    number = paid.case_number
    paid.pay(number)
    paid.wait_for(number, "a[href^='/documents/']")
    paid.open("/my-data/")
    new_citizen("unfit").apply()

    files = [file for file in country.layout.root.rglob("*.log") if file.is_file()]
    logs = {file.name: file.read_text("utf-8", "replace") for file in files}
    assert {"portal.log", "worker.log", "node-trf.log", "sample-state.log"} <= logs.keys()
    assert number in logs["portal.log"] + logs["worker.log"]
    found = [
        (name, persona.code)
        for name, text in logs.items()
        for persona in PERSONAS
        for secret in (persona.national_id, persona.full_name_ar, persona.full_name_en)
        if secret in text or secret.encode("unicode_escape").decode() in text
    ]
    assert found == []
