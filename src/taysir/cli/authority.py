"""``taysir authority``: the office that certifies members and publishes the federation document."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from taysir.cli.output import console, print_json, say
from taysir.exchange import authority
from taysir.exchange.federation import CodeRow, Content, Names
from taysir.exchange.membership import (
    approve,
    ensure_subject_key,
    membership_face,
    memberships,
    refuse,
)
from taysir.exchange.model import Register
from taysir.exchange.trust_errors import EXC_AUTHORITY_FOLDER
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.log import configure_logging

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The authority's folder.")]
RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="The request's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    group = typer.Typer(no_args_is_help=True, help="Certify members; publish the federation.")
    for name, run_verb in (
        ("init", init),
        ("run", run),
        ("show", show),
        ("requests", requests),
        ("approve", approve_request),
        ("refuse", refuse_request),
        ("members", members),
        ("register", register_code),
    ):
        group.command(name)(run_verb)
    app.add_typer(group, name="authority")


def init(
    folder: FolderArgument,
    *,
    instance: Annotated[str, typer.Option(help="The federation's code, e.g. WAHA.")],
    name_ar: Annotated[str, typer.Option(help="The authority's Arabic name.")],
    name_en: Annotated[str, typer.Option(help="The authority's English name.")],
    zone: Annotated[list[str] | None, typer.Option(help="A residency zone.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the keys of a new federation's authority and publish an empty document."""
    if (folder / "authority.key").exists():
        raise Problem(
            EXC_AUTHORITY_FOLDER, file=str(folder), reason="it holds an authority already"
        )
    # The instance is the first part of every member's name, so it keeps to what a name may hold.
    MemberId.parse(f"{instance}/GOV/MEMBER")
    now = datetime.now(UTC)
    made = authority.create_authority(folder, instance=instance, organization=name_en, now=now)
    ensure_subject_key(folder)
    content = Content(
        instance=instance,
        authority=Names(ar=name_ar, en=name_en),
        members=(),
        nodes=(),
        subsystems=(),
        services=(),
        zones=tuple(zone or ()),
    )
    authority.write_federation(made, content, now=now)
    if as_json:
        print_json({"ok": True, "certificate": str(made.certificate_file)})
    else:
        say(f"السلطة جاهزة: {folder}", f"The authority is ready: {folder}")


def run(
    folder: FolderArgument,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.")] = 8010,
) -> None:
    """Publish the federation document and take membership requests until Ctrl-C or SIGTERM."""
    configure_logging(process="authority")
    settings = authority.AuthoritySettings(folder=str(folder), host=host, port=port)
    authority.run(settings, also=membership_face(folder))


def show(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Show the fingerprint that agencies compare, and what the federation document holds."""
    opened, content = authority.open_authority(folder), authority.read_content(folder)
    fingerprint = hashlib.sha256(opened.root.certificate_der).hexdigest()
    held = {"members": len(content.members), "services": len(content.services)}
    if as_json:
        print_json({"ok": True, "instance": content.instance, "fingerprint": fingerprint, **held})
        return
    name = content.authority
    console.print(f"{content.instance}  {name.ar} · {name.en}", markup=False, soft_wrap=True)
    say(f"بصمة السلطة: {fingerprint}", f"The authority's fingerprint: {fingerprint}")
    say(
        f"الجهات: {held['members']}، خدمات البيانات: {held['services']}",
        f"Members: {held['members']}, data services: {held['services']}",
    )


def requests(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """List the membership requests, the waiting ones first."""
    authority.open_authority(folder)
    found = memberships(folder)
    if as_json:
        rows = [
            {"request": one.name, "state": one.state, **msgspec.to_builtins(one.request)}
            for one in found
        ]
        print_json({"ok": True, "requests": rows})
        return
    for one in found:
        said = one.request
        line = f"{one.name}  {one.state}  {said.member}  {said.name.ar} · {said.name.en}"
        console.print(line, markup=False, soft_wrap=True)
    if not found:
        say("لا توجد طلبات.", "There are no requests.")


def approve_request(
    folder: FolderArgument, request: RequestArgument, as_json: JsonOption = False
) -> None:
    """Certify an agency's keys and register it; its node can start at once."""
    said = approve(folder, request, now=datetime.now(UTC))
    if as_json:
        print_json({"ok": True, "request": request, "member": said.member})
    else:
        say(f"سُجّلت الجهة {said.member}", f"{said.member} is registered")


def refuse_request(
    folder: FolderArgument,
    request: RequestArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; the agency reads it.")],
    as_json: JsonOption = False,
) -> None:
    """Refuse a membership request."""
    said = refuse(folder, request, reason=reason)
    if as_json:
        print_json({"ok": True, "request": request, "member": said.member})
    else:
        say(f"رُفض طلب {said.member}", f"The request of {said.member} is refused")


def register_code(
    folder: FolderArgument,
    register: Annotated[Register, typer.Argument(help="Which register.")],
    code: Annotated[str, typer.Argument(help="The code, e.g. tax-relief or tax-law/12.")],
    *,
    name_ar: Annotated[str, typer.Option(help="Its Arabic name.")],
    name_en: Annotated[str, typer.Option(help="Its English name.")],
    as_json: JsonOption = False,
) -> None:
    """Add a purpose or regulation; from the first one on, new agreements use registered codes."""
    opened, content = authority.open_authority(folder), authority.read_content(folder)
    rows = {row.id: row for row in getattr(content, register.value)}
    rows[code] = CodeRow(id=code, name=Names(ar=name_ar, en=name_en))
    changed = msgspec.structs.replace(content, **{register.value: tuple(rows.values())})
    authority.write_federation(opened, changed, now=datetime.now(UTC))
    if as_json:
        print_json({"ok": True, "register": register.value, "codes": sorted(rows)})
    else:
        say(f"سُجّل الرمز {code}", f"{code} is registered")


def members(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """List the registered members."""
    content = authority.read_content(folder)
    if as_json:
        print_json({"ok": True, "members": [msgspec.to_builtins(m) for m in content.members]})
        return
    for row in content.members:
        console.print(f"{row.id}  {row.name.ar} · {row.name.en}", markup=False, soft_wrap=True)
