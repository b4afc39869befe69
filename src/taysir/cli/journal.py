"""``taysir journal``: move a stopped node's journal to PostgreSQL or back, pack old segments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from taysir.cli.output import errors, print_json, say
from taysir.exchange.journal_move import move_journal
from taysir.exchange.journal_pack import pack_journal


def register(app: typer.Typer) -> None:
    """Add the verb and its action."""
    actions = typer.Typer(help="Move or pack a node's journal.", no_args_is_help=True)

    @actions.callback()
    def _journal() -> None:
        """Move or pack a node's journal."""

    actions.command("move")(move)
    actions.command("pack")(pack)
    app.add_typer(actions, name="journal")


def move(
    source: Annotated[str, typer.Argument(help="A node's folder, or a PostgreSQL address.")],
    target: Annotated[str, typer.Argument(help="The other of the two; empty.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy every record, then compare the heads of both chains; the source stays as it is."""
    with Progress(console=errors, transient=True, disable=as_json or not errors.is_terminal) as bar:
        task = bar.add_task("journal move", total=None)
        moved = move_journal(
            source,
            target=target,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json({"ok": True, "records": moved.records, "chain": moved.chain.hex()})
    else:
        say(
            f"نُقل {moved.records} قيدا، ورأس السلسلة واحد: {moved.chain.hex()}",
            f"{moved.records} records moved; both chains end in {moved.chain.hex()}",
        )


def pack(
    folder: Annotated[Path, typer.Argument(help="The node's folder; the node may run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Pack closed segments into less than half of their room; every record stays bit for bit."""
    with Progress(console=errors, transient=True, disable=as_json or not errors.is_terminal) as bar:
        task = bar.add_task("journal pack", total=None)
        packed = pack_journal(
            folder,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(
            {
                "ok": True,
                "segments": packed.segments,
                "records": packed.records,
                "bytes_before": packed.bytes_before,
                "bytes_after": packed.bytes_after,
            }
        )
        return
    if not packed.segments:
        say(
            "لا يوجد مقطع مغلق غير محزوم؛ المقطع الأخير يُكتب فيه ولا يُحزم.",
            "No closed segment is left to pack; the last one is written to and stays as it is.",
        )
        return
    before, after = packed.bytes_before // 1024, packed.bytes_after // 1024
    say(
        f"حُزم {packed.segments} مقطعا: من {before} إلى {after} كيبيبايت.",
        f"{packed.segments} segments packed: {before} KiB before, {after} KiB after.",
    )
