"""The faces stay available: too much, too slow and too many are refused in clear words."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from taysir.exchange.http import HttpLimits, Request, Response
from taysir.exchange.node import RunningNode
from taysir.exchange.partner_limits import Allowance
from taysir.exchange.wire import trace_of
from taysir.testing.nodes import HOST, PERSONS, PORTAL, PURPOSE, TwoNodes, two_nodes
from tests.exchange.extra_node import changed, extra_node

SHORT = HttpLimits(
    header_timeout_s=0.6,
    body_timeout_s=0.6,
    idle_timeout_s=1.5,
    write_timeout_s=0.6,
    linger_s=0.2,
    header_bytes=2048,
    body_bytes=4096,
    connections=12,
    connections_per_address=8,
)
CALL = f"GET /r1/{PERSONS}/persons/7 HTTP/1.1\r\nHost: x\r\nX-Road-Client: {PORTAL}\r\n"
WHOLE = f"{CALL}Taysir-Purpose: {PURPOSE}\r\n\r\n".encode()


@pytest.fixture
def guarded(shared_nodes: TwoNodes, tmp_path: Path) -> Iterator[RunningNode]:
    """A node with short waits and small bounds."""
    settings = changed(shared_nodes, tmp_path, http=SHORT)
    with extra_node(shared_nodes, settings) as node:
        yield node


def connect(node: RunningNode) -> socket.socket:
    return socket.create_connection((HOST, node.faces[1].port), timeout=20)


def read_all(connection: socket.socket) -> tuple[int, dict[str, str], dict[str, str]]:
    """Read one answer until the other side closes."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split(" ")[1]), headers, json.loads(body)


def is_available(node: RunningNode) -> bool:
    with connect(node) as connection:
        connection.sendall(WHOLE)
        return connection.recv(65536).startswith(b"HTTP/1.1 200")


# --- what is refused speaks the language of the face ---------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "EXC-0171"),
        (CALL.encode() + b"A: " + b"x" * 2048 + b"\r\n\r\n", 431, "EXC-0175"),
        (CALL.encode() + b"Content-Length: 4097\r\n\r\n" + b"x" * 4097, 413, "EXC-0173"),
        (b"GET /" + b"x" * 4096 + b" HTTP/1.1\r\n\r\n", 414, "EXC-0174"),
        (CALL.encode(), 408, "EXC-0172"),
        (CALL.encode() + b"Content-Length: 10\r\n\r\nhalf", 408, "EXC-0172"),
    ],
)
def test_an_unacceptable_request_gets_an_x_road_error(
    guarded: RunningNode, sent: bytes, status: int, code: str
) -> None:
    with connect(guarded) as connection:
        connection.sendall(sent)
        answered, headers, body = read_all(connection)
    assert (answered, body["code"]) == (status, code)
    assert headers["x-road-error"] == body["type"] == "Client.BadRequest"
    assert body["title_ar"]
    assert body["detail"]
    assert body["responsible"] == "caller"
    assert guarded.runtime.counters.refusals["information-systems", code] == 1


