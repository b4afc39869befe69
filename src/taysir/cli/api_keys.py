"""``taysir keys api-key``: keys of the information-system face for development."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import console, print_json, say
from taysir.exchange.access import new_api_key, read_api_keys, revoke_api_key
from taysir.kernel.identifiers import SubsystemId

api_keys = typer.Typer(help="API keys of information systems, for development.")

KeyFile = Annotated[Path, typer.Option("--file", help="The file that face.api_keys names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@api_keys.command("new")
def new(
    file: KeyFile,
    subsystem: Annotated[str, typer.Option(help="The information system that it speaks for.")],
    days: Annotated[int, typer.Option(help="How long it is good for.")] = 30,
    note: Annotated[str, typer.Option(help="Who has it; no personal data.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and show it once: only its digest is kept."""
    key, entry = new_api_key(
        file, subsystem=SubsystemId.parse(subsystem), days=days, now=datetime.now(UTC), note=note
    )
    expires = entry.expires_at.isoformat(timespec="seconds")
    if as_json:
        print_json({"ok": True, "id": entry.id, "key": key, "expires_at": expires})
        return
    say("المفتاح، يظهر مرة واحدة:", "The key, shown once:")
    console.print(key, soft_wrap=True)
    say(f"ينتهي في {expires}.", f"It expires at {expires}.")


@api_keys.command("list")
def show(file: KeyFile, as_json: AsJson = False) -> None:
    """Show the kept keys: never a key itself."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": key.id,
            "subsystem": key.subsystem,
            "expires_at": key.expires_at.isoformat(timespec="seconds"),
            "expired": key.expires_at <= now,
            "note": key.note,
        }
        for key in read_api_keys(file)
    ]
    if as_json:
        print_json({"ok": True, "keys": rows})
        return
    for row in rows:
        console.print(f"{row['id']} {row['subsystem']} {row['expires_at']} {row['note']}")


@api_keys.command("revoke")
def revoke(
    number: Annotated[str, typer.Argument(help="The key's number.")],
    file: KeyFile,
    as_json: AsJson = False,
) -> None:
    """Take a key out; the node refuses it within a second."""
    entry = revoke_api_key(file, number=number)
    if as_json:
        print_json({"ok": True, "id": entry.id, "subsystem": entry.subsystem})
        return
    say(f"سُحب المفتاح {entry.id}.", f"Revoked the key {entry.id}.")
