"""A full disk refuses new calls clearly, loses nothing that was answered, and recovers by itself.

The disk is a small file system in memory, really full. Needs the right to mount one.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.journal_store import SEGMENTS
from taysir.exchange.segments_reading import verify_segments
from taysir.kernel.errors import Problem
from taysir.testing.nodes import PERSONS, PORTAL, PURPOSE, TwoNodes, two_nodes
from tests.exchange.test_journal import example

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def call(nodes: TwoNodes, *, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Make one call as an information system and return status, headers and body."""
    connection = HTTPConnection(urlsplit(nodes.face_url).netloc, timeout=20)
    try:
        headers = {
            "X-Road-Client": str(PORTAL),
            "Taysir-Purpose": PURPOSE,
            "Content-Type": "text/plain",
        }
        method, path = ("POST", "/persons") if body else ("GET", "/persons/7")
        connection.request(method, f"/r1/{PERSONS}{path}", body or None, headers)
        answer = connection.getresponse()
        head = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, head, answer.read()
    finally:
        connection.close()


def refusing(nodes: TwoNodes) -> list[bool]:
    """Whether each node says in its metrics that it has no room."""
    found = []
    for url in (nodes.admin_url, nodes.answering_admin_url):
        connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
        connection.request("GET", "/metrics")
        found.append(b"\ntaysir_journal_refusing 1\n" in connection.getresponse().read())
        connection.close()
    return found


def wait_until(holds: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait for something that the node says a moment after it is so."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)


def fill_up(disk: Path, *, but_bytes: int = 0) -> Path:
    """Take every byte that is left but some, and return the file that does."""
    ballast, spared = disk / "ballast", disk / "spared"
    spared.write_bytes(bytes(but_bytes))
    with ballast.open("wb", buffering=0) as handle:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    handle.write(b"x" * size)
            except OSError:
                continue
    spared.unlink()
    return ballast


def answered_until_refused(nodes: TwoNodes, *, body: bytes) -> tuple[list[str], dict[str, str]]:
    """Call until a call is refused; returns who was answered and the refusal's headers."""
    answered: list[str] = []
    for _ in range(500):
        status, head, said = call(nodes, body=body)
        if status != 200:
            assert status == 503
            problem = json.loads(said)
            assert problem["code"] in ("EXC-0130", "EXC-0807")
            assert problem["title_ar"]
            assert "LoggingFailed" in head["x-road-error"]
            return answered, head
        answered.append(head["x-road-request-id"])
    raise AssertionError("the disk never became full")


def wait_until_answered(nodes: TwoNodes) -> None:
    deadline = time.monotonic() + 20
    while call(nodes)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_full_disk_refuses_new_calls_and_recovers_without_a_restart(small_disk: Path) -> None:
    """What was answered is on the disk, new calls get 503 with Retry-After, then all is well."""
    with two_nodes(small_disk) as nodes:
        answered, _ = [call(nodes)[1]["x-road-request-id"]], None
        ballast = fill_up(small_disk)
        more, refusal = answered_until_refused(nodes, body=b"x" * 50_000)
        assert int(refusal["retry-after"]) > 0
        answered += more
        assert call(nodes)[0] == 503
        wait_until(lambda: any(refusing(nodes)))
        ballast.unlink()
        wait_until_answered(nodes)
        wait_until(lambda: not any(refusing(nodes)))
        for node in (nodes.asking, nodes.answering):
            kept = {one.exchange_id for one in node.runtime.journal.exchanges()}
            assert set(answered) <= kept
    for name in ("asking", "answering"):
        assert check_node(small_disk / name).clean


def test_a_journal_that_opens_on_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    """One without room for its first segment refuses calls, until there is room."""
    ballast = fill_up(small_disk, but_bytes=MIB)

    async def run() -> None:
        journal = Journal(small_disk / "node", segment_bytes=MIB)
        await asyncio.to_thread(wait_until, lambda: journal.refusing)
        with pytest.raises(Problem, match="EXC-0130"):
            await journal.append(example(0))
        ballast.unlink()
        await asyncio.to_thread(wait_until, lambda: not journal.refusing)
        assert await journal.append(example(1)) == 0
        await journal.close()

    asyncio.run(run())
    assert verify_segments(small_disk / "node" / SEGMENTS) == 1
