"""Many calls share one link; a slow one holds up nobody; a break ends only its own calls."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.flow.consume import consume
from taysir.exchange.frames import ALPN, Message
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.http_server import serve_http
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.link import Link, LinkPeer, LinkService
from taysir.exchange.peers import Peer
from taysir.exchange.sealing import Sealer
from taysir.exchange.tls import peer_tls, server_context
from taysir.exchange.wire import CALL_PATH, STATEMENT_HEADER, parse_information_call
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.statement import parse_statement
from taysir.testing.nodes import HOST, PERSONS, PORTAL, PURPOSE, TwoNodes, two_nodes_async

Scenario = Callable[[TwoNodes], Awaitable[None]]


async def patient_backend(request: Request) -> Response:
    """Answer at once, but take half a second for the path of the slow."""
    if request.path.endswith("/slow"):
        await asyncio.sleep(0.5)
    return json_response({"path": request.path, "body": request.body.decode()})


def play(folder: Path, scenario: Scenario) -> None:
    """Run a scenario with two nodes in one event loop."""

    async def run() -> None:
        async with two_nodes_async(folder, backend=patient_backend) as nodes:
            await scenario(nodes)

    asyncio.run(run())


async def ask(nodes: TwoNodes, path: str = "/persons/7", *, body: bytes = b"") -> Response:
    """Ask as an information system does."""
    request = Request(
        method="POST" if body else "GET",
        target=f"/r1/{PERSONS}{path}".encode(),
        headers=(
            (b"x-road-client", str(PORTAL).encode()),
            (b"taysir-purpose", PURPOSE.encode()),
        ),
        body=body,
    )
    return await consume(nodes.asking.runtime, parse_information_call(request))


def peer_of(nodes: TwoNodes, *, port: int) -> Peer:
    """The asking node's connections to whoever listens on a port as the answering node."""
    entry = next(node for node in nodes.directory.nodes if node.name == "answering")
    return Peer(
        host=HOST,
        port=port,
        thumbprints=frozenset({entry.tls_thumbprint}),
        tls=peer_tls(nodes.settings["asking"], keys=KeyRing(nodes.settings["asking"])),
    )


def test_many_calls_share_one_connection(tmp_path: Path) -> None:
    """A hundred calls at once use a single link, and each gets its own answer."""

    async def scenario(nodes: TwoNodes) -> None:
        answers = await asyncio.gather(*(ask(nodes, f"/persons/{n}") for n in range(100)))
        for number, answer in enumerate(answers):
            assert f'"/persons/{number}"'.encode() in answer.body
        assert len(nodes.answering.links.connections) == 1

    play(tmp_path, scenario)


def test_a_slow_back_end_holds_up_no_other_call(tmp_path: Path) -> None:
    """Calls sent after a slow one are answered before it."""

    async def scenario(nodes: TwoNodes) -> None:
        await ask(nodes)
        slow = asyncio.create_task(ask(nodes, "/persons/slow"))
        await asyncio.sleep(0)
        await asyncio.gather(*(ask(nodes) for _ in range(5)))
        assert not slow.done()
        assert (await slow).status == 200

    play(tmp_path, scenario)


def test_a_body_beyond_the_links_bound_takes_the_http_form(tmp_path: Path) -> None:
    """At the bound a body shares the link; one byte more goes over HTTP, with the same answer."""

    async def scenario(nodes: TwoNodes) -> None:
        for size in (limits.LINK_BODY_BYTES, limits.LINK_BODY_BYTES + 1):
            answer = await ask(nodes, "/persons", body=b"x" * size)
            assert answer.status == 200
            assert len(answer.body) > size

    play(tmp_path, scenario)


def test_a_peer_without_the_framed_form_is_called_over_http(tmp_path: Path) -> None:
    """A node that does not choose the link in the TLS handshake answers the HTTP form."""
    seen: list[str] = []

    async def other_implementation(request: Request) -> Response:
        seen.append(request.path)
        return Response(headers=((STATEMENT_HEADER, b"token"),), body=request.body)

    async def scenario(nodes: TwoNodes) -> None:
        settings = nodes.settings["answering"]
        tls = server_context(settings, keys=KeyRing(settings))
        tls.set_alpn_protocols(["http/1.1"])
        server = await serve_http(other_implementation, host=HOST, port=0, tls=tls)
        peer = peer_of(nodes, port=server.port)
        for _ in range(2):
            answer = await peer.carry(b"statement", body_type=b"", headers=(), body=b"body")
            assert (answer.statement, answer.body) == (b"token", b"body")
        assert seen == [CALL_PATH, CALL_PATH]
        peer.close()
        await server.close()

    play(tmp_path, scenario)


