"""Starts the processes of the sample country, keeps them running and stops them together.

The supervisor loads the code once and forks: the children share its memory, which makes the
country small and its start quick. A child that dies is started again, with a growing pause. The
children die with the supervisor, even when that is killed, so a new ``up`` always finds the ports
free. It knows nothing of what the children do.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from taysir.kernel import limits
from taysir.kernel.log import configure_logging, get_logger

log = get_logger(__name__)

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process: its name, what it runs until SIGTERM, and where its log goes."""

    name: str
    run: Callable[[], None]
    log_file: Path


@dataclass(slots=True)
class _Child:
    spec: ProcessSpec
    pid: int
    started_at: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Runs a list of processes in the order given."""

    on_change: Callable[[dict[str, int]], None]
    private_files: tuple[int, ...] = ()
    """Descriptors that no child may keep, such as the lock of the folder."""
    _children: dict[str, _Child] = field(default_factory=dict)
    _stopping: bool = False

    def start(self, specs: list[ProcessSpec]) -> None:
        """Start every process; returns as soon as all are forked."""
        gc.collect()
        gc.freeze()
        for spec in specs:
            self._children[spec.name] = _Child(spec, self._fork(spec), time.monotonic())
        self.on_change(self.pids())

    def pids(self) -> dict[str, int]:
        """The live processes by name."""
        return {name: c.pid for name, c in self._children.items() if c.restart_at is None}

    def watch_once(self) -> None:
        """Reap what died and start again what is due; call it a few times a second."""
        changed = False
        for child in self._children.values():
            if child.restart_at is None:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid and not self._stopping:
                    self._schedule(child, os.waitstatus_to_exitcode(status))
                    changed = True
            elif time.monotonic() >= child.restart_at:
                child.pid, child.started_at = self._fork(child.spec), time.monotonic()
                child.restart_at = None
                changed = True
        if changed:
            self.on_change(self.pids())

    def stop(self) -> None:
        """Ask every process to stop, last started first; kill what does not in time."""
        self._stopping = True
        alive = [c for c in reversed(self._children.values()) if c.restart_at is None]
        for child in alive:
            _signal(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + limits.PROCESS_STOP_TIMEOUT_S
        while alive and time.monotonic() < deadline:
            alive = [c for c in alive if not _reaped(c.pid)]
            time.sleep(0.02)
        for child in alive:
            log.warning("process_killed", process_name=child.spec.name)
            _signal(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)

    def _fork(self, spec: ProcessSpec) -> int:
        return _fork(spec, private_files=self.private_files)

    def _schedule(self, child: _Child, exit_code: int) -> None:
        long_lived = time.monotonic() - child.started_at > limits.PROCESS_SETTLED_S
        child.failures = 1 if long_lived else child.failures + 1
        pause_s = min(0.2 * 2 ** (child.failures - 1), limits.PROCESS_RESTART_PAUSE_MAX_S)
        child.restart_at = time.monotonic() + pause_s
        log.warning(
            "process_ended", process_name=child.spec.name, exit_code=exit_code, pause_s=pause_s
        )


def _fork(spec: ProcessSpec, *, private_files: tuple[int, ...]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become_child(spec, parent)
        for descriptor in private_files:
            os.close(descriptor)
        spec.run()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - a child must never return into the supervisor's stack
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become_child(spec: ProcessSpec, parent: int) -> None:
    """Die with the parent, take default signals, and write to a log of one's own."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    # Ctrl-C in a terminal goes to the whole group; the supervisor alone decides who stops when.
    os.setpgid(0, 0)
    spec.log_file.parent.mkdir(parents=True, exist_ok=True)
    if spec.log_file.exists() and spec.log_file.stat().st_size > limits.PROCESS_LOG_BYTES:
        spec.log_file.replace(spec.log_file.with_suffix(".old.log"))
    target = os.open(spec.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    configure_logging(process=spec.name)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        log.info("process_already_gone", pid=pid)


def _reaped(pid: int) -> bool:
    done, _status = os.waitpid(pid, os.WNOHANG)
    return done != 0
