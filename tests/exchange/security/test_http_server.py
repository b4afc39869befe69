"""Hostile bytes at an HTTP face, and hostile answers of a system behind a service."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterable

import pytest

from taysir.exchange.backend import Address, BackendUnreachable, HttpPool
from taysir.exchange.http import HttpLimits, Request, Response
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.kernel import limits

HOST = "127.0.0.1"
START = b"POST /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


class Face:
    """A served face that remembers the targets it was asked for."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.arrived = asyncio.Semaphore(0)
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, request: Request) -> Response:
        """Answer one request when the gate is open."""
        self.seen.append(request.target)
        self.arrived.release()
        await self.gate.wait()
        return Response(body=b"fine")


async def sent(server: HttpServer, data: bytes, *, wait_s: float = 10.0) -> bytes:
    """Send bytes on a connection of their own and return what comes until it is closed."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(data)
    try:
        async with asyncio.timeout(wait_s):
            return await reader.read()
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()


def played(
    scenario: Callable[[HttpServer, Face], Awaitable[None]], *, bounds: HttpLimits | None = None
) -> list[str]:
    """Run a scenario with a face; returns what the event loop had to complain about."""
    complaints: list[str] = []

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, said: complaints.append(str(said)))
        face = Face()
        server = await serve_http(face, host=HOST, port=0, bounds=bounds)
        try:
            await scenario(server, face)
        finally:
            await server.close()

    asyncio.run(whole())
    return complaints


@pytest.mark.parametrize(
    "data",
    [
        START + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND,
        START + b"content-length: 0\r\ncontent-length: 9\r\n\r\n" + SECOND,
        START + b"content-length: 4\r\ncontent-length: 4\r\n\r\nabcd",
        START + b"content-length: +1\r\n\r\na",
        START + b"content-length: -1\r\n\r\n",
        START + b"transfer-encoding: identity\r\n\r\n" + SECOND,
        START + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
        START + b"transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SECOND,
        START + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + SECOND,
        START + b"transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        START + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n" + SECOND,
        START + b"x: a\r\n folded: b\r\n\r\n",
        START + b"x: a\rb: c\r\n\r\n",
        START + b"x: a\x00b\r\n\r\n",
        b"GET /a HTTP/1.1\nhost: a\n\n",
        b"GET /a\x00b HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /\xd8\xb3 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_two_readers_could_read_differently_is_one_refusal(data: bytes) -> None:
    """No second request comes out of a first one, whatever stands before the node."""

    async def scenario(server: HttpServer, face: Face) -> None:
        answer = await sent(server, data)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert face.seen == []

    assert played(scenario) == []


def test_a_refusal_comes_after_the_answers_to_what_was_asked_before() -> None:
    """Before them it would be taken for one of them."""

    async def scenario(server: HttpServer, face: Face) -> None:
        face.gate.clear()
        good = b"GET /good HTTP/1.1\r\nhost: a\r\n\r\n"
        asking = asyncio.create_task(sent(server, good + b"nonsense\r\n\r\n"))
        await face.arrived.acquire()
        face.gate.set()
        answer = await asking
        first, _, second = answer.partition(b"fine")
        assert first.startswith(b"HTTP/1.1 200 ")
        assert second.startswith(b"HTTP/1.1 400 ")

    assert played(scenario) == []


def test_bodies_of_all_connections_together_are_bounded() -> None:
    """At the bound all are read; the next byte is refused, and what was held is given back."""
    bounds = HttpLimits(bodies_bytes=64_000)

    async def scenario(server: HttpServer, face: Face) -> None:
        face.gate.clear()
        head = START + b"content-length: 32000\r\n\r\n"
        within = [asyncio.create_task(sent(server, head + b"x" * 32_000)) for _ in range(2)]
        for _ in range(2):
            await face.arrived.acquire()
        beyond = await sent(server, START + b"content-length: 1\r\n\r\nx")
        assert beyond.startswith(b"HTTP/1.1 503 ")
        face.gate.set()
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in await asyncio.gather(*within))
        again = await sent(server, head + b"x" * 32_000)
        assert again.startswith(b"HTTP/1.1 200 ")

    assert played(scenario, bounds=bounds) == []


def test_the_bound_of_a_face_is_far_above_one_body() -> None:
    """Two dozen of the largest bodies fit in."""
    assert HttpLimits().bodies_bytes == limits.HTTP_BODIES_BYTES
    assert limits.HTTP_BODIES_BYTES > 20 * limits.HTTP_BODY_BYTES


def test_damaged_requests_leave_no_complaint_and_no_connection() -> None:
    """Whatever the bytes are, the face answers or closes, and goes on."""
    chance = random.Random(7)
    whole = (
        b"POST /a HTTP/1.1\r\nhost: a\r\n"
        b"content-length: 4\r\nexpect: 100-continue\r\n\r\nabcd" + SECOND
    )

    async def scenario(server: HttpServer, _face: Face) -> None:
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.choice(b"\r\n\x00 :;,/aA0\xff")
            await sent(server, bytes(data), wait_s=0.02)
        answer = await sent(server, SECOND)
        assert answer.startswith(b"HTTP/1.1 200 ")

    assert played(scenario, bounds=HttpLimits(linger_s=0.05, body_timeout_s=0.2)) == []


def asked(pieces: Iterable[bytes], *, method: str = "GET") -> Response | str:
    """What a node makes of the answer of a system behind: the answer, or why there is none."""

    async def whole() -> Response | str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            try:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                await reader.read()
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, HOST, 0)
        address = Address(host=HOST, port=server.sockets[0].getsockname()[1])
        pool = HttpPool(address, connections=1, timeout_s=10)
        try:
            return await pool.send(method, target="/")
        except BackendUnreachable as reason:
            return str(reason)
        finally:
            pool.close()
            server.close()

    return asyncio.run(whole())


def headers_of(size: int) -> bytes:
    """An answer whose header fields take exactly so many bytes, as they are counted."""
    return b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: " + b"a" * (size - 19 - 5) + b"\r\n\r\n"


def test_headers_of_an_answer_are_bounded() -> None:
    """At the bound they are read, one byte beyond they are not, and endless ones end at once."""
    at_bound = asked([headers_of(limits.HTTP_HEADER_BYTES)])
    assert isinstance(at_bound, Response)
    beyond = "the answer's headers are too large"
    assert asked([headers_of(limits.HTTP_HEADER_BYTES + 1)]) == beyond
    endless = itertools.repeat(b"x: " + b"a" * 1000 + b"\r\n")
    assert asked(itertools.chain([b"HTTP/1.1 200 OK\r\n"], endless)) == beyond


def test_a_head_request_is_answered_at_once() -> None:
    """The length in its answer is that of a body which does not come."""
    answer = asked([b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\nx: y\r\n\r\n"], method="HEAD")
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: 0\r\n\r\n",
        b"abc\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_http_is_no_answer(data: bytes) -> None:
    """It ends that connection and nothing else."""
    said = asked([data])
    assert isinstance(said, str)
    assert said.startswith("not HTTP")
