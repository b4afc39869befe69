"""``taysir evidence``: fetch evidence of one exchange, or of a range, from a node."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from taysir.cli.admin_call import admin_headers, node_address, refusal_said_by
from taysir.cli.output import print_json, say
from taysir.exchange.evidence_face import RANGE_PATH
from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, Retry, declare

CLI_EVIDENCE = declare(
    "CLI-0501",
    status=502,
    ar="لم تسلّم العقدة {node} حزمة إثبات لهذا التبادل: {reason}.",
    en="The node {node} handed out no evidence of this exchange: {reason}.",
    remedy_ar="تحقّق من عمل العقدة وعنوانها ورمزها (TAYSIR_ADMIN_TOKEN).",
    remedy_en="Check that the node runs, its address and its token (TAYSIR_ADMIN_TOKEN).",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evidence")(evidence)


def evidence(
    exchange: Annotated[
        str, typer.Argument(help="The exchange: its X-Road-Request-Id. Or a range with --from.")
    ] = "",
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write the package.")],
    node: Annotated[
        str,
        typer.Option(
            envvar="TAYSIR_NODE",
            help="The node: its folder or settings file, or the address of its admin face.",
        ),
    ] = "http://127.0.0.1:8030",
    start: Annotated[
        int, typer.Option("--from", min=0, help="The first record of the journal of a range.")
    ] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=limits.RANGE_RECORDS, help="How many records of a range.")
    ] = limits.RANGE_RECORDS,
    bodies: Annotated[
        bool, typer.Option(help="Whether to hand out the bodies; without them it still verifies.")
    ] = True,
    newest: Annotated[
        bool, typer.Option(help="Whether the newest checkpoint vouches, and not the earliest.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(help="Whether to wait a moment for witnesses and the time-stamp.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the evidence (ZIP) of one exchange, or of a range of the journal without bodies."""
    if exchange:
        query = f"?bodies={_word(bodies)}&wait={_word(wait)}&newest={_word(newest)}"
        path = f"/admin/exchanges/{quote(exchange, safe='')}/evidence{query}"
    else:
        path = f"{RANGE_PATH}?start={start}&count={count}"
    data = _fetch(node, path)
    output.write_bytes(data)
    if as_json:
        print_json({"ok": True, "evidence": str(output), "bytes": len(data)})
    else:
        say(f"كُتبت حزمة الإثبات: {output}", f"Evidence written: {output}")


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _fetch(node: str, path: str) -> bytes:
    """Get a package from a node's admin face; raises CLI-0501."""
    # The address is HTTP whoever named it, and the token is the operator's.
    request = urllib.request.Request(node_address(node) + path, headers=admin_headers())  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            data: bytes = answer.read(limits.EVIDENCE_PACKAGE_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise refusal_said_by(error, node=node) from error
    except OSError as error:
        raise Problem(CLI_EVIDENCE, node=node, reason="it does not answer") from error
    return data
