"""The threat model names tests; each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]
PAGE = TESTS.parent / "docs" / "explanation" / "security.md"
NAMED = sorted(set(re.findall(r"`([a-z_/]+\.py)(?:::(test_\w+))?`", PAGE.read_text("utf-8"))))


def test_the_threat_model_names_tests() -> None:
    """Not one of its tables is bare words."""
    assert len(NAMED) > 30


@pytest.mark.parametrize(("file", "function"), NAMED)
def test_a_test_that_the_threat_model_names_is_there(file: str, function: str) -> None:
    """A claim whose test was renamed or dropped would be a claim without proof."""
    source = (TESTS / file).read_text("utf-8")
    assert not function or f"def {function}(" in source
