"""The traffic register takes a renewal once a case and never loses or doubles one."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.country.personas import BY_CODE
from taysir.country.population.building import PopulationPlan, database, ensure_population
from taysir.country.registries.renewals import make_handler, openapi_document, read_renewal
from taysir.exchange.http import Handler, Request, problem_response
from taysir.kernel.errors import Problem

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOLDER = BY_CODE["granted"].national_id
RENEWAL = {
    "case_number": "TRF-2026-000123-7",
    "national_id": HOLDER,
    "previous_expires_on": "2027-01-08",
    "expires_on": "2032-01-08",
    "restrictions": ["glasses"],
}


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """The traffic register of a small country."""
    plan = PopulationPlan(seed=1, size=100, today=NOW.date())
    ensure_population(tmp_path / "registries", plan=plan, now=NOW)
    return database(tmp_path / "registries", "TRF")


def post(handler: Handler, **changes: object) -> tuple[int, dict[str, Any]]:
    """Send a renewal and return status and body."""
    body = orjson.dumps({**RENEWAL, **changes})
    request = Request(method="POST", target=b"/renewals", headers=(), body=body)
    try:
        response = asyncio.run(call(handler, request))
    except Problem as problem:
        response = problem_response(problem)
    return response.status, orjson.loads(response.body)


async def call(handler: Handler, request: Request) -> Any:
    """Await a handler."""
    return await handler(request)


def licence(register: Path) -> tuple[str, str]:
    """Return the holder's expiry and restrictions, and make sure that there is one licence."""
    sql = "SELECT EXP_DT, RSTR_LST FROM DL_LICENCE WHERE HLDR_NID = ?"
    with closing(sqlite3.connect(register)) as connection:
        ((expires, restrictions),) = connection.execute(sql, (HOLDER,)).fetchall()
    return expires, restrictions


def test_a_renewal_changes_the_licence(register: Path) -> None:
    """The new term and the restriction are in the register, and the answer fits its schema."""
    status, answer = post(make_handler(database=register, clock=lambda: NOW))
    schemas = orjson.loads(openapi_document())["components"]["schemas"]

    assert status == 200
    assert answer["registered_at"] == "2026-11-24T09:30:00Z"
    assert licence(register) == ("2032-01-08", "glasses")
    jsonschema_rs.Draft202012Validator(schemas["Answer"]).validate(answer)
    jsonschema_rs.Draft202012Validator(schemas["Renewal"]).validate(RENEWAL)


def test_the_same_case_is_answered_as_before(register: Path) -> None:
    """A caller who lost the answer asks again and gets the same."""
    handler = make_handler(database=register, clock=lambda: NOW)
    later = make_handler(database=register, clock=lambda: NOW.replace(hour=20))

    assert post(handler) == post(later)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires_on": "2037-01-08"}, "CTY-0203"),
        ({"national_id": BY_CODE["glasses"].national_id}, "CTY-0203"),
        ({"case_number": "TRF-2026-000124-5"}, "CTY-0203"),
        (
            {"case_number": "OTHER", "previous_expires_on": None, "expires_on": "2032-01-08"},
            "CTY-0203",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    register: Path, changes: dict[str, object], code: str
) -> None:
    """Other values for one case, a licence changed meanwhile, a term that is not extended."""
    handler = make_handler(database=register, clock=lambda: NOW)
    post(handler)
    status, answer = post(handler, **changes)

    assert (status, answer["code"]) == (409, code)
    assert licence(register) == ("2032-01-08", "glasses")


def test_a_person_without_a_licence_is_refused(register: Path) -> None:
    """There is nothing to renew."""
    handler = make_handler(database=register)
    status, answer = post(handler, national_id=BY_CODE["no-licence"].national_id)

    assert (status, answer["code"]) == (404, "CTY-0202")


def test_a_lost_register_is_said_to_be_unavailable(tmp_path: Path) -> None:
    """The caller keeps the case and asks again."""
    status, answer = post(make_handler(database=tmp_path / "none.sqlite"))

    assert (status, answer["retry"]) == (503, "later")
    assert not (tmp_path / "none.sqlite").exists()


@given(st.binary(max_size=60))
def test_no_body_breaks_the_register(body: bytes) -> None:
    """Whatever is not a renewal is refused as such."""
    with pytest.raises(Problem) as caught:
        read_renewal(body)

    assert caught.value.code == "CTY-0201"


@pytest.mark.parametrize("length", [32, 33])
def test_a_case_number_has_its_bound(register: Path, length: int) -> None:
    """Thirty-two characters pass, thirty-three do not."""
    status, _answer = post(make_handler(database=register), case_number="C" * length)

    assert status == (200 if length == 32 else 400)
