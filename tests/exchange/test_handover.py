"""A node is restarted while programs call it: its sockets are handed over, and no call fails."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from taysir.exchange.client import ExchangeClient, Outcome
from taysir.exchange.handover import (
    HANDOVER,
    Handover,
    Listeners,
    fitting,
    given_by_systemd,
    offer_handover,
    take_over,
)
from taysir.exchange.journal_lock import JournalLock
from taysir.exchange.node import RunningNode, ports_of, start_node
from taysir.kernel import limits
from taysir.testing.nodes import HOST, PERSONS, PORTAL, PURPOSE, TwoNodes, no_evidence

CALLERS = 20


class Successor:
    """The next process of a node, as a loop in a thread of its own."""

    def __init__(self, nodes: TwoNodes, name: str) -> None:
        self._nodes = nodes
        self._settings = nodes.settings[name]
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.node: RunningNode | None = None
        self.listeners: Listeners = {}

    def start(self) -> None:
        """Take the sockets, wait for the journal, and serve."""
        folder = Path(self._settings.folder)
        self.listeners = fitting(take_over(folder), ports=ports_of(self._settings))
        JournalLock(folder, wait_s=30).release()
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._serve(), self.loop)
        self.node = started.result(30)

    async def _serve(self) -> RunningNode:
        return await start_node(
            self._settings,
            source=self._nodes.directory,
            package=no_evidence,
            listeners=self.listeners,
        )

    def stop(self) -> None:
        """End the process."""
        if self.node is not None:
            asyncio.run_coroutine_threadsafe(self.node.close(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


def offered(nodes: TwoNodes, name: str) -> Handover:
    """Have a running node give way to whoever asks, as a node's process does."""
    node: RunningNode = getattr(nodes, name)
    closing: list[asyncio.Task[None]] = []

    def give_way() -> None:
        closing.append(asyncio.create_task(node.close(grace_s=limits.HANDOVER_GRACE_S)))

    async def work() -> Handover:
        folder = Path(nodes.settings[name].folder)
        return await offer_handover(folder, node.listeners(), give_way=give_way)

    return asyncio.run_coroutine_threadsafe(work(), nodes.loop).result(10)


@contextmanager
def calling(nodes: TwoNodes) -> Iterator[Counter[str]]:
    """Programs that call without a pause; counts how their calls ended."""
    ended: Counter[str] = Counter()
    stop = Event()

    def work() -> None:
        with nodes.client() as client:
            while not stop.is_set():
                answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
                ended[f"{answer.outcome}{answer.error_code}"] += 1

    with ThreadPoolExecutor(CALLERS) as pool:
        running = [pool.submit(work) for _ in range(CALLERS)]
        try:
            yield ended
        finally:
            stop.set()
        for each in running:
            each.result(60)


def further(ended: Counter[str], *, calls: int = 100) -> None:
    """Wait until so many further calls have ended."""
    until, deadline = ended.total() + calls, time.monotonic() + 60
    while ended.total() < until:
        assert time.monotonic() < deadline, "the calls have stopped"
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["asking", "answering"])
def test_no_call_fails_while_a_node_is_restarted(nodes: TwoNodes, name: str) -> None:
    handover = offered(nodes, name)
    successor = Successor(nodes, name)
    try:
        with calling(nodes) as ended:
            further(ended)
            successor.start()
            further(ended)
        assert set(ended) == {Outcome.ANSWERED}
        assert successor.node is not None
        assert successor.node.runtime.counters.calls
    finally:
        successor.stop()
        nodes.loop.call_soon_threadsafe(handover.close)


def test_the_successor_goes_on_with_the_evidence_of_the_first(nodes: TwoNodes) -> None:
    handover = offered(nodes, "answering")
    with nodes.client() as client:
        first = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
        successor = Successor(nodes, "answering")
        try:
            successor.start()
            second = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
            assert successor.node is not None
            journal = successor.node.runtime.journal
            asyncio.run_coroutine_threadsafe(journal.indexed(), successor.loop).result(10)
            for answer in (first, second):
                assert answer.outcome is Outcome.ANSWERED
                assert len(journal.find(answer.exchange_id)) == 1
        finally:
            successor.stop()
            nodes.loop.call_soon_threadsafe(handover.close)


