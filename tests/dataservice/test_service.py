"""A table and a mapping file answer declared fields, and refuse clearly what they cannot answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.dataservice.openapi import describe_service
from taysir.dataservice.service import DataService
from taysir.kernel import limits
from tests.dataservice.registry import MAPPING, TABLES, answer, ask, make_files, opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataService]:
    """The register of vehicles."""
    with opened(make_files(tmp_path_factory.mktemp("vehicles"))) as running:
        yield running


def test_a_record_is_answered_in_declared_fields(service: DataService) -> None:
    """Codes become words, dates and numbers get their type, lists and sums come along."""
    assert answer(service, "/vehicles/W1") == {
        "plate": "W1",
        "make": "Toyota",
        "model": {"year": 2019},
        "registered_on": "2020-02-29",
        "stolen": False,
        "colours": ["white", "green"],
        "inspections_failed": 1,
        "fees_paid": 200,
        "inspections": [
            {"on": "2022-01-01", "passed": True},
            {"on": "2021-01-01", "passed": False},
        ],
    }


def test_a_list_beyond_its_limit_is_cut_and_says_so(service: DataService) -> None:
    """The newest rows are kept, counts and sums cover all, and a header names the list."""
    response = ask(service, "/vehicles/W2")
    body = answer(service, "/vehicles/W2")

    assert dict(response.headers)[b"taysir-truncated"] == b"inspections"
    assert [row["on"][:4] for row in body["inspections"]] == ["2024", "2023", "2022"]
    assert (body["inspections_failed"], body["fees_paid"]) == (3, 20)


def test_a_list_at_its_limit_is_whole(tmp_path: Path) -> None:
    """Exactly the limit is not a cut."""
    mapping = MAPPING.replace("limit: 3", "limit: 4")
    with opened(make_files(tmp_path, mapping=mapping)) as running:
        response = ask(running, "/vehicles/W2")

    assert b"taysir-truncated" not in dict(response.headers)


@pytest.mark.parametrize("plate", ["W1", "W2"])
def test_answers_are_what_the_openapi_document_says(service: DataService, plate: str) -> None:
    """Every answer validates against the schema of the document."""
    document = describe_service(service.mapping)
    schema = document["components"]["schemas"]["Answer"]

    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(
        answer(service, f"/vehicles/{plate}")
    )


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/vehicles/W99", 404, "DSV-0202"),
        ("/vehicles/lower", 400, "DSV-0201"),
        ("/vehicles/W1'--", 400, "DSV-0201"),
        ("/vehicles/%FF", 400, "DSV-0201"),
        ("/vehicles/", 404, "DSV-0203"),
        ("/vehicles/W1/inspections", 404, "DSV-0203"),
        ("/elsewhere", 404, "DSV-0203"),
        ("/vehicles/W1?fields=all", 400, "DSV-0205"),
        ("/vehicles/BAD1", 502, "DSV-0105"),
        ("/vehicles/BAD2", 502, "DSV-0105"),
        ("/vehicles/BAD3", 502, "DSV-0105"),
        ("/vehicles/BAD4", 502, "DSV-0105"),
    ],
)
def test_a_refusal_is_a_problem_with_a_code(
    service: DataService, target: str, status: int, code: str
) -> None:
    """Bad keys, unknown keys and broken records are told apart."""
    response = ask(service, target)

    assert response.status == status
    assert (b"content-type", b"application/problem+json") in response.headers
    assert answer(service, target)["code"] == code


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_offered(service: DataService, method: str) -> None:
    """A write is refused with the methods that are allowed."""
    response = ask(service, "/vehicles/W1", method=method)

    assert response.status == 405
    assert dict(response.headers)[b"allow"] == b"GET, HEAD"


@given(st.text(min_size=1, max_size=80))
def test_no_key_breaks_the_service_or_comes_back(service: DataService, key: str) -> None:
    """Any key is answered or refused, and a refusal does not repeat it."""
    target = "/vehicles/" + quote(key, safe="")
    response = ask(service, target)

    assert response.status in (200, 400, 404, 502)
    assert response.status == 200 or len(key) < 5 or key.encode() not in response.body


def test_arabic_digits_in_a_key_are_read(service: DataService) -> None:
    """٢ is 2, percent-encoded as clients send it."""
    assert answer(service, "/vehicles/" + quote("W٢"))["plate"] == "W2"


def test_a_key_may_be_as_long_as_its_bound(tmp_path: Path) -> None:
    """At the bound the pattern decides; one character more is refused for its length."""
    mapping = MAPPING.replace("[A-Z]{1,3}[0-9]{1,4}", "[A-Z0-9]+")
    bound = limits.DATASERVICE_KEY_CHARS
    with opened(make_files(tmp_path, mapping=mapping)) as running:
        at, beyond = (answer(running, "/vehicles/" + "W" * n) for n in (bound, bound + 1))

    assert (at["code"], beyond["code"]) == ("DSV-0202", "DSV-0201")
    assert beyond["params"]["fault"] == "length"


def test_a_second_record_of_a_key_is_not_chosen_from_silently(tmp_path: Path) -> None:
    """Without latest_by the answer is refused; with it the latest record counts."""
    tables = TABLES.replace("PLATE TEXT PRIMARY KEY", "PLATE TEXT") + (
        "INSERT INTO VEH VALUES ('W1', 'H', 2020, '2024-01-01', 0, '');"
    )
    file = make_files(tmp_path, tables=tables)
    with opened(file) as running:
        assert answer(running, "/vehicles/W1")["code"] == "DSV-0106"

    file.write_text(MAPPING.replace("fields:\n  plate", "latest_by: REG_DT\nfields:\n  plate"))
    with opened(file) as running:
        assert answer(running, "/vehicles/W1")["make"] == "Hyundai"


def test_no_record_may_be_an_answer(tmp_path: Path) -> None:
    """A register of exceptions answers the declared values of absence."""
    mapping = MAPPING.replace("fields:\n  plate", "not_found: answer\nfields:\n  plate").replace(
        "type: boolean,", "type: boolean, absent: false,"
    )
    with opened(make_files(tmp_path, mapping=mapping)) as running:
        body = answer(running, "/vehicles/W99")

    assert body["stolen"] is False
    assert body["make"] is None
    assert body["colours"] == body["inspections"] == []


def test_a_lost_database_is_a_problem_and_comes_back(tmp_path: Path) -> None:
    """Health and look-ups say 503 while the file is away, and answer when it returns."""
    file = make_files(tmp_path)
    database = tmp_path / "vehicles.sqlite"
    database.rename(tmp_path / "away")
    with opened(file) as running:
        assert ask(running, "/healthz").status == 503
        assert answer(running, "/vehicles/W1")["code"] == "DSV-0101"
        (tmp_path / "away").rename(database)
        assert ask(running, "/healthz").status == 200
        assert ask(running, "/vehicles/W1").status == 200


def test_the_document_is_served(service: DataService) -> None:
    """/openapi.json is an OpenAPI 3.1 document with classification and Arabic titles."""
    document = answer(service, "/openapi.json")
    make = document["components"]["schemas"]["Answer"]["properties"]["make"]

    assert document["openapi"].startswith("3.1")
    assert make["enum"] == ["Toyota", "Hyundai"]
    assert (make["x-title-ar"], make["x-classification"]) == ("الصانع", "restricted")
