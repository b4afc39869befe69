"""``taysir erase``: make what a node keeps about a person unreadable, for ever.

The identity number goes to the node, which turns it into a pseudonym; ``-`` reads it from standard
input, so that it does not stay in the shell's history. Statements and proofs remain.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import Annotated, Any

import orjson
import typer

from taysir.cli.admin_call import admin_headers, node_address, refusal_said_by
from taysir.cli.output import print_json, say
from taysir.exchange.erasure_face import ERASURES_PATH
from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, Retry, declare

CLI_ERASURE = declare(
    "CLI-0801",
    status=502,
    ar="لم تمحُ العقدة {node} شيئا: {reason}.",
    en="The node {node} erased nothing: {reason}.",
    remedy_ar="تحقق من عمل العقدة ومن عنوان واجهتها الإدارية ورمزها (TAYSIR_ADMIN_TOKEN).",
    remedy_en="Check that the node runs, its admin address, and its token (TAYSIR_ADMIN_TOKEN).",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)


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
    person = sys.stdin.readline().strip() if subject == "-" else subject
    wish = {"reason": reason, **({"day": day} if day else {"subject": person})}
    erased = _post(node, wish)
    if as_json:
        print_json({"ok": True, "node": node, **erased})
        return
    keys, position = erased["keys"], erased["position"]
    say(
        f"مُحيت المفاتيح ({keys}). قيد السجل: {position}. جدّد الآن نسخة المفاتيح الاحتياطية.",
        f"Keys erased: {keys}. Journal record: {position}. Renew the backup of the keys now.",
    )


def _post(node: str, wish: dict[str, str]) -> dict[str, Any]:
    headers = {"content-type": "application/json", **admin_headers()}
    request = urllib.request.Request(  # noqa: S310 - the address is HTTP whoever named it
        node_address(node) + ERASURES_PATH, data=orjson.dumps(wish), headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=limits.CLIENT_TIMEOUT_S) as answer:  # noqa: S310
            return dict(orjson.loads(answer.read(limits.HTTP_HEADER_BYTES)))
    except urllib.error.HTTPError as error:
        raise refusal_said_by(error, node=node) from error
    except OSError as error:
        raise Problem(CLI_ERASURE, node=node, reason="it does not answer") from error
