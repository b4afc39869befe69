"""Two agencies find, propose, counter, accept, use, supersede and revoke by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from taysir.exchange.authority import read_content, write_federation
from taysir.exchange.federation import CodeRow, Names
from taysir.kernel.statement import parse_statement
from taysir.testing.federation import Agency, TwoAgencies, two_agencies
from taysir.testing.nodes import ANSWERING, ASKING, PERSONS, PORTAL

CONSENT = {
    "consumer": str(PORTAL),
    "service": str(PERSONS),
    "subject": "1000000008",
    "fields": ["/path"],
    "start": "2026-01-01T00:00:00+00:00",
    "end": "2026-02-01T00:00:00+00:00",
    "collected_by": str(PORTAL.owner),
}
"""What a person agreed to, but the purposes."""
Scenario = Callable[[TwoAgencies], Awaitable[None]]


def run(folder: Path, scenario: Scenario) -> None:
    """Run a scenario with two started agencies."""

    async def whole() -> None:
        async with two_agencies(folder) as agencies:
            await scenario(agencies)

    asyncio.run(whole())


def terms(**changes: Any) -> dict[str, Any]:
    """The JSON of reasonable terms."""
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "consumer": str(PORTAL),
        "service": str(PERSONS),
        "purposes": ["tax-relief"],
        "legal_basis": "tax-law/12",
        "operations": [
            {"method": "GET", "path": "/persons/{id}"},
            {"method": "POST", "path": "/persons"},
        ],
        "fields": ["/path", "/name"],
        "valid_from": (now - timedelta(minutes=1)).isoformat(),
        "valid_until": (now + timedelta(days=30)).isoformat(),
        **changes,
    }


async def agreed(agencies: TwoAgencies, **changes: Any) -> str:
    """Make an agreement that both sides accepted; returns its name."""
    status, made = await agencies.asking.admin(
        "POST", "/admin/agreements", {"terms": terms(**changes)}
    )
    assert status == 201, made
    status, whole = await step(agencies.answering, made["hash"], "accept")
    assert status == 200, whole
    return str(made["hash"])


async def step(
    agency: Agency, digest: str, name: str, body: dict[str, Any] | None = None
) -> tuple[int, Any]:
    """Take a step about an agreement."""
    return await agency.admin("POST", f"/admin/agreements/{digest}/{name}", body or {})


async def state(agency: Agency, digest: str) -> str:
    """Where an agreement stands at an agency's node."""
    _status, shown = await agency.admin("GET", f"/admin/agreements/{digest}")
    return str(shown.get("state", shown.get("code")))


def test_an_integrator_finds_requests_and_calls_without_an_office(tmp_path: Path) -> None:
    """Found in the catalogue, proposed, accepted by the owner, called; every step has its time."""

    async def scenario(agencies: TwoAgencies) -> None:
        asking, answering = agencies.asking, agencies.answering
        status, found = await asking.admin("GET", "/admin/services?q=persons")
        assert (status, [card["id"] for card in found]) == (200, [str(PERSONS)])
        status, card = await asking.admin("GET", f"/admin/services/{PERSONS}")
        assert (card["name"], card["provider"]) == (
            {"ar": "الأشخاص", "en": "Persons"},
            str(ANSWERING),
        )

        status, made = await asking.admin("POST", "/admin/agreements", {"terms": terms()})
        assert (status, made["state"], made["waiting_for"]) == (201, "proposed", [str(ANSWERING)])
        assert made["undelivered"] == []
        assert (await asking.call("/persons/7"))[0] == 403
        status, waiting = await answering.admin("GET", "/admin/agreements?state=proposed")
        assert [one["hash"] for one in waiting["agreements"]] == [made["hash"]]

        status, whole = await step(answering, made["hash"], "accept")
        assert (status, whole["state"]) == (200, "accepted")
        status, _head, body = await asking.call("/persons/7")
        assert (status, sorted(body)) == (200, ["name", "path"])

        _status, way = await asking.admin("GET", f"/admin/agreements/{made['hash']}/timeline")
        names = [one["name"] for one in way["steps"]]
        assert set(names) == {"found", "proposed", "accepted", "in-force", "first-call"}
        who = {one["name"]: one["by"] for one in way["steps"]}
        assert (who["proposed"], who["accepted"]) == (str(asking.member), str(ANSWERING))
        assert way["connect_seconds"] is not None
        assert 0 <= way["connect_seconds"] < 60

    run(tmp_path, scenario)


