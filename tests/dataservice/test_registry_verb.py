"""The verb ``taysir registry`` checks a mapping, describes it and serves it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from taysir.cli.registry import register
from tests.dataservice.registry import MAPPING, make_files

app = typer.Typer()
register(app)


@app.callback()
def root() -> None:
    """A command line with this verb only."""


def test_a_good_mapping_passes(tmp_path: Path) -> None:
    """Exit code 0 and an empty list of findings."""
    done = CliRunner().invoke(app, ["registry", "check", str(make_files(tmp_path)), "--json"])

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"ok": True, "findings": []}


@pytest.mark.parametrize(
    ("old", "new", "exit_code", "code"),
    [("column: MAKE", "column: MADE", 1, "DSV-0006"), ("table: V", "tabel: V", 2, "DSV-0004")],
)
def test_a_mistake_ends_with_its_code(
    tmp_path: Path, old: str, new: str, exit_code: int, code: str
) -> None:
    """1 for a mistake that the database shows, 2 for a file that cannot be read."""
    file = make_files(tmp_path, mapping=MAPPING.replace(old, new))
    done = CliRunner().invoke(app, ["registry", "check", str(file), "--json"])

    assert done.exit_code == exit_code
    assert code in [one["code"] for one in json.loads(done.stdout)["findings"]]


def test_a_mapping_is_described_without_its_database(tmp_path: Path) -> None:
    """The OpenAPI document needs the file only."""
    file = make_files(tmp_path)
    (tmp_path / "vehicles.sqlite").unlink()
    done = CliRunner().invoke(app, ["registry", "describe", str(file)])

    assert done.exit_code == 0
    assert "/vehicles/{plate}" in json.loads(done.stdout)["paths"]


def test_a_mapping_is_served_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """The command says where it listens, answers, and ends with 0 at SIGTERM."""
    command = [sys.executable, "-m", "taysir.cli", "registry", "serve", "--port", "0"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "300"}
    with subprocess.Popen(
        [*command, str(make_files(tmp_path))],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        host = line.partition("http://")[2].partition("/")[0]
        connection = HTTPConnection(host, timeout=5)
        connection.request("GET", "/vehicles/W1")
        assert json.load(connection.getresponse())["make"] == "Toyota"
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
