"""A call through two nodes: what comes back, what is proven, and every way of being refused."""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import json
import ssl
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taysir.exchange.backend import Address, BackendUnreachable, HttpPool
from taysir.exchange.client import Answer, ExchangeClient, Outcome
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.tls import client_context
from taysir.exchange.wire import CALL_PATH, STATEMENT_HEADER
from taysir.kernel import limits
from taysir.kernel.certificates import Use
from taysir.kernel.signature import thumbprint
from taysir.kernel.statement import Statement, digest, parse_statement, sign_statement
from taysir.testing.nodes import (
    HOST,
    PERSONS,
    PORTAL,
    PURPOSE,
    TwoNodes,
    agreement_of,
    two_nodes,
)

SUBJECT = "3000000004"


def ask(
    nodes: TwoNodes,
    *,
    path: str = "/persons/7",
    purpose: str = PURPOSE,
    method: str = "GET",
    body: bytes = b"",
    subject: str = "",
    issue: str = "",
) -> Answer:
    with nodes.client() as client:
        return client.ask(
            PERSONS,
            method=method,
            path=path,
            body=body,
            purpose=purpose,
            subject=subject,
            issue=issue,
        )


def raw(
    nodes: TwoNodes, method: str, target: str, *, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Call the information-system face as a program written for X-Road does."""
    address = urlsplit(nodes.face_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        head = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, head, answer.read()
    finally:
        connection.close()


def kept(node: NodeRuntime, exchange_id: str, *, nodes: TwoNodes) -> list[StoredExchange]:
    async def run() -> list[StoredExchange]:
        await node.journal.indexed()
        return node.journal.find(exchange_id)

    return asyncio.run_coroutine_threadsafe(run(), nodes.loop).result(10)


# --- the good call -------------------------------------------------------------------------------


def test_an_answer_holds_only_the_granted_fields(shared_nodes: TwoNodes) -> None:
    answer = ask(shared_nodes)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.json()["name"] == {"ar": "سلمى", "en": "Salma"}
    assert "secret" not in answer.json()


def test_both_nodes_hold_both_statements_and_bodies_before_the_answer(
    shared_nodes: TwoNodes,
) -> None:
    answer = ask(shared_nodes, subject=SUBJECT)
    [sent] = kept(shared_nodes.asking.runtime, answer.exchange_id, nodes=shared_nodes)
    [received] = kept(shared_nodes.answering.runtime, answer.exchange_id, nodes=shared_nodes)
    assert (sent.direction, received.direction) == (Direction.SENT, Direction.RECEIVED)
    assert (sent.request, sent.response) == (received.request, received.response)
    assert sent.response_body == received.response_body == answer.body
    response = parse_statement(sent.response).statement
    assert response.request == digest(sent.request)
    assert response.body_digest == digest(answer.body)
    assert SUBJECT not in sent.subject
    assert sent.subject == response.subject


def test_an_unsafe_call_is_on_disk_before_the_back_end_sees_it(tmp_path: Path) -> None:
    seen: list[int] = []
    running: list[TwoNodes] = []

    async def backend(request: Request) -> Response:
        seen.append(running[0].answering.runtime.journal.count)
        return json_response({"body": request.body.decode()})

    with two_nodes(tmp_path, backend=backend) as nodes:
        running.append(nodes)
        answer = ask(nodes, method="POST", path="/persons", body=b'{"a":1}')
        assert answer.json() == {"body": '{"a":1}'}
        first, second = kept(nodes.answering.runtime, answer.exchange_id, nodes=nodes)
    assert seen == [1]
    assert first.outcome is CallOutcome.ACCEPTED
    assert second.outcome is CallOutcome.ANSWERED


def test_the_information_system_face_speaks_the_x_road_rest_protocol(
    shared_nodes: TwoNodes,
) -> None:
    headers = {"X-Road-Client": str(PORTAL), "Taysir-Purpose": PURPOSE, "X-Road-Id": "my-1"}
    status, head, body = raw(
        shared_nodes, "GET", f"/r1/{PERSONS}/persons/7?x=%D8%A7", headers=headers
    )
    assert status == 200
    assert head["x-road-client"] == str(PORTAL)
    assert head["x-road-service"] == str(PERSONS)
    assert head["x-road-id"] == "my-1"
    assert head["x-road-request-id"]
    assert head["x-road-request-hash"]
    assert head["taysir-agreement"] == "a" * 64
    assert json.loads(body)["path"] == "/persons/7"


def test_a_message_without_a_number_gets_one_with_the_instance(shared_nodes: TwoNodes) -> None:
    headers = {"X-Road-Client": str(PORTAL), "Taysir-Purpose": PURPOSE}
    _status, head, _body = raw(shared_nodes, "GET", f"/r1/{PERSONS}/persons/7", headers=headers)
    assert head["x-road-id"].startswith("WAHA-")


def test_the_metaservices_list_subsystems_and_what_is_open(shared_nodes: TwoNodes) -> None:
    _status, _head, body = raw(shared_nodes, "GET", "/listClients", headers={})
    codes = {member["id"]["subsystem_code"] for member in json.loads(body)["member"]}
    assert codes == {"portal", "population"}
    target = f"/r1/{PERSONS.subsystem}/allowedMethods"
    client = {"X-Road-Client": str(PORTAL)}
    _status, _head, body = raw(shared_nodes, "GET", target, headers=client)
    assert [service["service_code"] for service in json.loads(body)["service"]] == ["persons"]
    status, head, _body = raw(shared_nodes, "GET", target, headers={})
    assert (status, head["x-road-error"]) == (400, "Client.BadRequest")


def test_the_node_tells_a_person_who_asked_about_them(nodes: TwoNodes) -> None:
    answer = ask(nodes, subject=SUBJECT, issue="TRF-1")
    with nodes.client() as client:
        [read] = client.reads_about(SUBJECT)
        assert client.reads_about("3000000099") == []
    assert (read.exchange_id, read.consumer, read.service) == (answer.exchange_id, PORTAL, PERSONS)
    assert (read.purpose, read.issue, read.outcome) == (PURPOSE, "TRF-1", "answered")
    assert "/name" in read.fields


def test_the_admin_face_counts_lists_and_packages(shared_nodes: TwoNodes) -> None:
    answer = ask(shared_nodes)
    with shared_nodes.client() as client:
        record = client.exchange(answer.exchange_id)
        assert record is not None
        assert record.request_signed
        assert record.response_signed
        assert client.evidence(answer.exchange_id) == b"1 records"
        assert client.exchange("unknown") is None
        with pytest.raises(LookupError):
            client.evidence("unknown")


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "purpose", "code"),
    [
        ("/persons/7", "another-purpose", "EXC-0104"),
        ("/persons/7/children", PURPOSE, "EXC-0105"),
        ("/persons/", PURPOSE, "EXC-0105"),
    ],
)
def test_a_call_outside_the_agreement_is_refused_and_journalled(
    shared_nodes: TwoNodes, path: str, purpose: str, code: str
) -> None:
    answer = ask(shared_nodes, path=path, purpose=purpose)
    assert (answer.outcome, answer.error_code) == (Outcome.REFUSED, code)
    [sent] = kept(shared_nodes.asking.runtime, answer.exchange_id, nodes=shared_nodes)
    assert (sent.outcome, sent.error_code) == (CallOutcome.REFUSED, code)


@pytest.mark.parametrize(
    ("headers", "target", "kind"),
    [
        ({}, f"/r1/{PERSONS}/persons/7", "Client.BadRequest"),
        ({"X-Road-Client": "no"}, f"/r1/{PERSONS}/persons/7", "Client.BadRequest"),
        ({"X-Road-Client": str(PORTAL)}, "/r2/x", "Client.BadRequest"),
        (
            {"X-Road-Client": "WAHA/GOV/NON/portal"},
            f"/r1/{PERSONS}/persons/7",
            "Server.ClientProxy.AccessDenied",
        ),
        (
            {"X-Road-Client": str(PORTAL)},
            "/r1/WAHA/GOV/NON/a/b/c",
            "Server.ClientProxy.UnknownMember",
        ),
        (
            {"X-Road-Client": str(PORTAL), "X-Road-Id": "x" * 256},
            f"/r1/{PERSONS}/persons/7",
            "Client.BadRequest",
        ),
    ],
)
def test_a_malformed_or_foreign_call_gets_an_x_road_error(
    shared_nodes: TwoNodes, headers: dict[str, str], target: str, kind: str
) -> None:
    status, head, body = raw(shared_nodes, "GET", target, headers=headers)
    assert status >= 400
    problem = json.loads(body)
    assert head["x-road-error"] == problem["type"] == kind
    assert problem["message"]
    assert problem["detail"]
    assert problem["title_ar"]


def test_the_daily_quota_refuses_the_call_beyond_it(nodes: TwoNodes) -> None:
    directory = nodes.directory
    granted = agreement_of(now=directory.expires_at - timedelta(hours=1), quota_per_day=2)
    directory.agreements[:] = [granted]
    assert [ask(nodes).outcome for _ in range(3)] == ["answered", "answered", "refused"]


def test_a_revoked_agreement_stops_the_next_call(nodes: TwoNodes) -> None:
    assert ask(nodes).outcome is Outcome.ANSWERED
    nodes.directory.agreements.clear()
    assert ask(nodes).error_code == "EXC-0104"


def test_a_revoked_certificate_stops_the_next_call_with_a_signed_reason(nodes: TwoNodes) -> None:
    assert ask(nodes).outcome is Outcome.ANSWERED
    signer = next(iter(nodes.asking.runtime.signers.values()))
    entry = nodes.directory.certificates[signer.thumbprint]
    revoked = dataclasses.replace(entry, revoked_at=entry.valid_from)
    nodes.directory.certificates[signer.thumbprint] = revoked
    answer = ask(nodes)
    assert answer.outcome is not Outcome.ANSWERED


def test_an_expired_federation_document_refuses_new_calls(nodes: TwoNodes) -> None:
    nodes.directory.expires_at -= timedelta(hours=2)
    answer = ask(nodes)
    assert (answer.outcome, answer.error_code) == (Outcome.UNREACHABLE, "EXC-0110")


def test_a_clock_five_minutes_off_is_named_with_who_mends_it(nodes: TwoNodes) -> None:
    nodes.asking.runtime.now_ms = lambda: time.time_ns() // 1_000_000 - 300_000
    answer = ask(nodes)
    assert answer.error_code == "EXC-0111"
    assert "300" in answer.error_detail or "299" in answer.error_detail
    assert answer.json()["responsible"] == "operator"


def test_a_back_end_that_is_down_is_unreachable_and_proven(nodes: TwoNodes) -> None:
    backend = nodes.answering.runtime.backends[PERSONS]
    dead = HttpPool(Address(host=HOST, port=1), connections=1, timeout_s=1)
    nodes.answering.runtime.backends[PERSONS] = dataclasses.replace(backend, pool=dead)
    answer = ask(nodes)
    assert (answer.outcome, answer.error_code) == (Outcome.UNREACHABLE, "EXC-0121")
    [sent] = kept(nodes.asking.runtime, answer.exchange_id, nodes=nodes)
    assert parse_statement(sent.response).statement.type == "refusal"


def test_a_node_that_is_down_is_unreachable(nodes: TwoNodes) -> None:
    asyncio.run_coroutine_threadsafe(nodes.answering.faces[0].close(), nodes.loop).result(10)
    answer = ask(nodes)
    assert (answer.outcome, answer.error_code) == (Outcome.UNREACHABLE, "EXC-0120")


def test_our_own_node_being_down_is_an_outcome_and_no_exception() -> None:
    url = f"http://{HOST}:1"
    client = ExchangeClient(face_url=url, admin_url=url, client=PORTAL)
    answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
    assert answer.outcome is Outcome.UNREACHABLE


def test_a_back_end_that_answers_no_json_breaks_its_contract(tmp_path: Path) -> None:
    async def backend(_request: Request) -> Response:
        return Response(body=b"<html>")

    with two_nodes(tmp_path, backend=backend) as nodes:
        answer = ask(nodes)
    assert (answer.outcome, answer.error_code) == (Outcome.INVALID, "EXC-0122")


def test_what_is_not_there_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    async def backend(_request: Request) -> Response:
        return json_response({"title": "none"}, status=404)

    with two_nodes(tmp_path, backend=backend) as nodes:
        assert ask(nodes).outcome is Outcome.NOT_FOUND


def test_a_body_at_the_bound_passes_and_one_byte_more_does_not(shared_nodes: TwoNodes) -> None:
    headers = {"X-Road-Client": str(PORTAL), "Taysir-Purpose": PURPOSE}
    target = f"/r1/{PERSONS}/nowhere"
    bound = limits.HTTP_BODY_BYTES
    status, _head, _body = raw(shared_nodes, "POST", target, headers=headers, body=b"x" * bound)
    assert status == 403
    try:
        status, _head, _body = raw(
            shared_nodes, "POST", target, headers=headers, body=b"x" * (bound + 1)
        )
    except ConnectionError:
        status = 413
    assert status == 413


# --- the face for other nodes --------------------------------------------------------------------


def statement_for(nodes: TwoNodes, *, body: bytes = b"", **changes: object) -> bytes:
    now_ms = time.time_ns() // 1_000_000
    fields: dict[str, object] = {
        "id": f"test-{now_ms}-{id(changes)}",
        "type": "request",
        "sender": str(PORTAL),
        "receiver": str(PERSONS),
        "method": "GET",
        "path": "/persons/7",
        "agreement": "a" * 64,
        "purpose": PURPOSE,
        "body_digest": digest(body),
        "body_length": len(body),
        "body_type": "",
        "headers_digest": "",
        "time_ms": now_ms,
        "expires_ms": now_ms + limits.STATEMENT_LIFETIME_MS,
        "zone": "waha-1",
    }
    signer = next(iter(nodes.asking.runtime.signers.values()))
    return sign_statement(Statement(**{**fields, **changes}), signer=signer)


def deliver(
    nodes: TwoNodes, token: bytes, *, body: bytes = b"", tls: ssl.SSLContext | None = None
) -> Response:
    """Send a statement to the answering node over the asking node's TLS identity."""
    entry = next(node for node in nodes.directory.nodes if node.name == "answering")

    async def run() -> Response:
        address = Address(
            host=HOST,
            port=nodes.peer_port,
            tls=tls or client_context(nodes.settings["asking"]),
            tls_thumbprints=frozenset({entry.tls_thumbprint}),
        )
        pool = HttpPool(address, connections=1, timeout_s=5)
        return await pool.send(
            "POST", target=CALL_PATH, headers=((STATEMENT_HEADER, token),), body=body
        )

    return asyncio.run_coroutine_threadsafe(run(), nodes.loop).result(10)


def refusal_of(answer: Response) -> str:
    """Return the code of a refusal, signed or not."""
    code: str = json.loads(answer.body)["code"]
    return code


def test_a_replayed_statement_is_refused(shared_nodes: TwoNodes) -> None:
    token = statement_for(shared_nodes)
    assert json.loads(deliver(shared_nodes, token).body)["path"] == "/persons/7"
    assert refusal_of(deliver(shared_nodes, token)) == "EXC-0112"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"body_digest": digest(b"another")}, "EXC-0113"),
        ({"headers_digest": digest(b"another")}, "EXC-0113"),
        ({"body_length": 1}, "EXC-0113"),
        ({"expires_ms": 1}, "EXC-0117"),
        ({"agreement": "b" * 64}, "EXC-0104"),
        ({"purpose": "another"}, "EXC-0104"),
        ({"method": "DELETE"}, "EXC-0105"),
        ({"zone": "abroad"}, "EXC-0109"),
        ({"receiver": "WAHA/GOV/NON/a/b"}, "EXC-0103"),
        ({"sender": "WAHA/GOV/NON/a"}, "EXC-0114"),
        ({"type": "response", "request": "x"}, "EXC-0101"),
    ],
)
def test_a_statement_that_says_something_else_is_refused(
    shared_nodes: TwoNodes, changes: dict[str, object], code: str
) -> None:
    assert refusal_of(deliver(shared_nodes, statement_for(shared_nodes, **changes))) == code


