"""Nodes may be killed at any moment under load: what was answered is proven, on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.kills import Tally, run_kills

pytestmark = pytest.mark.slow


def test_kill_9_under_load_loses_no_answered_exchange_and_forks_nothing(tmp_path: Path) -> None:
    """A short run of ``python -m tests.fault.kills``."""
    tally = Tally()
    run_kills(10, folder=tmp_path, seed=7, tally=tally)
    assert tally.faults == []
    assert tally.kills == 10
    assert tally.answered > 0
    assert tally.checkpoints > 2


def test_kill_9_of_workers_and_of_their_writer_loses_nothing_either(tmp_path: Path) -> None:
    """The same with two worker processes a node, of which one is killed every other time."""
    tally = Tally()
    run_kills(6, folder=tmp_path, seed=11, tally=tally, workers=2)
    assert tally.faults == []
    assert tally.kills == 6
    assert 0 < tally.workers < 6
    assert tally.answered > 0
