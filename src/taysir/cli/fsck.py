"""``taysir fsck``: check everything that a node keeps, and repair what can be repaired.

Exit codes: 0 clean, 1 repaired, 2 damage left (or, without --repair, found).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress

from taysir.cli.output import console, errors, print_json, report_problem, say, speaks_arabic
from taysir.exchange.fsck import Fault, FsckReport, check_node
from taysir.exchange.fsck_log import LogCheck
from taysir.exchange.journal_move import open_database
from taysir.exchange.journal_store import Store
from taysir.exchange.settings import NodeSettings, read_settings
from taysir.kernel.errors import Language

_REPAIRED: Final = 1
_DAMAGED: Final = 2


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("fsck")(fsck)


def fsck(
    folder: Annotated[Path, typer.Argument(help="The node's folder.")],
    repair: Annotated[bool, typer.Option("--repair", help="Repair; the node is stopped.")] = False,
    settings: Annotated[
        Path | None,
        typer.Option(help="The node's settings: to check its log, and a journal in PostgreSQL."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check journal, index, keys of bodies, agreements, log: 0 clean, 1 repaired, 2 damaged."""
    told = read_settings(settings) if settings else None
    with (
        Progress(console=errors, transient=True, disable=as_json or not errors.is_terminal) as bar,
        ExitStack() as stack,
    ):
        task = bar.add_task("fsck", total=None)
        report = check_node(
            folder,
            repair=repair,
            store=_open_store(told, stack=stack),
            body_key=Path(told.bodies_key) if told and told.bodies_key else None,
            log=LogCheck(told) if told else None,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    if not report.clean:
        raise typer.Exit(_REPAIRED if report.whole else _DAMAGED)


def _open_store(settings: NodeSettings | None, *, stack: ExitStack) -> Store | None:
    """Open the database that holds the journal, if one does; its rows are only read."""
    if settings is None or not settings.journal:
        return None
    store = open_database(settings.journal, writing=False)
    stack.callback(store.close)
    return store


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
