"""Real node processes are restarted one after the other under load, and no call fails."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import msgspec
import pytest
from bench._ground import (
    _RUN_NODE,
    ALONE,
    CLIENT,
    HOST,
    PURPOSE,
    Process,
    free_ports,
    lay_ground,
    start,
)
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.exchange.client import ExchangeClient
from taysir.exchange.fsck import check_node
from taysir.exchange.fsck_log import LogCheck
from taysir.exchange.keys.renewal import write_settings
from taysir.exchange.log_setup import write_note_key
from taysir.exchange.settings import LogSettings, NodeSettings, read_settings
from taysir.kernel.identifiers import SubsystemId

CALLERS = 20
ROUNDS = 2

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", [0, 2])
def test_no_call_fails_while_both_nodes_are_restarted_again_and_again(
    tmp_path: Path, workers: int
) -> None:
    """Each node's process is replaced by a new one while twenty programs call through both."""
    with ExitStack() as stack:
        ground = lay_ground(tmp_path, stack=stack, workers=workers)
        settings = {name: with_log(tmp_path, name) for name in ("asking", "answering")}
        url = f"http://{HOST}:{ground.face_port}"
        ended: Counter[str] = Counter()
        stop = Event()

        def call() -> None:
            client = SubsystemId.parse(str(CLIENT))
            with ExchangeClient(face_url=url, admin_url=url, client=client) as asking:
                while not stop.is_set():
                    answer = asking.ask(ALONE, path="/echo", purpose=PURPOSE)
                    ended[f"{answer.outcome.value}{answer.error_code}"] += 1

        with ThreadPoolExecutor(CALLERS) as pool:
            running = [pool.submit(call) for _ in range(CALLERS)]
            try:
                further(ended)
                for process in (ground.asking, ground.answering):
                    process.popen.send_signal(signal.SIGHUP)
                further(ended)
                for name in ("asking", "answering"):
                    assert "keys_reloaded" in (tmp_path / f"{name}.log").read_text("utf-8")
                for number in range(ROUNDS):
                    for name, old in (("asking", ground.asking), ("answering", ground.answering)):
                        new = successor(tmp_path, name, number=number)
                        stack.callback(new.stop)
                        assert old.popen.wait(60) == 0
                        setattr(ground, name, new)
                        further(ended)
            finally:
                stop.set()
            for each in running:
                each.result(60)
        assert set(ended) == {"answered"}, ended
        for name, one in settings.items():
            getattr(ground, name).stop()
            report = check_node(Path(one.folder), log=LogCheck(one))
            assert [fault.problem.title("en") for fault in report.faults] == []
            assert report.records >= ended.total()
            assert (Path(one.folder) / "transparency" / "log" / "checkpoint").exists()


def with_log(folder: Path, name: str) -> NodeSettings:
    """Write a transparency log into a node's settings; its next process keeps it."""
    for kind in ("log", "witness"):
        write_note_key(folder / f"{name}-{kind}.key", key=ed25519.Ed25519PrivateKey.generate())
    (folder / f"{name}.salt").write_bytes(bytes(32))
    [port] = free_ports(1)
    log = LogSettings(
        port=port,
        origin=f"bench/{name}",
        key=str(folder / f"{name}-log.key"),
        witness_name=f"bench/{name}/witness",
        witness_key=str(folder / f"{name}-witness.key"),
        salt=str(folder / f"{name}.salt"),
    )
    file = folder / f"{name}.json"
    settings = msgspec.structs.replace(read_settings(file), log=log)
    write_settings(file, settings)
    return settings


def successor(folder: Path, name: str, *, number: int) -> Process:
    """Start the next process of a node; it takes over from the one that runs."""
    command = [sys.executable, "-c", _RUN_NODE, str(folder / f"{name}.json")]
    return start(command, folder=folder, log=f"{name}-{number}.log")


def further(ended: Counter[str], *, calls: int = 300) -> None:
    """Wait until so many further calls have ended."""
    until, deadline = ended.total() + calls, time.monotonic() + 120
    while ended.total() < until:
        assert time.monotonic() < deadline, f"the calls have stopped: {ended}"
        time.sleep(0.02)
