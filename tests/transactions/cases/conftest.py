"""A person who is about to renew a licence, and portals that offer other services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from taysir.transactions.identity.models import Person
from tests.transactions.cases.applying import PERMITS, REGISTRATIONS
from tests.transactions.cases.walking import Walk
from tests.transactions.conftest import Town, day
from tests.transactions.services import live_copy, offering


@pytest.fixture
def walk(browser: Client) -> Walk:
    """Return a signed-in person's browser before the first click."""
    return Walk(browser)


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
