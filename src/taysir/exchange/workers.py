"""Starts the worker processes of a node, tells them what changes, and starts dead ones again.

Each worker is a fresh process with two pairs of sockets that only it and this process hold: over
one it asks (``writer``), over the other it is told: that agreements or the federation document have
changed, that keys are new, that it is to end. A worker takes calls once it has heard the first
word. One that does not answer a word in time is killed, so that none goes on with what was revoked.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from taysir.exchange.frames import Message
from taysir.exchange.handover import Listeners
from taysir.exchange.http import Handler, Request, Response
from taysir.exchange.link import Link, LinkBroken, LinkPeer, LinkService
from taysir.exchange.model import Directory
from taysir.exchange.settings import NodeSettings
from taysir.exchange.worker_asks import BOUNDS, DRAIN, KEYS, LOOK, encode
from taysir.exchange.writer import Desk, Writer
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker is told on its command line: its number, its parent, and its descriptors."""

    number: int
    parent: int
    asks: int
    told: int
    listeners: dict[str, int]


@dataclass(slots=True, kw_only=True)
class _Worker:
    """A running worker. It is ready when it has heard the first word."""

    process: Process
    desk: Desk
    asks: LinkService
    told: Link
    ready: bool = False

    def close(self) -> None:
        """Release what a worker that has ended leaves behind."""
        self.asks.close()
        self.told.close()
        self.desk.close()


