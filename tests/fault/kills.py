"""Kills nodes at random moments under load, again and again, and looks at what is left.

Two nodes run as processes of their own with journal, index, keys of bodies and transparency log; a
back end answers; clients call without a pause. One node or both get SIGKILL at a random moment.
Then, on the disk as the kill left it and again after the restart:

- every call that a client saw answered is in both parties' journals, with both statements;
- the journal has no gap and no fork: chain whole, no record that was there before is gone or
  another one;
- the transparency log's signed checkpoint follows from the journal, and every checkpoint that was
  seen before is a beginning of it;
- ``fsck`` finds nothing (before the restart: nothing but an unfinished end).

With ``--workers`` the nodes have worker processes, which are killed too, one at a time: the node
goes on, and starts another in its place.

``python -m tests.fault.kills --times 1000`` is the long run; the tests make a short one.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import re
import signal
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

import msgspec
from bench._ground import ALONE, BATCHED, CLIENT, HOST, PURPOSE, QUESTION, lay_ground, wait_for_port
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.exchange.erasure import BodyKeys
from taysir.exchange.fsck import check_node
from taysir.exchange.journal import BODY_KEYS, NODE_BODY_KEY
from taysir.exchange.journal_records import decode_exchange
from taysir.exchange.journal_store import SEGMENTS
from taysir.exchange.log import LeafMaker
from taysir.exchange.log_setup import read_note_signer, write_note_key
from taysir.exchange.model import BodyState, CallOutcome, StoredExchange
from taysir.exchange.process import run
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_packed import PACKED
from taysir.exchange.settings import LogSettings, NodeSettings
from taysir.kernel.checkpoint import open_note
from taysir.kernel.merkle import TreeBuilder

NODES: Final = ("asking", "answering")
CLIENTS: Final = 6
LONGEST_S: Final = 0.25
WORKERS_KILLED: Final = 0.5
PATIENCE_S: Final = 90.0
KILLS_OF_ONE_GROUND: Final = 100
LEFT_BY_A_KILL: Final = frozenset({"EXC-0811", "EXC-0812", "EXC-0813"})
"""An unfinished batch, the draft of a segment, an index that SQLite had not finished."""


@dataclass(slots=True)
class Tally:
    """What a run has done and found. ``faults`` must stay empty."""

    kills: int = 0
    both: int = 0
    workers: int = 0
    answered: int = 0
    refused: int = 0
    records: int = 0
    checkpoints: int = 0
    torn_ends: int = 0
    packed: int = 0
    restart_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return everything by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(slots=True)
class _Seen:
    """What is known of one node's journal and log from before, to find a fork by."""

    chains: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    answers: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    builder: TreeBuilder = field(default_factory=TreeBuilder)
    packed: int = 0


class Clients:
    """Callers without a pause, each in a thread; they note what they saw answered."""

    def __init__(self, face_port: int) -> None:
        self._face_port = face_port
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]
        self.answered: list[str] = []
        self.refused: list[str] = []
        for thread in self._threads:
            thread.start()

    def _call(self, number: int) -> None:
        service = BATCHED if number % 3 == 2 else ALONE
        method, body = ("POST", QUESTION) if number % 2 else ("GET", b"")
        headers = {"X-Road-Client": str(CLIENT), "Taysir-Purpose": PURPOSE}
        if body:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(HOST, self._face_port, timeout=10)
        while not self._stop.is_set():
            try:
                connection.request(method, f"/r1/{service}/echo", body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.01)
                continue
            exchange = answer.headers.get("X-Road-Request-Id", "")
            if answer.status == 200:
                self.answered.append(exchange)
            elif exchange and answer.status != 503:
                self.refused.append(exchange)
        connection.close()

    def finish(self) -> None:
        """Let every call that is under way end, and stop."""
        self._stop.set()
        for thread in self._threads:
            thread.join(20)


