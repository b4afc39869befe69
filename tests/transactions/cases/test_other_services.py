"""Services beside the renewal run on the same machinery, as their packs say."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from taysir.engine.definition import Role
from taysir.engine.facts import Attested, Fetched, Typed
from taysir.engine.flow import live_stages
from taysir.kernel.errors import Problem
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.errors import TRX_CASE_MOVED_ON
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.moving import Move, take
from taysir.transactions.cases.numbers import case_draw
from taysir.transactions.cases.services import (
    case_answer,
    case_fetch,
    case_start,
    case_submit,
    case_withdraw,
)
from taysir.transactions.catalogue.packs import offer_with
from taysir.transactions.documents.models import IssuedDocument
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.models import Bill
from taysir.transactions.payments.service import refresh
from tests.transactions.cases.walking import Walk
from tests.transactions.conftest import Town, day
from tests.transactions.services import change, live_copy, offering

REGISTRATIONS = "WAHA/GOV/COM/registers/registrations"
PERMITS = "WAHA/GOV/MUN/permits/registrations"
DRAWINGS = "sha256:" + "ef" * 32

BUSINESS = {
    "register.kind": "sole",
    "register.activity": "1071",
    "register.capital_minor": "50000",
    "register.manager": "owner",
    "register.phone": "0500000001",
    "register.email": "bakery@example.wh",
}
LAND = {
    "owner.type": "person",
    "land.basis": "survey",
    "land.survey_number": "S0000101",
    "design.number": "7000000018",
    "supervision.number": "7000000026",
    "contractor.number": "7000000034",
}
VILLA = {
    "building.use": "villa",
    "building.started": "no",
    "building.floors": "2",
    "building.height": "9",
    "building.ground_area": "200",
    "building.typical_area": "180",
    "building.units": "1",
    "building.parking": "2",
    "building.front": "4",
    "building.side": "2",
    "building.rear": "2",
    "building.variance": "no",
    "building.drawings": DRAWINGS,
}
VARIANCE = {
    **VILLA,
    "building.rear": "0",
    "building.variance": "yes",
    "building.variance_reason": "الأرض مثلثة الشكل",
}


@pytest.fixture
def business(tmp_path: Path, town: Town) -> Iterator[Path]:
    """Offer commercial registration, with all registers in order."""
    town.agencies.records |= {
        "WAHA/GOV/EMP/employment/civil-servants": {"civil_servant": False},
        "WAHA/GOV/JUS/guardianship/interdictions": {"interdicted": False},
        "WAHA/GOV/COM/names/reservations": {
            "name": "مخبز السنبلة",
            "until": day(30),
            "used": False,
        },
        REGISTRATIONS: {"number": "7000000018"},
    }
    folder = live_copy("commercial_registration", to=tmp_path / "packs")
    with offering(folder):
        yield folder


@pytest.fixture
def building(tmp_path: Path, town: Town, person: Person) -> Iterator[Path]:
    """Offer building permits, with all registers in order."""
    licence = {"status": "licensed", "valid_until": day(400), "max_area": 2000}
    survey = {"number": "S0000101", "district_ar": "العين", "district_en": "Al Ain"}
    town.agencies.records |= {
        "WAHA/GOV/MUN/surveys/holders": {"surveys": [{**survey, "plot_area": 400}]},
        "WAHA/GOV/MUN/surveys/surveys": {
            **survey,
            "plot_area": 400,
            "zone": "R1",
            "deed": "310000001",
            "expires_on": day(200),
        },
        "WAHA/GOV/JUS/deeds/deeds": {"owner_ids": [person.national_id], "frozen": False},
        "WAHA/GOV/MUN/offices/licences": licence,
        PERMITS: {"number": "P0000301"},
    }
    folder = live_copy("building_permit", to=tmp_path / "packs")
    with offering(folder):
        yield folder


@pytest.fixture
def birth(tmp_path: Path, town: Town, person: Person) -> Iterator[Path]:
    """Offer birth registration: a hospital has notified a girl of this mother."""
    notice = {
        "number": "B00000101",
        "status": "open",
        "born_on": day(-10),
        "sex": "female",
        "birth_type": "single",
        "order": 1,
        "attendant": "physician",
        "facility_ar": "مستشفى النخيل",
        "facility_en": "Palm Hospital",
        "mother_id": person.national_id,
        "mother_name": "سارة الواحي",
        "mother_birth_date": "1990-04-12",
        "father_id": "3000000012",
    }
    town.agencies.records |= {
        "WAHA/GOV/HLT/births/notifications": {"open": [], "only": notice},
        "WAHA/GOV/CIV/births/registrations": {"national_id": "3000000020"},
    }
    folder = live_copy("birth_registration", to=tmp_path / "packs")
    with offering(folder):
        yield folder


def answered(case: Case, person: Person, pages: list[str], given: dict[str, str]) -> Case:
    """Answer pages one after the other, as far as they belong to the applicant's draft."""
    for page in pages:
        _, answers = case_answer(case, page, raw=given, language="ar")
        assert answers.ok, answers.summary
        case = case_fetch(Case.objects.get(pk=case.pk), person=person)
    return case


