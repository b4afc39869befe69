"""Any process of the running country may be killed at any moment; nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from taysir.country import running
from taysir.country.layout import CountryLayout
from taysir.country.tour import Tour
from taysir.exchange.segments_reading import verify_segments

pytestmark = [pytest.mark.country, pytest.mark.slow]

BASE_PORT = 8900


def start(root: Path) -> CountryLayout:
    """Start a small country in the background, as a person would."""
    command = [sys.executable, "-m", "taysir.cli", "up", "--detach", "--json"]
    options = ["--data", str(root), "--port", str(BASE_PORT), "--population", "300"]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, timeout=90)
    return CountryLayout(root=root, base_port=BASE_PORT)


@pytest.fixture
def country(tmp_path: Path) -> Iterator[CountryLayout]:
    """Give a running country and stop it afterwards."""
    layout = start(tmp_path / "waha")
    yield layout
    running.stop(layout.root)


def failed_steps(layout: CountryLayout) -> list[tuple[str, object]]:
    """Take the whole tour and return the steps that did not hold."""
    walk = Tour(layout=layout, evidence=layout.root / "evidence.zip", on_step=lambda _step: None)
    walk.run()
    return [(step.name, step.proof) for step in walk.steps if not step.ok]


def wait_until_well(layout: CountryLayout) -> None:
    """Wait until every process answers again."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if running.describe(running.find(layout.root))["ok"]:
            return
        time.sleep(0.1)
    raise AssertionError(running.describe(running.find(layout.root)))


def test_killing_each_process_loses_nothing(country: CountryLayout) -> None:
    """After kill -9 of every process in turn the tour still holds and the journals are whole."""
    for name in ("node-trf", "node-state", "portal", "worker", "programme", "sample-state"):
        os.kill(running.find(country.root).processes[name], signal.SIGKILL)
        time.sleep(0.3)
    wait_until_well(country)

    assert [] == failed_steps(country)
    for node in ("trf", "civ", "state", "prg"):
        verify_segments(country.node(node) / "segments")


def test_a_killed_supervisor_can_be_started_again(country: CountryLayout) -> None:
    """After kill -9 of the supervisor `up` finds the ports free and every case still there."""
    assert [] == failed_steps(country)

    os.kill(running.find(country.root).supervisor_pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while running.is_running(country.root) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    again = start(country.root)

    assert [] == failed_steps(again)
