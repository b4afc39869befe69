"""What a hostile caller or agency may put into a call, and what the system behind never sees."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.http import Headers, Request, Response, json_response
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.peers import Peer
from taysir.exchange.tls import peer_tls
from taysir.exchange.wire import headers_digest, passed_headers
from taysir.kernel import limits
from taysir.kernel.statement import Statement, digest, sign_statement
from taysir.testing.nodes import HOST, PERSONS, PORTAL, PURPOSE, TwoNodes, two_nodes

_NUMBERS = itertools.count(1)


class Recorder:
    """A system behind a service that remembers what it was asked and answers as it is told."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.answer = json_response({"name": "Salma", "secret": "not granted"})

    async def __call__(self, request: Request) -> Response:
        """Remember one request."""
        self.seen.append(request)
        return self.answer


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    """The system behind the service of :func:`place`."""
    return Recorder()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, recorder: Recorder) -> Iterator[TwoNodes]:
    """Two nodes whose system behind is the recorder."""
    with two_nodes(tmp_path_factory.mktemp("hostile"), backend=recorder) as nodes:
        yield nodes


@pytest.fixture(autouse=True)
def _fresh(recorder: Recorder) -> None:
    recorder.seen.clear()
    recorder.answer = json_response({"name": "Salma", "secret": "not granted"})


