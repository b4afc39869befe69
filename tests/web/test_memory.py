"""The C library hands out the memory of a page-serving process from one heap."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from taysir.kernel import limits

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")

THREADS_THAT_ALLOCATE = """
import ctypes, sys, threading
from taysir.web.memory import keep_memory_small
if "small" in sys.argv:
    assert keep_memory_small()
together = threading.Barrier(8)
def work():
    held = [bytes(5000) for _ in range(100)]
    together.wait()
    return held
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def heaps(*arguments: str) -> int:
    """Return how many heaps glibc made for eight threads that allocate at the same time."""
    done = subprocess.run(
        [sys.executable, "-c", THREADS_THAT_ALLOCATE, *arguments],
        capture_output=True,
        check=True,
        text=True,
        env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path)},
    )
    return sum(line.startswith("Arena ") for line in done.stderr.splitlines())


def test_threads_share_one_heap() -> None:
    """By itself the C library would make several."""
    assert heaps("small") == limits.MALLOC_ARENAS
    assert heaps() > limits.MALLOC_ARENAS