def test_a_revocation_stops_the_next_call_at_both_nodes(tmp_path: Path) -> None:
    """Whoever revokes, neither node lets another call pass, and both tell why."""

    async def scenario(agencies: TwoAgencies) -> None:
        for agency in (agencies.answering, agencies.asking):
            digest = await agreed(agencies, legal_basis=f"law/{agency.member.member}")
            assert (await agencies.asking.call("/persons/7"))[0] == 200

            status, ended = await step(agency, digest, "revoke", {"reason": "no longer lawful"})
            assert (status, ended["state"]) == (200, "revoked")
            assert ended["ended"][0]["reason"] == "no longer lawful"
            for side in (agencies.asking, agencies.answering):
                assert await state(side, digest) == "revoked"
                assert side.node.runtime.directory().agreement_by_hash(digest) is None
            status, _head, body = await agencies.asking.call("/persons/7")
            assert (status, body["code"]) == (403, "EXC-0104")

    run(tmp_path, scenario)


def test_a_counter_proposal_takes_the_place_of_the_proposal(tmp_path: Path) -> None:
    """The owner offers less; what was asked first can no longer be accepted."""

    async def scenario(agencies: TwoAgencies) -> None:
        asking, answering = agencies.asking, agencies.answering
        _status, first = await asking.admin("POST", "/admin/agreements", {"terms": terms()})
        status, second = await step(
            answering, first["hash"], "counter", {"terms": terms(fields=["/path"])}
        )
        assert (status, second["terms"]["counters"]) == (201, first["hash"])
        assert second["waiting_for"] == [str(ASKING)]
        assert await state(asking, first["hash"]) == "countered"
        status, refused = await step(answering, first["hash"], "accept")
        assert (status, refused["code"]) == (409, "EXC-0513")

        assert (await step(asking, second["hash"], "accept"))[0] == 200
        _status, _head, body = await asking.call("/persons/7")
        assert sorted(body) == ["path"]

    run(tmp_path, scenario)


def test_a_later_agreement_supersedes_when_both_accepted_it(tmp_path: Path) -> None:
    """Until then the earlier one carries the calls; afterwards it does not come back."""

    async def scenario(agencies: TwoAgencies) -> None:
        asking, answering = agencies.asking, agencies.answering
        first = await agreed(agencies)
        _status, second = await step(
            asking, first, "supersede", {"terms": terms(fields=["/method"])}
        )
        assert sorted((await asking.call("/persons/7"))[2]) == ["name", "path"]

        assert (await step(answering, second["hash"], "accept"))[0] == 200
        assert sorted((await asking.call("/persons/7"))[2]) == ["method"]
        assert {await state(side, first) for side in (asking, answering)} == {"superseded"}

        assert (await step(answering, second["hash"], "revoke", {"reason": "r"}))[0] == 200
        assert (await asking.call("/persons/7"))[0] == 403

    run(tmp_path, scenario)


def test_a_rejected_proposal_stays_rejected(tmp_path: Path) -> None:
    """It cannot be accepted, revoked or countered afterwards, at either node."""

    async def scenario(agencies: TwoAgencies) -> None:
        _status, made = await agencies.asking.admin("POST", "/admin/agreements", {"terms": terms()})
        assert (await step(agencies.answering, made["hash"], "reject", {"reason": "no"}))[0] == 200
        for side in (agencies.asking, agencies.answering):
            assert await state(side, made["hash"]) == "rejected"
            for name, body in (
                ("accept", {}),
                ("revoke", {"reason": "r"}),
                ("counter", {"terms": terms(fields=[])}),
            ):
                status, refused = await step(side, made["hash"], name, body)
                assert (status, refused["code"]) == (409, "EXC-0513")

    run(tmp_path, scenario)


