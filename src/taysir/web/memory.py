"""Keeps the memory of a process small by telling the C library how to hand it out.

By itself glibc gives every thread an arena of its own, and keeps for later what a large block once
took: after one sealed document a process with eight threads holds 20 MB that nobody uses. One arena
is enough where one thread runs at a time, and blocks above a fixed size go back to the system when
they are freed. Where the C library is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
from typing import Final

from taysir.kernel import limits

# The names of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def keep_memory_small() -> bool:
    """Set the bounds, before the first thread is started; tell whether the C library took them."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    bounds = {
        _M_ARENA_MAX: limits.MALLOC_ARENAS,
        _M_MMAP_THRESHOLD: limits.MALLOC_LARGE_BYTES,
        _M_TRIM_THRESHOLD: limits.MALLOC_LARGE_BYTES,
    }
    taken = [mallopt(name, value) == 1 for name, value in bounds.items()]
    return all(taken)
