"""One process at a time writes a node's folder; the next one waits for it, and not for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from taysir.exchange.journal_lock import JournalLock
from taysir.kernel.errors import Problem

HOLDER = """
import sys, time
from pathlib import Path
from taysir.exchange.journal_lock import JournalLock
lock = JournalLock(Path(sys.argv[1]), wait_s=0)
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_writer_is_refused_and_told_where(tmp_path: Path) -> None:
    with JournalLock(tmp_path, wait_s=0):
        with pytest.raises(Problem) as refused:
            JournalLock(tmp_path, wait_s=0.05)
        assert refused.value.code == "EXC-0802"
        assert refused.value.params["place"] == str(tmp_path)
    JournalLock(tmp_path, wait_s=0).release()


def test_a_starting_node_waits_for_the_one_before_it(tmp_path: Path) -> None:
    first = JournalLock(tmp_path, wait_s=0)
    threading.Timer(0.1, first.release).start()
    JournalLock(tmp_path, wait_s=20).release()


def test_locks_of_different_names_do_not_meet(tmp_path: Path) -> None:
    with JournalLock(tmp_path, wait_s=0), JournalLock(tmp_path, wait_s=0, name="pack.lock"):
        pass


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Problem):
            JournalLock(tmp_path, wait_s=0)
        holder.kill()
        holder.wait()
    JournalLock(tmp_path, wait_s=5).release()