def test_a_proposal_arrives_when_the_other_node_is_back(tmp_path: Path) -> None:
    """What could not be delivered is owed, shown, and delivered later."""

    async def scenario(agencies: TwoAgencies) -> None:
        await agencies.answering.node.faces[0].close()
        status, made = await agencies.asking.admin("POST", "/admin/agreements", {"terms": terms()})
        assert (status, made["state"]) == (201, "proposed")
        assert made["undelivered"][0]["member"] == str(ANSWERING)
        assert await state(agencies.answering, made["hash"]) == "EXC-0512"

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purposes": ["Tax Relief"]}, "EXC-0511"),
        ({"legal_basis": "some law or other"}, "EXC-0511"),
        ({"request_fields": ["name"]}, "EXC-0511"),
        ({"zones": {"consumer": ["Waha 1"]}}, "EXC-0511"),
        ({"quotas": [{"calls": 1, "per": "day", "purpose": "other"}]}, "EXC-0511"),
        ({"supersedes": "0" * 64}, "EXC-0512"),
        ({"consumer": "WAHA/GOV/XXX/portal", "service": "WAHA/GOV/YYY/a/b"}, "EXC-0514"),
        ({"quotas": [{"calls": 1, "per": "century"}]}, "EXC-0101"),
        ({"unknown": 1}, "EXC-0101"),
    ],
)
def test_terms_that_nobody_could_act_on_are_refused(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    """The refusal names the error; nothing is kept."""

    async def scenario(agencies: TwoAgencies) -> None:
        _status, refused = await agencies.asking.admin(
            "POST", "/admin/agreements", {"terms": terms(**changes)}
        )
        assert refused["code"] == code
        _status, listed = await agencies.asking.admin("GET", "/admin/agreements")
        assert listed == {"agreements": []}

    run(tmp_path, scenario)


def test_a_delegated_call_says_on_whose_behalf(tmp_path: Path) -> None:
    """The member that delegates signs too; both statements of a call carry its name."""

    async def scenario(agencies: TwoAgencies) -> None:
        _status, made = await agencies.asking.admin(
            "POST", "/admin/agreements", {"terms": terms(behalf=str(ANSWERING))}
        )
        await step(agencies.answering, made["hash"], "accept")
        assert (await agencies.asking.call("/persons/7"))[0] == 403
        acting = {"x-road-represented-party": str(ANSWERING)}
        status, head, _body = await agencies.asking.call("/persons/7", headers=acting)
        assert status == 200
        await agencies.asking.node.runtime.journal.indexed()
        [kept] = agencies.asking.node.runtime.journal.find(head["x-road-request-id"])
        said = {parse_statement(token).statement.behalf for token in (kept.request, kept.response)}
        assert said == {str(ANSWERING)}

    run(tmp_path, scenario)


def test_only_registered_codes_are_agreed_where_there_is_a_register(tmp_path: Path) -> None:
    """The authority registers a purpose; another one is refused from then on."""

    async def scenario(agencies: TwoAgencies) -> None:
        content = read_content(agencies.authority.folder)
        name = Names(ar="إعفاء ضريبي", en="Tax relief")
        registered = msgspec.structs.replace(
            content,
            purposes=(CodeRow(id="tax-relief", name=name),),
            regulations=(CodeRow(id="tax-law/12", name=name),),
        )
        token = write_federation(agencies.authority, registered, now=datetime.now(UTC))
        for agency in (agencies.asking, agencies.answering):
            agency.source.take(token)
        for changes in ({"purposes": ["curiosity"]}, {"legal_basis": "tax-law/13"}):
            status, refused = await agencies.asking.admin(
                "POST", "/admin/agreements", {"terms": terms(**changes)}
            )
            assert (status, refused["code"]) == (422, "EXC-0511")
            assert "is not registered" in refused["params"]["reason"]
        consent = {**CONSENT, "purposes": ["curiosity"]}
        status, refused = await agencies.asking.admin("POST", "/admin/consents", consent)
        assert (status, refused["code"]) == (422, "EXC-0515")
        await agreed(agencies)

    run(tmp_path, scenario)
