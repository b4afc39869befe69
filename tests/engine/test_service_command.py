"""``taysir service`` checks, tests and explains a pack, for people and for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from taysir.cli.service import register
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import read_scenarios, scenario_facts

from .conftest import PACK_PATH

APP = typer.Typer()
register(APP)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APP, ["service", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the pack to break."""
    return Path(shutil.copytree(PACK_PATH, tmp_path / "pack"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_sample_pack_checks_and_passes_by_its_name() -> None:
    assert run("check", "licence-renewal", "--on", "2026-11-24")[0] == 0
    code, output = run("test", "licence-renewal", "--json")
    report = json.loads(output)
    assert code == 0
    assert report["passed"] == report["total"] >= 40


def test_a_finding_is_printed_with_place_and_remedy(own: Path) -> None:
    change(own / "flow.yaml", "    deadline: {after: PT1H, action: refer}\n", "")
    code, output = run("check", str(own), "--language", "ar")
    assert code == 1
    assert "flow.yaml:" in output
    assert "بلا مهلة" in output
    findings = json.loads(run("check", str(own), "--json")[1])["findings"]
    assert [item["code"] for item in findings] == ["ENG-1306"]


def test_an_unreadable_pack_ends_with_two(own: Path) -> None:
    (own / "pages.yaml").write_text("pages: [", "utf-8")
    for verb in ("check", "test", "explain"):
        code, output = run(verb, str(own))
        assert code == 2
        assert "pages.yaml:" in output
    assert run("check", str(own / "nowhere"))[0] == 2


def test_a_failing_case_shows_expected_and_found(own: Path) -> None:
    change(own / "rules/fee.dmn", "<text>20000</text>", "<text>21000</text>")
    code, output = run("test", str(own))
    assert code == 1
    assert "values.renewal.fee_minor: expected 20000, found 21000" in output


def test_a_case_is_explained_to_its_reader() -> None:
    asked = ("explain", "licence-renewal", "--case", "unpaid fines refuse")
    code, output = run(*asked, "--audience", "citizen", "-l", "ar")
    assert code == 0
    assert "المادة 14" in output
    assert json.loads(run(*asked, "--json")[1])["outcome"] == "refused"
    assert run("explain", "licence-renewal", "--case", "nothing like it")[0] == 2
    assert run("explain", "licence-renewal", "-l", "fr")[0] == 2


def test_a_stored_case_is_decided_by_the_law_of_a_day(tmp_path: Path) -> None:
    pack = load_pack(PACK_PATH)
    facts, _ = scenario_facts(pack, read_scenarios(pack.files)[0])
    stored = tmp_path / "facts.json"
    stored.write_bytes(facts.to_json())
    asked = ("explain", "licence-renewal", "--facts", str(stored), "--on")
    assert "Granted" in run(*asked, "2026-11-24")[1]
    assert "Refused" in run(*asked, "2026-01-01")[1]
    assert run(*asked, "2014-01-01")[0] == 2
