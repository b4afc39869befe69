"""Every registry runs on its own port and can be down alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest

from taysir.country.layout import REGISTRIES
from taysir.country.personas import BY_CODE
from taysir.country.sample_state import RENEWALS, mapping_file, openapi_document
from taysir.testing.dataservices import RunningRegistries, running_registries

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistries]:
    """A small country's registries."""
    with running_registries(tmp_path_factory.mktemp("state") / "registries", now=NOW) as running:
        yield running


def send(
    registries: RunningRegistries,
    registry: str,
    path: str,
    *,
    body: object = None,
    media_type: str = "application/json",
) -> tuple[int, Any]:
    """Send a GET, or a POST when there is a body."""
    connection = HTTPConnection(registries.url(registry).removeprefix("http://"), timeout=5)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            headers = {"content-type": media_type}
            connection.request("POST", path, body=json.dumps(body), headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_every_registry_answers_and_describes_itself(registries: RunningRegistries) -> None:
    """Health and OpenAPI document on every port, the document as without a server."""
    for registry in REGISTRIES:
        assert send(registries, registry, "/healthz")[0] == 200
        status, document = send(registries, registry, "/openapi.json")
        assert status == 200
        assert document == json.loads(openapi_document(registry))


def test_every_mapping_file_is_served() -> None:
    """No registry of the layout lacks its mapping file."""
    assert all(mapping_file(name).is_file() for name in REGISTRIES if name != RENEWALS)


def test_a_stopped_registry_refuses_connections_and_comes_back(
    registries: RunningRegistries,
) -> None:
    """Only that one is down, and it returns on the same port."""
    before = registries.url("CIV/persons")
    assert send(registries, "control", "/registries/CIV/persons/stop", body={})[0] == 200
    with pytest.raises(ConnectionError):
        send(registries, "CIV/persons", "/healthz")
    assert send(registries, "HLT/fitness", "/healthz")[0] == 200
    _, listed = send(registries, "control", "/registries")
    assert [row["registry"] for row in listed if not row["running"]] == ["CIV/persons"]

    assert send(registries, "control", "/registries/CIV/persons/start", body={})[0] == 200
    assert registries.url("CIV/persons") == before
    assert send(registries, "CIV/persons", "/healthz")[0] == 200


def test_stopping_twice_is_harmless(registries: RunningRegistries) -> None:
    """The second stop and the second start change nothing."""
    for action in ("stop", "stop", "start", "start"):
        path = f"/registries/TRF/fines/{action}"
        assert send(registries, "control", path, body={})[0] == 200
    assert send(registries, "TRF/fines", "/healthz")[0] == 200


def test_a_late_fitness_test_arrives(registries: RunningRegistries) -> None:
    """The registry that had nothing answers a moment later."""
    number = BY_CODE["fitness-not-arrived"].national_id
    assert send(registries, "HLT/fitness", f"/fitness-tests/{number}")[0] == 404

    happened = send(
        registries, "control", "/events/fitness-test-arrives", body={"national_id": number}
    )
    assert happened[0] == 200
    status, answer = send(registries, "HLT/fitness", f"/fitness-tests/{number}")
    assert (status, answer["result"]) == (200, "fit")


def test_fines_are_paid(registries: RunningRegistries) -> None:
    """The driver's unpaid fines become none."""
    number = BY_CODE["unpaid-fine"].national_id
    send(registries, "control", "/events/fines-are-paid", body={"national_id": number})

    assert send(registries, "TRF/fines", f"/fines/{number}")[1]["unpaid_count"] == 0


def test_a_renewal_is_seen_by_the_read_service(registries: RunningRegistries) -> None:
    """What one back end writes the other reads at once."""
    number = BY_CODE["granted"].national_id
    renewal = {"case_number": "TRF-1", "national_id": number, "expires_on": "2032-01-08"}

    assert send(registries, RENEWALS, "/renewals", body=renewal)[0] == 200
    licence = send(registries, "TRF/licences", f"/licences/{number}")[1]
    assert licence["expires_on"] == "2032-01-08"


@pytest.mark.parametrize(
    ("path", "body", "media_type", "status"),
    [
        ("/registries/CIV/none/stop", {}, "application/json", 404),
        ("/registries/CIV/persons/break", {}, "application/json", 404),
        ("/registries/CIV/persons/stop", {}, "text/plain", 400),
        ("/events/flood", {"national_id": "3000000004"}, "application/json", 404),
        ("/events/fines-are-paid", [], "application/json", 400),
        ("/events/fines-are-paid", {"national_id": "3000000005"}, "application/json", 400),
    ],
)
def test_the_control_port_refuses_what_it_does_not_know(
    registries: RunningRegistries, path: str, body: object, media_type: str, status: int
) -> None:
    """Unknown registries, actions and events, and what a web page could send."""
    assert send(registries, "control", path, body=body, media_type=media_type)[0] == status
