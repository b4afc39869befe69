"""Any process of the running country may be killed at any moment; nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taysir.country import running
from taysir.country.layout import CountryLayout
from taysir.country.tour import Tour
from taysir.exchange.segments_reading import verify_segments
from tests.journeys.country import free_base_port, ports_are_free

pytestmark = [pytest.mark.country, pytest.mark.slow]

PATIENCE_S = 90.0


def start(root: Path, *, base: int) -> CountryLayout:
    """Start a small country in the background, as a person would."""
    command = [sys.executable, "-m", "taysir.cli", "up", "--detach", "--json"]
    options = ["--data", str(root), "--port", str(base), "--population", "300"]
    subprocess.run(
        [*command, *options], check=True, stdout=subprocess.DEVNULL, timeout=2 * PATIENCE_S
    )
    return CountryLayout(root=root, base_port=base)


@pytest.fixture
def country(tmp_path: Path) -> Iterator[CountryLayout]:
    """Give a running country and stop it afterwards."""
    layout = start(tmp_path / "waha", base=free_base_port())
    yield layout
    running.stop(layout.root)


def failed_steps(layout: CountryLayout) -> list[tuple[str, object]]:
    """Take the whole tour and return the steps that did not hold."""
    walk = Tour(layout=layout, evidence=layout.root / "evidence.zip", on_step=lambda _step: None)
    walk.run()
    return [(step.name, step.proof) for step in walk.steps if not step.ok]


def wait_until(holds: Callable[[], bool], *, what: object) -> None:
    """Look again and again until something holds; fails with what it was."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def kill(layout: CountryLayout, name: str) -> None:
    """Kill a process and wait until the supervisor has started another in its place."""
    killed = running.find(layout.root).processes[name]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: running.find(layout.root).processes.get(name, killed) != killed, what=name)


def test_killing_each_process_loses_nothing(country: CountryLayout) -> None:
    """After kill -9 of every process in turn the tour still holds and the journals are whole."""
    for name in ("node-trf", "node-state", "portal", "worker", "programme", "sample-state"):
        kill(country, name)
    wait_until(
        lambda: bool(running.describe(running.find(country.root))["ok"]), what="every process"
    )

    assert [] == failed_steps(country)
    for node in ("trf", "civ", "state", "prg"):
        verify_segments(country.node(node) / "segments")


def test_a_killed_supervisor_can_be_started_again(country: CountryLayout) -> None:
    """After kill -9 of the supervisor `up` finds the ports free and every case still there."""
    assert [] == failed_steps(country)

    os.kill(running.find(country.root).supervisor_pid, signal.SIGKILL)
    # Its processes end when they notice.
    wait_until(lambda: ports_are_free(country.base_port), what="ports of the killed country")
    again = start(country.root, base=country.base_port)

    assert [] == failed_steps(again)
