"""``taysir keys log-key``: replace the key with which a node signs its transparency log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.cli.output import console, print_json, say
from taysir.exchange.authority import open_authority, read_content, write_federation
from taysir.exchange.certifying import register_log_key
from taysir.exchange.keys.errors import EXC_KEY
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.log_setup import read_note_signer, write_note_key
from taysir.kernel.checkpoint import NoteKey
from taysir.kernel.errors import Problem

log_keys = typer.Typer(help="The key of a node's transparency log.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@log_keys.command("new")
def new(
    origin: Annotated[str, typer.Option(help="The log's name, as in log.origin of the settings.")],
    key: Annotated[Path, typer.Option(help="Where to write the key; a free file.")],
    secret: Annotated[
        str, typer.Option(help="Passphrase: env:NAME, file:PATH or credential:NAME.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a new key, not used yet, and print the verifier key that the authority registers."""
    if key.exists():
        raise Problem(EXC_KEY, key=str(key), reason="the file exists")
    write_note_key(
        key, key=ed25519.Ed25519PrivateKey.generate(), passphrase=read_passphrase(secret)
    )
    verifier = read_note_signer(str(key), name=origin, secret=secret).public.encode()
    if as_json:
        print_json({"ok": True, "key": str(key), "verifier": verifier})
        return
    say("مفتاح التحقق، تسجله السلطة:", "The verifier key, for the authority to register:")
    console.print(verifier, soft_wrap=True)


@log_keys.command("register")
def register(
    verifier: Annotated[str, typer.Argument(help="The verifier key: name+id+base64.")],
    authority: Annotated[Path, typer.Option("--authority", help="The authority's folder.")],
    as_json: AsJson = False,
) -> None:
    """Publish a log's new verifier key before its older ones, which stay."""
    opened, now = open_authority(authority), datetime.now(UTC)
    key = NoteKey.parse(verifier)
    write_federation(opened, register_log_key(read_content(authority), key), now=now)
    if as_json:
        print_json({"ok": True, "log": key.name, "id": key.key_id.hex()})
        return
    say(f"نُشر مفتاح السجل {key.name}.", f"Published the new key of the log {key.name}.")
