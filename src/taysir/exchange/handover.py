"""Hands the listening sockets of a node from its old process to its new one: no call is missed.

The new process connects to a Unix socket in the node's folder and is given the listening sockets as
they are, with whoever waits in them. The old one stops taking connections, ends the calls it has,
writes its last evidence and leaves; then the new one takes the journal and what has waited. A
caller sees a connection that is made a moment later, never one that is refused. systemd's socket
activation gives the same sockets to the first process.

Source: sd_listen_fds(3) for LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from taysir.kernel import limits
from taysir.kernel.log import get_logger

log = get_logger(__name__)

HANDOVER: Final = "handover.sock"
_ASK: Final = b"give way\n"
_FIRST_FD: Final = 3

Listeners = dict[str, socket.socket]
"""Listening sockets by the name of their face."""


def take_over(folder: Path) -> Listeners:
    """Ask the process that runs this node to give way, and return its listening sockets.

    Returns none when no process runs it; the caller then listens by itself.
    """
    place = folder / HANDOVER
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(limits.HANDOVER_ASK_TIMEOUT_S)
        try:
            with _reachable(place) as path:
                asking.connect(path)
            asking.sendall(_ASK)
            names, fds, _flags, _address = socket.recv_fds(
                asking, limits.HANDOVER_BYTES, limits.HANDOVER_SOCKETS
            )
        except OSError as error:
            log.info("nobody_to_take_over_from", reason=type(error).__name__)
            return {}
    try:
        given = msgspec.json.decode(names, type=list[str])
    except msgspec.DecodeError:
        given = []
    if len(given) != len(fds):
        for fd in fds:
            os.close(fd)
        return {}
    log.info("listeners_taken_over", faces=len(given))
    return {name: socket.socket(fileno=fd) for name, fd in zip(given, fds, strict=True)}


def given_by_systemd(environment: Mapping[str, str] = os.environ) -> Listeners:
    """Return the listening sockets that systemd opened for this process, by their names."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    return {
        name: socket.socket(fileno=_FIRST_FD + number)
        for number, name in zip(range(count), names, strict=False)
    }


def fitting(listeners: Listeners, *, ports: Mapping[str, int]) -> Listeners:
    """Keep the sockets that listen at the ports of the settings, and close the others."""
    kept: Listeners = {}
    for name, listener in listeners.items():
        if listener.getsockname()[1] == ports.get(name):
            kept[name] = listener
        else:
            listener.close()
    return kept


class Handover:
    """The offer of a running process to give way; made with :func:`offer_handover`."""

    def __init__(self, place: Path, *, give_way: Callable[[], None]) -> None:
        self._place = place
        self._give_way = give_way
        self._listeners: dict[str, int] = {}
        self._server: asyncio.Server | None = None

    async def open(self, listeners: Mapping[str, int]) -> None:
        """Wait for a successor; ``listeners`` are the descriptors by face."""
        self._listeners = dict(listeners)
        self._place.unlink(missing_ok=True)
        with _reachable(self._place) as path:
            self._server = await asyncio.start_unix_server(self._answer, path)
        self._place.chmod(0o600)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(limits.HANDOVER_ASK_TIMEOUT_S):
                asked = await reader.readline()
            if asked == _ASK:
                await asyncio.to_thread(self._send, writer)
                log.info("gives_way")
                self._give_way()
        writer.close()

    def _send(self, writer: asyncio.StreamWriter) -> None:
        plain: socket.socket = writer.get_extra_info("socket")
        with socket.socket(fileno=os.dup(plain.fileno())) as answering:
            answering.setblocking(True)
            names = msgspec.json.encode(list(self._listeners))
            socket.send_fds(answering, [names], list(self._listeners.values()))

    def close(self) -> None:
        """Offer no more; the successor puts its own offer at the same place."""
        if self._server is not None:
            self._server.close()


async def offer_handover(
    folder: Path, listeners: Mapping[str, int], *, give_way: Callable[[], None]
) -> Handover:
    """Offer a node's listening sockets to its next process; ``give_way`` ends this one."""
    offer = Handover(folder / HANDOVER, give_way=give_way)
    await offer.open(listeners)
    return offer


@contextlib.contextmanager
def _reachable(place: Path) -> Iterator[str]:
    """Give a name of a Unix socket that is short enough, however deep its folder lies.

    Such names have 107 bytes at most; the folder's descriptor stands for the folder.
    """
    fd = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}/{place.name}"
    finally:
        os.close(fd)