def test_a_peer_with_another_certificate_is_not_called(tmp_path: Path) -> None:
    """The certificate is pinned: whoever else listens there gets nothing."""

    async def scenario(nodes: TwoNodes) -> None:
        port = nodes.settings["asking"].peer_port
        with pytest.raises(BackendUnreachable, match="another certificate"):
            await peer_of(nodes, port=port).carry(b"s", body_type=b"", headers=(), body=b"")

    play(tmp_path, scenario)


def test_closing_a_node_answers_what_is_under_way(tmp_path: Path) -> None:
    """After the goodbye the open call is still answered."""

    async def scenario(nodes: TwoNodes) -> None:
        await ask(nodes)
        slow = asyncio.create_task(ask(nodes, "/persons/slow"))
        await asyncio.sleep(0.1)
        await nodes.answering.links.drain(timeout_s=5)
        assert (await slow).status == 200

    play(tmp_path, scenario)


def test_a_broken_link_fails_its_calls_and_the_next_call_connects_anew(tmp_path: Path) -> None:
    """The caller is told which party could not be reached; nothing stays broken."""

    async def scenario(nodes: TwoNodes) -> None:
        await ask(nodes)
        slow = asyncio.create_task(ask(nodes, "/persons/slow"))
        await asyncio.sleep(0.1)
        nodes.answering.links.close()
        assert b"EXC-0120" in (await slow).body
        assert (await ask(nodes)).status == 200

    play(tmp_path, scenario)


@pytest.mark.parametrize(("goodbye", "status"), [(True, 200), (False, 502)])
def test_a_call_on_its_way_to_a_peer_that_said_goodbye_is_sent_again(
    tmp_path: Path, goodbye: bool, status: int
) -> None:
    """Without a goodbye nobody knows what became of it, and the caller decides."""

    async def scenario(nodes: TwoNodes) -> None:
        service = nodes.answering.links
        answer = service.answer

        async def hang_up(message: Message, peer: LinkPeer) -> Message:
            service.answer = answer
            for connection in list(service.connections):
                if goodbye:
                    connection.say_goodbye()
                connection.close()
            return await asyncio.Future()

        service.answer = hang_up
        assert (await ask(nodes)).status == status
        assert (await ask(nodes)).status == 200

    play(tmp_path, scenario)


def test_bytes_that_are_no_frame_close_only_their_connection(tmp_path: Path) -> None:
    """Garbage on one link does not touch the others."""

    async def scenario(nodes: TwoNodes) -> None:
        await ask(nodes)
        context = peer_tls(nodes.settings["asking"], keys=KeyRing(nodes.settings["asking"])).link
        reader, writer = await asyncio.open_connection(HOST, nodes.peer_port, ssl=context)
        writer.write(b"\x00\x00\x00\x04junk")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        assert (await ask(nodes)).status == 200

    play(tmp_path, scenario)


def test_one_peer_holds_so_many_links_and_no_more(tmp_path: Path) -> None:
    """At the bound the links stay; one more is closed, and the calls go on."""

    async def scenario(nodes: TwoNodes) -> None:
        await ask(nodes)
        settings = nodes.settings["asking"]
        context = peer_tls(settings, keys=KeyRing(settings)).link
        opened = [
            await asyncio.open_connection(HOST, nodes.peer_port, ssl=context)
            for _ in range(limits.LINKS_OF_PEER)
        ]
        reader, _writer = opened[-1]
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        assert len(nodes.answering.links.connections) == limits.LINKS_OF_PEER
        assert (await ask(nodes)).status == 200
        for _reader, writer in opened:
            writer.close()

    play(tmp_path, scenario)