@pytest.mark.parametrize("offset_s", [limits.CLOCK_SKEW_S - 2, -(limits.CLOCK_SKEW_S - 2)])
def test_a_clock_within_the_bound_is_accepted(shared_nodes: TwoNodes, offset_s: int) -> None:
    time_ms = time.time_ns() // 1_000_000 + offset_s * 1000
    token = statement_for(shared_nodes, time_ms=time_ms)
    assert json.loads(deliver(shared_nodes, token).body)["path"] == "/persons/7"


@pytest.mark.parametrize("offset_s", [limits.CLOCK_SKEW_S + 2, -(limits.CLOCK_SKEW_S + 2)])
def test_a_clock_beyond_the_bound_is_refused(shared_nodes: TwoNodes, offset_s: int) -> None:
    time_ms = time.time_ns() // 1_000_000 + offset_s * 1000
    token = statement_for(shared_nodes, time_ms=time_ms)
    assert refusal_of(deliver(shared_nodes, token)) == "EXC-0111"


def test_a_changed_signature_is_refused(shared_nodes: TwoNodes) -> None:
    token = statement_for(shared_nodes)
    changed = token[:-10] + (b"A" if token[-10:-9] != b"A" else b"B") + token[-9:]
    assert refusal_of(deliver(shared_nodes, changed)) == "KRN-0206"


