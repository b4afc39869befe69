"""``taysir erase``: make what a node keeps about a person unreadable, for ever.

The identity number goes to the node, which turns it into a pseudonym; ``-`` reads it from standard
input, so that it does not stay in the shell's history. Statements and proofs remain.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from taysir.cli.admin_call import ask_admin, node_address
from taysir.cli.output import print_json, say
from taysir.exchange.erasure_face import ERASURES_PATH


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("erase")(erase)


def erase(
    reason: Annotated[str, typer.Option(help="Why, e.g. the number of the order; kept for ever.")],
    subject: Annotated[
        str, typer.Argument(help="The identity number; - reads it from input.")
    ] = "",
    day: Annotated[
        str, typer.Option(help="Instead: a day (2026-11-24) whose bodies are about nobody.")
    ] = "",
    node: Annotated[
        str,
        typer.Option(
            envvar="TAYSIR_NODE",
            help="The node: its folder or settings file, or the address of its admin face.",
        ),
    ] = "http://127.0.0.1:8030",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Erase the bodies of exchanges about a person; every proof stays valid."""
    if bool(subject) == bool(day):
        raise typer.BadParameter("give a person or a day", param_hint="SUBJECT")
    person = sys.stdin.readline().strip() if subject == "-" else subject
    wish = {"reason": reason, **({"day": day} if day else {"subject": person})}
    erased = ask_admin(node_address(node), ERASURES_PATH, method="POST", body=wish)
    if as_json:
        print_json({"ok": True, "node": node, **erased})
        return
    keys, position = erased["keys"], erased["position"]
    say(
        f"مُحيت المفاتيح ({keys}). قيد السجل: {position}. جدّد الآن نسخة المفاتيح الاحتياطية.",
        f"Keys erased: {keys}. Journal record: {position}. Renew the backup of the keys now.",
    )
