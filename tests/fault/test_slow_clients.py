"""The public tool of slow attacks, slowhttptest, leaves a node available to everyone else."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from taysir.exchange.client import ExchangeClient, Outcome
from taysir.testing.nodes import PERSONS, PORTAL, PURPOSE, TwoNodes, two_nodes

CONNECTIONS = 300
SECONDS = 6

pytestmark = pytest.mark.slow


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    """Two nodes with the bounds that every installation begins with."""
    with two_nodes(tmp_path) as own:
        yield own


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(("-H", "-i", "1"), id="slow-headers"),
        pytest.param(("-B", "-i", "1", "-s", "8192"), id="slow-bodies"),
        pytest.param(("-X", "-k", "3", "-n", "1", "-w", "512", "-y", "1024"), id="slow-readers"),
    ],
)
def test_everyone_else_is_served_during_the_attack(nodes: TwoNodes, mode: tuple[str, ...]) -> None:
    tool = shutil.which("slowhttptest")
    if tool is None:
        pytest.skip("slowhttptest is not installed: apt install slowhttptest")
    target = f"{nodes.face_url}/r1/{PERSONS}/persons/7"
    load = ["-c", str(CONNECTIONS), "-r", "200", "-l", str(SECONDS), "-u", target]
    attack = subprocess.Popen(
        [tool, *mode, *load], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        outcomes, most = [], 0
        client = ExchangeClient(face_url=nodes.face_url, admin_url=nodes.admin_url, client=PORTAL)
        with client:
            while attack.poll() is None:
                answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
                outcomes.append(answer.outcome)
                most = max(most, nodes.asking.faces[1].connections)
                time.sleep(0.05)
    finally:
        attack.kill()
        attack.wait(10)
    assert most > 50, "the attack did not take place"
    assert len(outcomes) > 10
    assert set(outcomes) == {Outcome.ANSWERED}