@dataclass(slots=True, kw_only=True)
class Workers:
    """The workers of one node; made in its event loop."""

    settings: NodeSettings
    listeners: Listeners
    directory: Callable[[], Directory]
    restarts: int = 0
    _running: dict[int, _Worker] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _known: Directory | None = None
    _ending: bool = False

    def start(self, writer: Writer) -> None:
        """Start them all and keep them running; returns at once, callers wait in the sockets."""
        for number in range(self.settings.workers):
            self._tasks.add(asyncio.create_task(self._keep_running(number, writer)))
        self._tasks.add(asyncio.create_task(self._look()))

    @property
    def alive(self) -> int:
        """How many take calls now."""
        return sum(worker.ready for worker in self._running.values())

    def metrics(self) -> list[str]:
        """Return what this shows to Prometheus, in its text form."""
        rows = (
            ("taysir_workers", "gauge", "Worker processes that take calls.", self.alive),
            ("taysir_worker_restarts_total", "counter", "Workers started again.", self.restarts),
        )
        lines = []
        for name, kind, text, value in rows:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return lines

    # --- running ---

    async def _keep_running(self, number: int, writer: Writer) -> None:
        """Run one worker after another in one place, with growing pauses."""
        now, pause_s = asyncio.get_running_loop().time, limits.WORKER_PAUSE_S
        while True:
            began = now()
            try:
                code = await self._run(number, writer)
            except OSError as error:
                log.error("worker_not_started", number=number, reason=error.strerror)
            else:
                if self._ending:
                    return
                log.error("worker_ended", number=number, code=code)
            self.restarts += 1
            if now() - began > limits.WORKER_SETTLED_S:
                pause_s = limits.WORKER_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, limits.WORKER_PAUSE_MOST_S)

    async def _run(self, number: int, writer: Writer) -> int:
        """Run one worker to its end and return its exit code."""
        worker = await self._start(number, writer)
        self._running[number] = worker
        first = asyncio.create_task(self._tell_first(worker))
        try:
            return await worker.process.wait()
        finally:
            first.cancel()
            del self._running[number]
            worker.close()

    async def _start(self, number: int, writer: Writer) -> _Worker:
        loop = asyncio.get_running_loop()
        ours, theirs = zip(socket.socketpair(), socket.socketpair(), strict=True)
        asks, told = (end.fileno() for end in theirs)
        listeners = {name: listener.fileno() for name, listener in self.listeners.items()}
        start = Start(number=number, parent=os.getpid(), asks=asks, told=told, listeners=listeners)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "taysir.exchange.worker"),
                *(msgspec.json.encode(start).decode(), self.settings.name),
                stdin=PIPE,
                pass_fds=(asks, told, *listeners.values()),
            )
        except OSError:
            for end in ours:
                end.close()
            raise
        finally:
            for end in theirs:
                end.close()
        if process.stdin is not None:
            # Over a pipe, because a worker has the settings that this process has, not those that
            # may stand in the file by now.
            process.stdin.write(msgspec.json.encode(self.settings))
            process.stdin.close()
        desk = writer.desk()
        peer = LinkPeer(b"", f"worker-{number}")
        service = LinkService(desk.answer, loop=loop, identify=lambda _: peer, bounds=BOUNDS)
        await loop.create_unix_connection(service.protocol, sock=ours[0])
        _, link = await loop.create_unix_connection(lambda: Link(loop=loop), sock=ours[1])
        return _Worker(process=process, desk=desk, asks=service, told=link)

    # --- telling ---

    async def _tell_first(self, worker: _Worker) -> None:
        """Let a new worker take calls, once it has read everything as it is now."""
        told = _say(worker, LOOK)
        await asyncio.wait((told,), timeout=limits.WORKER_START_S)
        worker.ready = _has_heard(told)
        if worker.ready:
            log.info("worker_ready", pid=worker.process.pid)
        else:
            _kill(worker)

    async def _look(self) -> None:
        """Tell of federation documents that came by themselves, until cancelled."""
        while True:
            pause_s = limits.WORKER_LOOK_S
            try:
                await self.tell_changes()
            except Problem:
                pause_s = limits.KEY_LOOK_S  # no document yet: whoever fetches it says so
            await asyncio.sleep(pause_s)

    async def tell_changes(self) -> None:
        """Have every worker take a directory that they do not know yet, and wait until they have.

        Raises:
            Problem: EXC-0502 while there is no federation document.
        """
        if self.directory() is self._known:
            return
        async with self._telling:
            directory = self.directory()
            if directory is not self._known:
                await self._tell_all(LOOK)
                self._known = directory

    def telling(self, handler: Handler) -> Handler:
        """Return a handler whose answers leave only when every worker knows what they changed."""

        async def answer(request: Request) -> Response:
            response = await handler(request)
            if request.method not in ("GET", "HEAD"):
                with contextlib.suppress(Problem):
                    await self.tell_changes()
            return response

        return answer

    def take_keys(self, settings: NodeSettings) -> None:
        """Have every worker read its keys by these settings, in the background."""
        self.settings = settings
        telling = asyncio.create_task(self._tell_all(KEYS, body=encode(settings)))
        self._tasks.add(telling)
        telling.add_done_callback(self._tasks.discard)

    async def _tell_all(self, word: bytes, *, body: bytes = b"") -> None:
        """Tell every worker and wait until they have done it; one that does not is killed.

        One that is only starting is not waited for: it takes no calls before it has heard all that
        it was told.
        """
        running = list(self._running.values())
        told = [(worker, _say(worker, word, body=body)) for worker in running]
        waited = [(worker, answer) for worker, answer in told if worker.ready]
        if waited:
            answers = [answer for _, answer in waited]
            await asyncio.wait(answers, timeout=limits.WORKER_TELL_S)
        for worker, answer in waited:
            if not _has_heard(answer):
                _kill(worker)

    # --- ending ---

    async def stop(self, *, grace_s: float) -> None:
        """Let every worker end its calls and wait for it; one that does not end is killed."""
        self._ending = True
        running = list(self._running.values())
        _ = [_say(worker, DRAIN, body=encode(grace_s)) for worker in running]
        ends = [asyncio.ensure_future(worker.process.wait()) for worker in running]
        if ends:
            _, late = await asyncio.wait(ends, timeout=grace_s + 2 * limits.CALL_TIMEOUT_S)
            for worker in running:
                if late and worker.process.returncode is None:
                    _kill(worker)
            await asyncio.wait(ends)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self.listeners.values():
            listener.close()


def _say(worker: _Worker, word: bytes, *, body: bytes = b"") -> asyncio.Future[Message]:
    """Send a word; the future ends when the worker has done it or has gone."""
    if worker.told.open:
        told = worker.told.call(word, body_type=b"", headers=(), body=body)
    else:
        told = asyncio.get_running_loop().create_future()
        told.set_exception(LinkBroken("the worker has ended"))
    told.add_done_callback(_has_heard)
    return told


def _has_heard(told: asyncio.Future[Message]) -> bool:
    return told.done() and not told.cancelled() and told.exception() is None


def _kill(worker: _Worker) -> None:
    log.error("worker_does_not_answer", pid=worker.process.pid)
    with contextlib.suppress(ProcessLookupError):
        worker.process.kill()