def call(
    nodes: TwoNodes, target: str = "/persons/7", *, headers: dict[str, str] | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Call the information-system face of the asking node."""
    address = urlsplit(nodes.face_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    named = {"X-Road-Client": str(PORTAL), "Taysir-Purpose": PURPOSE, **(headers or {})}
    try:
        connection.request("GET", f"/r1/{PERSONS}{target}", headers=named)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def carried(nodes: TwoNodes, *, headers: Headers = (), **changes: Any) -> str:
    """Have a hostile agency's node send a statement of its own making; returns what came back.

    The answer is a code, the status of a signed answer, or ``broken`` for a link that was ended.
    """
    now_ms = nodes.asking.runtime.now_ms()
    fields: dict[str, Any] = {
        "id": f"hostile-{now_ms}-{next(_NUMBERS)}",
        "type": "request",
        "sender": str(PORTAL),
        "receiver": str(PERSONS),
        "method": "GET",
        "path": "/persons/7",
        "agreement": "a" * 64,
        "purpose": PURPOSE,
        "body_digest": digest(b""),
        "body_length": 0,
        "body_type": "",
        "headers_digest": headers_digest(passed_headers(headers)),
        "time_ms": now_ms,
        "expires_ms": now_ms + limits.STATEMENT_LIFETIME_MS,
        "zone": "waha-1",
    }
    signer = next(iter(nodes.asking.runtime.signers.values()))
    token = sign_statement(Statement(**{**fields, **changes}), signer=signer)
    entry = next(node for node in nodes.directory.nodes if node.name == "answering")

    async def send() -> str:
        settings = nodes.settings["asking"]
        peer = Peer(
            host=HOST,
            port=nodes.peer_port,
            thumbprints=entry.thumbprints,
            tls=peer_tls(settings, keys=KeyRing(settings)),
        )
        try:
            answer = await peer.carry(token, body_type=b"", headers=headers, body=b"")
        except BackendUnreachable:
            return "broken"
        finally:
            peer.close()
        told = json.loads(answer.body)
        return str(told.get("code", "answered"))

    return asyncio.run_coroutine_threadsafe(send(), nodes.loop).result(20)


def test_a_statement_of_the_right_form_is_answered(place: TwoNodes, recorder: Recorder) -> None:
    """The attacks below differ from this call in one thing each."""
    assert carried(place, headers=((b"accept", b"application/json"),)) == "answered"
    assert len(recorder.seen) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/persons/7 HTTP/1.1\r\nX-Road-Client: WAHA/GOV/KING/palace\r\nx:"},
        {"path": "/persons/7?a= HTTP/1.1\r\nX-Road-Client: WAHA/GOV/KING/palace\r\nx:"},
        {"path": "/persons/7?a=1\r\n\r\nGET /everything HTTP/1.1\r\nhost: x"},
        {"path": "/persons/7?a=\x00"},
        {"path": "/persons/7?a=س"},
        {"message_id": "1\r\nTaysir-Purpose: anything"},
        {"id": "1\r\n\r\nDELETE /persons/7 HTTP/1.1\r\nhost: x\r\n\r\n"},
        {"body_type": "text/plain\r\ntransfer-encoding: chunked"},
        {"body_type": "نص"},
        {"id": "1" * (limits.STATEMENT_ID_CHARACTERS + 1)},
        {"path": "/persons/" + "7" * limits.STATEMENT_BYTES},
    ],
)
def test_nothing_signed_can_end_a_line_of_what_the_system_behind_reads(
    place: TwoNodes, recorder: Recorder, changes: dict[str, Any]
) -> None:
    """A registered agency signs what it likes; what is no member of a request never passes."""
    assert carried(place, **changes) == "KRN-0301"
    assert not recorder.seen


@pytest.mark.parametrize(
    "pair",
    [
        (b"X-Road-Client", b"WAHA/GOV/KING/palace"),
        (b"accept", b"x\r\nX-Road-Client: WAHA/GOV/KING/palace"),
        (b"accept\r\nx-road-client: WAHA/GOV/KING/palace\r\nx", b"y"),
        (b"host:", b"elsewhere"),
        (b"Transfer-Encoding", b"chunked"),
        (b"", b"x"),
        (b"accept", b"x\x00y"),
    ],
)
def test_headers_of_the_framed_link_are_headers_or_the_link_ends(
    place: TwoNodes, recorder: Recorder, pair: tuple[bytes, bytes]
) -> None:
    """On the link nobody has parsed HTTP, so the frame is judged by the rules of HTTP."""
    assert carried(place, headers=(pair,)) == "broken"
    assert not recorder.seen


@pytest.mark.parametrize(
    "name",
    [
        "Taysir-Agreement",
        "Taysir-Answered-At",
        "X-Road-Request-Id",
        "X-Road-Service",
        "X-Road-Anything",
        "X-Forwarded-For",
        "Forwarded",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
    ],
)
def test_a_caller_cannot_speak_to_the_system_behind_in_the_nodes_name(
    place: TwoNodes, recorder: Recorder, name: str
) -> None:
    """What the nodes say, and what would have another request read, is never the caller's."""
    status, _head, _body = call(place, headers={name: "forged"})
    assert status == 200
    [seen] = recorder.seen
    assert "forged" not in {value.decode() for _name, value in seen.headers}
    assert seen.header(b"taysir-agreement") == "a" * 64


def test_a_system_behind_cannot_speak_to_the_caller_in_the_node_s_name(
    place: TwoNodes, recorder: Recorder
) -> None:
    """The headers by which the caller's node tells of the call come from that node alone."""
    forged = [(b"taysir-agreement", b"f" * 64), (b"x-road-id", b"f"), (b"taysir-answered-at", b"1")]
    recorder.answer = json_response({"name": "Salma"}, headers=tuple(forged))
    _status, head, _body = call(place)
    told = [value for name, value in head if name.lower() == "taysir-agreement"]
    assert told == ["a" * 64]
    assert "f" not in {value for _name, value in head}


@pytest.mark.parametrize(
    "path",
    [
        "/persons/..",
        "/persons/%2e%2e",
        "/persons/.%2E",
        "/persons/..;a",
        "/persons/..%2fadmin",
        "/persons/7%2F..%2Fadmin",
        "/persons/7%5c..",
        "/persons/7%00",
        "/persons/7%0d%0ahost:%20x",
    ],
)
def test_a_path_cannot_climb_out_of_the_agreed_operation(
    place: TwoNodes, recorder: Recorder, path: str
) -> None:
    """Both nodes refuse it: the asking one before it signs, the answering one if it was signed."""
    status, _head, body = call(place, path)
    assert (status, json.loads(body)["code"]) == (403, "EXC-0105")
    assert carried(place, path=path) == "EXC-0105"
    assert not recorder.seen


@pytest.mark.parametrize("status", [201, 299, 300, 404, 409, 500, 599])
def test_no_status_lets_a_field_out_that_was_not_agreed(
    place: TwoNodes, recorder: Recorder, status: int
) -> None:
    """A record in a refusal is a record all the same."""
    told = {"name": "Salma", "secret": "not granted", "title": "why", "detail": {"secret": 1}}
    recorder.answer = json_response(told, status=status)
    _status, _head, body = call(place)
    assert json.loads(body) == ({"name": "Salma"} if status < 300 else {"title": "why"})


@pytest.mark.parametrize("body", [b"<p>not granted</p>", b'["not granted"]', b'"not granted"'])
def test_a_refusal_of_another_form_lets_nothing_out(
    place: TwoNodes, recorder: Recorder, body: bytes
) -> None:
    """A page with a stack trace is what systems show when they fail."""
    recorder.answer = Response(status=500, body=body)
    _status, _head, told = call(place)
    assert told == b""


@pytest.mark.parametrize("depth", [limits.JSON_NESTING + 8, 400, 1000, 100_000])
def test_an_answer_nested_without_end_is_a_broken_answer(
    place: TwoNodes, recorder: Recorder, depth: int
) -> None:
    """The reduction walks an answer, so its depth is bounded; nothing is thrown."""
    recorder.answer = Response(body=b"[" * depth + b"]" * depth)
    status, _head, body = call(place)
    assert (status, json.loads(body)["code"]) == (502, "EXC-0122")


def test_a_granted_member_nested_beyond_what_can_be_written_is_a_broken_answer(
    place: TwoNodes, recorder: Recorder
) -> None:
    """What is granted is kept whole, and may be deeper than the writer goes."""
    recorder.answer = Response(body=b'{"name":' + b"[" * 300 + b"]" * 300 + b"}")
    status, _head, body = call(place)
    assert (status, json.loads(body)["code"]) == (502, "EXC-0122")


@pytest.mark.parametrize("kind", [b"text/html; charset=\xe9", b"a" * 256, b"a\\b"])
def test_a_media_type_that_no_statement_may_hold_is_a_broken_answer(
    place: TwoNodes, recorder: Recorder, kind: bytes
) -> None:
    """The answer would otherwise be signed in a form that the other node must refuse."""
    recorder.answer = Response(headers=((b"content-type", kind),), body=b"{}")
    status, _head, body = call(place)
    assert (status, json.loads(body)["code"]) == (502, "EXC-0122")


def test_a_call_of_a_hostile_agency_costs_no_place(place: TwoNodes) -> None:
    """Whatever way a call ends, its partner's account of calls under way is even again."""
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"path": "/persons/.."},
        {"id": "\n"},
        {"agreement": "none"},
    )
    for changes in ways:
        carried(place, **changes)
    edge = place.answering.edge
    accounts = edge._guard.partners._accounts
    assert accounts
    assert all(account.calls == 0 for account in accounts.values())
