"""Services beside the renewal run on the same machinery, as their packs say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.utils import timezone

from taysir.engine.definition import Role
from taysir.engine.facts import Fetched
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.documents.models import IssuedDocument
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.models import Bill
from tests.transactions.cases.applying import (
    REGISTRATIONS,
    applied,
    born,
    pay,
    step,
    steps,
)
from tests.transactions.conftest import Town
from tests.transactions.services import change, live_copy, offering


def test_the_register_gives_the_number_that_the_document_shows(
    business: Path, town: Town, person: Person
) -> None:
    case = applied(person)
    assert case.stage == "payment"
    assert Bill.objects.get().amount_minor == 50_000

    case = pay(case, town)
    assert case.stage == "granted"
    number = case.facts["register.number"]
    assert number.value == "7000000018"
    assert isinstance(number.provenance, Fetched)
    assert number.provenance.source == REGISTRATIONS
    assert IssuedDocument.objects.get().public_rows[0]["value"]["en"] == "7000000018"


def test_the_message_to_the_register_is_what_the_pack_says(
    business: Path, town: Town, person: Person
) -> None:
    case = pay(applied(person), town)
    sent = town.agencies.bodies(REGISTRATIONS)[0]
    assert sent["case_number"] == case.number
    assert sent["trade_name"] == "مخبز السنبلة"
    assert sent["capital_minor"] == 5_000_000
    assert sent["second_activity"] is None


def test_a_register_that_answers_nonsense_is_tried_again(
    business: Path, town: Town, person: Person
) -> None:
    town.agencies.records[REGISTRATIONS] = {"number": "seven"}
    case = pay(applied(person), town)
    assert case.stage == "issuing"
    assert not IssuedDocument.objects.exists()

    town.agencies.records[REGISTRATIONS] = {"number": "7000000018"}
    assert case_advance(case.pk, now=timezone.now() + timedelta(minutes=5)).stage == "granted"


def test_nothing_to_pay_goes_on_by_itself(tmp_path: Path, business: Path, person: Person) -> None:
    free = live_copy("commercial_registration", to=tmp_path / "free")
    change(free, "rules/fee.dmn", old="<text>50000</text>", new="<text>0</text>")
    with offering(free):
        case = applied(person)
    assert case.stage == "granted"
    assert not Bill.objects.exists()


def test_a_case_ends_by_the_version_that_it_began_with(
    business: Path, tmp_path: Path, town: Town, person: Person
) -> None:
    case = applied(person)
    other = live_copy("commercial_registration", to=tmp_path / "later")
    change(other, "templates/register.yaml", old="سجل تجاري", new="سجل جديد")
    with offering(other):
        case = pay(case, town)
        assert case.stage == "granted"
        assert IssuedDocument.objects.get().title_ar == "سجل تجاري"


# --- a fee that is given back --------------------------------------------------------------------


def test_a_certificate_not_printed_in_a_month_gives_the_delivery_fee_back(
    birth: Path, town: Town, person: Person, browser: Client
) -> None:
    case = born(person, town)
    assert case.stage == "printing"
    assert IssuedDocument.objects.count() == 1

    case = case_advance(case.pk, now=timezone.now() + timedelta(days=29))
    assert case.stage == "printing"
    case = case_advance(case.pk, now=timezone.now() + timedelta(days=31))
    assert case.stage == "granted"
    assert Bill.objects.get().refund_due_minor == 2_000
    assert "fee_refunded" in steps(case)
    page = browser.get(f"/cases/{case.number}/").content.decode()
    assert "يُرد إليك جزء من الرسم" in page
    assert "20 دينار" in page


def test_a_certificate_printed_in_time_gives_nothing_back(
    birth: Path, town: Town, person: Person
) -> None:
    case = step(born(person, town), "printed", role=Role.OFFICER)
    assert case.stage == "granted"
    assert Bill.objects.get().refund_due_minor == 0


def test_a_child_gets_its_number_from_the_register(birth: Path, town: Town, person: Person) -> None:
    case = born(person, town)
    assert case.facts.value("child.national_id") == "3000000020"
    sent = town.agencies.bodies("WAHA/GOV/CIV/births/registrations")[0]
    assert sent["notification"] == "B00000101"
    assert sent["benefit_offered"] is True
