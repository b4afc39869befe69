"""One process at a time writes a node's journal: a lock on a file that ends with its process.

A new process of the node waits for the old one to finish, so that a restart may overlap.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from taysir.exchange.store_errors import EXC_STORE_IN_USE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

LOCK: Final = "journal.lock"
"""Held by whoever writes the journal."""
PACK_LOCK: Final = "pack.lock"
"""Held by whoever packs segments, or must not have them packed meanwhile."""
PACK_WISH: Final = "pack.wish"
"""Held by whoever wants the packing to stop; it gives way at its next step."""
_PAUSE_S: Final = 0.02


class JournalLock:
    """The right to write below a node's folder, from its making to :meth:`release`."""

    def __init__(self, folder: Path, *, wait_s: float, name: str = LOCK) -> None:
        """Wait for the right so long; raises EXC-0802."""
        folder.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + wait_s
        while not self._taken():
            if time.monotonic() >= until:
                os.close(self._fd)
                raise Problem(EXC_STORE_IN_USE, place=str(folder))
            time.sleep(_PAUSE_S)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let the next process write."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        """Hold the right for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release it."""
        self.release()


@contextmanager
def packing_stopped(folder: Path) -> Iterator[None]:
    """Have nobody pack a folder's segments for a block; raises EXC-0802 when it does not stop."""
    wait_s = limits.JOURNAL_LOCK_WAIT_S
    with (
        JournalLock(folder, wait_s=wait_s, name=PACK_WISH),
        JournalLock(folder, wait_s=wait_s, name=PACK_LOCK),
    ):
        yield


def is_free(folder: Path, *, name: str) -> bool:
    """Whether nobody holds a lock now."""
    try:
        JournalLock(folder, wait_s=0, name=name).release()
    except Problem:
        return False
    return True