def test_a_refusal_is_read_even_by_who_is_still_sending(guarded: RunningNode) -> None:
    with connect(guarded) as connection:
        connection.sendall(CALL.encode() + b"Content-Length: 9000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                connection.sendall(b"x" * 4096)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_body_at_the_bound_passes(guarded: RunningNode) -> None:
    with connect(guarded) as connection:
        connection.sendall(CALL.encode() + b"Content-Length: 4096\r\n\r\n" + b"x" * 4096)
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")


# --- slow clients leave the node available -------------------------------------------------------


def wait_for_connections(node: RunningNode, count: int) -> None:
    """Wait until the information-system face has so many connections."""
    deadline = time.monotonic() + 20
    while node.faces[1].connections != count:
        assert time.monotonic() < deadline, node.faces[1].connections
        time.sleep(0.02)


def test_clients_that_send_their_headers_slowly_are_ended(guarded: RunningNode) -> None:
    slow = [connect(guarded) for _ in range(7)]
    for connection in slow:
        connection.sendall(CALL[:20].encode())
    assert is_available(guarded)
    for connection in slow:
        with connection:
            assert read_all(connection)[0] == 408
    assert is_available(guarded)


def test_clients_that_send_nothing_are_ended(guarded: RunningNode) -> None:
    silent = [connect(guarded) for _ in range(7)]
    assert is_available(guarded)
    for connection in silent:
        with connection:
            assert connection.recv(100) == b""


def test_a_client_that_sends_its_body_byte_by_byte_is_ended(guarded: RunningNode) -> None:
    with connect(guarded) as connection:
        connection.sendall(CALL.encode() + b"Content-Length: 1000\r\n\r\n")
        ended = False
        for _ in range(100):
            try:
                connection.sendall(b"x")
            except ConnectionError:
                ended = True
                break
            time.sleep(0.05)
            connection.settimeout(0.001)
            with contextlib.suppress(TimeoutError):
                if connection.recv(10, socket.MSG_PEEK).startswith(b"HTTP/1.1 4"):
                    ended = True
                    break
            connection.settimeout(20)
        assert ended
    assert is_available(guarded)


def test_a_client_that_does_not_read_its_answers_is_ended(tmp_path: Path) -> None:
    big = b'{"name":"' + b"x" * 1_500_000 + b'"}'

    async def backend(_request: Request) -> Response:
        return Response(headers=((b"content-type", b"application/json"),), body=big)

    with two_nodes(tmp_path, backend=backend) as nodes:
        settings = changed(nodes, tmp_path / "extra", http=SHORT)
        with extra_node(nodes, settings) as node:
            with connect(node) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.sendall(WHOLE)
                wait_for_connections(node, 1)
                with contextlib.suppress(ConnectionError):
                    connection.sendall(WHOLE * 7)
                wait_for_connections(node, 0)
            assert is_available(node)


# --- too many ------------------------------------------------------------------------------------


def test_one_address_cannot_take_all_connections(shared_nodes: TwoNodes, tmp_path: Path) -> None:
    bounds = HttpLimits(connections=12, connections_per_address=8)
    with extra_node(shared_nodes, changed(shared_nodes, tmp_path, http=bounds)) as node:
        kept = [connect(node) for _ in range(8)]
        for connection in kept:
            connection.sendall(WHOLE)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        with connect(node) as ninth:
            status, headers, body = read_all(ninth)
        assert (status, body["code"], headers["retry-after"]) == (503, "EXC-0176", "1")
        kept.pop().close()
        deadline = time.monotonic() + 10
        while not is_available(node):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for connection in kept:
            connection.close()


def test_an_information_system_that_asks_too_often_is_told_when_to_come_again(
    shared_nodes: TwoNodes, tmp_path: Path
) -> None:
    allowance = Allowance(requests_per_s=0.5, burst=2)
    settings = changed(shared_nodes, tmp_path, client_allowance=allowance)
    with extra_node(shared_nodes, settings) as node:
        assert is_available(node)
        assert is_available(node)
        with connect(node) as connection:
            connection.sendall(WHOLE.replace(b"Host", b"Connection: close\r\nHost"))
            status, headers, body = read_all(connection)
        assert (status, headers["retry-after"]) == (429, "2")
        assert (body["code"], headers["x-road-error"]) == (
            "EXC-0177",
            "Server.ClientProxy.NetworkError",
        )
        other = WHOLE.replace(str(PORTAL).encode(), str(PORTAL.owner.subsystem("b")).encode())
        with connect(node) as connection:
            connection.sendall(other)
            assert connection.recv(65536).startswith(b"HTTP/1.1 403")


def test_a_partner_that_asks_too_often_is_refused_and_its_caller_told_when_to_come_again(
    tmp_path: Path,
) -> None:
    with two_nodes(tmp_path) as nodes:
        allowance = Allowance(requests_per_s=0.5, burst=2)
        nodes.answering.edge._guard.partners._allowance = allowance
        with nodes.client() as client:
            ends = [
                client.ask(PERSONS, path="/persons/7", purpose=PURPOSE).error_code for _ in range(3)
            ]
        assert ends == ["", "", "EXC-0179"]
        assert nodes.answering.runtime.counters.refusals["nodes", "EXC-0177"] == 1


# --- traces --------------------------------------------------------------------------------------

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_reaches_the_back_end(tmp_path: Path) -> None:
    seen: list[str] = []

    async def backend(request: Request) -> Response:
        seen.append(request.header(b"traceparent"))
        return Response(headers=((b"content-type", b"application/json"),), body=b"{}")

    with two_nodes(tmp_path, backend=backend) as nodes:
        traced = WHOLE.replace(b"Host", b"traceparent: %s\r\nHost" % TRACE.encode())
        with connect(nodes.asking) as connection:
            connection.sendall(traced)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert seen == [TRACE]


@pytest.mark.parametrize(
    ("given", "logged"),
    [(TRACE, TRACE), ("", ""), ("Sara bint Ahmad", ""), (TRACE.upper(), ""), (TRACE + "\n", "")],
)
def test_only_a_trace_is_logged_as_one(given: str, logged: str) -> None:
    assert trace_of(((b"traceparent", given.encode()),)) == logged


def test_a_refused_call_is_logged_with_its_trace(shared_nodes: TwoNodes) -> None:
    refused = WHOLE.replace(b"/persons/7", b"/nowhere").replace(
        b"Host", b"traceparent: %s\r\nHost" % TRACE.encode()
    )
    with capture_logs() as logs, connect(shared_nodes.asking) as connection:
        connection.sendall(refused)
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")
    assert [row["traceparent"] for row in logs if row["event"] == "call_refused"] == [TRACE]


# --- metaservices are on the client's account ----------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        f"/r1/{PERSONS.subsystem}/listMethods",
        f"/r1/{PERSONS.subsystem}/allowedMethods",
        f"/r1/{PERSONS.subsystem}/getOpenAPI?serviceCode=persons",
        "/listClients",
    ],
)
def test_a_client_asks_metaservices_as_often_as_it_may_call(
    shared_nodes: TwoNodes, tmp_path: Path, target: str
) -> None:
    """The one beyond its burst is refused with a time to come again; another client's passes."""
    allowance = Allowance(requests_per_s=0.001, burst=2, calls=2)
    settings = changed(shared_nodes, tmp_path, client_allowance=allowance)
    with extra_node(shared_nodes, settings) as node:
        answers = [_asked(node, target, client=str(PORTAL)) for _ in range(3)]
        assert 429 not in [status for status, _, _ in answers[:2]]
        status, headers, body = answers[2]
        assert (status, body["code"]) == (429, "EXC-0177")
        assert int(headers["retry-after"]) >= 1
        assert node.runtime.counters.refusals["information-systems", "EXC-0177"] == 1
        assert _asked(node, target, client="WAHA/GOV/ASK/other")[0] != 429


@pytest.mark.parametrize("asked", ["listMethods", "allowedMethods", "getOpenAPI?serviceCode=x"])
def test_a_partner_asks_metaservices_as_often_as_it_may_call(tmp_path: Path, asked: str) -> None:
    """The one beyond the node's burst is refused there, and the client told whose bound it was."""
    with two_nodes(tmp_path) as nodes:
        allowance = Allowance(requests_per_s=0.001, burst=2)
        nodes.answering.edge._guard.partners._allowance = allowance
        target = f"/r1/{PERSONS.subsystem}/{asked}"
        answers = [_asked(nodes.asking, target, client=str(PORTAL)) for _ in range(3)]
        assert "EXC-0179" not in [body.get("code") for _, _, body in answers[:2]]
        assert answers[2][2]["code"] == "EXC-0179"
        assert int(answers[2][1]["retry-after"]) >= 1
        assert nodes.answering.runtime.counters.refusals["nodes", "EXC-0177"] == 1


def _asked(
    node: RunningNode, target: str, *, client: str
) -> tuple[int, dict[str, str], dict[str, str]]:
    with connect(node) as connection:
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nX-Road-Client: {client}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        return read_all(connection)
