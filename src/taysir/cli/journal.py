"""``taysir journal move``: move a stopped node's journal between its folder and PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress

from taysir.cli.output import errors, print_json, say
from taysir.exchange.journal_move import move_journal


def register(app: typer.Typer) -> None:
    """Add the verb and its action."""
    actions = typer.Typer(help="Move a node's journal.", no_args_is_help=True)

    @actions.callback()
    def _journal() -> None:
        """Move a node's journal."""

    actions.command("move")(move)
    app.add_typer(actions, name="journal")


def move(
    source: Annotated[str, typer.Argument(help="A node's folder, or a PostgreSQL address.")],
    target: Annotated[str, typer.Argument(help="The other of the two; empty.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy every record, then compare the heads of both chains; the source stays as it is."""
    with Progress(console=errors, transient=True, disable=as_json) as bar:
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
