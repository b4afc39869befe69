"""The logs, witnesses and time-stamp authority of the sample country: keys and settings.

Each node keeps a log and witnesses the logs of the other three; the authority's process stamps.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.country.layout import INSTANCE, NODE_MEMBERS, CountryLayout
from taysir.country.time_stamping.face import KEY_NAME, PATH
from taysir.exchange.authority import Authority, issue_time_stamper
from taysir.exchange.federation import LogRow, WitnessRow
from taysir.exchange.keyfiles import write_private, write_signer
from taysir.exchange.log_face import ADD_CHECKPOINT
from taysir.exchange.log_setup import read_note_signer, write_note_key
from taysir.exchange.settings import LogSettings
from taysir.kernel.checkpoint import COSIGNATURE

_LOG: Final = "log"
_WITNESS: Final = "witness"


def ensure_log_keys(layout: CountryLayout, *, authority: Authority, now: datetime) -> None:
    """Make the keys of logs, witnesses and the time-stamper that are not there yet."""
    keys = layout.root / "keys"
    for node in NODE_MEMBERS:
        for file in (_key(keys, _LOG, node), _key(keys, _WITNESS, node)):
            if not file.exists():
                write_note_key(file, key=ed25519.Ed25519PrivateKey.generate())
        salt = _salt(keys, node)
        if not salt.exists():
            write_private(salt, secrets.token_bytes(32))
    if not (keys / f"{KEY_NAME}.key").exists():
        stamper = issue_time_stamper(authority, organization="State of Waha", now=now)
        write_signer(keys, name=KEY_NAME, signer=stamper)


def log_settings(layout: CountryLayout, node: str) -> LogSettings:
    """Return what a node must be told about its log."""
    keys, authority = layout.root / "keys", layout.url(layout.authority_port)
    return LogSettings(
        port=layout.log_port(node),
        origin=_name(_LOG, node),
        key=str(_key(keys, _LOG, node)),
        witness_name=_name(_WITNESS, node),
        witness_key=str(_key(keys, _WITNESS, node)),
        salt=str(_salt(keys, node)),
        stamp_url=authority + PATH,
        status_url=authority + "/authority.crl",
    )


def log_rows(layout: CountryLayout) -> tuple[LogRow, ...]:
    """Return the logs for the federation document."""
    return tuple(
        LogRow(node=node, url=f"{_url(layout, node)}/log", keys=(_verifier(layout, _LOG, node),))
        for node in NODE_MEMBERS
    )


def witness_rows(layout: CountryLayout) -> tuple[WitnessRow, ...]:
    """Return the witnesses for the federation document."""
    prefix = ADD_CHECKPOINT.rpartition("/")[0]
    return tuple(
        WitnessRow(
            node=node,
            url=_url(layout, node) + prefix,
            keys=(_verifier(layout, _WITNESS, node),),
        )
        for node in NODE_MEMBERS
    )


def _verifier(layout: CountryLayout, what: str, node: str) -> str:
    file, name = _key(layout.root / "keys", what, node), _name(what, node)
    if what == _WITNESS:
        return read_note_signer(str(file), name=name, kind=COSIGNATURE).public.encode()
    return read_note_signer(str(file), name=name).public.encode()


def _url(layout: CountryLayout, node: str) -> str:
    return layout.url(layout.log_port(node))


def _name(what: str, node: str) -> str:
    return f"{INSTANCE}/{what}/{node}"


def _key(keys: Path, what: str, node: str) -> Path:
    return keys / f"{what}-{node}.key"


def _salt(keys: Path, node: str) -> Path:
    return keys / f"log-{node}.salt"
