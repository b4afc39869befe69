"""How fast stored cases are decided again under a draft: a hundred thousand renewals.

The cases are written to a file first: the sample pack's own test cases over and over, each with
another term, delivery and date of expiry. The file is then replayed through the command line as an
agency would, on all processors; memory is that of the process that reads and counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import taysir.country.services
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import read_scenarios, scenario_facts

CASES = int(os.environ.get("TAYSIR_BENCH_REPLAY_CASES", "100000"))
PACK = Path(taysir.country.services.__path__[0]) / "licence_renewal"
_FEE = (b"<text>20000</text>", b"<text>22500</text>")


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    with tempfile.TemporaryDirectory() as folder:
        cases, draft = Path(folder) / "cases.jsonl", Path(folder) / "draft"
        write_cases(cases, CASES)
        write_draft(draft)
        few = Path(folder) / "few.jsonl"
        write_cases(few, CASES // 10)
        small = _replay(few, draft)
        large = _replay(cases, draft)
    seconds = large["report"]["elapsed_s"]
    target = round(60 * CASES / 100_000, 1)
    return [
        _row(f"replay of {CASES:,} cases, two packs", seconds, "s", target),
        _row("processor time of it", large["processor_s"], "s", 2 * target),
        _row("cases decided twice", round(CASES / seconds), "1/s", None),
        _row("memory, a tenth of the cases", small["memory_mib"], "MiB", None),
        _row("memory, all cases", large["memory_mib"], "MiB", round(small["memory_mib"] * 1.1)),
        _row("cases that change", large["report"]["changed"], "cases", None),
        _row("cases that fail", large["report"]["failed"], "cases", 0),
    ]


def _replay(cases: Path, draft: Path) -> dict[str, Any]:
    """Run the verb as a process of its own; return its report and the most memory of its family."""
    verb = ["service", "replay", str(PACK), "--draft", str(draft), "--cases", str(cases), "--json"]
    told = cases.with_suffix(".json")
    with told.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", "taysir.cli", *verb], stdout=stream)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"replay ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "report": json.loads(told.read_bytes()),
        "memory_mib": round(usage.ru_maxrss / 1024),
        "processor_s": round(usage.ru_utime + usage.ru_stime, 1),
    }


def write_cases(path: Path, count: int) -> None:
    """Write stored cases, one a line, made from the pack's own tests."""
    pack = load_pack(PACK)
    bases = []
    for scenario in read_scenarios(pack.files):
        facts, _ = scenario_facts(pack, scenario)
        bases.append((json.loads(facts.to_json()), scenario.on))
    with path.open("w", encoding="utf-8") as stream:
        for number, (facts, on) in enumerate(islice(cycle(bases), count)):
            _vary(facts["values"], number, on)
            line = {"case": f"c{number}", "on": on.isoformat(), "facts": facts}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _vary(values: dict[str, Any], number: int, on: date) -> None:
    if "renewal.years" in values:
        values["renewal.years"]["value"] = (2, 5, 10)[number % 3]
    if "licence.expires_on" in values:
        expires = on + timedelta(days=number % 400 - 220)
        values["licence.expires_on"]["value"] = expires.isoformat()


def write_draft(path: Path) -> None:
    """Write a draft of the pack with another fee for five years."""
    for file in PACK.rglob("*"):
        if file.is_file():
            copy = path / file.relative_to(PACK)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes().replace(*_FEE))


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, Any]:
    met = None if target is None else value <= target
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met}
