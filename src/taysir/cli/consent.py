"""``taysir consent``: sign what a person agreed to, look it up, withdraw it.

Everything goes through the admin face of one's own node, which signs and hands the consent to the
parties' nodes. The identity number goes to the node, which turns it into a pseudonym; ``-`` reads
it from standard input, so that it does not stay in the shell's history.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer

from taysir.cli.agreement import DEFAULT_NODE, JsonOption, NodeOption, ask_node
from taysir.cli.output import console, print_json, say, speaks_arabic
from taysir.exchange.model import Period
from taysir.kernel import limits

SubjectArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="The identity number; - reads it from input.")
]
HashArgument = Annotated[str, typer.Argument(metavar="HASH", help="The consent's whole name.")]
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_PATH: Final = "/admin/consents"
_STATES: Final = {
    "holds": ("سارية", "holds"),
    "not-yet": ("لم تبدأ بعد", "not yet begun"),
    "ended": ("منتهية", "ended"),
    "withdrawn": ("مسحوبة", "withdrawn"),
}
_PERIODS_AR: Final = {"minute": "كل دقيقة", "hour": "كل ساعة", "day": "كل يوم", "month": "كل شهر"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(no_args_is_help=True, help="Sign, look up and withdraw consents.")
    for name, run in (
        ("give", give),
        ("list", list_consents),
        ("show", show),
        ("revoke", revoke),
    ):
        group.command(name)(run)
    app.add_typer(group, name="consent")


def give(
    subject: SubjectArgument,
    *,
    consumer: Annotated[str, typer.Option(help="The information system that may ask.")],
    service: Annotated[str, typer.Option(help="The data service that it may ask.")],
    purpose: Annotated[list[str], typer.Option(help="A purpose code; more than one is possible.")],
    field: Annotated[
        list[str] | None, typer.Option(help="A field of the answer; without any the whole.")
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=limits.CONSENT_VALIDITY_DAYS, help="How long it holds.")
    ] = 30,
    calls: Annotated[int | None, typer.Option(min=1, help="How often; without it always.")] = None,
    per: Annotated[
        Period | None, typer.Option(help="In which time so often; without it in all.")
    ] = None,
    for_good: Annotated[bool, typer.Option("--for-good", help="It cannot be withdrawn.")] = False,
    collected_by: Annotated[
        str, typer.Option(help="The member that asked the person; the consumer's by default.")
    ] = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Sign what a person agreed to; calls name it by the hash that this prints."""
    start = datetime.now(UTC).replace(microsecond=0)
    said = {
        "consumer": consumer,
        "service": service,
        "purposes": purpose,
        "subject": _person(subject),
        "fields": field or [],
        "start": start.isoformat(),
        "end": (start + timedelta(days=days)).isoformat(),
        "calls": calls,
        "per": per,
        "revocable": not for_good,
        "collected_by": collected_by or "/".join(consumer.split("/")[:3]),
    }
    _print(ask_node(node, "POST", _PATH, body=said), as_json=as_json)


def list_consents(
    subject: SubjectArgument, node: NodeOption = DEFAULT_NODE, as_json: JsonOption = False
) -> None:
    """List the consents of a person that the node holds, the newest first."""
    query = urlencode({"subject": _person(subject)})
    found = ask_node(node, "GET", f"{_PATH}?{query}")["consents"]
    if as_json:
        print_json({"ok": True, "consents": found})
        return
    for consent in found:
        _show(consent)
    if not found:
        say("لا توجد موافقات لهذا الشخص.", "There are no consents of this person.")


def show(
    digest: HashArgument, node: NodeOption = DEFAULT_NODE, as_json: JsonOption = False
) -> None:
    """Show one consent: who may ask what, until when, how often."""
    _print(ask_node(node, "GET", _place(digest)), as_json=as_json)


def revoke(
    digest: HashArgument,
    by: Annotated[str, typer.Option("--by", help="The member to whom it was declared.")] = "",
    node: NodeOption = DEFAULT_NODE,
    as_json: JsonOption = False,
) -> None:
    """Sign a person's withdrawal; the next call that names the consent is refused."""
    path = f"{_place(digest)}/revoke"
    _print(ask_node(node, "POST", path, body={"by": by}), as_json=as_json)


# --- parts ---------------------------------------------------------------------------------------


def _place(digest: str) -> str:
    if not _NAME.fullmatch(digest):
        raise typer.BadParameter("a consent's name is 64 hexadecimal digits", param_hint="HASH")
    return f"{_PATH}/{digest}"


def _person(subject: str) -> str:
    return sys.stdin.readline().strip() if subject == "-" else subject


def _print(consent: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, **consent})
    else:
        _show(consent)


def _show(consent: dict[str, Any]) -> None:
    state = _STATES[_state(consent)][0 if speaks_arabic() else 1]
    line = f"{consent['hash']}  {state}"
    console.print(line, markup=False, soft_wrap=True)
    line = f"    {consent['consumer']} → {consent['service']}  {', '.join(consent['purposes'])}"
    console.print(line, markup=False, soft_wrap=True)
    start, end = consent["start"][:19], consent["end"][:19]
    say(f"    من {start} إلى {end}{_often(consent)}", f"    {start} to {end}{_often(consent)}")
    if consent["fields"]:
        console.print("    " + "  ".join(consent["fields"]), markup=False, soft_wrap=True)
    if consent["revoked_at"]:
        at = consent["revoked_at"][:19]
        say(f"    سُحبت في {at}", f"    withdrawn at {at}")


def _often(consent: dict[str, Any]) -> str:
    """Say how often a consent may be used, if it is bounded."""
    calls, per = consent["calls"], consent["per"]
    if calls is None:
        return ""
    if speaks_arabic():
        return f" · عدد الطلبات {calls} {_PERIODS_AR[per] if per else 'إجمالا'}"
    times = "call" if calls == 1 else "calls"
    return f" · {calls} {times} {f'a {per}' if per else 'in all'}"


def _state(consent: dict[str, Any]) -> str:
    if consent["revoked_at"]:
        return "withdrawn"
    now = datetime.now(UTC)
    if now < datetime.fromisoformat(consent["start"]):
        return "not-yet"
    return "holds" if now < datetime.fromisoformat(consent["end"]) else "ended"
