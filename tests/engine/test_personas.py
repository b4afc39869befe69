"""Every persona's renewal, on what the registries really answer, ends as its story says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest

from taysir.country.personas import PERSONAS, Persona
from taysir.engine.decision import Decision
from taysir.engine.definition import Lookup, Pack
from taysir.engine.facts import Attested, CaseFacts, EvidenceOutcome, Typed
from taysir.engine.lookups import lookup_path, lookups_due, receive_answer, receive_outcome
from taysir.engine.rules import decide
from taysir.testing.dataservices import RunningRegistries, running_registries

DAYS = {
    "ordinary": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    "leap": datetime(2028, 2, 29, 8, 0, tzinfo=UTC),
}


REGISTRY = {
    "person": "CIV/persons",
    "licence": "TRF/licences",
    "fines": "TRF/fines",
    "fitness": "HLT/fitness",
    "suspension": "JUS/suspensions",
    "address": "PST/addresses",
}


@pytest.fixture(scope="module", params=DAYS.values(), ids=DAYS.keys())
def country(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningRegistries, datetime]]:
    """The registries of a small country on a day, and the moment."""
    now: datetime = request.param
    with running_registries(tmp_path_factory.mktemp("law") / "registries", now=now) as running:
        yield running, now


def ask(registries: RunningRegistries, lookup: Lookup, facts: CaseFacts) -> Any:
    """Return the registry's answer, or None where it holds no record."""
    connection = HTTPConnection(
        registries.url(REGISTRY[lookup.name]).removeprefix("http://"), timeout=5
    )
    try:
        connection.request("GET", lookup_path(lookup, facts))
        response = connection.getresponse()
        body = json.loads(response.read())
    finally:
        connection.close()
    assert response.status in (200, 404)
    return body if response.status == 200 else None


def decided(pack: Pack, country: tuple[RunningRegistries, datetime], persona: Persona) -> Decision:
    """Fill a persona's case from the registries and decide it."""
    registries, now = country
    facts = CaseFacts().with_value(
        "applicant.national_id", persona.national_id, provenance=Attested("idp", now)
    )
    delivery = "post" if persona.code == "by-post" else "digital"
    for name, value in (("renewal.years", 5), ("renewal.delivery", delivery)):
        facts = facts.with_value(name, value, provenance=Typed("applicant", now))
    for lookup in lookups_due(pack, facts, at=now):
        body = ask(registries, lookup, facts)
        if body is None:
            facts = receive_outcome(lookup, facts, EvidenceOutcome.NOT_FOUND, at=now)
        else:
            facts = receive_answer(
                pack, lookup, facts, body, agreement="a", exchange_id="x", at=now
            )
    return decide(pack, facts, on=now.date(), at=now)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.code)
def test_a_persona_is_decided_as_its_story_says(
    pack: Pack, country: tuple[RunningRegistries, datetime], persona: Persona
) -> None:
    decision = decided(pack, country, persona)
    expected = persona.expects
    assert decision.outcome.value == expected.outcome.value
    assert decision.codes == (expected.reason,)
    if expected.outcome.value == "granted":
        assert decision.values["renewal.fee_minor"] == 20_000 + 10_000 * expected.late_years
        assert decision.values["renewal.restrictions"] == list(expected.restrictions)
