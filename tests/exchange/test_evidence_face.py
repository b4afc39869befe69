"""The admin face hands out evidence, and refuses what it cannot."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request

import pytest

from taysir.kernel import limits
from taysir.testing.nodes import PERSONS, PURPOSE, TwoNodes


def get(url: str) -> tuple[int, bytes]:
    """Get an address of a node."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def called(nodes: TwoNodes) -> str:
    """Make a call; returns the number of the exchange."""
    with nodes.client() as client:
        answer = client.ask(PERSONS, method="GET", path="/persons/7", purpose=PURPOSE)
        return answer.exchange_id


def test_evidence_of_an_exchange_is_handed_out(nodes: TwoNodes) -> None:
    """With or without bodies, at once or after a moment."""
    address = f"{nodes.admin_url}/admin/exchanges/{called(nodes)}/evidence"

    assert get(address)[0] == 200
    assert get(f"{address}?bodies=no&wait=no")[0] == 200


@pytest.mark.parametrize("query", ["bodies=maybe", "wait=", "bodies=yes&wait=1"])
def test_other_words_than_yes_and_no_are_refused(nodes: TwoNodes, query: str) -> None:
    """A typing error never hands out bodies."""
    status, body = get(f"{nodes.admin_url}/admin/exchanges/{called(nodes)}/evidence?{query}")

    assert status == 400
    assert b"EXC-0101" in body


@pytest.mark.parametrize(
    "query",
    [
        "",
        "start=0",
        "start=-1&count=1",
        "start=0&count=0",
        f"start=0&count={limits.RANGE_RECORDS + 1}",
        f"start=0&count={'9' * 500}",
        "start=0&count=²",
    ],
)
def test_a_range_is_named_by_numbers(nodes: TwoNodes, query: str) -> None:
    """Missing, too small, too large, or no number: refused."""
    status, body = get(f"{nodes.admin_url}/admin/evidence?{urllib.parse.quote(query, safe='=&')}")

    assert status == 400
    assert b"EXC-0101" in body


def test_a_node_without_a_log_has_no_ranges(nodes: TwoNodes) -> None:
    """The largest range is asked for rightly, and the reason is said."""
    address = f"{nodes.admin_url}/admin/evidence?start=0&count={limits.RANGE_RECORDS}"
    status, body = get(address)

    assert status == 409
    assert b"keeps no log" in body
