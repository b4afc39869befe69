"""The guide for a new agency, run as it is written: nine commands to the first signed call."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from taysir.country.layout import HOST
from tests.journeys.country import POPULATION, free_base_port

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/tutorials/connect-an-agency.md"
COMMAND_TIMEOUT_S = 180

pytestmark = [pytest.mark.country, pytest.mark.slow]


def commands() -> list[str]:
    """The commands of the guide in their order."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def run(command: list[str], *, folder: Path) -> str:
    """Run one command in a folder of its own and return what it prints."""
    environment = {**os.environ, "LANG": "C", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_arabic_page_names_the_same_commands() -> None:
    """Both languages lead the same way."""
    arabic = GUIDE.with_suffix(".ar.md").read_text("utf-8")

    assert [] == [command for command in commands() if f"`{command}`" not in arabic]


class Follower:
    """Does what the guide says, in another folder and at other ports than a person would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = free_base_port()
        self.own = self.base + 100
        self.request = self.agreement = ""

    def words(self, command: str) -> list[str]:
        """Return a command of the guide with this run's values in it."""
        text = command.replace("REQUEST", self.request).replace("HASH", self.agreement)
        for port in (8010, 8031):
            text = text.replace(f":{port}", f":{self.base + port - 8000}")
        text = text.replace("8200", str(self.own))
        words = shlex.split(text.replace("var/waha", str(self.folder / "waha")))
        if words[0] == "./taysir":
            words = [sys.executable, "-m", "taysir.cli", *words[1:]]
        if words[3:4] == ["up"]:
            words += ["--data", str(self.folder / "waha"), "--port", str(self.base)]
            words += ["--population", str(POPULATION)]
        return words

    def follow(self, command: str) -> str:
        """Run one command and remember the numbers that it prints."""
        printed = run(self.words(command), folder=self.folder)
        found = re.search(r"Request ([0-9a-f]{16})", printed)
        self.request = found.group(1) if found else self.request
        found = re.match(r"([0-9a-f]{12})  proposed", printed)
        self.agreement = found.group(1) if found else self.agreement
        return printed

    def wait_for_third_parties(self) -> None:
        """Wait until the evidence lies under a witnessed, time-stamped checkpoint."""
        until = time.monotonic() + COMMAND_TIMEOUT_S
        log: dict[str, int] = {}
        while time.monotonic() < until:
            with urlopen(f"http://{HOST}:{self.own + 1}/ready") as answer:
                log = json.load(answer)["log"]
            if log["stamped"] >= 1 and log["witnesses"] >= 2:
                return
            time.sleep(0.2)
        raise AssertionError(log)

    def stop(self) -> None:
        """End what was started."""
        for words in (("node", "stop", "my-agency"), ("down", "--data", str(self.folder / "waha"))):
            subprocess.run(
                [sys.executable, "-m", "taysir.cli", *words],
                cwd=self.folder,
                capture_output=True,
                timeout=COMMAND_TIMEOUT_S,
                check=False,
            )


def test_a_new_agency_reaches_its_first_signed_call_by_the_guide(tmp_path: Path) -> None:
    """At most ten commands to the call, well within ten minutes; the answer is what was agreed."""
    guide = commands()
    calls = [number for number, command in enumerate(guide, start=1) if command.startswith("curl")]
    assert (calls[0], len(calls)) == (9, 1)
    assert calls[0] <= 10
    follower = Follower(tmp_path)
    started, printed = time.monotonic(), ""
    try:
        for command in guide:
            printed = follower.follow(command)
            if command.startswith("curl"):
                assert sorted(json.loads(printed)) == ["birth_date", "name_ar"]
                assert time.monotonic() - started < 600
                follower.wait_for_third_parties()
    finally:
        follower.stop()
    assert "first-call" in printed
    assert "Time to connect" in printed
    assert HOST in guide[1]