def test_another_node_s_certificate_may_not_carry_a_member_s_statement(nodes: TwoNodes) -> None:
    tls = client_tls(nodes, Use.NODE, "WAHA/stranger")
    assert refusal_of(deliver(nodes, statement_for(nodes), tls=tls)) == "EXC-0115"


def test_without_a_client_certificate_there_is_no_connection(shared_nodes: TwoNodes) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.load_verify_locations(shared_nodes.settings["asking"].tls_authorities)
    with pytest.raises(BackendUnreachable):
        deliver(shared_nodes, statement_for(shared_nodes), tls=tls)


def test_a_provider_that_shows_another_certificate_is_not_spoken_to(nodes: TwoNodes) -> None:
    stranger = thumbprint(b"another certificate")
    changed = [
        dataclasses.replace(node, tls_thumbprint=stranger) if node.name == "answering" else node
        for node in nodes.directory.nodes
    ]
    nodes.directory.nodes[:] = changed
    assert ask(nodes).error_code == "EXC-0120"


def client_tls(nodes: TwoNodes, use: Use, identifier: str) -> ssl.SSLContext:
    _signer, pair = nodes.keys.issue(use, identifier)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.load_verify_locations(nodes.settings["asking"].tls_authorities)
    tls.load_cert_chain(pair.certificate, pair.key)
    return tls
