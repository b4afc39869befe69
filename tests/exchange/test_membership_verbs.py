"""``taysir authority`` and ``taysir node``: the verbs of the office and of a joining agency."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.authority import authority_face, open_authority
from taysir.exchange.http_server import serve_http
from taysir.exchange.membership import membership_face
from taysir.exchange.settings import read_settings
from taysir.kernel.errors import Problem
from taysir.testing.nodes import HOST

APP = build_app(["node", "authority"])
NAMES = ("--name-ar", "جهة", "--name-en", "Agency")


async def answer(*words: str) -> Any:
    """Run a verb with ``--json``; its error of the family is raised."""
    with capture_logs():
        result = await asyncio.to_thread(CliRunner().invoke, APP, [*words, "--json"])
    if isinstance(result.exception, Problem):
        raise result.exception
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout)


def test_the_office_and_the_agency_do_it_by_their_verbs(tmp_path: Path) -> None:
    """Init, join, refuse, offer, join again, approve, members, registers."""
    office, agency = str(tmp_path / "office"), str(tmp_path / "agency")

    async def scenario() -> None:
        made = await answer(
            *("authority", "init", office, "--instance", "WAHA", "--zone", "waha-1", *NAMES)
        )
        assert made["certificate"].endswith("authority.pem")
        shown = await answer("authority", "show", office)
        assert (shown["instance"], shown["members"]) == ("WAHA", 0)
        with pytest.raises(Problem) as caught:
            await answer("authority", "init", office, "--instance", "WAHA", *NAMES)
        assert caught.value.code == "EXC-0521"
        face = authority_face(
            open_authority(tmp_path / "office"), also=membership_face(tmp_path / "office")
        )
        server = await serve_http(face, host=HOST, port=0)
        where = ("--authority", f"http://{HOST}:{server.port}", "--port", "8300")
        await answer("node", "init", agency, "--member", "WAHA/GOV/EDU", *where, *NAMES)

        first = await answer("node", "join", agency)
        assert (first["state"], first["authority"]) == ("waiting", shown["fingerprint"])
        with pytest.raises(Problem) as caught:
            await answer("node", "run", agency, "--detach")
        assert caught.value.code == "EXC-0524"
        listed = await answer("authority", "requests", office)
        assert [row["request"] for row in listed["requests"]] == [first["request"]]
        await answer("authority", "refuse", office, first["request"], "--reason", "no service")
        with pytest.raises(Problem) as caught:
            await answer("node", "join", agency)
        assert (caught.value.code, caught.value.params) == ("EXC-0525", {"reason": "no service"})

        service = "WAHA/GOV/EDU/schools/enrolments"
        offered = await answer(
            *("node", "offer", agency, service, "--url", "http://127.0.0.1:9000", *NAMES)
        )
        second = await answer("node", "join", agency)
        assert second["request"] == offered["request"] != first["request"]
        await answer("authority", "approve", office, second["request"])
        assert (await answer("node", "join", agency, "--wait", "5"))["state"] == "approved"
        members = await answer("authority", "members", office)
        assert [row["id"] for row in members["members"]] == ["WAHA/GOV/EDU"]
        settings = read_settings(tmp_path / "agency" / "node.json")
        assert list(settings.services) == [service]

        for register, code in (("purposes", "tax-relief"), ("regulations", "tax-law/12")):
            kept = await answer("authority", "register", office, register, code, *NAMES)
            assert kept["codes"] == [code]
        with pytest.raises(Problem) as caught:
            await answer("authority", "approve", office, "unknown")
        assert caught.value.code == "EXC-0523"
        assert (await answer("node", "stop", agency))["stopped"] is False
        await server.close()

    asyncio.run(scenario())


def test_the_verbs_print_for_people(tmp_path: Path) -> None:
    """A person reads one line about each step."""
    office = str(tmp_path / "office")
    made = CliRunner().invoke(APP, ["authority", "init", office, "--instance", "WAHA", *NAMES])
    assert "ready" in made.stdout
    listed = CliRunner().invoke(APP, ["authority", "requests", office])
    assert "no requests" in listed.stdout
    where = ["--authority", "http://127.0.0.1:1", "--member", "WAHA/GOV/EDU", *NAMES]
    made = CliRunner().invoke(APP, ["node", "init", str(tmp_path / "edu"), *where])
    assert "Keys and settings" in made.stdout
    result = CliRunner().invoke(APP, ["node", "join", str(tmp_path / "edu")])
    assert isinstance(result.exception, Problem)
    assert result.exception.code == "EXC-0502"