def applied(person: Person) -> Case:
    """Apply for the registration of a business and let the system do its part."""
    case = case_start(person, service_code="commercial-registration")
    case = answered(case, person, ["establishment", "management"], BUSINESS)
    case_submit(case, person=person)
    return case_advance(case.pk)


def pay(case: Case, town: Town) -> Case:
    """Pay what the case waits for and let the system go on."""
    town.treasury.pay(case.bill_number)
    refresh(case.bill_number)
    return case_advance(case.pk)


def step(case: Case, action: str, *, role: Role, stage: str = "") -> Case:
    """Take a step of a person at the desk, then let the system go on."""
    pack = offer_with(case.pack_hash).pack
    take(case, pack, Move(action=action, role=role, stage=stage), at=timezone.now())
    return case_advance(case.pk)


def completed(case: Case, given: dict[str, str], person: Person) -> Case:
    """Have the design office accept and complete the application."""
    case = step(case, "accept", role=Role.PARTNER)
    case = answered(case, person, ["building"], given)
    return step(case, "complete", role=Role.PARTNER)


def begun(person: Person) -> Case:
    """Begin a permit as the owner does, up to the design office."""
    case = case_start(person, service_code="building-permit")
    case = answered(case, person, ["owner", "land"], LAND)
    case_submit(case, person=person)
    return case_advance(case.pk)


def born(person: Person, town: Town) -> Case:
    """Register a birth with a printed certificate and pay for it."""
    given = {
        "declarer.relation": "mother",
        "birth.place": "facility",
        "child.first_name": "ليلى",
        "child.first_name_en": "Layla",
        "certificate.delivery": "post",
    }
    case = case_start(person, service_code="birth-registration")
    case = answered(case, person, ["birth", "child"], given)
    case_submit(case, person=person)
    return pay(case_advance(case.pk), town)


def where(case: Case) -> set[str]:
    """Return the stages at which somebody may act."""
    pack = offer_with(case.pack_hash).pack
    return {stage.name for stage in live_stages(pack, case.token)}


def steps(case: Case) -> list[str]:
    """Return the names of the case's events in their order."""
    return list(case.events.values_list("step", flat=True))


# --- a register that answers ---------------------------------------------------------------------


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


# --- partners, branches, parts of a fee ----------------------------------------------------------


def test_the_design_office_completes_what_the_owner_began(building: Path, person: Person) -> None:
    case = begun(person)
    assert case.stage == "acceptance"
    case = completed(case, VILLA, person)
    assert case.stage == "payment"
    typed = case.facts["building.use"].provenance
    assert isinstance(typed, Typed)
    assert typed.by == "partner"


def test_a_page_is_not_answered_before_its_turn(building: Path, person: Person) -> None:
    case = case_start(person, service_code="building-permit")
    case = answered(case, person, ["owner", "land"], LAND)
    with pytest.raises(Problem) as caught:
        case_answer(case, "building", raw=VILLA, language="ar")
    assert caught.value.kind is TRX_CASE_MOVED_ON


