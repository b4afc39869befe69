"""``taysir agreement``: find data services, and make, look at and end sharing agreements.

Everything goes through the admin face of one's own node, which signs and delivers; the other party
answers from its own node. Each verb prints for people and with ``--json`` for programs.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import typer

from taysir.cli.admin_call import ask_admin, node_address
from taysir.cli.output import console, print_json, say, speaks_arabic
from taysir.cli.terms_file import read_terms_file
from taysir.kernel import limits

NodeOption = Annotated[
    str,
    typer.Option(
        "--node",
        help="The node: its folder or settings file, or the address of its admin face.",
        envvar="TAYSIR_NODE",
    ),
]
DEFAULT_NODE: Final = "http://127.0.0.1:8030"
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HashArgument = Annotated[str, typer.Argument(metavar="HASH", help="The agreement, or its start.")]
ByOption = Annotated[str, typer.Option("--by", help="The member in whose name, if not clear.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; the other party reads it.")]
FileOption = Annotated[
    Path | None, typer.Option("--terms", help="Terms as a JSON file; options change single ones.")
]
_STATES_AR: Final = {
    "proposed": "مقترحة",
    "accepted": "سارية",
    "rejected": "مرفوضة",
    "revoked": "ملغاة",
    "countered": "قوبلت باقتراح",
    "superseded": "حلّت محلها أخرى",
    "expired": "منتهية",
}
_STEPS_AR: Final = {
    "found": "عُثر على الخدمة",
    "proposed": "اقتُرحت",
    "countered": "اقتراح مقابل",
    "received": "وصلت",
    "accepted": "قُبلت",
    "in-force": "سرت",
    "first-call": "أول طلب",
    "rejected": "رُفضت",
    "revoked": "أُلغيت",
}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(no_args_is_help=True, help="Find services; make and end agreements.")
    for name, run in (
        ("find", find),
        ("list", list_agreements),
        ("show", show),
        ("timeline", timeline),
        ("propose", propose),
        ("counter", counter),
        ("supersede", supersede),
        ("accept", accept),
        ("reject", reject),
        ("revoke", revoke),
    ):
        group.command(name)(run)
    app.add_typer(group, name="agreement")


def find(
    words: Annotated[list[str] | None, typer.Argument(help="Words of name or description.")] = None,
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Find data services of all agencies; one by its identifier shows operations and fields."""
    asked = " ".join(words or [])
    if asked.count("/") == 4 and " " not in asked:
        found = [ask_node(node, "GET", f"/admin/services/{quote(asked, safe='/')}")]
    else:
        found = ask_node(node, "GET", f"/admin/services?{urlencode({'q': asked})}")
    if as_json:
        print_json({"ok": True, "services": found})
        return
    for card in found:
        _print_card(card)
    if not found:
        say("لا توجد خدمة بهذه الكلمات.", "No service has these words.")


def _print_card(card: dict[str, Any]) -> None:
    language = "ar" if speaks_arabic() else "en"
    console.print(f"[bold]{card['id']}[/]  {card['name'][language]}", soft_wrap=True)
    operations = (f"{o['method']} {o['path']}  {o['summary']}" for o in card["operations"])
    lines = (card["description"][language], *operations, "  ".join(card["fields"]))
    for line in filter(None, lines):
        console.print(f"    {line}", soft_wrap=True, markup=False)


