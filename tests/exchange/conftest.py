"""Two running nodes for the tests of the exchange that do not change them beyond repair."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taysir.testing.nodes import TwoNodes, two_nodes


@pytest.fixture(scope="package")
def shared_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    """Two nodes that every test may call and none may change."""
    with two_nodes(tmp_path_factory.mktemp("nodes")) as nodes:
        yield nodes


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    """Two nodes of the test's own."""
    with two_nodes(tmp_path) as own:
        yield own
