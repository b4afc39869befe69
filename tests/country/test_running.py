"""What ``taysir status`` says about the processes of a country."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from taysir.country import processes, running
from taysir.country.layout import CountryLayout


def describe(layout: CountryLayout, *, without: str) -> dict[str, Any]:
    """Describe a country of which every process but one has a pid."""
    pids = {spec.name: os.getpid() for spec in processes.specs(layout) if spec.name != without}
    country = running.RunningCountry(
        layout=layout, supervisor_pid=os.getpid(), processes=pids, started_at="", ready=True
    )
    return running.describe(country)


def test_a_process_that_waits_to_be_started_again_is_shown_and_is_not_ready(tmp_path: Path) -> None:
    """The worker has no health address, so only its missing pid says that it is down."""
    report = describe(CountryLayout(root=tmp_path, base_port=1), without="worker")

    rows = {row["name"]: row for row in report["processes"]}
    assert (rows["worker"]["pid"], rows["worker"]["ready"]) == (None, False)
    assert rows["worker"]["memory_mb"] == 0.0
    assert rows["supervisor"]["ready"]
    assert not report["ok"]


def test_a_process_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    """A pid alone is not enough where there is a health address to ask."""
    report = describe(CountryLayout(root=tmp_path, base_port=1), without="")

    rows = {row["name"]: row for row in report["processes"]}
    assert rows["worker"]["ready"]
    assert not rows["node-trf"]["ready"]
    assert not report["ok"]