def test_a_certificate_is_demanded_on_the_link(tmp_path: Path) -> None:
    """Without a client certificate the connection ends."""

    async def scenario(nodes: TwoNodes) -> None:
        context = ssl.create_default_context(cafile=nodes.settings["asking"].tls_authorities)
        context.check_hostname = False
        context.set_alpn_protocols([ALPN])

        async def connect() -> None:
            reader, _writer = await asyncio.open_connection(HOST, nodes.peer_port, ssl=context)
            await asyncio.wait_for(reader.readexactly(1), 10)

        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await connect()

    play(tmp_path, scenario)


def test_calls_beyond_the_bound_are_refused_as_busy() -> None:
    """So many calls may be under way on a link; one more is refused before it is sent."""

    async def run() -> None:
        link = Link(loop=asyncio.get_running_loop())
        waiting = [
            link.call(b"s", body_type=b"", headers=(), body=b"") for _ in range(limits.LINK_CALLS)
        ]
        with pytest.raises(Problem, match="EXC-0116"):
            await link.call(b"s", body_type=b"", headers=(), body=b"")
        link.connection_lost(None)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(result).__name__ for result in results} == {"LinkBroken"}

    asyncio.run(run())


def test_a_handler_that_fails_answers_unsigned(tmp_path: Path) -> None:
    """A fault of ours is no reason to let the caller wait."""

    async def broken(message: Message, peer: LinkPeer) -> Message:
        raise RuntimeError("broken")

    async def scenario(nodes: TwoNodes) -> None:
        settings = nodes.settings["answering"]
        service = LinkService(broken, loop=asyncio.get_running_loop())
        server = await serve_http(
            patient_backend,
            host=HOST,
            port=0,
            tls=server_context(settings, keys=KeyRing(settings)),
            protocols={ALPN: service.protocol},
        )
        peer = peer_of(nodes, port=server.port)
        answer = await peer.carry(b"s", body_type=b"", headers=(), body=b"")
        assert answer.statement == b""
        peer.close()
        service.close()
        await server.close()

    play(tmp_path, scenario)


# --- batches -------------------------------------------------------------------------------------


def let_batch(nodes: TwoNodes) -> None:
    """Replace the agreement by one that allows batches."""
    (agreement,) = nodes.directory.agreements
    nodes.directory.agreements = [dataclasses.replace(agreement, batch=True)]


def test_calls_under_a_batching_agreement_share_signatures(tmp_path: Path) -> None:
    """Twenty calls at once: few manifests, and each kept token proves its statement alone."""

    async def scenario(nodes: TwoNodes) -> None:
        let_batch(nodes)
        await asyncio.gather(*(ask(nodes, f"/persons/{n}") for n in range(20)))
        for node in (nodes.asking, nodes.answering):
            kept = list(node.runtime.journal.exchanges())
            assert len(kept) == 20
            manifests = {exchange.request.split(b".", 2)[2] for exchange in kept}
            assert len(manifests) < 5
            for exchange in kept:
                question, answer = map(parse_statement, (exchange.request, exchange.response))
                certificate = nodes.directory.certificate(answer.thumbprint)
                assert certificate is not None
                answer.verify(certificate.public_key)
                assert answer.statement.request == question.digest

    play(tmp_path, scenario)


def test_a_batch_is_refused_where_it_is_not_agreed(tmp_path: Path) -> None:
    """The provider refuses a batched statement under an agreement without batches, signed."""

    async def scenario(nodes: TwoNodes) -> None:
        runtime = nodes.asking.runtime
        (member,) = runtime.signers
        sealer = Sealer(
            lambda: runtime.signers[member],
            loop=asyncio.get_running_loop(),
            now_ms=runtime.now_ms,
        )
        await ask(nodes)
        (kept,) = runtime.journal.exchanges()
        asked = parse_statement(kept.request).statement
        now_ms = runtime.now_ms()
        fresh = {"id": "another", "time_ms": now_ms, "expires_ms": now_ms + 5000}
        token = await sealer.seal(msgspec.structs.replace(asked, **fresh))
        answer = await peer_of(nodes, port=nodes.peer_port).carry(
            token, body_type=b"", headers=(), body=b""
        )
        assert b"EXC-0152" in answer.body
        assert parse_statement(answer.statement).statement.type == "refusal"

    play(tmp_path, scenario)
