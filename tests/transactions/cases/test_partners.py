"""Others act inside a case: partners, consulted agencies, officers who send it back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from taysir.engine.definition import Role
from taysir.engine.facts import Attested, Typed
from taysir.kernel.errors import Problem
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.errors import TRX_CASE_MOVED_ON
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.moving import Move, take
from taysir.transactions.cases.numbers import case_draw
from taysir.transactions.cases.services import (
    case_answer,
    case_start,
    case_submit,
    case_withdraw,
)
from taysir.transactions.catalogue.packs import offer_with
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.models import Bill
from tests.transactions.cases.applying import (
    BUSINESS,
    DRAWINGS,
    LAND,
    VARIANCE,
    VILLA,
    answered,
    begun,
    completed,
    pay,
    step,
    steps,
    where,
)
from tests.transactions.cases.walking import Walk
from tests.transactions.conftest import Town


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
