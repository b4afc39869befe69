"""A person's data are erased over the admin face and by the command, at a running node."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.model import BodyState, StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.testing.nodes import PERSONS, PURPOSE, TwoNodes

PERSON = "1000000008"


def ask_about(nodes: TwoNodes, person: str) -> str:
    with nodes.client() as client:
        answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE, subject=person)
    assert answer.status == 200
    return answer.exchange_id


def kept(nodes: TwoNodes, exchange_id: str) -> StoredExchange:
    async def look() -> list[StoredExchange]:
        await nodes.asking.runtime.journal.indexed()
        return nodes.asking.runtime.journal.find(exchange_id)

    return asyncio.run_coroutine_threadsafe(look(), nodes.loop).result(10)[0]


def post(nodes: TwoNodes, body: object) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        nodes.admin_url + "/admin/erasures", data=json.dumps(body).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_the_command_erases_one_person_and_leaves_the_other(nodes: TwoNodes) -> None:
    mine, other = ask_about(nodes, PERSON), ask_about(nodes, "1000000016")
    result = CliRunner().invoke(
        build_app(["erase"]),
        ["erase", "-", "--reason", "order 7", "--node", nodes.admin_url, "--json"],
        input=PERSON + "\n",
    )
    said = json.loads(result.stdout)
    assert (said["ok"], said["keys"], said["reason"]) == (True, 1, "order 7")
    assert PERSON not in result.stdout
    assert kept(nodes, mine).bodies is BodyState.ERASED
    assert kept(nodes, mine).response_body == b""
    assert kept(nodes, other).bodies is BodyState.KEPT
    with urllib.request.urlopen(nodes.admin_url + "/admin/erasures", timeout=10) as answer:
        [listed] = json.loads(answer.read())
    assert listed["pseudonym"] == nodes.asking.runtime.pseudonym(PERSON) == said["pseudonym"]


def test_what_is_about_nobody_is_erased_by_the_day(nodes: TwoNodes) -> None:
    exchange_id = ask_about(nodes, "")
    today = datetime.now(UTC).date().isoformat()
    status, said = post(nodes, {"day": today, "reason": "retention"})
    assert (status, said["keys"]) == (201, 1)
    assert kept(nodes, exchange_id).bodies is BodyState.ERASED


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"subject": PERSON},
        {"subject": PERSON, "reason": ""},
        {"reason": "x"},
        {"subject": PERSON, "day": "2026-11-24", "reason": "x"},
        {"day": "24.11.2026", "reason": "x"},
        {"day": "2026-13-24", "reason": "x"},
        {"subject": PERSON, "reason": "x", "more": 1},
        {"subject": PERSON, "reason": "x" * (limits.ERASURE_REASON_CHARS + 1)},
        {"subject": "1" * (limits.ERASURE_SUBJECT_CHARS + 1), "reason": "x"},
    ],
)
def test_a_wish_that_is_not_clear_erases_nothing(shared_nodes: TwoNodes, body: object) -> None:
    status, said = post(shared_nodes, body)
    assert (status, said["code"]) == (400, "EXC-0101")


def test_a_reason_and_a_subject_at_the_bound_are_taken(shared_nodes: TwoNodes) -> None:
    reason, subject = "x" * limits.ERASURE_REASON_CHARS, "1" * limits.ERASURE_SUBJECT_CHARS
    status, said = post(shared_nodes, {"subject": subject, "reason": reason})
    assert (status, said["keys"]) == (201, 0)


def test_a_node_that_does_not_answer_is_named() -> None:
    result = CliRunner().invoke(
        build_app(["erase"]), ["erase", PERSON, "--reason", "x", "--node", "http://127.0.0.1:1"]
    )
    assert isinstance(result.exception, Problem)
    assert result.exception.code == "CLI-0901"


@pytest.mark.parametrize("words", [(), (PERSON, "--day", "2026-11-24")])
def test_a_person_or_a_day_is_erased_and_never_both(words: tuple[str, ...]) -> None:
    """Nothing is asked of a node: what was meant is not clear, and it is for ever."""
    result = CliRunner().invoke(build_app(["erase"]), ["erase", *words, "--reason", "x"])
    assert result.exit_code == 2
    assert "a person or a day" in result.output
