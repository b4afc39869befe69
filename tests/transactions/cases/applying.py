"""Carries cases of the services beside the renewal through their flows, as people do."""

from __future__ import annotations

from django.utils import timezone

from taysir.engine.definition import Role
from taysir.engine.flow import live_stages
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.moving import Move, take
from taysir.transactions.cases.services import (
    case_answer,
    case_fetch,
    case_start,
    case_submit,
)
from taysir.transactions.catalogue.packs import offer_with
from taysir.transactions.identity.models import Person
from taysir.transactions.payments.service import refresh
from tests.transactions.conftest import Town

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
