"""``taysir agreement``: the verbs of an integrator and of an owner, against two running nodes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.kernel.errors import Problem
from taysir.testing.federation import Agency, TwoAgencies
from taysir.testing.nodes import ANSWERING, PERSONS, PORTAL
from tests.exchange.test_agreements import run

APP = build_app(["agreement"])
PROPOSE = (
    *("propose", str(PERSONS), "--consumer", str(PORTAL), "--purpose", "tax-relief"),
    *("--basis", "tax-law/12", "--operation", "GET /persons/{id}", "--field", "/name"),
)


async def verb(agency: Agency, *words: str) -> tuple[int, str]:
    """Run a verb at an agency's node; returns exit code and output."""
    node = f"http://{agency.settings.host}:{agency.settings.admin_port}"
    command = ["agreement", *words, "--node", node]
    with capture_logs():  # the nodes of this process would log into the verb's output
        result = await asyncio.to_thread(CliRunner().invoke, APP, command)
    if isinstance(result.exception, Problem):
        raise result.exception
    return result.exit_code, result.output


async def answer(agency: Agency, *words: str) -> Any:
    """Run a verb with ``--json``."""
    code, printed = await verb(agency, *words, "--json")
    assert code == 0, printed
    return orjson.loads(printed)


def test_the_verbs_make_and_end_an_agreement(tmp_path: Path) -> None:
    """Find, propose, counter, accept, supersede, revoke; each says where the agreement stands."""

    async def scenario(two: TwoAgencies) -> None:
        asking, owner = two.asking, two.answering
        found = await answer(asking, "find", "persons")
        assert [card["id"] for card in found["services"]] == [str(PERSONS)]
        found = await answer(asking, "find", str(PERSONS))
        assert found["services"][0]["provider"] == str(ANSWERING)

        first = await answer(asking, *PROPOSE, "--wait", "10")
        assert (first["state"], first["undelivered"]) == ("proposed", [])
        second = await answer(owner, "counter", first["hash"][:12], "--field", "/path")
        assert second["terms"]["fields"] == ["/path"]
        assert (await answer(asking, "accept", second["hash"]))["state"] == "accepted"
        third = await answer(asking, "supersede", second["hash"], "--field", "/method")
        assert (await answer(owner, "accept", third["hash"]))["state"] == "accepted"
        listed = await answer(owner, "list", "--state", "superseded")
        assert [one["hash"] for one in listed["agreements"]] == [second["hash"]]

        assert (await asking.call("/persons/7"))[2] == {"method": "GET"}
        ended = await answer(owner, "revoke", third["hash"], "--reason", "over")
        assert ended["state"] == "revoked"
        way = await answer(asking, "timeline", third["hash"])
        assert [step["name"] for step in way["steps"]][-2:] == ["first-call", "revoked"]

    run(tmp_path, scenario)


def test_the_verbs_print_for_people(tmp_path: Path) -> None:
    """Names, states, who is waited for; a rejection with its reason."""

    async def scenario(two: TwoAgencies) -> None:
        code, printed = await verb(two.asking, *PROPOSE)
        assert code == 0
        assert "proposed" in printed
        assert f"… {ANSWERING}" in printed
        digest = printed[:12]
        code, printed = await verb(two.answering, "reject", digest, "--reason", "too much")
        assert "rejected" in printed
        assert "too much" in printed
        code, printed = await verb(two.asking, "show", digest)
        assert "too much" in printed
        code, printed = await verb(two.asking, "list", "--state", "proposed")
        assert "no agreements" in printed
        code, printed = await verb(two.asking, "find", "nothing", "like", "this")
        assert "No service" in printed

    run(tmp_path, scenario)


def test_a_refused_step_says_why(tmp_path: Path) -> None:
    """The node's own error arrives with its code and values."""

    async def scenario(two: TwoAgencies) -> None:
        terms = tmp_path / "terms.json"
        terms.write_bytes(b'{"purposes": ["No Code"]}')
        for words, code in (
            (("show", "0" * 64), "EXC-0512"),
            ((*PROPOSE[:4], "--basis", "a/1", "--terms", str(terms)), "EXC-0101"),
            ((*PROPOSE[:-1], "no-pointer"), "EXC-0511"),
            ((*PROPOSE, "--terms", str(tmp_path / "none.json")), "EXC-0511"),
        ):
            with pytest.raises(Problem) as caught:
                await verb(two.asking, *words)
            assert caught.value.code == code

    run(tmp_path, scenario)
