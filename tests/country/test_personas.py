"""Each persona's registries say just what its story says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest

from taysir.country.personas import BY_CODE, BY_NATIONAL_ID, PERSONAS, Persona
from taysir.testing.dataservices import RunningRegistries, running_registries

NOW = datetime(2028, 2, 29, 8, 0, tzinfo=UTC)
TODAY = NOW.date()

PATHS = {
    "CIV/persons": "persons",
    "TRF/licences": "licences",
    "TRF/fines": "fines",
    "HLT/fitness": "fitness-tests",
    "JUS/suspensions": "suspensions",
    "PST/addresses": "addresses",
}


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistries]:
    """The registries on a 29 February, when years are hardest."""
    folder = tmp_path_factory.mktemp("personas") / "registries"
    with running_registries(folder, now=NOW) as running:
        yield running


def look_up(registries: RunningRegistries, registry: str, code: str) -> dict[str, Any] | None:
    """Return a registry's answer about a persona, or None for 404."""
    host = registries.url(registry).removeprefix("http://")
    connection = HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", f"/{PATHS[registry]}/{BY_CODE[code].national_id}")
        response = connection.getresponse()
        answer: dict[str, Any] = json.load(response)
    finally:
        connection.close()
    assert response.status in (200, 404)
    return answer if response.status == 200 else None


def test_codes_and_numbers_are_unique() -> None:
    """Twenty-one persons, none twice."""
    assert len(BY_CODE) == len(BY_NATIONAL_ID) == len(PERSONAS) == 21


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda p: p.code)
def test_a_persona_is_known_everywhere(registries: RunningRegistries, persona: Persona) -> None:
    """The civil register has the names; the national address has a place."""
    person = look_up(registries, "CIV/persons", persona.code)
    address = look_up(registries, "PST/addresses", persona.code)

    assert person is not None
    assert address is not None
    assert tuple(person["name_ar"].values()) == persona.name_ar
    assert tuple(person["name_en"].values()) == persona.name_en
    assert (person["vital_status"] == "deceased") == (persona.code == "died-yesterday")
    assert (person["identity_expiry_date"] < TODAY.isoformat()) == (
        persona.code == "identity-expired"
    )


@pytest.mark.parametrize(
    ("code", "expires_on"),
    [
        ("granted", TODAY + timedelta(days=45)),
        ("window-opens-today", TODAY + timedelta(days=180)),
        ("too-early", TODAY + timedelta(days=181)),
        ("expired-59-days", TODAY - timedelta(days=59)),
        ("expired-60-days", TODAY - timedelta(days=60)),
        ("expired-61-days", TODAY - timedelta(days=61)),
        ("expired-one-year-61-days", date(2026, 12, 30)),
    ],
)
def test_licences_expire_as_told(
    registries: RunningRegistries, code: str, expires_on: date
) -> None:
    """Days and years are counted from today."""
    licence = look_up(registries, "TRF/licences", code)

    assert licence is not None
    assert licence["expires_on"] == expires_on.isoformat()
    assert licence["status"] == "valid"


def test_the_other_stories_hold(registries: RunningRegistries) -> None:
    """Fitness, fines, suspension, categories and the missing licence are as told."""
    unpaid = look_up(registries, "TRF/fines", "unpaid-fine")
    paid = look_up(registries, "TRF/fines", "fine-just-paid")
    suspended = look_up(registries, "JUS/suspensions", "suspended")
    free = look_up(registries, "JUS/suspensions", "granted")
    categories = look_up(registries, "TRF/licences", "two-categories")
    results = {
        code: look_up(registries, "HLT/fitness", code)
        for code in ("granted", "glasses", "unfit", "fitness-expired", "fitness-not-arrived")
    }

    assert unpaid is not None
    assert (unpaid["unpaid_count"], unpaid["unpaid_total_minor"]) == (2, 45_000)
    assert len(unpaid["fines"]) == 3
    assert paid is not None
    assert paid["unpaid_count"] == 0
    assert paid["fines"][0]["paid"] is True
    assert suspended is not None
    assert suspended["suspended_since"] == "2027-12-01"
    assert free == {
        "national_id": BY_CODE["granted"].national_id,
        "suspended": False,
        "suspended_since": None,
    }
    assert categories is not None
    assert categories["categories"] == ["B", "C"]
    assert look_up(registries, "TRF/licences", "no-licence") is None
    assert results["fitness-not-arrived"] is None
    assert {code: answer["result"] for code, answer in results.items() if answer} == {
        "granted": "fit",
        "glasses": "fit_with_glasses",
        "unfit": "unfit",
        "fitness-expired": "fit",
    }
    assert results["fitness-expired"] is not None
    assert results["fitness-expired"]["valid_until"] < TODAY.isoformat()
