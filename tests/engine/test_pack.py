"""A pack loads only if it is whole; what is wrong is named with file, line, column and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from taysir.engine.findings import Finding, PackErrors
from taysir.engine.pack import build_pack, load_pack, pack_hash
from taysir.kernel.limits import PACK_FILES

from .conftest import PACK_PATH, edited


def findings(files: dict[str, bytes]) -> list[Finding]:
    with pytest.raises(PackErrors) as caught:
        build_pack(files)
    return list(caught.value.findings)


def test_the_sample_pack_loads() -> None:
    pack = load_pack(PACK_PATH)
    assert pack.service.code == "licence-renewal"
    assert str(pack.service.owner) == "WAHA/GOV/TRF"
    assert [lookup.name for lookup in pack.lookups] == [
        "person",
        "licence",
        "fines",
        "fitness",
        "suspension",
        "address",
    ]


def test_the_hash_fixes_the_contents_but_not_the_tests(files: dict[str, bytes]) -> None:
    assert pack_hash(files) == build_pack(files).hash
    assert pack_hash({**files, "tests/more.yaml": b"x"}) == pack_hash(files)
    assert pack_hash({**files, "reasons.yaml": files["reasons.yaml"] + b"\n"}) != pack_hash(files)


def test_a_directory_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackErrors) as caught:
        load_pack(tmp_path)
    assert caught.value.findings[0].code == "ENG-1001"


def test_the_number_of_files_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("format: 1\n")
    for index in range(PACK_FILES):
        (tmp_path / f"f{index}").touch()
    with pytest.raises(PackErrors) as caught:
        load_pack(tmp_path)
    assert caught.value.findings[0].code == "ENG-1018"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": ("purpose: licence", "purpos: licence")}, "ENG-1008"),
        ({"service": ("legal_basis: [traffic-12,", "legal_basis: [traffic-99,")}, "ENG-1015"),
        ({"service": ("net: P3D", "net: three days")}, "ENG-1006"),
        ({"service": ('from: "2015-01-01"', 'from: "2015-02-30"')}, "ENG-1017"),
        ({"lookups": ("on_not_found: refuse", "on_not_found: guess")}, "ENG-1006"),
        ({"lookups": ("/vital_status: person.vital_status", "/v: person.vitality")}, "ENG-1011"),
        ({"lookups": ("when: renewal.delivery =", "when: renewal.delivery = = ")}, "ENG-1012"),
        ({"pages": ("fact: renewal.years", "fact: renewal.yeers")}, "ENG-1011"),
        ({"flow": ("after: P30D, action: lapse", "after: P30D, action: vanish")}, "ENG-1015"),
        ({"facts.schema": ('"maxLength": 200', '"maxLength": "long"')}, "ENG-1009"),
        ({"rules__fee": ("<inputEntry><text>2<", "<inputEntry><text>2 ..<")}, "ENG-1013"),
        ({"rules__fee": ('valid-from="2015-01-01"', 'valid-from="2015-13-01"')}, "ENG-1017"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    files: dict[str, bytes], change: dict[str, tuple[str, str]], code: str
) -> None:
    broken = edited(files, **change)
    (name,) = [file for file in files if broken[file] != files[file]]
    ((_, new),) = change.values()
    text = broken[name].decode()
    line = text[: text.index(new)].count("\n") + 1
    found = findings(broken)
    places = {(finding.code, finding.place.file): finding.place.line for finding in found}
    assert abs(places[(code, name)] - line) <= NEAR.get(code, 0)
    for finding in found:
        assert finding.place.column > 0
        assert finding.message["ar"]
        assert finding.message["en"]
        assert finding.remedy["ar"]
        assert finding.remedy["en"]


NEAR = {"ENG-1017": 4, "ENG-1009": 10_000}
"""Lines between a mistake and the element that holds it: an attribute of the root, a schema."""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": ("owner: WAHA/GOV/TRF\n", "")}, "ENG-1007"),
        ({"service": ("  en: Renew a driving licence\n", "")}, "ENG-1010"),
        ({"pages": ("    title:\n      ar:", "    title:\n      xx:")}, "ENG-1010"),
    ],
)
def test_what_is_missing_is_named(
    files: dict[str, bytes], change: dict[str, tuple[str, str]], code: str
) -> None:
    assert code in [finding.code for finding in findings(edited(files, **change))]


@pytest.mark.parametrize("key", ["fee", "legal_basis", "deadline", "objection", "channels", "who"])
def test_a_service_without_its_public_promises_is_refused(
    files: dict[str, bytes], key: str
) -> None:
    found = findings(edited(files, service=(f"\n{key}:", f"\nx_{key}:")))
    assert {finding.code for finding in found} == {"ENG-1007", "ENG-1008"}
    assert any(f"“{key}”" in finding.message["en"] for finding in found)


def test_all_mistakes_of_a_file_are_told_at_once(files: dict[str, bytes]) -> None:
    broken = edited(files, pages=("fact: renewal.years", "fact: renewal.yeers"))
    broken = edited(broken, lookups=("person.vital_status", "person.vitality"))
    assert len({finding.place.file for finding in findings(broken)}) == 2


def test_entities_in_a_rule_file_are_refused(files: dict[str, bytes]) -> None:
    bomb = b'<?xml version="1.0"?>\n<!DOCTYPE d [<!ENTITY a "b">]>\n<definitions/>'
    assert "ENG-1013" in [f.code for f in findings({**files, "rules/bomb.dmn": bomb})]


def test_a_decision_in_two_files_in_force_is_refused(files: dict[str, bytes]) -> None:
    twice = {**files, "rules/fee2.dmn": files["rules/fee.dmn"]}
    assert "ENG-1016" in [finding.code for finding in findings(twice)]


def test_a_plan_needs_its_decisions(files: dict[str, bytes]) -> None:
    without = {name: data for name, data in files.items() if name != "rules/fee.dmn"}
    assert "ENG-1014" in [finding.code for finding in findings(without)]
