"""A new service is whole from the first minute: checked, tested, in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.check import check_pack
from taysir.engine.decision import Outcome
from taysir.engine.findings import Text
from taysir.engine.new_pack import new_pack_files
from taysir.engine.pack import build_pack, load_pack
from taysir.engine.scenarios import read_scenarios, run_scenario
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.testing.command import command

OWNER = MemberId.parse("OASIS/GOV/LIB")
TITLE: Text = {"ar": "بطاقة مكتبة", "en": "Library card"}


def run(*arguments: str) -> tuple[int, str]:
    result = command("service", *arguments)
    return result.exit_code, result.output


def test_a_new_service_has_no_finding_and_passes_its_tests() -> None:
    pack = build_pack(new_pack_files("library-card", owner=OWNER, title=TITLE))
    assert check_pack(pack, on=date(2026, 11, 24)) == ()
    results = [run_scenario(pack, scenario) for scenario in read_scenarios(pack.files)]
    assert [result.differences for result in results if not result.passed] == []
    outcomes = {result.decision.outcome for result in results}
    assert outcomes == {Outcome.GRANTED, Outcome.REFUSED, Outcome.WAITING}
    assert pack.service.id == "OASIS/GOV/LIB/library-card"
    assert pack.service.status == "prepared"
    assert str(pack.lookups[0].service).startswith("OASIS/")


@given(st.text(min_size=1, max_size=60))
def test_any_printable_title_is_kept_as_it_is_written(english: str) -> None:
    title: Text = {"ar": f"عنوان «{english}»", "en": english}
    if not english.strip() or not english.isprintable():
        with pytest.raises(Problem, match="ENG-1022"):
            new_pack_files("x-y-z", owner=OWNER, title=title)
    else:
        pack = build_pack(new_pack_files("x-y-z", owner=OWNER, title=title))
        assert pack.service.title == {"ar": title["ar"].strip(), "en": english.strip()}


@pytest.mark.parametrize("mark", ["__CODE__", "__TITLE_EN__", "__TITLE_AR__"])
def test_a_title_is_not_filled_itself(mark: str) -> None:
    title: Text = {"ar": f"عنوان {mark}", "en": mark}
    pack = build_pack(new_pack_files("x-y-z", owner=OWNER, title=title))
    assert pack.service.title == title


@pytest.mark.parametrize("code", ["", "a", "Library", "-card", "card-", "بطاقة", "a" * 65, "a/b"])
def test_a_code_that_cannot_be_one_is_refused(code: str) -> None:
    with pytest.raises(Problem, match="ENG-1021"):
        new_pack_files(code, owner=OWNER, title=TITLE)


@pytest.mark.parametrize("arabic", ["", "Library", "ا" * 121])
def test_a_title_needs_arabic_letters_and_fits_a_line(arabic: str) -> None:
    with pytest.raises(Problem, match="ENG-1022"):
        new_pack_files("library-card", owner=OWNER, title={"ar": arabic, "en": "Library card"})
    assert new_pack_files("library-card", owner=OWNER, title={"ar": "ا" * 120, "en": "x"})


def test_the_command_writes_a_pack_and_never_over_another(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    asked = ("new", "library-card", "--owner", "WAHA/GOV/LIB", "--into", str(folder))
    code, output = run(*asked, "--json")
    assert code == 0
    assert load_pack(folder).hash in output
    assert run("check", str(folder))[0] == 0
    assert run("test", str(folder))[0] == 0
    before = (folder / "service.yaml").read_bytes()
    code, output = run(*asked, "--json")
    assert code == 2
    assert "ENG-1023" in output
    assert (folder / "service.yaml").read_bytes() == before


@pytest.mark.parametrize(("code", "owner"), [("A B", "WAHA/GOV/LIB"), ("library-card", "LIB")])
def test_the_command_names_what_is_wrong(code: str, owner: str, tmp_path: Path) -> None:
    into = tmp_path / "card"
    assert run("new", code, "--owner", owner, "--into", str(into), "--json")[0] == 2
    assert not into.exists()
