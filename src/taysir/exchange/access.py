"""Who may call as which subsystem at the information-system face.

An information system shows a certificate that the operator registered for its subsystem, or, for
development, an API key. Keys are kept as digests, belong to one subsystem and expire. Without
registered certificates and keys the face takes every caller, which is for loopback only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.face_errors import EXC_API_KEYS, EXC_CALLER, EXC_CALLER_SUBSYSTEM
from taysir.exchange.http import Request
from taysir.exchange.keyfiles import write_private
from taysir.exchange.keys.service import load_tls_key, read_certificate
from taysir.exchange.settings import FaceSettings
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import SubsystemId

API_KEY_HEADER: Final = b"taysir-api-key"
_PREFIX: Final = "tk"
_LOOK_S: Final = 1.0


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key as it is kept: never the key, only its digest."""

    id: str
    sha256: str
    subsystem: str
    created_at: datetime
    expires_at: datetime
    note: str = ""


class Access:
    """Judges who is calling; made once from the settings."""

    def __init__(self, settings: FaceSettings, *, now: Callable[[], datetime]) -> None:
        """Read certificates and keys; raises EXC-0140, EXC-0183, KRN-0001 and KRN-0211."""
        self._now = now
        self._certificates: dict[bytes, frozenset[str]] = {}
        for subsystem, files in settings.clients.items():
            for file in files:
                der = read_certificate(file)
                known = self._certificates.get(der, frozenset())
                self._certificates[der] = known | {str(SubsystemId.parse(subsystem))}
        self._key_file = Path(settings.api_keys) if settings.api_keys else None
        self._keys: dict[str, ApiKey] = {}
        self._key_file_time = -1
        self._looked_at = datetime.min.replace(tzinfo=UTC)
        self._look()

    @property
    def enforced(self) -> bool:
        """Whether callers must show who they are."""
        return bool(self._certificates) or self._key_file is not None

    def check(self, request: Request) -> None:
        """Let a request pass whose caller may speak for its ``X-Road-Client``.

        Raises:
            Problem: EXC-0181 for a caller that is not known, EXC-0182 for another's subsystem.
        """
        if not self.enforced:
            return
        allowed = self._certificates.get(request.peer_certificate_der or b"")
        if allowed is None:
            allowed = self._of_key(request.header(API_KEY_HEADER))
        client = request.header(b"x-road-client")
        if client and client not in allowed:
            shown = client[:100] if client.isprintable() else "?"
            raise Problem(EXC_CALLER_SUBSYSTEM, client=shown)

    def _of_key(self, given: str) -> frozenset[str]:
        if not given:
            raise Problem(EXC_CALLER, reason="no known certificate and no key")
        self._look()
        parts = given.split("_", 2)
        key = self._keys.get(parts[1]) if len(parts) == 3 and parts[0] == _PREFIX else None
        if key is None or not hmac.compare_digest(key.sha256, _digest(given)):
            raise Problem(EXC_CALLER, reason="the key is not known")
        if self._now() >= key.expires_at:
            raise Problem(EXC_CALLER, reason=f"the key {key.id} has expired")
        return frozenset((key.subsystem,))

    def _look(self) -> None:
        """Read the keys again when the file changed; looks once a second at most."""
        now = self._now()
        if self._key_file is None or now - self._looked_at < timedelta(seconds=_LOOK_S):
            return
        self._looked_at = now
        try:
            changed = self._key_file.stat().st_mtime_ns
        except OSError as error:
            reason = str(error.strerror)
            raise Problem(EXC_API_KEYS, file=str(self._key_file), reason=reason) from error
        if changed != self._key_file_time:
            self._keys = {key.id: key for key in read_api_keys(self._key_file)}
            self._key_file_time = changed


def face_context(settings: FaceSettings) -> ssl.SSLContext | None:
    """Return the TLS context of the information-system face, or None for plain HTTP.

    A caller's certificate must be one of the registered ones; it is demanded when there are no
    API keys. Raises EXC-0140 and the errors of :func:`load_tls_key`.
    """
    if settings.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_tls_key(context, settings.tls)
    files = [file for files in settings.clients.values() for file in files]
    if files:
        # The registered certificates themselves are trusted, not whoever issued them.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=b"".join(read_certificate(file) for file in files))
        context.verify_mode = ssl.CERT_OPTIONAL if settings.api_keys else ssl.CERT_REQUIRED
    return context


# --- API keys ------------------------------------------------------------------------------------


def read_api_keys(file: Path) -> list[ApiKey]:
    """Read the kept keys; none if the file is empty; raises EXC-0183."""
    try:
        data = file.read_bytes()
        keys = msgspec.json.decode(data, type=list[ApiKey]) if data.strip() else []
    except (OSError, msgspec.DecodeError) as error:
        raise Problem(EXC_API_KEYS, file=str(file), reason=str(error)[:200]) from error
    if len(keys) > limits.API_KEYS:
        raise Problem(EXC_API_KEYS, file=str(file), reason=f"more than {limits.API_KEYS} keys")
    return keys


def new_api_key(
    file: Path, *, subsystem: SubsystemId, days: int, now: datetime, note: str = ""
) -> tuple[str, ApiKey]:
    """Make a key, keep its digest in the file, and return the key with what is kept.

    The key itself is nowhere else: whoever asked for it must keep it.

    Raises:
        Problem: EXC-0183 for an unreadable file, a full one, or a life that is too long.
    """
    if not 1 <= days <= limits.API_KEY_DAYS:
        reason = f"a key lives 1 to {limits.API_KEY_DAYS} days"
        raise Problem(EXC_API_KEYS, file=str(file), reason=reason)
    kept = read_api_keys(file) if file.exists() else []
    if len(kept) >= limits.API_KEYS:
        raise Problem(EXC_API_KEYS, file=str(file), reason=f"it holds {limits.API_KEYS} keys")
    number = secrets.token_hex(4)
    key = f"{_PREFIX}_{number}_{secrets.token_urlsafe(32)}"
    created = now.replace(microsecond=0)
    entry = ApiKey(
        id=number,
        sha256=_digest(key),
        subsystem=str(subsystem),
        created_at=created,
        expires_at=created + timedelta(days=days),
        note=note[:200],
    )
    _write_api_keys(file, [*kept, entry])
    return key, entry


def revoke_api_key(file: Path, *, number: str) -> ApiKey:
    """Take a key out of the file; raises EXC-0183 when it is not there."""
    kept = read_api_keys(file)
    found = next((key for key in kept if key.id == number), None)
    if found is None:
        raise Problem(EXC_API_KEYS, file=str(file), reason="no key has this number")
    _write_api_keys(file, [key for key in kept if key.id != number])
    return found


def _write_api_keys(file: Path, keys: Iterable[ApiKey]) -> None:
    write_private(file, msgspec.json.format(msgspec.json.encode(list(keys))))


def _digest(key: str) -> str:
    # The keys are 256 random bits, so a plain digest cannot be turned back by trying.
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