class Nodes:
    """Two nodes of a ground, started from a process that has imported everything already."""

    def __init__(self, folder: Path, *, stack: ExitStack, workers: int = 0) -> None:
        self.folder = folder
        self.workers = workers
        ground = lay_ground(folder, stack=stack, workers=workers)
        ground.asking.stop()
        ground.answering.stop()
        self.settings = {name: self._with_log(name) for name in NODES}
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["taysir.exchange.process"])
        self._running: dict[str, ForkServerProcess] = {}
        stack.callback(self.stop)
        for name in NODES:
            self.start(name)

    def _with_log(self, name: str) -> NodeSettings:
        """Give a node a transparency log and small segments, so that kills meet new ones too."""
        file = self.folder / f"{name}.json"
        keys = self.folder / "keys"
        for kind in ("log", "witness"):
            key = ed25519.Ed25519PrivateKey.generate()
            write_note_key(keys / f"{name}-{kind}.pem", key=key)
        (keys / f"{name}.salt").write_bytes(os.urandom(32))
        log = LogSettings(
            port=0,
            origin=f"bench/{name}",
            key=str(keys / f"{name}-log.pem"),
            witness_name=f"bench/{name}/witness",
            witness_key=str(keys / f"{name}-witness.pem"),
            salt=str(keys / f"{name}.salt"),
        )
        settings = msgspec.json.decode(file.read_bytes(), type=NodeSettings)
        settings = msgspec.structs.replace(settings, log=log, segment_bytes=1 << 20)
        file.write_bytes(msgspec.json.encode(settings))
        return settings

    def start(self, name: str) -> float:
        """Start a node and wait until it listens; returns the seconds it took.

        A port that another program of the machine took meanwhile is waited for.
        """
        began = time.perf_counter()
        while True:
            process = self._context.Process(
                target=_run_node, args=(str(self.folder / f"{name}.json"),), daemon=True
            )
            process.start()
            self._running[name] = process
            while process.is_alive():
                with suppress(RuntimeError):
                    wait_for_port(self.settings[name].face_port, timeout_s=0.5)
                    self.wait_for_workers(name)
                    return time.perf_counter() - began
                if time.perf_counter() - began > PATIENCE_S:
                    break
            said = (self.folder / f"{name}.log").read_text("utf-8", "replace")[-2000:]
            if "Address already in use" not in said or time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"{name} did not start: {said}")
            time.sleep(0.5)

    def wait_for_workers(self, name: str) -> None:
        """Wait until all workers of a node take calls."""
        deadline = time.monotonic() + PATIENCE_S
        while self.workers and working(self.settings[name].admin_port) < self.workers:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the workers of {name} do not start")
            time.sleep(0.05)

    def kill_worker(self, name: str, *, chance: random.Random) -> None:
        """Send SIGKILL to one worker of a node."""
        os.kill(chance.choice(worker_pids(self._running[name].pid or 0)), signal.SIGKILL)

    def kill(self, names: tuple[str, ...]) -> None:
        """Send SIGKILL to nodes at once, and wait until they are gone."""
        for name in names:
            self._running[name].kill()
        for name in names:
            self._running[name].join(10)

    def stop(self) -> None:
        """End both in good order."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.join(20)
            process.kill()


def worker_pids(pid: int) -> list[int]:
    """Return the process numbers of the workers of a node's process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if _is_worker(child)]


def _is_worker(pid: str) -> bool:
    with suppress(OSError):
        return b"taysir.exchange.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def working(admin_port: int) -> int:
    """Return how many workers of a node take calls, as its metrics say."""
    found = re.search(r"^taysir_workers (\d+)$", metrics(admin_port), re.MULTILINE)
    return int(found[1]) if found else 0


