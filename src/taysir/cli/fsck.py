"""``taysir fsck``: check everything that a node keeps, and repair what can be repaired.

Exit codes: 0 clean, 1 repaired, 2 damage left (or, without --repair, found).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress

from taysir.cli.output import console, errors, print_json, report_problem, say, speaks_arabic
from taysir.exchange.fsck import Fault, FsckReport, check_node
from taysir.kernel.errors import Language

_REPAIRED: Final = 1
_DAMAGED: Final = 2


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("fsck")(fsck)


def fsck(
    folder: Annotated[Path, typer.Argument(help="The node's folder.")],
    repair: Annotated[bool, typer.Option("--repair", help="Repair; the node is stopped.")] = False,
    body_key: Annotated[
        Path | None, typer.Option(help="The key of bodies, when it is not in the folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check journal, index, keys of bodies and agreements: 0 clean, 1 repaired, 2 damaged."""
    with Progress(console=errors, transient=True, disable=as_json) as bar:
        task = bar.add_task("fsck", total=None)
        report = check_node(
            folder,
            repair=repair,
            body_key=body_key,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    if not report.clean:
        raise typer.Exit(_REPAIRED if report.whole else _DAMAGED)


def _print(report: FsckReport) -> None:
    say(
        f"القيود: {report.records}، رأس السلسلة: {report.chain.hex()}",
        f"Records: {report.records}, head of the chain: {report.chain.hex()}",
    )
    for fault in report.faults:
        if fault.repaired:
            language: Language = "ar" if speaks_arabic() else "en"
            mended = "أُصلح" if language == "ar" else "repaired"
            title = fault.problem.title(language)
            console.print(f"[green]{mended}[/] {fault.problem.code} {title}", soft_wrap=True)
        else:
            report_problem(fault.problem)
    if report.clean:
        say("[bold green]كل شيء سليم.[/]", "[bold green]Everything is whole.[/]")


def _as_json(report: FsckReport) -> dict[str, Any]:
    return {
        "ok": report.whole,
        "records": report.records,
        "chain": report.chain.hex(),
        "agreements": report.agreements,
        "erasures": report.erasures,
        "faults": [_fault(fault) for fault in report.faults],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {"repaired": fault.repaired, **fault.problem.as_problem()}