# --- the pieces ----------------------------------------------------------------------------------


def test_without_a_running_process_there_is_nothing_to_take_over(tmp_path: Path) -> None:
    assert take_over(tmp_path) == {}
    assert take_over(tmp_path / "missing") == {}
    (tmp_path / HANDOVER).touch()
    assert take_over(tmp_path) == {}


def test_a_stranger_who_asks_for_something_else_gets_nothing(nodes: TwoNodes) -> None:
    handover = offered(nodes, "asking")
    folder = os.open(nodes.settings["asking"].folder, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
            stranger.settimeout(10)
            stranger.connect(f"/proc/self/fd/{folder}/{HANDOVER}")
            stranger.sendall(b"hello\n")
            assert socket.recv_fds(stranger, 100, 4)[:2] == (b"", [])
        with nodes.client() as client:
            answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
        assert answer.outcome is Outcome.ANSWERED
    finally:
        os.close(folder)
        nodes.loop.call_soon_threadsafe(handover.close)


def test_sockets_at_other_ports_than_the_settings_are_closed() -> None:
    kept, left = socket.create_server((HOST, 0)), socket.create_server((HOST, 0))
    port = kept.getsockname()[1]
    try:
        assert fitting({"a": kept, "b": left}, ports={"a": port, "b": port}) == {"a": kept}
        assert left.fileno() == -1
    finally:
        kept.close()


def test_sockets_of_systemd_are_for_the_process_that_they_name() -> None:
    mine = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0", "LISTEN_FDNAMES": ""}
    assert given_by_systemd({}) == {}
    assert given_by_systemd({**mine, "LISTEN_PID": "1", "LISTEN_FDS": "4"}) == {}
    assert given_by_systemd(mine) == {}


def test_a_process_takes_the_sockets_that_systemd_opened() -> None:
    """In a process of its own, because the sockets have fixed descriptors there."""
    program = (
        "import os, sys\n"
        "os.dup2(int(sys.argv[1]), 3)\n"
        "from taysir.exchange.handover import given_by_systemd\n"
        "told = {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1', 'LISTEN_FDNAMES': 'admin'}\n"
        "print({name: s.getsockname()[1] for name, s in given_by_systemd(told).items()})\n"
    )
    with socket.create_server((HOST, 0)) as listener:
        done = subprocess.run(
            [sys.executable, "-c", program, str(listener.fileno())],
            pass_fds=(listener.fileno(),),
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == str({"admin": listener.getsockname()[1]})


@pytest.mark.parametrize(("method", "outcome"), [("GET", "answered"), ("POST", "unreachable")])
def test_our_client_asks_a_question_again_whose_connection_broke_off(
    shared_nodes: TwoNodes, method: str, outcome: str
) -> None:
    """The first connection is taken and dropped without an answer, the next reaches the node."""
    face = int(shared_nodes.face_url.rpartition(":")[2])
    with socket.create_server((HOST, 0)) as gate:

        def relay() -> None:
            first, _address = gate.accept()
            with first:
                first.recv(65536)
            if method != "GET":
                return
            second, _address = gate.accept()
            with second, socket.create_connection((HOST, face)) as node:
                node.sendall(second.recv(65536))
                second.sendall(node.recv(65536))

        thread = threading.Thread(target=relay, daemon=True)
        thread.start()
        url = f"http://{HOST}:{gate.getsockname()[1]}"
        with ExchangeClient(face_url=url, admin_url=url, client=PORTAL) as client:
            path = "/persons/7" if method == "GET" else "/persons"
            answer = client.ask(PERSONS, method=method, path=path, purpose=PURPOSE)
        assert answer.outcome == outcome