def metrics(admin_port: int) -> str:
    """Return a node's metrics, or nothing while it does not answer."""
    connection = http.client.HTTPConnection(HOST, admin_port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode("utf-8")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def _run_node(settings_file: str) -> None:
    file = Path(settings_file)
    with file.with_suffix(".log").open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    run(file)


class Watch:
    """Compares one node's folder with what was known of it, kill after kill."""

    def __init__(self, settings: NodeSettings) -> None:
        assert settings.log is not None
        self._settings = settings
        self._folder = Path(settings.folder)
        self._signer = read_note_signer(settings.log.key, name=settings.log.origin)
        self._leaves = LeafMaker(Path(settings.log.salt).read_bytes())
        self._seen = _Seen()

    def look(self, tally: Tally, *, killed: bool) -> None:
        """Check the folder; what is wrong goes into the tally."""
        name = self._settings.name
        # The checkpoint first: the journal that is read after it must lead to it.
        note = self._folder / "transparency" / "log" / "checkpoint"
        signed = note.read_bytes() if note.exists() else b""
        report = check_node(self._folder)
        for fault in report.faults:
            if not killed or fault.problem.code not in LEFT_BY_A_KILL:
                tally.faults.append(f"{name}: {fault.problem.title('en')}")
            tally.torn_ends += fault.problem.code == "EXC-0811"
        packed = sum(1 for _ in (self._folder / SEGMENTS).glob(f"*{PACKED}"))
        tally.packed += packed - self._seen.packed
        self._seen.packed = packed
        self._read_journal(tally)
        if signed:
            self._check_log(tally, signed)

    def _read_journal(self, tally: Tally) -> None:
        """Read what is new; what was there before must be the same."""
        seen, name = self._seen, self._settings.name
        store = SegmentStore(self._folder / SEGMENTS)
        keys = BodyKeys(
            self._folder / BODY_KEYS, node_key=(self._folder / NODE_BODY_KEY).read_bytes()
        )
        try:
            start = max(0, len(seen.chains) - 1)
            if store.next_position < len(seen.chains):
                tally.faults.append(f"{name}: records are gone")
            for record in store.records(start=start):
                if record.position < len(seen.chains):
                    if record.chain != seen.chains[record.position]:
                        tally.faults.append(f"{name}: another record {record.position}")
                    continue
                seen.chains.append(record.chain)
                kept = decode_exchange(record.payload, position=record.position, keys=keys)
                self._take(kept, tally)
        finally:
            keys.close()
            store.close()

    def _take(self, kept: StoredExchange, tally: Tally) -> None:
        seen = self._seen
        tally.records += 1
        if kept.bodies is not BodyState.KEPT:
            tally.faults.append(f"{self._settings.name}: the body of {kept.position} is lost")
        seen.asked.add(kept.exchange_id)
        if kept.outcome is CallOutcome.ANSWERED:
            seen.answers[kept.exchange_id] = (kept.request, kept.response)
        leaf = self._leaves.leaf(kept.position, request=kept.request, response=kept.response)
        seen.builder.append(leaf)
        seen.roots[seen.builder.size] = seen.builder.root()

    def _check_log(self, tally: Tally, signed: bytes) -> None:
        """A signed checkpoint is a beginning of the journal's tree, so none can fork from it."""
        checkpoint, signatures = open_note(signed, keys=[self._signer.public])
        tally.checkpoints += 1
        if not signatures or self._seen.roots.get(checkpoint.size) != checkpoint.root:
            tally.faults.append(f"{self._settings.name}: the log forked at {checkpoint.size}")

    def answer(self, exchange: str) -> tuple[bytes, bytes] | None:
        """Return both statements of an answered exchange that this node holds."""
        return self._seen.answers.get(exchange)

    def knows(self, exchange: str) -> bool:
        """Whether this node holds any record of an exchange."""
        return exchange in self._seen.asked


def run_kills(times: int, *, folder: Path, seed: int, tally: Tally, workers: int = 0) -> None:
    """Kill so many times on one ground."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        nodes = Nodes(folder, stack=stack, workers=workers)
        watches = {name: Watch(one) for name, one in nodes.settings.items()}
        for _ in range(times):
            clients = Clients(nodes.settings["asking"].face_port)
            time.sleep(chance.uniform(0.02, LONGEST_S))
            killed = chance.choice([("asking",), ("answering",), NODES])
            if workers and chance.random() < WORKERS_KILLED:
                nodes.kill_worker(chance.choice(killed), chance=chance)
                tally.workers, killed = tally.workers + 1, ()
            nodes.kill(killed)
            clients.finish()
            for name, watch in watches.items():
                watch.look(tally, killed=name in killed)
            _check_answers(clients, watches, tally)
            for name in killed:
                tally.restart_s = max(tally.restart_s, nodes.start(name))
            for name in NODES:
                nodes.wait_for_workers(name)
            tally.kills += 1
            tally.both += killed == NODES
            if tally.faults:
                return
        nodes.stop()
        for watch in watches.values():
            watch.look(tally, killed=False)


def _check_answers(clients: Clients, watches: dict[str, Watch], tally: Tally) -> None:
    for exchange in clients.answered:
        held = [watch.answer(exchange) for watch in watches.values()]
        if not all(held) or held[0] != held[1] or not all(held[0] or ()):
            tally.faults.append(f"answered without both parties' evidence: {exchange}")
    for exchange in clients.refused:
        if not watches["asking"].knows(exchange):
            tally.faults.append(f"refused without evidence: {exchange}")
    tally.answered += len(clients.answered)
    tally.refused += len(clients.refused)


def main() -> None:
    """Run from the command line; prints one JSON document a ground and one at the end."""
    parser = argparse.ArgumentParser(description="Kill nodes under load and check what is left.")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    while tally.kills < options.times and not tally.faults:
        times = min(KILLS_OF_ONE_GROUND, options.times - tally.kills)
        with tempfile.TemporaryDirectory(prefix="taysir-kills-") as place:
            seed = options.seed + tally.kills
            run_kills(times, folder=Path(place), seed=seed, tally=tally, workers=options.workers)
        said = {"seconds": round(time.monotonic() - began), **tally.as_json()}
        with suppress(BrokenPipeError):
            print(json.dumps(said), flush=True)
    raise SystemExit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
