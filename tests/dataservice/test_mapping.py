"""A mistake in a mapping file is named with its line and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from taysir.dataservice.checking import check_source
from taysir.dataservice.loading import MappingErrors, load_mapping
from taysir.dataservice.sources import open_source
from taysir.engine.findings import Finding, Severity
from tests.dataservice.registry import MAPPING, TABLES, make_files


def line_of(text: str) -> int:
    """Return the first line of the mapping that holds this text."""
    return MAPPING[: MAPPING.index(text)].count("\n") + 1


def refusals(folder: Path, old: str, new: str) -> list[Finding]:
    """Return what loading says about a changed mapping."""
    file = make_files(folder, mapping=MAPPING.replace(old, new, 1))
    with pytest.raises(MappingErrors) as caught:
        load_mapping(file)
    return list(caught.value.findings)


@pytest.mark.parametrize(
    ("old", "new", "code", "near"),
    [
        ("classification: restricted", "classification: hush", "DSV-0002", "classification"),
        ("version: ", "versoin: ", "DSV-0003", "service:"),
        ("newest_by:", "newset_by:", "DSV-0004", "newest_by"),
        ("table: VEH\n", "table: VEH; DROP TABLE VEH\n", "DSV-0002", "table: VEH"),
        ("column: MAKE,", "column: MAKE, key: true,", "DSV-0002", "make:"),
        ("of: inspections, count", "of: elsewhere, count", "DSV-0002", "inspections_failed"),
        ("table: VEH\n", "", "DSV-0002", "key:"),
        ("[A-Z]{1,3}[0-9]{1,4}", "[A-Z", "DSV-0002", "key:"),
        ('pattern: "', 'check: identity-number, pattern: "', "DSV-0002", "key:"),
        ("limit: 3", "limit: 0", "DSV-0002", "limit"),
        ("limit: 3", "limit: 1001", "DSV-0002", "limit"),
        ("title: {", "title: &anchor {", "ENG-1005", "title"),
    ],
)
def test_a_mistake_is_found_at_its_line(
    tmp_path: Path, old: str, new: str, code: str, near: str
) -> None:
    """The finding names the code and the line, in both languages."""
    found = refusals(tmp_path, old, new)
    removed_lines = old.count("\n") - new.count("\n")

    assert code in [one.code for one in found]
    one = next(one for one in found if one.code == code)
    assert one.place.file.endswith("vehicles.yaml")
    assert one.place.line == line_of(near) - (removed_lines if line_of(near) > line_of(old) else 0)
    assert one.message["ar"]
    assert one.remedy["en"]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    """An author mends a file in one go."""
    found = refusals(
        tmp_path,
        "ar: رقم اللوحة, en: Plate}\n  make: {column: MAKE",
        "en: P}\n  make: {kolumn: MAKE",
    )

    assert {one.code for one in found} >= {"DSV-0003", "DSV-0004"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No file is a finding too."""
    with pytest.raises(MappingErrors) as caught:
        load_mapping(tmp_path / "none.yaml")

    assert caught.value.findings[0].code == "DSV-0001"


def check(file: Path) -> list[Finding]:
    """Compare a mapping with its database."""
    loaded = load_mapping(file)
    source = open_source(loaded.mapping.source, folder=file.parent)
    try:
        return check_source(loaded, source)
    finally:
        source.close()


def test_a_mapping_that_fits_its_database_has_no_findings(tmp_path: Path) -> None:
    """Tables, columns and indexes are all there."""
    assert check(make_files(tmp_path)) == []


def test_missing_tables_and_columns_are_named_with_what_there_is(tmp_path: Path) -> None:
    """The line of the mapping, and the names that the database has."""
    mapping = MAPPING.replace("column: YR", "column: YEAR").replace("table: INSP", "table: NONE")
    found = check(make_files(tmp_path, mapping=mapping))

    assert [(one.code, one.place.line) for one in found] == [
        ("DSV-0006", line_of("column: YR")),
        ("DSV-0005", line_of("table: INSP")),
    ]
    assert "YR" in found[0].remedy["en"]
    assert "INSP" in found[1].remedy["en"]


def test_a_look_up_without_an_index_is_warned_of(tmp_path: Path) -> None:
    """Reading the whole table for each request is a warning, not a mistake."""
    tables = TABLES.replace("CREATE INDEX IX_INSP ON INSP (PLATE);", "")
    found = check(make_files(tmp_path, tables=tables))

    assert [(one.code, one.severity) for one in found] == [("DSV-0007", Severity.WARNING)]
