"""``taysir doctor``: look for what would keep Taysir from working, and say how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import console, print_json, speaks_arabic
from taysir.country import running
from taysir.country.examination import Finding, Severity, examine
from taysir.country.layout import CountryLayout


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(
    data: Annotated[Path | None, typer.Option("--data", help="The country's folder.")] = None,
    port: Annotated[int, typer.Option(help="The portal's port.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Examine environment, ports, clock, disk and certificates; each finding has its remedy."""
    root = running.data_folder(data)

    findings = examine(CountryLayout(root=root, base_port=port), now=datetime.now(UTC))
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
    console.print(f"{mark[finding.severity]} {finding.text_ar if arabic else finding.text_en}")
    remedy = finding.remedy_ar if arabic else finding.remedy_en
    if remedy:
        console.print(f"    → {remedy}")
