"""One sample country on this machine: run it, find it, describe it, stop it.

The command line and the tour call this module; the folder is made by ``folder`` before. It binds
the processes (``processes``) to the ``supervisor`` and notes in the folder what runs.
"""

from __future__ import annotations

import fcntl
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any

import orjson

from taysir.country import bootstrap, processes
from taysir.country.errors import CTY_ALREADY_RUNNING, CTY_NOT_RUNNING, CTY_PROCESS_FAILED
from taysir.country.folder import write_atomically
from taysir.country.layout import CountryLayout
from taysir.country.supervisor import Supervisor
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import configure_logging


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCountry:
    """A country that runs now."""

    layout: CountryLayout
    supervisor_pid: int
    processes: dict[str, int]
    started_at: str
    ready: bool


def data_folder(given: Path | None) -> Path:
    """Return the country's folder: the one given, or ``var/waha`` beside the launcher."""
    if given is not None:
        return given.resolve()
    return Path(os.environ.get("TAYSIR_ROOT", Path.cwd())) / "var" / "waha"


# --- running -------------------------------------------------------------------------------------


def run_in_foreground(layout: CountryLayout, *, on_ready: Callable[[RunningCountry], None]) -> None:
    """Run the country until SIGINT or SIGTERM; calls back once everything answers."""
    lock = take_lock(layout)
    # What a killed supervisor left behind speaks of processes that are gone.
    layout.state.unlink(missing_ok=True)
    stop = _StopSignal()
    configure_logging(process="supervisor")
    started_at = datetime.now(UTC).isoformat(timespec="seconds")

    def note(pids: dict[str, int], *, ready: bool = False) -> None:
        write_state(layout, pids=pids, started_at=started_at, ready=ready)

    supervisor = Supervisor(
        on_change=lambda pids: note(pids, ready=announced), private_files=(lock.fileno(),)
    )
    announced = False
    deadline = time.monotonic() + limits.PROCESS_READY_TIMEOUT_S
    processes.preload()
    try:
        supervisor.start(processes.specs(layout))
        while not stop.asked:
            supervisor.watch_once()
            if not announced:
                waiting = [
                    n for n, url in processes.health_urls(layout).items() if not answers(url)
                ]
                if not waiting:
                    announced = True
                    note(supervisor.pids(), ready=True)
                    on_ready(find(layout.root))
                elif time.monotonic() > deadline:
                    raise Problem(
                        CTY_PROCESS_FAILED,
                        process=waiting[0],
                        seconds=int(limits.PROCESS_READY_TIMEOUT_S),
                        log=str(layout.log(waiting[0])),
                    )
            time.sleep(0.1)
    finally:
        supervisor.stop()
        layout.state.unlink(missing_ok=True)
        lock.close()


def start_detached(layout: CountryLayout) -> RunningCountry:
    """Run the country in the background and return once everything answers."""
    refuse_if_running(layout.root)
    layout.state.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor = os.fork()
    if supervisor == 0:
        _run_detached(layout)
    began = time.monotonic()
    deadline = began + limits.PROCESS_READY_TIMEOUT_S + limits.PROCESS_STOP_TIMEOUT_S
    while time.monotonic() < deadline and os.waitpid(supervisor, os.WNOHANG) == (0, 0):
        if is_running(layout.root) and layout.state.exists():
            country = find(layout.root)
            if country.ready:
                return country
        time.sleep(0.05)
    raise Problem(
        CTY_PROCESS_FAILED,
        process="supervisor",
        seconds=math.ceil(time.monotonic() - began),
        log=str(layout.log("supervisor")),
    )


def _run_detached(layout: CountryLayout) -> None:
    """Leave the terminal and supervise; this never returns into the caller's stack."""
    os.setsid()
    log_file = layout.log("supervisor")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    target = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    code = 1
    try:
        run_in_foreground(layout, on_ready=lambda _country: None)
        code = 0
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
    finally:
        # Nobody is above this frame to show what is still in flight.
        if isinstance(fault := sys.exc_info()[1], Exception):
            traceback.print_exception(fault)
        sys.stderr.flush()
        os._exit(code)


