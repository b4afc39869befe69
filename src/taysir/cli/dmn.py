"""``taysir dmn``: run the compatibility kit of DMN; turn spreadsheets into models and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from taysir.cli.errors import CLI_NOT_FOUND, CLI_WRONG_KIND
from taysir.cli.output import console, print_json, say
from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.loader import read_root
from taysir.engine.dmn.sheet_dmn import dmn_of, sheets_of
from taysir.engine.dmn.sheets import read_sheets
from taysir.engine.dmn.tck import run_directory
from taysir.engine.dmn.workbook import read_workbook, write_workbook
from taysir.engine.dmn.writing import write_xml
from taysir.kernel.errors import Problem

_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(
        help="Decision models: the DMN compatibility kit, spreadsheets.", no_args_is_help=True
    )
    group.command("tck")(tck)
    group.command("convert")(convert)
    app.add_typer(group, name="dmn")


def tck(
    directory: Annotated[Path, typer.Argument(help="A directory in the format of the kit.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run every test case below DIRECTORY; ends 0 only if all passed."""
    if not directory.is_dir():
        raise Problem(CLI_WRONG_KIND if directory.exists() else CLI_NOT_FOUND, file=str(directory))
    report = run_directory(directory, now=datetime.now(UTC))
    if as_json:
        print_json(report.as_json())
    else:
        _print_report(report.as_json())
    raise typer.Exit(0 if report.total and report.passed == report.total else 1)


def convert(
    source: Annotated[Path, typer.Argument(help="A .dmn, .csv, .xlsx or .ods file.")],
    target: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, its ending names the format.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Turn decision tables of a spreadsheet into a DMN model, or a model into a spreadsheet."""
    made = _converted(source.read_bytes(), source.name, target.name)
    target.write_bytes(made)
    if as_json:
        print_json({"source": str(source), "target": str(target), "bytes": len(made)})
    else:
        say(f"كُتب {target}", f"Wrote {target}")


def _converted(data: bytes, source: str, target: str) -> bytes:
    """Return the target's bytes; what was made of a sheet is loaded once, to prove its use."""
    if not target.endswith(".dmn"):
        model = data if source.endswith(".dmn") else _model_of(data, source)
        return write_workbook(sheets_of(model, file=source), file=target)
    if source.endswith(".dmn"):
        return write_xml(read_root(data, file=source))
    return _model_of(data, source)


def _model_of(data: bytes, source: str) -> bytes:
    made = dmn_of(read_sheets(read_workbook(data, file=source), file=source), file=source)
    load_dmn(made, file=source)
    return made


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
