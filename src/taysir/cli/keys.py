"""``taysir keys``: make, install, list and retire a node's keys; certify and revoke; API keys.

The verbs of an operator work on the node's settings file and tell the running node; ``certify`` and
``revoke`` are the authority's, and work on its folder.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from taysir.cli.admin_call import ask_admin
from taysir.cli.api_keys import api_keys
from taysir.cli.log_keys import log_keys
from taysir.cli.output import console, print_json, say
from taysir.cli.thumbprints import ThumbprintCommand
from taysir.exchange.admin_gate import KEYS_PATH, RELOAD_PATH
from taysir.exchange.authority import open_authority, write_federation
from taysir.exchange.certifying import certify as certify_request
from taysir.exchange.certifying import find_certificate, withdraw
from taysir.exchange.keyfiles import certificate_pem, write_public
from taysir.exchange.keys import renewal
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.keys.service import read_certificate, shown
from taysir.exchange.settings import KeyPair, NodeSettings, read_settings
from taysir.kernel.certificates import identity_of, load_certificate
from taysir.kernel.errors import Problem
from taysir.kernel.signature import thumbprint

keys = typer.Typer(help="Make, install, list and retire keys.", no_args_is_help=True)

Settings = Annotated[
    Path, typer.Option("--settings", envvar="TAYSIR_SETTINGS", help="The node's settings file.")
]
Place = Annotated[str, typer.Option("--for", help="Whose key: a member's identifier, or tls.")]
Secret = Annotated[
    str, typer.Option(help="Passphrase or PIN: env:NAME, file:PATH or credential:NAME.")
]
Authority = Annotated[Path, typer.Option("--authority", help="The authority's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    keys.add_typer(api_keys, name="api-key")
    keys.add_typer(log_keys, name="log-key")
    app.add_typer(keys, name="keys")


@keys.command("list")
def list_keys(settings: Settings, as_json: AsJson = False) -> None:
    """Show every key of a node, what the node does with it, and until when it is valid."""
    given = read_settings(settings)
    rows, running = _report(given)
    if as_json:
        print_json({"ok": True, "running": running, "keys": rows})
        return
    for row in rows:
        days = (datetime.fromisoformat(row["valid_until"]) - datetime.now(UTC)).days
        known = _yes(row["known"])
        console.print(f"[bold]{row['place']}[/] {row['state']} {row['kind']} {row['thumbprint']}")
        say(
            f"   {row['key']} · تنتهي بعد {days} يوما · معروفة في الاتحاد: {known[0]}",
            f"   {row['key']} · {days} days left · known in the federation: {known[1]}",
        )
    if not running:
        say("العقدة لا تعمل؛ هذا ما في الإعدادات.", "The node does not run; this is its settings.")


@keys.command("new")
def new_key(
    *,
    settings: Settings,
    place: Place,
    request: Annotated[Path, typer.Option(help="Where to write the certificate request.")],
    key: Annotated[str, typer.Option(help="A free file, or a pkcs11: URI.")] = "",
    secret: Secret = "",
    as_json: AsJson = False,
) -> None:
    """Make a new key, not used yet, and a certificate request for it."""
    given = read_settings(settings)
    reference = key or renewal.free_reference(given, place, now=datetime.now(UTC))
    write_public(request, renewal.make_key(given, place, key=reference, secret=secret))
    _tell_request(request, reference, as_json=as_json)


@keys.command("request")
def request_again(
    *,
    settings: Settings,
    place: Place,
    request: Annotated[Path, typer.Option(help="Where to write the certificate request.")],
    key: Annotated[str, typer.Option(help="The key; without it the one in the settings.")] = "",
    secret: Secret = "",
    as_json: AsJson = False,
) -> None:
    """Write a certificate request for a key that exists."""
    given = read_settings(settings)
    used = renewal.pair_of(given, place)
    reference, source = (key, secret) if key else (used.key, used.secret)
    pem = renewal.request_again(given, place, key=reference, secret=source)
    write_public(request, pem)
    _tell_request(request, reference, as_json=as_json)


@keys.command("install")
def install_key(
    *,
    settings: Settings,
    place: Place,
    certificate: Annotated[Path, typer.Option(help="The new certificate (PEM).")],
    key: Annotated[str, typer.Option(help="The new key.")],
    secret: Secret = "",
    as_json: AsJson = False,
) -> None:
    """Write a new pair into the settings; the node uses it once the federation knows it."""
    offered = KeyPair(certificate=str(certificate), key=key, secret=secret)
    pair = renewal.install(settings, place, offered=offered, now=datetime.now(UTC))
    running = _reload(read_settings(settings))
    name = thumbprint(read_certificate(pair.certificate))
    if as_json:
        print_json({"ok": True, "place": place, "thumbprint": name, "told": running})
        return
    say(f"رُكّب المفتاح {name} لـ{place}.", f"Installed {name} for {place}.")
    _tell_running(running)


@keys.command("retire")
def retire_key(
    settings: Settings,
    place: Place,
    keep_key: Annotated[bool, typer.Option(help="Leave the private key where it is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget the previous key, once the node uses the new one, and destroy it."""
    rows, running = _report(read_settings(settings))
    used = [r["thumbprint"] for r in rows if (r["place"], r["state"]) == (place, "in-use")]
    previous = renewal.retire(
        settings, place, in_use=used[0] if running and used else None, keep_key=keep_key
    )
    told = _reload(read_settings(settings))
    name = thumbprint(read_certificate(previous.certificate))
    if as_json:
        print_json({"ok": True, "place": place, "retired": name, "told": told})
        return
    say(f"سُحب المفتاح السابق {name}.", f"Retired the previous key {name}.")
    say(
        f"تسحب السلطة شهادته: ./taysir keys revoke --authority … {name}",
        f"The authority withdraws its certificate: ./taysir keys revoke --authority … {name}",
    )


