"""Where the public suites are; absent, their tests skip, except in CI, where they fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[3] / "shared" / "suites"


def suite(name: str) -> Path:
    """Return the folder of one suite, or skip or fail the test that asks for it."""
    folder = SUITES / name
    if not folder.is_dir():
        message = f"the suite {name} is not at {folder}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
