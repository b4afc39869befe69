"""``taysir bench``: run the measurements of ``bench/`` and print values beside their targets."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from taysir.cli.errors import CLI_NO_BENCHMARK, CLI_NO_SOURCES
from taysir.cli.output import console, print_json
from taysir.kernel.errors import Problem


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(bench)


def bench(
    name: Annotated[
        str, typer.Argument(help="exchange, portal, rules, … or nothing for all.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure on this machine; the figures are indicative, the ratios are comparable."""
    root = Path(os.environ.get("TAYSIR_ROOT", Path.cwd()))
    sys.path.insert(0, str(root))
    if not (root / "bench").is_dir():
        raise Problem(CLI_NO_SOURCES, folder=str(root), needed="bench")
    known = sorted(f.stem for f in (root / "bench").glob("*.py") if not f.stem.startswith("_"))
    if name and name not in known:
        raise Problem(CLI_NO_BENCHMARK, name=name, known=", ".join(known))
    reports = [_measure(each) for each in ([name] if name else known)]
    if as_json:
        print_json(reports[0] if name else reports)
    else:
        for report in reports:
            _print_report(report)


def _measure(name: str) -> dict[str, Any]:
    module = importlib.import_module(f"bench.{name}")
    return {"bench": name, "machine": machine(), "results": module.run()}


def machine() -> dict[str, Any]:
    """Return what a reader must know of the machine to weigh a figure."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory_bytes / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _print_report(report: dict[str, Any]) -> None:
    table = Table(title=f"{report['bench']} — {report['machine']['processor']}")
    for heading in ("measure", "value", "unit", "target", "met"):
        table.add_column(heading)
    for row in report["results"]:
        met = {True: "yes", False: "[red]no[/]"}.get(row["met"], "")
        target = "" if row["target"] is None else str(row["target"])
        table.add_row(row["name"], f"{row['value']:,}", row["unit"], target, met)
    console.print(table)
