"""Worker processes under load die, come back, drain, end with their writer, and count as one."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bench._ground import ALONE, CLIENT, HOST, PURPOSE, Ground, lay_ground

from taysir.exchange.fsck import check_node
from taysir.exchange.settings import NodeSettings, read_settings
from tests.fault.kills import PATIENCE_S, metrics, worker_pids, working

pytestmark = pytest.mark.slow

WORKERS = 2
CONNECTIONS = 8


class Place:
    """Two nodes with two workers each."""

    def __init__(self, folder: Path, ground: Ground) -> None:
        self.folder = folder
        self.ground = ground
        self.settings: dict[str, NodeSettings] = {
            name: read_settings(folder / f"{name}.json") for name in ("asking", "answering")
        }

    def all_work(self) -> None:
        """Wait until every worker of both nodes takes calls."""
        for one in self.settings.values():
            wait_until(partial(_all_work, one.admin_port), what=one.name)

    def call(self) -> tuple[int, str]:
        """Call once on a connection of its own; returns status and error code."""
        connection = http.client.HTTPConnection(HOST, self.ground.face_port, timeout=30)
        try:
            headers = {"X-Road-Client": str(CLIENT), "Taysir-Purpose": PURPOSE}
            connection.request("GET", f"/r1/{ALONE}/echo", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return answer.status, "" if answer.status == 200 else json.loads(body)["code"]

    def calls(self, count: int) -> list[tuple[int, str]]:
        """Call so often on several connections at once."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(lambda _: self.call(), range(count)))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        one = Place(tmp_path, lay_ground(tmp_path, stack=stack, workers=WORKERS))
        one.all_work()
        yield one


def wait_until(holds: Callable[[], bool], *, what: object) -> None:
    """Look again and again until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def _all_work(admin_port: int) -> bool:
    return working(admin_port) == WORKERS


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def number(place: Place, name: str, of: str) -> int:
    """Return a number of a node's metrics."""
    found = re.search(
        rf"^{re.escape(name)} (\d+)$", metrics(place.settings[of].admin_port), re.MULTILINE
    )
    assert found is not None, name
    return int(found[1])


def test_metrics_and_journal_hold_the_calls_of_all_workers(place: Place) -> None:
    assert place.calls(60) == [(200, "")] * 60
    assert number(place, 'taysir_calls_total{direction="sent",result="answered"}', "asking") == 60
    received = 'taysir_calls_total{direction="received",result="answered"}'
    assert number(place, received, "answering") == 60
    for name in place.settings:
        assert number(place, "taysir_journal_records_total", name) == 60
        assert number(place, "taysir_worker_restarts_total", name) == 0


def test_a_killed_worker_is_started_again_and_the_other_goes_on(place: Place) -> None:
    """A process gets no time to say anything, and only calls that it held can be missed."""
    pid = place.ground.asking.popen.pid
    killed = worker_pids(pid)[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not is_running(killed), what="the worker is killed")
    assert place.calls(20) == [(200, "")] * 20
    wait_until(lambda: number(place, "taysir_worker_restarts_total", "asking") == 1, what="restart")
    place.all_work()
    assert len(worker_pids(pid)) == WORKERS
    assert killed not in worker_pids(pid)
    assert place.calls(20) == [(200, "")] * 20


def test_a_worker_that_is_told_to_end_finishes_its_calls(place: Place) -> None:
    """SIGTERM to every worker in turn, under load: no call is missed."""
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(place.calls, 200)
        for pid in worker_pids(place.ground.asking.popen.pid):
            os.kill(pid, signal.SIGTERM)
        assert load.result(PATIENCE_S) == [(200, "")] * 200


def test_workers_end_with_their_writer_and_a_new_one_goes_on(place: Place) -> None:
    """``kill -9`` of the writing process leaves no worker that could answer without evidence."""
    assert place.calls(10) == [(200, "")] * 10
    popen = place.ground.answering.popen
    workers = worker_pids(popen.pid)
    assert len(workers) == WORKERS
    popen.kill()
    popen.wait(10)
    wait_until(lambda: not any(map(is_running, workers)), what="the workers end")
    status, code = place.call()
    assert status in (502, 503, 504), code
    report = check_node(Path(place.settings["answering"].folder))
    assert {fault.problem.code for fault in report.faults} <= {"EXC-0811", "EXC-0812", "EXC-0813"}
    assert report.records >= 10


def test_an_agreement_that_is_revoked_stops_the_next_call_at_every_worker(place: Place) -> None:
    """The answer to the revocation leaves when all workers know of it."""
    assert place.calls(8) == [(200, "")] * 8
    port = place.settings["asking"].admin_port
    [agreement] = [one for one in agreements(port) if one["terms"]["service"] == str(ALONE)]
    status, said = ask_admin(port, f"/admin/agreements/{agreement['hash']}/revoke", reason="test")
    assert status == 200, said
    assert {code for _status, code in place.calls(16)} == {"EXC-0104"}


def agreements(port: int) -> list[dict[str, Any]]:
    """Return what a node holds."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", "/admin/agreements")
    found = json.loads(connection.getresponse().read())["agreements"]
    connection.close()
    return list(found)


def ask_admin(port: int, path: str, **values: str) -> tuple[int, bytes]:
    """Send a command to a node."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    head = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(values), head)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body