@keys.command("reload")
def reload_keys(settings: Settings, as_json: AsJson = False) -> None:
    """Have the running node read its settings' keys again, as SIGHUP does."""
    given = read_settings(settings)
    rows = ask_admin(_admin(given), RELOAD_PATH, method="POST", token=_token(given))["keys"]
    if as_json:
        print_json({"ok": True, "keys": rows})
        return
    say("أعادت العقدة قراءة مفاتيحها.", "The node has read its keys again.")


# --- the authority -------------------------------------------------------------------------------


@keys.command("certify")
def certify_key(
    request: Annotated[Path, typer.Argument(help="The certificate request (PEM).")],
    authority: Authority,
    certificate: Annotated[Path, typer.Option(help="Where to write the certificate.")],
    as_json: AsJson = False,
) -> None:
    """Certify a registered member's or node's new key, and publish it beside the old one."""
    opened, now = open_authority(authority), datetime.now(UTC)
    der, content = certify_request(opened, request.read_bytes(), now=now)
    write_federation(opened, content, now=now)
    write_public(certificate, certificate_pem(der))
    use, holder = identity_of(load_certificate(der))
    if as_json:
        facts = {"certificate": str(certificate), "holder": holder, "use": use.value}
        print_json({"ok": True, "thumbprint": thumbprint(der), **facts})
        return
    say(
        f"صدرت الشهادة {thumbprint(der)} لـ{holder} ونُشرت.",
        f"Certified {thumbprint(der)} for {holder}, and published it.",
    )


@keys.command("revoke", cls=ThumbprintCommand)
def revoke_key(
    name: Annotated[str, typer.Argument(help="The certificate's thumbprint, or its file.")],
    authority: Authority,
    as_json: AsJson = False,
) -> None:
    """Withdraw a certificate: the next call with it is refused as soon as nodes have fetched."""
    opened, now = open_authority(authority), datetime.now(UTC)
    der = read_certificate(name) if Path(name).is_file() else find_certificate(opened, name)
    name = thumbprint(der)
    write_federation(opened, withdraw(opened, der, at=now), now=now)
    _use, holder = identity_of(load_certificate(der))
    at = now.isoformat(timespec="seconds")
    if as_json:
        print_json({"ok": True, "thumbprint": name, "holder": holder, "at": at})
        return
    say(
        f"سُحبت شهادة {holder} في {at}. ما مسّه المفتاح: ./taysir exposure {name}",
        f"Revoked the certificate of {holder} at {at}. What it touched: ./taysir exposure {name}",
    )


# --- asking the node -----------------------------------------------------------------------------


def _report(settings: NodeSettings) -> tuple[list[dict[str, Any]], bool]:
    """Return the keys as the running node tells them, or as the settings stand; and whether."""
    try:
        rows = ask_admin(_admin(settings), KEYS_PATH, token=_token(settings))["keys"]
    except Problem:
        ring = KeyRing(settings)
        return msgspec.to_builtins(ring.report(settings, directory=None)), False
    return list(rows), True


def _reload(settings: NodeSettings) -> bool:
    """Tell the running node; a node that does not run reads its settings when it starts."""
    try:
        ask_admin(_admin(settings), RELOAD_PATH, method="POST", token=_token(settings))
    except Problem:
        return False
    return True


def _admin(settings: NodeSettings) -> str:
    return f"http://{settings.host}:{settings.admin_port}"


def _token(settings: NodeSettings) -> str:
    given = os.environ.get("TAYSIR_ADMIN_TOKEN", "")
    return given or read_passphrase(settings.admin.token).decode("utf-8")


def _tell_request(request: Path, reference: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "request": str(request), "key": reference})
        return
    say(f"المفتاح: {shown(reference)}", f"Key: {shown(reference)}")
    say(f"طلب الشهادة: {request}", f"Certificate request: {request}")


def _tell_running(running: bool) -> None:
    if running:
        say("تستعمله العقدة متى عرفه الاتحاد.", "The node uses it once the federation knows it.")
    else:
        say("العقدة لا تعمل؛ تقرأ عند بدئها.", "The node does not run; it reads this at its start.")


def _yes(known: bool) -> tuple[str, str]:
    return ("نعم", "yes") if known else ("لا", "no")
