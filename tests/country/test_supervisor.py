"""The supervisor keeps processes running and takes them with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

PROGRAM = textwrap.dedent(
    """
    import json, os, signal, sys, time
    from pathlib import Path
    from taysir.country.supervisor import ProcessSpec, Supervisor

    folder = Path(sys.argv[1])

    def obey():
        while True:
            time.sleep(0.05)

    def note(pids):
        (folder / "pids.new").write_text(json.dumps(pids))
        (folder / "pids.new").rename(folder / "pids.json")

    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    supervisor = Supervisor(on_change=note)
    supervisor.start(
        [ProcessSpec(name=n, run=obey, log_file=folder / f"{n}.log") for n in ("one", "two")]
    )
    while not stop:
        supervisor.watch_once()
        time.sleep(0.02)
    supervisor.stop()
    """
)


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start a supervisor of two processes that write their identifiers into the folder."""
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)])


def pids(folder: Path) -> dict[str, int]:
    """Wait for the supervisor's note and return it."""
    deadline = time.monotonic() + 20
    while not (folder / "pids.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    found: dict[str, int] = json.loads((folder / "pids.json").read_text())
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    """After kill -9 of one process another takes its place; the other one stays."""
    supervisor = start(tmp_path)
    before = pids(tmp_path)

    os.kill(before["one"], signal.SIGKILL)

    deadline = time.monotonic() + 10
    while pids(tmp_path).get("one") in (before["one"], None) and time.monotonic() < deadline:
        time.sleep(0.02)
    after = pids(tmp_path)
    supervisor.terminate()
    assert 0 == supervisor.wait(15)
    assert before["one"] != after["one"]
    assert before["two"] == after["two"]
    assert gone(after["one"])
    assert gone(after["two"])


def test_processes_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    """After kill -9 of the supervisor no process is left holding a port."""
    supervisor = start(tmp_path)
    children = pids(tmp_path)

    supervisor.kill()
    supervisor.wait(10)

    assert all(gone(pid) for pid in children.values())
