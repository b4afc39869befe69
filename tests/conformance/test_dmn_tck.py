"""The DMN Technology Compatibility Kit judges FEEL and DMN."""

from __future__ import annotations

from datetime import UTC, datetime

from taysir.engine.dmn.tck import run_directory
from tests.conformance.suites import suite

GOAL = 0.98


def test_the_compatibility_kit_passes() -> None:
    """At least 98 % of the kit's test cases pass at both levels."""
    report = run_directory(suite("dmn-tck"), now=datetime(2026, 1, 31, 10, 0, tzinfo=UTC))

    assert report.total >= 2800
    assert report.passed / report.total >= GOAL, report.failures[:20]
    for passed, total in report.levels.values():
        assert passed / total >= GOAL
