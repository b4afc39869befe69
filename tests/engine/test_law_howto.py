"""The how-to on changing the law works as written, command by command."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from taysir.cli.service import register
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import read_scenarios, scenario_facts

from .conftest import PACK_PATH

PAGE = Path(__file__).parents[2] / "docs/howto/change-the-law.md"
APP = typer.Typer()
register(APP)


def write_cases(path: Path) -> None:
    pack = load_pack(PACK_PATH)
    with path.open("wb") as stream:
        for scenario in read_scenarios(pack.files):
            facts, _ = scenario_facts(pack, scenario)
            stream.write(f'{{"on": "{scenario.on}", "facts": '.encode() + facts.to_json() + b"}\n")


def test_the_how_to_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    shutil.copytree(PACK_PATH, "draft")
    rows = re.search(r"```xml\n(.*?)```", text, re.DOTALL)
    assert rows is not None
    fee = Path("draft/rules/fee.dmn")
    written, changed = re.subn(
        r'<rule id="term_fee_2">.*?</rule>', rows.group(1), fee.read_text("utf-8"), flags=re.DOTALL
    )
    assert changed == 1
    fee.write_text(written, "utf-8")
    write_cases(Path("cases.jsonl"))
    told = {}
    commands = re.findall(r"^ +\./taysir (service .*)$", text, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        processes = ["--processes", "1"] if " replay " in command else []
        result = CliRunner().invoke(APP, [*command.split(), *processes])
        assert result.exit_code == 0, result.output
        told[command] = result.output
    assert "nothing to mend" in told[commands[0]]
    assert "row 3, new: result 25000" in told[commands[2]]
    assert "law on: was 2015-01-01/…, now 2015-01-01/2026-12-31" in told[commands[2]]
    assert re.search(r"Total fee: .* more for [1-9]", told[commands[4]])
