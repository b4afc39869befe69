"""The journal's file of an evidence package is held to its form and to the statements."""

from __future__ import annotations

from typing import Any

import pytest

from taysir.exchange.evidence_journal import JOURNAL_FILE, check_rows, read_journal
from taysir.exchange.package import unpack
from taysir.exchange.verifier import verify_package
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.errors import Problem
from taysir.kernel.statement import parse_statement
from tests.exchange.logged_country import logged_country, stamped_package
from tests.exchange.test_evidence_log import resealed

FILES = unpack(stamped_package())
ANCHOR = logged_country().authority.root.certificate_der
ASKED_AT_MS = parse_statement(FILES["request.jws"]).statement.time_ms


def said(**row: object) -> dict[str, Any]:
    """Return what the file says, with other values in its first record."""
    journal = parse_json(FILES[JOURNAL_FILE])
    assert isinstance(journal, dict)
    journal["records"][0] |= row
    return journal


def refused(journal: Any) -> str:
    """Return why a resealed package with another journal's file does not hold."""
    files = {**FILES, JOURNAL_FILE: canonical_json(journal)}
    report = verify_package(resealed(files), anchor=ANCHOR)
    assert not report.valid
    found = [each for step in report.steps for each in step.findings if step.name == "journal"]
    return found[0].text["en"]


def test_the_file_as_it_was_written_is_read() -> None:
    """Reading gives back the node and the record, and the check lets them pass."""
    rows = read_journal(FILES[JOURNAL_FILE])
    assert rows.node == "trf"
    check_rows(
        rows,
        request=FILES["request.jws"],
        response=FILES["response.jws"],
        asked_at_ms=ASKED_AT_MS,
    )


@pytest.mark.parametrize(
    "row",
    [
        {"position": -1},
        {"position": "7"},
        {"direction": "local"},
        {"outcome": "erased"},
        {"outcome": "granted"},
        {"recorded_at_ms": 0},
        {"recorded_at_ms": 253402300800 * 1000},
        {"request_sha256": "A" * 64},
        {"response_sha256": "0" * 63},
        {" irection": "sent"},
    ],
    ids=str,
)
def test_a_record_of_another_form_is_found(row: dict[str, object]) -> None:
    """A value out of its range, of another kind, or a member more is not a record."""
    assert "do not have the form" in refused(said(**row))


@pytest.mark.parametrize("member", ["direction", "outcome", "position", "recorded_at_ms"])
def test_a_record_without_a_member_is_found(member: str) -> None:
    """Every member must be there."""
    journal = said()
    del journal["records"][0][member]
    assert "do not have the form" in refused(journal)


def test_a_journal_without_records_or_with_a_position_twice_is_found() -> None:
    """There is at least one record, and each has a position of its own."""
    assert "do not have the form" in refused(said() | {"records": []})
    assert "do not have the form" in refused(said() | {"more": 1})
    assert "order" in refused(said() | {"records": said()["records"] * 2})


def test_a_record_from_before_the_request_is_found() -> None:
    """Clocks may differ by the skew, and not by a millisecond more."""
    earliest_ms = ASKED_AT_MS - limits.CLOCK_SKEW_S * 1000
    assert "older" in refused(said(recorded_at_ms=earliest_ms - 1))
    files = {**FILES, JOURNAL_FILE: canonical_json(said(recorded_at_ms=earliest_ms))}
    assert verify_package(resealed(files), anchor=ANCHOR).valid


def test_records_of_other_statements_are_found() -> None:
    """Every record is of this request, and one of them is of this answer."""
    assert "another request" in refused(said(request_sha256="0" * 64))
    assert "of this answer" in refused(said(response_sha256="0" * 64))
    with pytest.raises(Problem, match="EXC-0533"):
        read_journal(b"[]")
