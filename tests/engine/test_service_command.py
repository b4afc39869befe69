"""``taysir service`` checks, tests and explains a pack, for people and for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from taysir.engine.pack import load_pack
from taysir.engine.scenarios import read_scenarios, scenario_facts
from taysir.testing.command import command

from .conftest import PACK_PATH


def run(*arguments: str) -> tuple[int, str]:
    result = command("service", *arguments)
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


def test_registries_beside_the_pack_and_the_register_are_asked(own: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    shutil.copytree(PACK_PATH, beside / "other")
    change(
        beside / "other/lookups.yaml",
        "      /additional_number: address.additional_number",
        "      /additional_number: address.additional_number\n      /way: renewal.delivery",
    )
    code, output = run("check", str(own), "--on", "2026-11-24", "--beside", str(beside))
    assert (code, "ENG-1303" in output) == (1, True)
    register = tmp_path / "articles.yaml"
    register.write_text('articles: {x-1: {title: {ar: أ, en: a}, from: "2020-01-01"}}', "utf-8")
    code, output = run("check", str(own), "--on", "2026-11-24", "--register", str(register))
    assert (code, "ENG-1330" in output) == (1, True)
    register.write_text("articles: [", "utf-8")
    assert run("check", str(own), "--register", str(register))[0] == 2


def test_a_new_version_is_compared_and_tried(own: Path, tmp_path: Path) -> None:
    change(own / "rules/fee.dmn", "<text>20000</text>", "<text>25000</text>")
    code, output = run("diff", "licence-renewal", str(own))
    assert code == 0
    assert "was 20000, now 25000" in output
    assert "Fee for the term: was 200 dinars, now 250 dinars" in output
    report = json.loads(run("diff", "licence-renewal", str(own), "--json", "-l", "ar")[1])
    assert report["changes"][0]["file"] == "rules/fee.dmn"
    assert report["outcomes"]
    assert "لا فرق" in run("diff", "licence-renewal", "licence-renewal", "-l", "ar")[1]


def test_stored_cases_are_replayed_in_one_process_or_several(own: Path, tmp_path: Path) -> None:
    change(own / "rules/fee.dmn", "<text>20000</text>", "<text>25000</text>")
    pack = load_pack(PACK_PATH)
    cases = tmp_path / "cases.jsonl"
    with cases.open("wb") as stream:
        for scenario in read_scenarios(pack.files):
            facts, _ = scenario_facts(pack, scenario)
            start = f'{{"on": "{scenario.on}", "facts": '.encode()
            stream.write(start + facts.to_json() + b"}\n")
    asked = ("replay", "licence-renewal", "--draft", str(own), "--cases", str(cases))
    code, output = run(*asked, "--json", "--processes", "1")
    one = json.loads(output)
    two = json.loads(run(*asked, "--json", "--processes", "2")[1])
    assert code == 0
    assert one["changed"] > 5
    assert {**one, "elapsed_s": 0} == {**two, "elapsed_s": 0}
    assert "Total fee: before" in run(*asked, "--processes", "1")[1]
    cases.write_bytes(b"{}\n")
    assert run(*asked, "--processes", "1")[0] == 1
    assert run(*asked[:-1], str(tmp_path / "nowhere"))[0] == 2


def test_the_register_of_articles_is_printed_with_what_rests_on_it(tmp_path: Path) -> None:
    shutil.copytree(PACK_PATH, tmp_path / "one")
    code, output = run("law", str(tmp_path))
    assert code == 0
    assert "traffic-14: Traffic Law, article 14" in output
    assert "rules/eligibility.dmn refusals 6" in output
    shutil.copytree(PACK_PATH, tmp_path / "two")
    change(tmp_path / "two/service.yaml", 'from: "2015-01-01"', 'from: "2016-01-01"')
    code, output = run("law", str(tmp_path), "--on", "2026-11-24", "--json")
    assert (code, len(json.loads(output)["contradictions"])) == (1, 1)


def test_a_stored_decision_is_told_without_a_pack(tmp_path: Path) -> None:
    case = ("explain", "licence-renewal", "--case", "unpaid fines refuse")
    stored = tmp_path / "decision.json"
    stored.write_text(run(*case, "--json")[1], "utf-8")
    alone = ("explain", "--decision", str(stored), "--audience", "auditor", "-l", "ar")
    assert run(*alone)[1] == run(*case, "--audience", "auditor", "-l", "ar")[1]
    assert json.loads(run(*alone, "--json")[1])["sections"]
    stored.write_text("{}", "utf-8")
    assert run(*alone)[0] == 2


def test_generated_cases_are_run_beside_the_packs_own(own: Path) -> None:
    report = json.loads(run("test", str(own), "--json")[1])
    assert report["generated"]["total"] >= 200
    assert report["generated"]["broken"] == []
    change(
        own / "rules/fee.dmn",
        "10000 * late_years",
        "if days_late = 62 then null else 10000 * late_years",
    )
    code, output = run("test", str(own))
    assert code == 1
    assert "generated: " in output


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
