"""The how-to of spreadsheets works as written: its table, and its commands in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from taysir.cli.dmn import register
from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.sheets import WORDS

PAGE = Path(__file__).parents[3] / "docs/howto/write-a-table-in-a-spreadsheet.md"
APP = typer.Typer()
register(APP)


def test_the_how_to_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    table = re.search(r"```csv\n(.*?)```", text, re.DOTALL)
    assert table is not None
    Path("fees.csv").write_text(table.group(1), "utf-8")
    commands = re.findall(r"^\./taysir (dmn convert .*)$", text, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        assert CliRunner().invoke(APP, command.split()).exit_code == 0, command
    made = load_dmn(Path("again.dmn").read_bytes(), file="again.dmn")
    for kind, weight, fee in (("car", 1, 4000), ("lorry", 3499, 6000), ("lorry", 3500, 9000)):
        vehicle = {"kind": kind, "weight": weight}
        assert made.decide("yearly_fee", {"vehicle": vehicle}).value == fee
    assert Path("again.dmn").read_bytes() == Path("fees.dmn").read_bytes()


def test_every_word_of_the_layout_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [word for word in WORDS if word not in text] == []
