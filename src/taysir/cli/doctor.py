"""``taysir doctor``: look for what would keep Taysir from working, and say how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from taysir.cli.doctor_node import examine_node
from taysir.cli.output import console, print_json, speaks_arabic
from taysir.country import running
from taysir.country.examination import (
    Finding,
    Severity,
    check_clock,
    check_environment,
    examine,
)
from taysir.country.layout import CountryLayout


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(
    node: Annotated[
        Path | None,
        typer.Option("--node", help="Instead: a node's folder or settings file."),
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The country's folder.")] = None,
    port: Annotated[int, typer.Option(help="The portal's port.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Examine environment, ports, clock, disk and certificates; each finding has its remedy."""
    now = datetime.now(UTC)
    if node is not None:
        findings = [*check_environment(), *check_clock(now), *examine_node(node, now=now)]
    else:
        layout = CountryLayout(root=running.data_folder(data), base_port=port)
        findings = examine(layout, now=now)
    healthy = all(f.severity is not Severity.FAULT for f in findings)
    if as_json:
        print_json({"ok": healthy, "findings": [f.as_json() for f in findings]})
    else:
        for finding in findings:
            _print_finding(finding)
    raise typer.Exit(0 if healthy else 1)


def _print_finding(finding: Finding) -> None:
    mark = {
        Severity.GOOD: "[green]✓[/]",
        Severity.HINT: "[yellow]•[/]",
        Severity.FAULT: "[red]✗[/]",
    }
    arabic = speaks_arabic()
    text = finding.text_ar if arabic else finding.text_en
    console.print(f"{mark[finding.severity]} {escape(text)}", soft_wrap=True)
    remedy = finding.remedy_ar if arabic else finding.remedy_en
    if remedy:
        console.print(f"    → {escape(remedy)}", soft_wrap=True)
