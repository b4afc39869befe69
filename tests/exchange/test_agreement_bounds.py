"""Every bound of agreements, consents and deliveries: at it, and one beyond."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taysir.exchange.consent import sign_consent
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.contracts import propose
from taysir.exchange.descriptions import Descriptions
from taysir.exchange.errors import EXC_BACKEND_ANSWER
from taysir.exchange.http import Response
from taysir.exchange.http_server import serve_http
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.shelf import AgreementShelf
from taysir.exchange.steps import StepLog
from taysir.exchange.terms import OperationTerms, read_terms
from taysir.exchange.tls import server_context
from taysir.exchange.validation import compile_description
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId
from taysir.kernel.statement import Statement
from taysir.testing.federation import TwoAgencies
from taysir.testing.nodes import HOST
from tests.exchange.small_country import NOW, SERVICE, TRF, country, terms
from tests.exchange.test_agreements import run, state
from tests.exchange.test_agreements import terms as said
from tests.exchange.test_consents import consent_terms
from tests.exchange.test_validation import operation

PLACE = country()
FIND = PLACE.source().current().certificate


def test_a_code_has_so_many_characters() -> None:
    """One more is no code."""
    longest = "a" * limits.AGREEMENT_CODE_CHARACTERS
    propose(terms(purposes=(longest,), legal_basis=longest))

    for changes in ({"purposes": (longest + "a",)}, {"legal_basis": longest + "a"}):
        with pytest.raises(Problem) as caught:
            propose(terms(**changes))
        assert caught.value.code == "EXC-0511"


def test_an_agreement_has_so_many_fields_and_operations() -> None:
    """Fields of both directions and operations, each list by itself."""
    fields = tuple(f"/f{number}" for number in range(limits.AGREEMENT_FIELDS))
    operations = tuple(OperationTerms(method="GET", path=path) for path in fields)
    propose(terms(fields=fields, request_fields=fields, operations=operations))

    for changes in (
        {"fields": (*fields, "/more")},
        {"request_fields": (*fields, "/more")},
        {"operations": (*operations, OperationTerms(method="GET", path="/more"))},
        {"fields": ("/a", "/a")},
    ):
        with pytest.raises(Problem):
            propose(terms(**changes))


@given(document=st.binary(max_size=200))
@example(document=b"{}")
@example(document=b'{"format":"taysir-agreement/1"}')
def test_no_bytes_make_the_reader_fail_in_another_way(document: bytes) -> None:
    """What is no agreement is refused with an error of the family."""
    with pytest.raises(Problem):
        read_terms(document)


def test_an_openapi_document_has_so_many_bytes() -> None:
    """At the bound it is read."""
    head, tail = b'{"openapi":"3.1.0","info":{"description":"', b'"}}'
    filling = b"x" * (limits.OPENAPI_BYTES - len(head) - len(tail))

    assert compile_description(head + filling + tail).operations == ()
    with pytest.raises(Problem):
        compile_description(head + filling + b"x" + tail)


def test_references_are_followed_so_far() -> None:
    """One more is taken for a circle."""

    def chain(length: int) -> bytes:
        links = ",".join(
            f'"p{n}":{{"$ref":"#/components/parameters/p{n + 1}"}}' for n in range(length)
        )
        last = f'"p{length}":{{"name":"q","in":"query","schema":{{}}}}'
        return (
            '{"openapi":"3.1.0","components":{"parameters":{'
            + (f"{links}," if links else "")
            + last
            + '}},"paths":{"/a":{"get":{"parameters":[{"$ref":"#/components/parameters/p0"}]}}}}'
        ).encode()

    compile_description(chain(limits.OPENAPI_REFERENCES - 2))
    with pytest.raises(Problem):
        compile_description(chain(limits.OPENAPI_REFERENCES))


def test_a_shelf_lists_and_remembers_so_many_consents(tmp_path: Path) -> None:
    """The newest are listed; what memory forgets is read again."""
    shelf = ConsentShelf(tmp_path / "c.sqlite", find=FIND, now_ms=lambda: 0, memory=2)
    hashes = []
    for number in range(limits.CONSENTS_LISTED + 1):
        consent = consent_terms(end=NOW + timedelta(seconds=number + 1))
        hashes.append(shelf.put(sign_consent(consent, signer=PLACE.signers[TRF])).hash)

    listed = [one.hash for one in shelf.of_subject("pseudonym")]
    assert listed == hashes[:0:-1]
    found = [shelf.find(digest) for digest in hashes[:3]]
    assert [one.hash if one else "" for one in found] == hashes[:3]
    assert shelf.find("0" * 64) is None
    shelf.close()


def test_broken_contracts_are_listed_up_to_a_bound(tmp_path: Path) -> None:
    """The count goes on, the oldest leave the list."""
    service = ServiceId.parse(SERVICE)

    async def nothing(_url: str) -> Response:
        return Response()

    held = Descriptions({}, folder=tmp_path, fetch=nothing, clock=lambda: 0.0)
    asked = Statement(
        id="x",
        type="request",
        sender="WAHA/GOV/TRF/portal",
        receiver=str(service),
        method="GET",
        path="/persons/7",
        agreement="",
        purpose="",
        body_digest="",
        body_length=0,
        body_type="",
        headers_digest="",
        time_ms=0,
        expires_ms=0,
    )
    check, bad = operation("GET", "/persons/7"), Response(status=418)
    for at_ms in range(limits.CONTRACT_BREAKS_KEPT + 1):
        with pytest.raises(Problem) as caught:
            held.check_answer(check, bad, request=asked, at_ms=at_ms)
        assert caught.value.kind is EXC_BACKEND_ANSWER
    assert len(held.breaks) == limits.CONTRACT_BREAKS_KEPT
    assert held.breaks[0].at_ms == 1
    assert held.counts[str(service)] == limits.CONTRACT_BREAKS_KEPT + 1


def test_so_many_deliveries_are_tried_at_once(tmp_path: Path) -> None:
    """The rest waits for the next round; what failed least often goes first."""
    steps = StepLog(tmp_path / "steps.sqlite")
    for number in range(limits.DELIVERIES_AT_ONCE + 1):
        steps.owe("agreement", f"{number}", member="WAHA/GOV/CIV")
    owed = steps.owed()
    assert len(owed) == limits.DELIVERIES_AT_ONCE
    steps.failed(owed[0], reason="away")
    assert steps.owed()[0].hash == "1"
    assert steps.owed(digest="0")[0].attempts == 1
    steps.delivered(owed[1])
    assert steps.owed(digest="1") == []
    steps.close()


def test_a_stranger_cannot_fill_a_nodes_shelf(tmp_path: Path) -> None:
    """At the bound there is no room for proposals of others; it is the one that limits name."""
    shelf = AgreementShelf(tmp_path, capacity=1)
    assert shelf.has_room()
    shelf.put(PLACE.agreement)
    assert not shelf.has_room()
    assert limits.AGREEMENTS_HELD > 1


def test_what_is_owed_arrives_when_the_node_is_back(tmp_path: Path) -> None:
    """A proposal made while the other node was away is delivered without anyone doing anything."""

    async def scenario(two: TwoAgencies) -> None:
        away = two.answering
        await away.node.faces[0].close()
        _status, made = await two.asking.admin("POST", "/admin/agreements", {"terms": said()})
        assert made["undelivered"][0]["member"] == str(away.member)
        tls = server_context(away.settings, keys=KeyRing(away.settings))
        face = await serve_http(
            away.node.edge.nodes, host=HOST, port=away.settings.peer_port, tls=tls
        )
        for _ in range(200):
            if await state(away, made["hash"]) == "proposed":
                break
            await asyncio.sleep(0.05)
        assert await state(away, made["hash"]) == "proposed"
        shown = made
        for _ in range(100):
            _status, shown = await two.asking.admin("GET", f"/admin/agreements/{made['hash']}")
            if not shown["undelivered"]:
                break
            await asyncio.sleep(0.05)
        assert shown["undelivered"] == []
        await face.close()

    run(tmp_path, scenario)


def test_a_shelf_notices_what_another_process_wrote(tmp_path: Path) -> None:
    """The number of the reading tells who compiled something from it."""
    one, other = AgreementShelf(tmp_path), AgreementShelf(tmp_path)
    before = one.reading
    other.put(PLACE.agreement)

    assert one.refresh()
    assert one.reading == before + 1
    assert one.require(PLACE.agreement.hash).accepts == PLACE.agreement.accepts
    assert not one.refresh()
    with pytest.raises(Problem) as caught:
        one.require("0" * 64)
    assert caught.value.code == "EXC-0512"
