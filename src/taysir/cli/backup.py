"""``taysir backup`` and ``taysir restore``: a node's evidence, out and back, verified.

``backup`` works while the node runs. The keys of bodies go into a file beside the backup; keep only
its newest copy, so that what was erased stays erased. Exit codes of ``restore``: 0 whole, 1 whole
after something was put right, 2 something is missing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from taysir.cli.output import errors, print_json, report_problem, say
from taysir.exchange.backup import back_up, restore
from taysir.exchange.settings import read_settings

_PUT_RIGHT = 1
_MISSING = 2


def register(app: typer.Typer) -> None:
    """Add both verbs."""
    app.command("backup")(backup)
    app.command("restore")(restore_backup)


def backup(
    folder: Annotated[Path, typer.Argument(help="The node's folder; the node may run.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The backup's file.")],
    keys: Annotated[
        Path | None, typer.Option(help="The file for the keys of bodies; else FILE.keys.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Back a node's evidence up, up to a committed position."""
    keys_file = keys or Path(f"{output}.keys")
    with Progress(console=errors, transient=True, disable=as_json or not errors.is_terminal) as bar:
        task = bar.add_task("backup", total=None)
        manifest = back_up(
            folder,
            file=output,
            keys_file=keys_file,
            now_ms=time.time_ns() // 1_000_000,
            progress=lambda position: bar.update(task, completed=position),
        )
    if as_json:
        print_json(
            {
                "ok": True,
                "file": str(output),
                "keys": str(keys_file),
                "records": manifest.records,
                "chain": manifest.chain,
            }
        )
        return
    say(
        f"نُسخ {manifest.records} قيدا إلى {output}. رأس السلسلة: {manifest.chain}",
        f"{manifest.records} records backed up to {output}. Head of the chain: {manifest.chain}",
    )
    say(
        f"مفاتيح المحتوى في {keys_file}: احتفظ بأحدث نسخة منها وحدها.",
        f"The keys of bodies are in {keys_file}: keep only the newest copy of it.",
    )


def restore_backup(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    folder: Annotated[Path, typer.Option("-d", "--directory", help="An empty folder.")],
    keys: Annotated[
        Path | None, typer.Option(help="The newest backup of the keys of bodies.")
    ] = None,
    body_key: Annotated[
        Path | None, typer.Option(help="The node's key of bodies (bodies.key).")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="The node's settings, to verify its log too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Restore a node's folder and verify journal, keys, agreements and log."""
    done = restore(
        file,
        folder=folder,
        keys_file=keys,
        body_key=body_key,
        settings=read_settings(settings) if settings else None,
    )
    report = done.report
    made_at = datetime.fromtimestamp(done.manifest.made_at_ms / 1000, UTC)
    if as_json:
        print_json(
            {
                "ok": report.whole,
                "records": report.records,
                "chain": report.chain.hex(),
                "made_at": made_at.isoformat(timespec="seconds"),
                "keys_as_of": done.keys_as_of,
                "faults": [
                    {"repaired": fault.repaired, **fault.problem.as_problem()}
                    for fault in report.faults
                ],
            }
        )
    else:
        say(
            f"استُرجع {report.records} قيدا بتاريخ {made_at:%Y-%m-%d %H:%M} UTC، والسلسلة سليمة.",
            f"{report.records} records of {made_at:%Y-%m-%d %H:%M} UTC restored; the chain holds.",
        )
        for fault in report.faults:
            if not fault.repaired:
                report_problem(fault.problem)
    if not report.whole:
        raise typer.Exit(_MISSING)
    if any(fault.problem.code == "EXC-0815" for fault in report.faults):
        raise typer.Exit(_PUT_RIGHT)