class _StopSignal:
    """Remembers that SIGINT or SIGTERM asked this process to stop."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True


def stop(root: Path) -> bool:
    """Stop the country of a folder and wait for it; False if it did not run."""
    if not is_running(root):
        return False
    country = find(root)
    os.kill(country.supervisor_pid, signal.SIGTERM)
    deadline = time.monotonic() + 2 * limits.PROCESS_STOP_TIMEOUT_S
    while is_running(root) and time.monotonic() < deadline:
        time.sleep(0.05)
    if is_running(root):
        os.kill(country.supervisor_pid, signal.SIGKILL)
    return True


# --- finding -------------------------------------------------------------------------------------


def take_lock(layout: CountryLayout) -> IO[bytes]:
    """Hold the folder for this process; the kernel frees it however the process ends."""
    handle = layout.lock.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise _already_running(layout.root) from error
    return handle


def is_running(root: Path) -> bool:
    """Whether a supervisor holds the folder."""
    lock = CountryLayout(root=root).lock
    if not lock.exists():
        return False
    with lock.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def refuse_if_running(root: Path) -> None:
    """Raise CTY-0005 if the country of this folder runs."""
    if is_running(root):
        raise _already_running(root)


def _already_running(root: Path) -> Problem:
    state = _read_state(CountryLayout(root=root))
    return Problem(CTY_ALREADY_RUNNING, folder=str(root), pid=int(state.get("pid", 0)))


def find(root: Path) -> RunningCountry:
    """Return the country that runs from this folder; raises CTY-0006 if none does."""
    state = _read_state(CountryLayout(root=root))
    if not state or not is_running(root):
        raise Problem(CTY_NOT_RUNNING, folder=str(root))
    return RunningCountry(
        layout=CountryLayout(root=root, base_port=state["base_port"]),
        supervisor_pid=state["pid"],
        processes=state["processes"],
        started_at=state["started_at"],
        ready=state["ready"],
    )


def write_state(
    layout: CountryLayout, *, pids: dict[str, int], started_at: str, ready: bool
) -> None:
    """Note what runs, so that other commands find it."""
    state = {
        "pid": os.getpid(),
        "base_port": layout.base_port,
        "started_at": started_at,
        "ready": ready,
        "processes": pids,
    }
    write_atomically(layout.state, orjson.dumps(state))


def _read_state(layout: CountryLayout) -> dict[str, Any]:
    try:
        state = orjson.loads(layout.state.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return state if isinstance(state, dict) else {}


# --- describing ----------------------------------------------------------------------------------


def answers(url: str) -> bool:
    """Whether a health address answers 200 within a second."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = HTTPConnection(host, timeout=1.0)
    try:
        connection.request("GET", "/" + path)
        with connection.getresponse() as answer:
            return answer.status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def memory_mb(pid: int) -> float:
    """Return the proportional memory (PSS) of a process in MiB; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    kib = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return kib / 1024


def describe(country: RunningCountry) -> dict[str, Any]:
    """Return what runs, whether each process answers, and its memory.

    A process that ended and waits to be started again has no pid and is not ready.
    """
    urls = processes.health_urls(country.layout)
    pids: dict[str, int | None] = {"supervisor": country.supervisor_pid}
    for spec in processes.specs(country.layout):
        pids[spec.name] = country.processes.get(spec.name)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "pid": pid,
            "ready": pid is not None and (name not in urls or answers(urls[name])),
            "memory_mb": round(memory_mb(pid), 1) if pid is not None else 0.0,
        }
        for name, pid in pids.items()
    ]
    return {
        "ok": country.ready and all(row["ready"] for row in rows),
        "started_at": country.started_at,
        "memory_mb": round(sum(row["memory_mb"] for row in rows), 1),
        "processes": rows,
        **addresses(country),
    }


def addresses(country: RunningCountry) -> dict[str, Any]:
    """Return what a person opens and as whom they may sign in."""
    layout = country.layout
    return {
        "portal": layout.url(layout.portal_port) + "/",
        "programme": layout.url(layout.programme_port) + "/",
        "personas": bootstrap.featured_personas(),
        "password": bootstrap.PERSONA_PASSWORD,
        "folder": str(layout.root),
    }