def list_agreements(
    state: Annotated[str, typer.Option("--state", help="Only those in this state.")] = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """List the agreements that the node holds."""
    query = f"?{urlencode({'state': state})}" if state else ""
    found = ask_node(node, "GET", f"/admin/agreements{query}")["agreements"]
    if as_json:
        print_json({"ok": True, "agreements": found})
        return
    for agreement in found:
        _line(agreement)
    if not found:
        say("لا توجد اتفاقيات.", "There are no agreements.")


def show(
    digest: HashArgument, node: NodeOption = DEFAULT_NODE, as_json: JsonOption = False
) -> None:
    """Show one agreement: its terms, who accepted, who is waited for."""
    _print(ask_node(node, "GET", f"/admin/agreements/{_whole(node, digest)}"), as_json=as_json)


def timeline(
    digest: HashArgument, node: NodeOption = DEFAULT_NODE, as_json: JsonOption = False
) -> None:
    """Show the time of each step from finding the service to the first call."""
    way = ask_node(node, "GET", f"/admin/agreements/{_whole(node, digest)}/timeline")
    if as_json:
        print_json({"ok": True, **way})
        return
    for step in way["steps"]:
        name = _STEPS_AR[step["name"]] if speaks_arabic() else step["name"]
        console.print(f"{step['at'][:19]}  {name}  {step['by']}", markup=False)
    if way["connect_seconds"] is not None:
        seconds = way["connect_seconds"]
        say(f"زمن الربط: {seconds} ثانية", f"Time to connect: {seconds} seconds")


def propose(
    service: Annotated[str, typer.Argument(help="The data service.")],
    *,
    consumer: Annotated[str, typer.Option(help="The information system that will ask.")] = "",
    purpose: Annotated[list[str] | None, typer.Option(help="A purpose code.")] = None,
    basis: Annotated[str, typer.Option(help="The legal basis: an entry of the register.")] = "",
    operation: Annotated[list[str] | None, typer.Option(help='e.g. "GET /persons/{id}".')] = None,
    field: Annotated[list[str] | None, typer.Option(help="A field of the answer.")] = None,
    days: Annotated[
        int,
        typer.Option(min=1, max=limits.AGREEMENT_VALIDITY_DAYS, help="How long it is valid."),
    ] = 365,
    terms: FileOption = None,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    wait: Annotated[int, typer.Option(help="Wait so many seconds for its delivery.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Propose an agreement to the owner of a service."""
    said = read_terms_file(terms) if terms is not None else {}
    start = datetime.now(UTC).replace(microsecond=0)
    given: dict[str, Any] = {
        "service": service,
        "consumer": consumer,
        "purposes": purpose,
        "legal_basis": basis,
        "operations": [_operation(text) for text in operation or []],
        "fields": field,
    }
    said = {
        "valid_from": start.isoformat(),
        "valid_until": (start + timedelta(days=days)).isoformat(),
        **said,
        **{name: value for name, value in given.items() if value},
    }
    made = ask_node(node, "POST", "/admin/agreements", body={"terms": said, "by": by})
    _print(_delivered(node, made, seconds=wait), as_json=as_json)


def counter(
    digest: HashArgument,
    *,
    field: Annotated[list[str] | None, typer.Option(help="A field of the answer.")] = None,
    terms: FileOption = None,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Answer a proposal with other terms: all of it as it is, but for what is given."""
    _other_terms("counter", digest, field, terms=terms, by=by, node=node, as_json=as_json)


def supersede(
    digest: HashArgument,
    *,
    field: Annotated[list[str] | None, typer.Option(help="A field of the answer.")] = None,
    terms: FileOption = None,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Propose terms that end an agreement when all have accepted them."""
    _other_terms("supersede", digest, field, terms=terms, by=by, node=node, as_json=as_json)


def accept(
    digest: HashArgument,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Accept a proposal."""
    path = f"/admin/agreements/{_whole(node, digest)}/accept"
    _print(ask_node(node, "POST", path, body={"by": by}), as_json=as_json)


def reject(
    digest: HashArgument,
    reason: ReasonOption,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Reject a proposal, or withdraw one's own."""
    path = f"/admin/agreements/{_whole(node, digest)}/reject"
    _print(ask_node(node, "POST", path, body={"reason": reason, "by": by}), as_json=as_json)


def revoke(
    digest: HashArgument,
    reason: ReasonOption,
    by: ByOption = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Revoke an agreement; the next call is refused at both nodes."""
    path = f"/admin/agreements/{_whole(node, digest)}/revoke"
    _print(ask_node(node, "POST", path, body={"reason": reason, "by": by}), as_json=as_json)


def ask_node(node: str, method: str, path: str, *, body: object = None) -> Any:
    """Ask a node that is given by address, folder or settings file."""
    return ask_admin(node_address(node), path, method=method, body=body)


# --- parts ---------------------------------------------------------------------------------------


def _other_terms(
    step: str,
    digest: str,
    fields: list[str] | None,
    *,
    terms: Path | None,
    by: str,
    node: str,
    as_json: bool,
) -> None:
    whole = _whole(node, digest)
    said = dict(ask_node(node, "GET", f"/admin/agreements/{whole}")["terms"])
    said |= {"counters": "", "supersedes": ""}
    said |= read_terms_file(terms) if terms is not None else {}
    if fields:
        said["fields"] = fields
    made = ask_node(
        node, "POST", f"/admin/agreements/{whole}/{step}", body={"terms": said, "by": by}
    )
    _print(made, as_json=as_json)


def _operation(text: str) -> dict[str, str]:
    method, _, path = text.strip().partition(" ")
    return {"method": method.upper(), "path": path.strip()}


def _whole(node: str, digest: str) -> str:
    """Return the whole name of an agreement that is named by its beginning."""
    if len(digest) == 64:
        return digest
    found = ask_node(node, "GET", "/admin/agreements")["agreements"]
    matching = [one["hash"] for one in found if one["hash"].startswith(digest)]
    if len(matching) != 1:
        raise typer.BadParameter(f"{len(matching)} agreements begin like this", param_hint="HASH")
    return str(matching[0])


def _delivered(node: str, made: dict[str, Any], *, seconds: int) -> dict[str, Any]:
    """Wait until the other parties' nodes have an agreement, as long as asked."""
    until = time.monotonic() + seconds
    while made["undelivered"] and time.monotonic() < until:
        time.sleep(limits.DELIVERY_INTERVAL_S / 2)
        made = ask_node(node, "GET", f"/admin/agreements/{made['hash']}")
    return made


def _print(agreement: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, **agreement})
        return
    _line(agreement)
    terms = agreement["terms"]
    console.print(f"    {', '.join(terms['purposes'])} · {terms['legal_basis']}", markup=False)
    for signature in agreement["accepted"]:
        console.print(f"    ✓ {signature['by']}  {signature['at'][:19]}", markup=False)
    for member in agreement["waiting_for"]:
        console.print(f"    … {member}", markup=False)
    for ending in agreement["ended"]:
        line = f"    ✗ {ending['by']}  {ending['at'][:19]}  {ending['reason']}"
        console.print(line, markup=False, soft_wrap=True)
    for owed in agreement["undelivered"]:
        say(
            f"    لم تصل بعد إلى {owed['member']}: {owed['reason']}",
            f"    Not yet delivered to {owed['member']}: {owed['reason']}",
        )


def _line(agreement: dict[str, Any]) -> None:
    terms, state = agreement["terms"], agreement["state"]
    shown = _STATES_AR[state] if speaks_arabic() else state
    line = f"{agreement['hash'][:12]}  {shown}  {terms['consumer']} → {terms['service']}"
    console.print(line, markup=False, soft_wrap=True)
