"""Makes the log, the witness and their third parties from a node's settings."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.keyfiles import certificate_der, write_private
from taysir.exchange.keys.contrib.files import is_encrypted
from taysir.exchange.keys.errors import EXC_KEY_SECRET
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.log import LeafMaker
from taysir.exchange.log_keeper import LogKeeper, LogPorts
from taysir.exchange.log_trust import NO_TRUST, LogTrust, log_trust
from taysir.exchange.settings import LogSettings, NodeSettings
from taysir.exchange.stamping import RemoteStamper
from taysir.exchange.trust_status import fetch_status
from taysir.exchange.witness import Witness
from taysir.kernel.checkpoint import COSIGNATURE, LOG_SIGNATURE, NoteSigner
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """What a node runs for its log: the keeper, the witness of others, where both are served."""

    keeper: LogKeeper
    witness: Witness
    port: int


def make_transparency(settings: NodeSettings, *, source: FederationSource) -> Transparency | None:
    """Return the log of a node, or None when its settings have none; raises EXC-0140."""
    if settings.log is None:
        return None
    trusted = _Trusted(source, settings.log)
    folder = Path(settings.folder) / "transparency"
    keeper = LogKeeper(
        folder,
        node=settings.name,
        signer=read_note_signer(
            settings.log.key, name=settings.log.origin, secret=settings.log.key_secret
        ),
        leaves=LeafMaker(_secret(settings.log.salt)),
        ports=_ports(settings.log, trusted=trusted, source=source),
        refuse_after_s=settings.log.refuse_after_s,
    )
    witness = Witness(
        folder / "witness",
        signer=read_note_signer(
            settings.log.witness_key,
            name=settings.log.witness_name,
            kind=COSIGNATURE,
            secret=settings.log.witness_secret,
        ),
        logs=lambda: trusted.now().logs,
        now_s=lambda: int(time.time()),
    )
    return Transparency(keeper=keeper, witness=witness, port=settings.log.port)


def _ports(settings: LogSettings, *, trusted: _Trusted, source: FederationSource) -> LogPorts:
    stamper, fetch = None, None
    if settings.stamp_url:
        stamper = RemoteStamper(
            settings.stamp_url, roots=lambda: trusted.now().stamp_roots, now=_now
        )
    if settings.status_url:
        fetch = partial(fetch_status, settings.status_url, authority=source.anchor)
    return LogPorts(
        trust=trusted.now,
        now_ms=lambda: time.time_ns() // 1_000_000,
        stamper=stamper,
        fetch_status=fetch,
    )


def _now() -> datetime:
    return datetime.now(UTC)


class _Trusted:
    """The federation's logs and witnesses, read again when the document changes."""

    def __init__(self, source: FederationSource, settings: LogSettings) -> None:
        self._source = source
        self._roots = tuple(_root(file) for file in settings.stamp_roots)
        self._token = b""
        self._trust = NO_TRUST

    def now(self) -> LogTrust:
        """Return whom the federation in hand names; the last good one if it names badly."""
        token = self._source.token
        if token != self._token:
            self._token = token
            try:
                self._trust = log_trust(
                    self._source.current().document.content, also_roots=self._roots
                )
            except Problem as problem:
                log.warning("log_trust_not_read", code=problem.code)
        return self._trust


def _root(file: str) -> bytes:
    try:
        return certificate_der(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        raise Problem(EXC_SETTINGS, file=file, reason="not a certificate") from error


# --- keys ----------------------------------------------------------------------------------------


def read_note_signer(
    file: str, *, name: str, kind: int = LOG_SIGNATURE, secret: str = ""
) -> NoteSigner:
    """Read an Ed25519 key of a log or witness; raises EXC-0140, EXC-0602 and EXC-0605."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
    encrypted = is_encrypted(data)
    passphrase = read_passphrase(secret) if encrypted else b""
    try:
        key = load_pem_private_key(data, password=passphrase or None)
    except (ValueError, TypeError) as error:
        if encrypted:
            raise Problem(EXC_KEY_SECRET, key=file) from error
        raise Problem(EXC_SETTINGS, file=file, reason="not a private key") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise Problem(EXC_SETTINGS, file=file, reason="not an Ed25519 key")
    return NoteSigner(name=name, key=key, kind=kind)


def write_note_key(file: Path, *, key: ed25519.Ed25519PrivateKey, passphrase: bytes = b"") -> None:
    """Write a log's or witness's key (PEM, readable by its owner only, encrypted if asked)."""
    protection: KeySerializationEncryption = NoEncryption()
    if passphrase:
        protection = BestAvailableEncryption(passphrase)
    write_private(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))


def _secret(file: str) -> bytes:
    try:
        secret = Path(file).read_bytes()
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
    if len(secret) != _SECRET_BYTES:
        raise Problem(EXC_SETTINGS, file=file, reason="not 32 bytes")
    return secret