def test_a_villa_within_the_limits_is_paid_at_once(
    building: Path, town: Town, person: Person
) -> None:
    case = completed(begun(person), VILLA, person)
    assert Bill.objects.get().amount_minor == case.facts.value("permit.fee_minor")
    case = pay(case, town)
    assert case.stage == ("audit" if case_draw(case.pk) < 10 else "granted")
    assert case.facts.value("permit.number") == "P0000301"


def test_a_variance_is_paid_in_parts_and_decided_by_the_committee(
    building: Path, town: Town, person: Person, browser: Client
) -> None:
    case = completed(begun(person), VARIANCE, person)
    assert case.stage == "first-payment"
    first = Bill.objects.get()
    assert first.amount_minor == case.facts.value("permit.first_minor")
    assert first.number in browser.get(f"/cases/{case.number}/").content.decode()

    case = pay(case, town)
    assert where(case) == {"engineer"}  # a small villa is not put before civil defence
    case = step(case, "endorse", role=Role.OFFICER, stage="engineer")
    assert case.stage == "committee"

    case = step(case, "grant", role=Role.SUPERVISOR)
    assert case.stage == "payment"
    second = Bill.objects.exclude(pk=first.pk).get()
    total = first.amount_minor + second.amount_minor
    assert total == case.facts.value("permit.fee_minor")
    assert pay(case, town).stage == "granted"


def test_engineer_and_civil_defence_are_asked_beside_each_other(
    building: Path, town: Town, person: Person
) -> None:
    tall = {**VARIANCE, "building.floors": "4", "building.height": "15"}
    case = pay(completed(begun(person), tall, person), town)
    assert where(case) == {"engineer", "civil-defence"}
    case = step(case, "clear", role=Role.REGISTRY)
    assert where(case) == {"engineer"}
    case = step(case, "endorse", role=Role.OFFICER)
    assert case.stage == "committee"


def test_an_engineer_who_is_late_is_joined_by_the_supervisor(
    building: Path, town: Town, person: Person
) -> None:
    case = pay(completed(begun(person), VARIANCE, person), town)
    later = timezone.now() + timedelta(days=9)
    case = case_advance(case.pk, now=later)
    assert "escalated" in steps(case)
    assert where(case) == {"engineer"}
    pack = offer_with(case.pack_hash).pack
    take(case, pack, Move(action="endorse", role=Role.SUPERVISOR), at=later)
    assert Case.objects.get(pk=case.pk).stage == "committee"


def test_an_opinion_that_never_comes_does_not_hold_the_case(
    building: Path, town: Town, person: Person
) -> None:
    case = pay(completed(begun(person), VARIANCE, person), town)
    case = case_advance(case.pk, now=timezone.now() + timedelta(days=20))
    assert case.stage == "committee"


def test_an_application_is_withdrawn_while_others_look_at_it(
    building: Path, town: Town, person: Person
) -> None:
    tall = {**VARIANCE, "building.floors": "4", "building.height": "15"}
    case = pay(completed(begun(person), tall, person), town)
    assert case_withdraw(case, person=person).stage == "withdrawn"


def test_the_draw_is_stated_by_the_platform_and_can_be_checked(
    building: Path, person: Person
) -> None:
    case = case_start(person, service_code="building-permit")
    stated = case.facts["case.draw"]
    assert stated.value == case_draw(case.pk)
    assert isinstance(stated.provenance, Attested)


def test_draws_are_spread_over_the_hundred() -> None:
    draws = [case_draw(uuid.UUID(int=number)) for number in range(2_000)]
    assert set(draws) == set(range(100))


# --- sent back and sent again --------------------------------------------------------------------


def test_an_office_that_declines_is_replaced_by_another(
    building: Path, town: Town, person: Person
) -> None:
    case = begun(person)
    first_sent = case.submitted_at
    case = step(case, "decline", role=Role.PARTNER)
    assert case.stage == "another-office"
    case = answered(case, person, ["land"], {**LAND, "design.number": "7000000042"})
    case = case_submit(case, person=person)
    assert case.stage == "acceptance"
    assert case.submitted_at == first_sent
    assert case_submit(case, person=person).stage == "acceptance"
    assert case.facts.value("design.number") == "7000000042"


