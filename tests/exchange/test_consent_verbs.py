"""``taysir consent``: what an agency that asks people, and an owner, do with consents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from taysir.cli import build_app
from taysir.kernel.errors import Problem
from taysir.testing.federation import Agency, TwoAgencies
from taysir.testing.nodes import PERSONS, PORTAL
from tests.exchange.test_agreements import agreed, run

APP = build_app(["consent"])
PERSON = "1000000008"
GIVE = ("--consumer", str(PORTAL), "--service", str(PERSONS), "--purpose", "tax-relief")


async def verb(agency: Agency, *words: str, said: str = "", lang: str = "en") -> Result:
    """Run a verb at an agency's node."""
    node = f"http://{agency.settings.host}:{agency.settings.admin_port}"
    command = ["consent", *words, "--node", node]
    with capture_logs():  # the nodes of this process would log into the verb's output
        result = await asyncio.to_thread(
            CliRunner().invoke, APP, command, input=said, env={"LC_ALL": lang}
        )
    if isinstance(result.exception, Problem):
        raise result.exception
    return result


async def answer(agency: Agency, *words: str, said: str = "") -> Any:
    """Run a verb with ``--json``."""
    result = await verb(agency, *words, "--json", said=said)
    assert result.exit_code == 0, result.output
    return orjson.loads(result.stdout)


async def answered(agency: Agency, consent: str) -> int:
    """Ask about the person with a consent; returns the status."""
    headers = {"taysir-subject": PERSON, "taysir-consent": consent}
    return (await agency.call("/persons/7", headers=headers))[0]


def test_a_consent_is_given_used_and_withdrawn(tmp_path: Path) -> None:
    """Signed at the asking agency, held by both, withdrawn at the owner's."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, fields=["/path"], consent_required=True)
        given = await answer(two.asking, "give", "-", *GIVE, said=f"{PERSON}\n")
        assert (given["ok"], given["revoked_at"]) == (True, None)
        digest = given["hash"]
        assert await answered(two.asking, digest) == 200
        for agency in (two.asking, two.answering):
            listed = await answer(agency, "list", PERSON)
            assert [one["hash"] for one in listed["consents"]] == [digest]
            assert (await answer(agency, "show", digest))["hash"] == digest

        withdrawn = await answer(two.answering, "revoke", digest)
        assert withdrawn["revoked_at"] is not None
        assert await answered(two.asking, digest) == 403

    run(tmp_path, scenario)


def test_the_verbs_print_for_people(tmp_path: Path) -> None:
    """In English and in Arabic: who, what, until when, how often, whether it holds."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, consent_required=True)
        more = ("--field", "/path", "--days", "2", "--calls", "3", "--per", "day")
        shown = (await verb(two.asking, "give", PERSON, *GIVE, *more)).stdout
        digest = shown.split()[0]
        assert f"{digest}  holds" in shown
        assert f"{PORTAL} → {PERSONS}  tax-relief" in shown
        assert "3 calls a day" in shown
        assert "/path" in shown
        arabic = (await verb(two.asking, "show", digest, lang="ar")).stdout
        assert "سارية" in arabic
        assert "عدد الطلبات 3 كل يوم" in arabic
        assert "withdrawn at 20" in (await verb(two.asking, "revoke", digest)).stdout
        assert "مسحوبة" in (await verb(two.asking, "list", PERSON, lang="ar")).stdout
        assert "no consents" in (await verb(two.asking, "list", "1000000016")).stdout
        nobody = (await verb(two.asking, "list", "1000000016", lang="ar")).stdout
        assert "لا توجد موافقات" in nobody

    run(tmp_path, scenario)


def test_a_refused_step_says_why(tmp_path: Path) -> None:
    """The node's own error arrives with its code and values."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, consent_required=True)
        for_good = await answer(two.asking, "give", PERSON, *GIVE, "--for-good")
        for words, code in (
            (("show", "0" * 64), "EXC-0516"),
            (("revoke", "0" * 64), "EXC-0516"),
            (("revoke", for_good["hash"]), "EXC-0515"),
            (("revoke", for_good["hash"], "--by", "TEST/GOV/NOBODY"), "EXC-0514"),
            (("give", PERSON, *GIVE, "--per", "day"), "EXC-0515"),
            (("give", PERSON, *GIVE, "--field", "path"), "EXC-0515"),
            (("give", PERSON, *GIVE, "--collected-by", "TEST/GOV/NOBODY"), "EXC-0514"),
            (("give", "", *GIVE), "EXC-0101"),
            (("list", ""), "EXC-0101"),
        ):
            with pytest.raises(Problem) as caught:
                await verb(two.asking, *words)
            assert caught.value.code == code, words

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    "words",
    [
        ("give", PERSON, *GIVE, "--days", "0"),
        ("give", PERSON, *GIVE, "--calls", "0"),
        ("give", PERSON, *GIVE, "--per", "week"),
        ("show", "a" * 63),
        ("revoke", "../agreements"),
    ],
)
def test_what_no_consent_can_be_is_not_understood(words: tuple[str, ...]) -> None:
    """Refused before any node is asked."""
    result = CliRunner().invoke(APP, ["consent", *words])

    assert result.exit_code == 2


def test_a_consent_that_no_call_could_use_is_refused(tmp_path: Path) -> None:
    """A party that nobody registered is a slip of the pen; nothing is signed."""

    async def scenario(two: TwoAgencies) -> None:
        for slip, code in (
            (("--consumer", f"{PORTAL}x"), "EXC-0102"),
            (("--service", f"{PERSONS}x"), "EXC-0102"),
            (("--service", "persons"), "EXC-0102"),
        ):
            with pytest.raises(Problem, match=code) as why:
                await verb(two.asking, "give", PERSON, *GIVE, *slip)
            assert slip[1] in why.value.title("ar")
        assert (await answer(two.asking, "list", PERSON))["consents"] == []

    run(tmp_path, scenario)


def test_a_consent_is_given_once_the_parties_have_agreed(tmp_path: Path) -> None:
    """Without an agreement of the two it is refused with the reason in both languages."""

    async def scenario(two: TwoAgencies) -> None:
        with pytest.raises(Problem, match="EXC-0515") as why:
            await verb(two.asking, "give", PERSON, *GIVE)
        assert "no agreement of this node opens" in why.value.title("en")
        arabic = why.value.title("ar")
        assert "لا اتفاقية لدى هذه العقدة" in arabic
        assert str(PERSONS) in arabic
        assert (await answer(two.asking, "list", PERSON))["consents"] == []
        await agreed(two, consent_required=True)
        assert (await answer(two.asking, "give", PERSON, *GIVE))["ok"] is True

    run(tmp_path, scenario)
