"""What a key touched: every exchange under it, its subjects and fields, and nobody else's."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.client import Outcome
from taysir.exchange.exposure import Exposure, Touch, touches
from taysir.exchange.index import signer_of
from taysir.exchange.journal import Journal
from taysir.exchange.keys.renewal import write_settings
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.statement import parse_statement, seal_statements, sign_statement
from taysir.testing.nodes import ASKING, PERSONS, PORTAL, PURPOSE, TwoNodes
from tests.exchange.small_country import country, exchange

SUBJECT = "3000000004"


def found(
    folder: Path, thumbprint: str, *, from_ms: int = 0, until_ms: int = 1 << 60
) -> list[Touch]:
    return list(
        touches(
            folder,
            thumbprint=thumbprint,
            from_ms=from_ms,
            until_ms=until_ms,
            fields_of=lambda name: ("/name",) if name else (),
        )
    )


def call(
    nodes: TwoNodes, *, subject: str = "", path: str = "/persons/7", issue: str = ""
) -> Outcome:
    with nodes.client() as client:
        return client.ask(PERSONS, path=path, purpose=PURPOSE, subject=subject, issue=issue).outcome


@pytest.mark.parametrize("side", ["asking", "answering"])
def test_a_stolen_key_s_exchanges_are_found_at_both_nodes_while_they_run(
    nodes: TwoNodes, side: str
) -> None:
    key = nodes.asking.runtime.signers[ASKING].thumbprint
    assert call(nodes, subject=SUBJECT, issue="TRF-1") is Outcome.ANSWERED
    assert call(nodes, path="/persons/7/children") is Outcome.REFUSED
    folder = Path(nodes.settings[side].folder)
    answered, *others = found(folder, key)
    runtime = getattr(nodes, side).runtime
    assert answered.subject == runtime.pseudonym(SUBJECT)
    assert (answered.service, answered.consumer) == (str(PERSONS), str(PORTAL))
    assert (answered.fields, answered.issue) == (("/name",), "TRF-1")
    assert answered.asked
    assert answered.touched
    assert not any(other.touched for other in others)
    assert SUBJECT not in str(answered)
    assert found(folder, "another key") == []
    assert found(folder, key, until_ms=answered.at_ms) == []
    assert answered in found(folder, key, from_ms=answered.at_ms, until_ms=answered.at_ms + 1)


def test_an_answer_under_the_key_counts_as_touched(nodes: TwoNodes) -> None:
    key = next(iter(nodes.answering.runtime.signers.values())).thumbprint
    assert call(nodes, subject=SUBJECT) is Outcome.ANSWERED
    [touch] = found(Path(nodes.settings["asking"].folder), key)
    assert (touch.asked, touch.touched) == (False, True)


def test_after_the_revocation_the_next_call_is_refused_and_exposes_nothing(
    nodes: TwoNodes,
) -> None:
    signer = nodes.asking.runtime.signers[ASKING]
    assert call(nodes, subject=SUBJECT) is Outcome.ANSWERED
    entry = nodes.directory.certificates[signer.thumbprint]
    revoked = dataclasses.replace(entry, revoked_at=datetime.now(UTC))
    nodes.directory.certificates[signer.thumbprint] = revoked
    assert call(nodes, subject=SUBJECT) is not Outcome.ANSWERED
    folder = Path(nodes.settings["answering"].folder)
    first, *refused = found(folder, signer.thumbprint)
    assert first.touched
    assert not any(touch.touched for touch in refused)


def test_the_command_tells_people_and_programs(nodes: TwoNodes, tmp_path: Path) -> None:
    key = nodes.asking.runtime.signers[ASKING].thumbprint
    assert call(nodes, subject=SUBJECT) is Outcome.ANSWERED
    file = tmp_path / "node.json"
    write_settings(file, nodes.settings["asking"])
    certificate = next(iter(nodes.settings["asking"].members.values())).certificate
    today = datetime.now(UTC).date().isoformat()
    common = ["exposure", certificate, "--settings", str(file), "--from", today]
    app = build_app(["exposure"])
    told = CliRunner().invoke(app, [*common, "--to", today, "--json"])
    report = json.loads(told.stdout)
    assert (report["key"], report["exchanges"], report["subjects"]) == (key, 1, 1)
    assert report["complete"]
    [service] = report["touched"][0]["services"]
    assert (service["service"], service["purposes"]) == (str(PERSONS), [PURPOSE])
    [line] = CliRunner().invoke(app, [*common, "--lines"]).stdout.splitlines()
    assert json.loads(line)["exchange_id"] == service["listed"][0]["exchange_id"]
    assert str(PERSONS) in CliRunner().invoke(app, common).stdout


@pytest.mark.parametrize("period", [("tomorrow", ""), ("2026-11-24", "2026-11-23"), ("", "")])
def test_a_period_that_is_not_one_is_refused(
    shared_nodes: TwoNodes, tmp_path: Path, period: tuple[str, str]
) -> None:
    file = tmp_path / "node.json"
    write_settings(file, shared_nodes.settings["asking"])
    arguments = ["exposure", "K", "--settings", str(file), "--from", period[0], "--to", period[1]]
    result = CliRunner().invoke(build_app(["exposure"]), arguments)
    assert isinstance(result.exception, Problem)
    assert result.exception.code == "CLI-0911"


# --- the pieces ----------------------------------------------------------------------------------


def test_the_signer_of_single_and_batched_statements_is_read() -> None:
    place = country()
    signer = next(iter(place.signers.values()))
    statement = parse_statement(exchange(place, request={}, response={}).request).statement
    assert signer_of(sign_statement(statement, signer=signer)) == signer.thumbprint
    [batched] = seal_statements([statement], signer=signer, time_ms=statement.time_ms)
    assert signer_of(batched) == signer.thumbprint
    assert signer_of(b"") is None
    assert signer_of(b"no token") is None


def test_what_the_index_does_not_know_yet_is_read_from_the_journal(tmp_path: Path) -> None:
    place = country()
    record = exchange(place, request={}, response={})

    async def keep() -> None:
        journal = Journal(tmp_path)
        await journal.append(record)
        await journal.close()

    asyncio.run(keep())
    (tmp_path / "index.sqlite").unlink()
    key = signer_of(record.request)
    assert key is not None
    [touch] = found(tmp_path, key)
    assert touch.exchange_id == record.exchange_id


def touch(**changes: Any) -> Touch:
    given: dict[str, Any] = {
        "exchange_id": "x",
        "at_ms": 1,
        "subject": "s",
        "service": "a",
        "consumer": "c",
        "purpose": "p",
        "issue": "",
        "fields": ("/a",),
        "asked": True,
        "outcome": CallOutcome.ANSWERED.value,
        "status": 200,
        "touched": True,
    }
    return Touch(**{**given, **changes})


def test_touches_are_sorted_by_subject_and_service() -> None:
    gathered = Exposure()
    gathered.add_all(
        [
            touch(at_ms=5),
            touch(at_ms=2, fields=("/b",), purpose="q"),
            touch(service="b"),
            touch(subject="t"),
            touch(subject="", service="c"),
            touch(subject="u", touched=False),
        ]
    )
    report = gathered.report()
    assert (report["exchanges"], report["refused"], report["subjects"]) == (6, 1, 2)
    first, *others = report["touched"]
    assert first["subject"] == "s"
    assert first["services"][0]["fields"] == ["/a", "/b"]
    assert first["services"][0]["purposes"] == ["p", "q"]
    assert (first["services"][0]["first_ms"], first["services"][0]["last_ms"]) == (2, 5)
    assert {row["subject"] for row in others} == {"t", ""}


def test_a_report_lists_so_many_exchanges_and_counts_the_rest() -> None:
    assert limits.EXPOSURE_LISTED > 2
    gathered = Exposure(listed=2)
    gathered.add_all(touch(exchange_id=str(number)) for number in range(3))
    [row] = gathered.report()["touched"]
    [service] = row["services"]
    assert [each["exchange_id"] for each in service["listed"]] == ["0", "1"]
    assert service["exchanges"] == 3
    assert not gathered.report()["complete"]


def test_only_what_was_handed_out_or_begun_counts_as_touched(tmp_path: Path) -> None:
    place = country()
    record = exchange(place, request={}, response={})
    ends = [
        (CallOutcome.ANSWERED, 200, True),
        (CallOutcome.ANSWERED, 404, False),
        (CallOutcome.REFUSED, 403, False),
        (CallOutcome.ACCEPTED, 0, True),
        (CallOutcome.FAILED, 502, True),
    ]
    records: list[StoredExchange] = [
        msgspec.structs.replace(
            record, outcome=outcome, status=status, direction=Direction.RECEIVED
        )
        for outcome, status, _touched in ends
    ]

    async def keep() -> None:
        journal = Journal(tmp_path)
        await journal.append_many(records)
        await journal.close()

    asyncio.run(keep())
    key = signer_of(record.request) or ""
    assert [each.touched for each in found(tmp_path, key)] == [touched for *_rest, touched in ends]
