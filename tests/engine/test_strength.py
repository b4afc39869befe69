"""A rule that no test of the pack would notice changing is named with its place."""

from __future__ import annotations

import json
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase

from taysir.engine.definition import Pack
from taysir.engine.findings import Place
from taysir.engine.new_pack import new_pack_files
from taysir.engine.pack import build_pack
from taysir.engine.scenarios import read_scenarios
from taysir.engine.strength import Change, changes, is_noticed
from taysir.kernel.identifiers import MemberId
from taysir.kernel.limits import STRENGTH_CHANGES
from taysir.testing.command import command

FILES = new_pack_files(
    "library-card",
    owner=MemberId.parse("WAHA/GOV/LIB"),
    title={"ar": "بطاقة مكتبة", "en": "Library card"},
)
RULES = "rules/decision.dmn"


def pack_with(**files: bytes) -> Pack:
    """The skeleton with some files replaced."""
    names = {"tests": "tests/decision.yaml", "rules": RULES, "law": "law.yaml"}
    return build_pack({**FILES, **{names[key]: data for key, data in files.items()}})


def unnoticed(pack: Pack) -> list[tuple[str, str]]:
    scenarios = read_scenarios(pack.files)
    return [
        (change.was, change.becomes)
        for change in changes(pack)
        if is_noticed(pack, change, scenarios) is False
    ]


def without(case: str) -> bytes:
    """The skeleton's tests without one case."""
    head, *cases = FILES["tests/decision.yaml"].decode().split("  - name: ")
    kept = [each for each in cases if not each.startswith(case + "\n")]
    assert len(kept) == len(cases) - 1
    return "  - name: ".join([head, *kept]).encode()


def test_the_skeleton_tests_all_of_its_law() -> None:
    assert unnoticed(build_pack(FILES)) == []
    assert len(changes(build_pack(FILES))) >= 3


def test_a_case_that_is_missing_at_a_bound_is_found_out() -> None:
    assert ("< 18", "<= 18") in unnoticed(pack_with(tests=without("eighteen today")))


def test_a_change_knows_its_line() -> None:
    pack = build_pack(FILES)
    lines = FILES[RULES].decode().splitlines()
    for change in changes(pack):
        assert change.place.file == RULES
        changed = change.applied(FILES[RULES]).decode().splitlines()
        different = [n for n, (a, b) in enumerate(zip(lines, changed, strict=True), 1) if a != b]
        assert different == [change.place.line]


def test_texts_articles_and_dates_are_left_alone() -> None:
    for change in changes(build_pack(FILES)):
        text = change.applied(FILES[RULES]).decode()
        assert text.count('"too-young"') == 1
        assert text.count("2020-01-01") == FILES[RULES].decode().count("2020-01-01")
        assert text.count("law-2") == 1


def test_a_change_that_makes_no_law_counts_for_nothing() -> None:
    pack = build_pack(FILES)
    start = FILES[RULES].decode().index("&lt; 18")
    broken = Change(Place(RULES, 1, 1), "< 18", "< (", (start, start + 7), "&lt; (")
    assert is_noticed(pack, broken, read_scenarios(pack.files)) is None
    torn = Change(Place(RULES, 1, 1), "a", "b", (0, len(FILES[RULES])), "<definitions>")
    assert is_noticed(pack, torn, read_scenarios(pack.files)) is None


LAW = """parameters:
  least_age:
    label: {{ar: أقل سن, en: Least age}}
    versions: [{{value: {value}, from: "2020-01-01", article: law-2}}]
"""


def test_parameters_of_the_law_are_changed_as_well() -> None:
    rules = FILES[RULES].replace(b"&lt; 18", b"&lt; law.least_age")
    required = rules.replace(
        b'<inputData id="in_person"',
        b'<inputData id="in_law" name="law"><variable name="law"/>'
        b'</inputData><inputData id="in_person"',
        1,
    ).replace(
        b'<requiredDecision href="#age"/>',
        b'<requiredDecision href="#age"/>'
        b'</informationRequirement><informationRequirement><requiredInput href="#in_law"/>',
        1,
    )
    pack = pack_with(rules=required, law=LAW.format(value=18).encode())
    assert ("18", "19") in [(change.was, change.becomes) for change in changes(pack)]
    assert unnoticed(pack) == []


def test_the_number_of_changes_is_bounded() -> None:
    def keyed(count: int) -> Pack:
        keys = ("".join(letters) for letters in product(ascii_lowercase, repeat=3))
        value = ", ".join(f"{key}: 10" for key in islice(keys, count))
        return pack_with(law=LAW.format(value=f"{{{value}}}").encode())

    few = len(changes(keyed(3)))
    assert few == 3 + len(changes(build_pack(FILES)))
    assert len(changes(keyed(STRENGTH_CHANGES - few + 3))) == STRENGTH_CHANGES
    assert len(changes(keyed(STRENGTH_CHANGES + 1))) == STRENGTH_CHANGES


def run(*arguments: str) -> tuple[int, str]:
    result = command("service", "strength", *arguments)
    return result.exit_code, result.stdout


def test_the_command_names_what_no_test_notices(tmp_path: Path) -> None:
    for name, data in {**FILES, "tests/decision.yaml": without("eighteen today")}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    code, output = run(str(tmp_path))
    assert code == 1
    assert f"{RULES}:" in output
    assert "< 18  →  <= 18" in output
    told = json.loads(run(str(tmp_path), "--json")[1])
    assert told["changes"] == told["noticed"] + len(told["unnoticed"])
    (tmp_path / "tests/decision.yaml").write_bytes(FILES["tests/decision.yaml"])
    code, output = run(str(tmp_path))
    assert code == 0
    assert "changes noticed" in output


def test_the_command_wants_tests_that_pass(tmp_path: Path) -> None:
    wrong = FILES["tests/decision.yaml"].replace(b"outcome: granted", b"outcome: refused", 1)
    for name, data in {**FILES, "tests/decision.yaml": wrong}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert run(str(tmp_path))[0] == 2
