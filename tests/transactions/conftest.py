"""A portal in memory for each test: database, agencies, treasury, seal and people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taysir.web.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up before its models
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from taysir.testing.agencies import Agencies  # noqa: E402
from taysir.testing.treasury import MemoryTreasury  # noqa: E402
from taysir.transactions.identity.models import Person  # noqa: E402
from taysir.transactions.payments import registry as payments  # noqa: E402

PERSONS = "WAHA/GOV/CIV/population/persons"
LICENCES = "WAHA/GOV/TRF/licensing/licences"
FINES = "WAHA/GOV/TRF/licensing/fines"
FITNESS = "WAHA/GOV/HLT/fitness/tests"
SUSPENSIONS = "WAHA/GOV/JUS/suspensions/suspensions"
ADDRESSES = "WAHA/GOV/PST/addresses/addresses"
RENEWALS = "WAHA/GOV/TRF/licensing/renewals"
CASE_EVENTS = "WAHA/GOV/PRG/measures/case-events"

SARA = "3000000004"
OTHER = "3000000012"


def day(offset: int) -> str:
    """Return a day relative to today, as the registries write it."""
    return (timezone.localdate() + timedelta(days=offset)).isoformat()


def records() -> dict[str, Any]:
    """Return what the agencies hold of somebody whose renewal is granted."""
    return {
        PERSONS: {
            "name_ar": {
                "first": "سارة",
                "father": "محمد",
                "grandfather": "علي",
                "family": "الواحي",
            },
            "name_en": {"first": "Sara", "father": "Mohammed", "family": "Alwahi"},
            "birth_date": "1990-04-12",
            "vital_status": "alive",
            "identity_expiry_date": day(900),
        },
        LICENCES: {
            "licence_number": "WL-0042",
            "categories": ["B"],
            "issued_on": day(-1780),
            "expires_on": day(45),
            "restrictions": [],
            "status": "valid",
        },
        FINES: {"unpaid_count": 0, "unpaid_total_minor": 0},
        FITNESS: {"tested_on": day(-20), "valid_until": day(345), "result": "fit"},
        SUSPENSIONS: {"suspended": False},
        ADDRESSES: {
            "building": "7421",
            "street_ar": "شارع النخيل",
            "street_en": "Palm Street",
            "district_ar": "الروضة",
            "district_en": "Rawdah",
            "city_ar": "الواحة",
            "city_en": "Waha",
            "postcode": "12345",
            "additional_number": "8812",
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What surrounds the portal in a test."""

    agencies: Agencies
    treasury: MemoryTreasury


@pytest.fixture(scope="session")
def tables() -> None:
    """Make the tables once a test process."""
    call_command("migrate", verbosity=0, interactive=False)


@pytest.fixture
def database(tables: None) -> Iterator[None]:
    """Give the test an empty database, whose commits are real."""
    yield
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), names))


@pytest.fixture
def town(database: None, tmp_path: Path) -> Iterator[Town]:
    """Surround the portal with agencies in which everything is in order."""
    agencies = Agencies(records=records())
    documents = replace(
        settings.TAYSIR_DOCUMENTS,
        folder=tmp_path / "documents",
        sealer="taysir.testing.seals.DigestSealer",
    )
    bills = replace(
        settings.TAYSIR_PAYMENTS,
        treasury="taysir.testing.treasury.MemoryTreasury",
        return_url=f"http://testserver/{tmp_path.name}/{{case}}/paid",
    )
    with override_settings(
        TAYSIR_AGENCIES=agencies,
        TAYSIR_DOCUMENTS=documents,
        TAYSIR_PAYMENTS=bills,
        TAYSIR_NOTICE_CHANNELS=(),
        ALLOWED_HOSTS=["testserver"],
    ):
        treasury = payments.treasury()
        assert isinstance(treasury, MemoryTreasury)
        yield Town(agencies=agencies, treasury=treasury)


def make_person(national_id: str = SARA, *, name_ar: str = "سارة الواحي") -> Person:
    """Return somebody whom the identity provider vouched for."""
    user = get_user_model().objects.create(username=f"n-{national_id}")
    return Person.objects.create(
        user=user,
        national_id=national_id,
        name_ar=name_ar,
        name_en="Sara Alwahi",
        attested_at=datetime.now(UTC),
        attested_by="http://127.0.0.1:8002",
    )


@pytest.fixture
def person(town: Town) -> Person:
    """Return somebody who has signed in before."""
    return make_person()


@pytest.fixture
def browser(person: Person) -> Client:
    """Return the browser of that person, signed in."""
    client = Client()
    client.force_login(person.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client
