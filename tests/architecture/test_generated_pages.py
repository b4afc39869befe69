"""The generated pages of the reference agree with the code."""

from __future__ import annotations

import pytest
from docs.generate import PAGES, REFERENCE


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    """The committed page is what the generator writes (python -m docs.generate)."""
    assert PAGES[name]() == (REFERENCE / name).read_text("utf-8")