def test_what_an_officer_sends_back_is_completed_and_checked_again(
    business: Path, town: Town, person: Person
) -> None:
    given = {**BUSINESS, "register.kind": "company", "register.articles": DRAWINGS}
    case = case_start(person, service_code="commercial-registration")
    case = answered(case, person, ["establishment", "management"], given)
    case_submit(case, person=person)
    case = case_advance(case.pk)
    assert case.stage == "review"

    case = step(case, "return", role=Role.OFFICER)
    assert case.stage == "correction"
    case = answered(case, person, ["establishment"], BUSINESS)
    case_submit(case, person=person)
    assert case_advance(case.pk).stage == "payment"


def test_what_was_paid_counts_when_the_drawings_come_back_larger(
    building: Path, town: Town, person: Person
) -> None:
    case = pay(completed(begun(person), VARIANCE, person), town)
    before = Bill.objects.get().amount_minor
    case = step(case, "correct", role=Role.OFFICER, stage="engineer")
    assert case.stage == "drawings"

    case = answered(case, person, ["building"], {**VARIANCE, "building.typical_area": "200"})
    case = step(case, "complete", role=Role.PARTNER)
    assert case.stage == "first-payment"
    more = Bill.objects.get(number=case.bill_number)
    assert before + more.amount_minor == case.facts.value("permit.first_minor")
    assert where(pay(case, town)) == {"engineer"}


def test_nothing_more_is_asked_when_the_drawings_come_back_as_they_were(
    building: Path, town: Town, person: Person
) -> None:
    case = pay(completed(begun(person), VARIANCE, person), town)
    case = step(case, "correct", role=Role.OFFICER, stage="engineer")
    case = step(case, "complete", role=Role.PARTNER)
    assert where(case) == {"engineer"}
    assert Bill.objects.count() == 1
    assert steps(case).count("fee_paid") == 1


def test_a_person_completes_on_the_pages_what_was_sent_back(
    business: Path, town: Town, person: Person, browser: Client
) -> None:
    walk = Walk(browser)
    walk.start("commercial-registration")
    given = {**BUSINESS, "register.kind": "company", "register.articles": DRAWINGS}
    for page in ("establishment", "management"):
        walk.send(f"/cases/{walk.number}/pages/{page}", given)
    walk.submit()
    step(walk.case, "return", role=Role.OFFICER)

    assert "أكمل الطلب" in walk.open(f"/cases/{walk.number}/")
    walk.open(f"/cases/{walk.number}/pages/establishment")
    walk.send(f"/cases/{walk.number}/pages/establishment", BUSINESS)
    assert "عقد التأسيس" not in walk.open(f"/cases/{walk.number}/review")
    walk.submit()
    assert walk.case.stage == "payment"
    assert "سدد الآن" in walk.open(f"/cases/{walk.number}/")


def test_a_birth_is_registered_page_by_page_as_the_agencies_answer(
    birth: Path, town: Town, person: Person, browser: Client
) -> None:
    walk = Walk(browser)
    assert walk.start("birth-registration").endswith("/pages/birth")
    first = {"declarer.relation": "mother", "birth.place": "facility"}
    assert walk.send(f"/cases/{walk.number}/pages/birth", first).endswith("/pages/child")
    assert "مستشفى النخيل" in walk.open(f"/cases/{walk.number}/pages/child")


def test_the_pages_of_a_partner_are_not_the_applicants(
    building: Path, town: Town, person: Person, browser: Client
) -> None:
    walk = Walk(browser)
    walk.start("building-permit")
    walk.send(f"/cases/{walk.number}/pages/owner", LAND)
    assert "S0000101 - العين" in walk.open(f"/cases/{walk.number}/pages/land")
    assert walk.send(f"/cases/{walk.number}/pages/land", LAND).endswith("/review")
    walk.open(f"/cases/{walk.number}/pages/building", status=404)


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
