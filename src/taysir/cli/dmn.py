"""``taysir dmn``: run the compatibility kit of DMN, decide by hand, look at what a model needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from taysir.cli.output import console, errors, print_json, report_problem
from taysir.engine.dmn.tck import run_directory
from taysir.kernel.errors import Problem

_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(
        help="Decision models: run the DMN compatibility kit.", no_args_is_help=True
    )
    group.command("tck")(tck)
    group.callback()(lambda: None)
    app.add_typer(group, name="dmn")


def tck(
    directory: Annotated[Path, typer.Argument(help="A directory in the format of the kit.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run every test case below DIRECTORY; ends 0 only if all passed."""
    if not directory.is_dir():
        errors.print(f"There is no directory “{directory}”.")
        raise typer.Exit(2)
    try:
        report = run_directory(directory, now=datetime.now(UTC))
    except Problem as problem:
        report_problem(problem, as_json=as_json)
        raise typer.Exit(2) from problem
    if as_json:
        print_json(report.as_json())
    else:
        _print_report(report.as_json())
    raise typer.Exit(0 if report.total and report.passed == report.total else 1)


def _print_report(report: dict[str, object]) -> None:
    levels, failures = report["by_level"], report["failures"]
    table = Table(title=f"DMN TCK: {report['passed']} / {report['total']}")
    for heading in ("level", "passed", "total"):
        table.add_column(heading)
    if isinstance(levels, dict):
        for level, counts in levels.items():
            table.add_row(level, str(counts["passed"]), str(counts["total"]))
    console.print(table)
    if isinstance(failures, list):
        for each in failures[:_SHOWN]:
            place = f"{each['group']} {each['case']} {each['node']}"
            console.print(f"[red]{place}[/]: expected {each['expected']}, found {each['found']}")
            if each["reason"]:
                console.print(f"    {each['reason']}", soft_wrap=True)
        if len(failures) > _SHOWN:
            console.print(f"… and {len(failures) - _SHOWN} more (--json shows all).")
