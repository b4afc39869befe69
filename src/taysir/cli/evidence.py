"""``taysir evidence ID -o FILE.zip``: write the evidence package of one exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import print_json, report_problem, say
from taysir.country import running
from taysir.country.layout import INSTANCE, NODE_MEMBERS, CountryLayout
from taysir.exchange.client import ExchangeClient
from taysir.exchange.errors import EXC_UNKNOWN_EXCHANGE
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(evidence)


def evidence(
    exchange_id: Annotated[str, typer.Argument(help="The number of the exchange.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    data: Annotated[Path | None, typer.Option("--data", help="The country's folder.")] = None,
    node: Annotated[str, typer.Option(help="The node to ask; all of them by default.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write the package: 0 when it is written, 1 when no node knows the exchange."""
    layout = running.find(running.data_folder(data)).layout
    for name in [node] if node else list(NODE_MEMBERS):
        try:
            package = client_of(layout, name).evidence(exchange_id)
        except LookupError:
            continue
        output.write_bytes(package)
        if as_json:
            print_json({"ok": True, "file": str(output), "bytes": len(package), "node": name})
        else:
            say(f"كُتبت الحزمة في {output}", f"The package is in {output}")
        return
    report_problem(Problem(EXC_UNKNOWN_EXCHANGE), as_json=as_json)
    raise typer.Exit(1)


def client_of(layout: CountryLayout, node: str) -> ExchangeClient:
    """Return a client that reads one node's journal."""
    member = MemberId(INSTANCE, "GOV", NODE_MEMBERS[node][0])
    return ExchangeClient(
        face_url=layout.url(layout.face_port(node)),
        admin_url=layout.url(layout.admin_port(node)),
        client=member.subsystem("admin"),
    )
