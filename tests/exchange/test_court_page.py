"""Every test that the page for the court names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "evidence-in-court.md"
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE.read_text("utf-8"))))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_the_named_test_exists(file: str, test: str) -> None:
    """The proof of a row is a test that runs."""
    text = (ROOT / file).read_text("utf-8")

    assert f"def {test}(" in text if test else "def test_" in text


def test_the_page_has_the_eight_rows() -> None:
    """Each with a test of its own."""
    rows = re.findall(r"^\| (\d)\. .*`tests/", PAGE.read_text("utf-8"), re.MULTILINE)

    assert rows == [str(number) for number in range(1, 9)]
