"""RFC 8785 against the test data of its authors."""

from __future__ import annotations

import pytest

from taysir.kernel.canonical import canonical_json, parse_json
from tests.conformance.suites import suite

NAMES = ("arrays", "french", "structures", "unicode", "values", "weird")


@pytest.mark.parametrize("name", NAMES)
def test_the_authors_data_comes_out_byte_for_byte(name: str) -> None:
    """Each input gives exactly the published output."""
    folder = suite("jcs") / "testdata"

    made = canonical_json(parse_json((folder / "input" / f"{name}.json").read_bytes()))

    assert made == (folder / "output" / f"{name}.json").read_bytes().strip()
    assert made == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text("ascii"))


def test_no_file_of_the_suite_is_left_out() -> None:
    """A file added to the suite must be added here."""
    inputs = (suite("jcs") / "testdata" / "input").glob("*.json")

    assert {file.stem for file in inputs} == set(NAMES)
