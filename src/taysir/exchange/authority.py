"""The authority of a federation: certifies members, and publishes the signed list of them.

A folder holds the root key, the key that signs the federation document, the registered content and
the certificates that were issued. :func:`run` is the process: it serves the document at
``/federation`` and signs it anew long before it expires. Members never need the authority to make a
call; they need a document younger than its expiry. Registering is done on the folder, by the
operator's commands or the bootstrap of a country.
"""

from __future__ import annotations

import asyncio
import fcntl
import secrets
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from taysir.exchange.federation import Content, RevokedRow, open_federation, sign_federation
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.exchange.http_server import serve_http
from taysir.exchange.keyfiles import read_signer, write_public, write_signer
from taysir.exchange.trust_errors import EXC_AUTHORITY_FOLDER
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.certificates import (
    Subject,
    Use,
    Validity,
    issue,
    issue_crl,
    load_certificate,
    new_key,
    self_signed,
)
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, thumbprint

log = get_logger(__name__)

_ROOT_DAYS: Final = 3650
_SIGNER_DAYS: Final = 825
_CONTENT: Final = "content.json"
_DOCUMENT: Final = "federation.jws"


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authority's process must be told."""

    folder: str
    host: str
    port: int
    validity_s: int = limits.FEDERATION_VALIDITY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An opened authority: its folder and both its keys."""

    folder: Path
    instance: str
    root: Signer
    signer: Signer

    @property
    def certificate_file(self) -> Path:
        """The root certificate (PEM): the anchor that nodes and verifiers are given."""
        return self.folder / "authority.pem"


def create_authority(folder: Path, *, instance: str, organization: str, now: datetime) -> Authority:
    """Make an authority's keys and certificates in a folder."""
    identifier = f"{instance}/AUTHORITY"
    root_subject = Subject(use=Use.AUTHORITY, identifier=identifier, organization=organization)
    root = self_signed(
        root_subject, key=new_key(), serial=_serial(), validity=Validity.days(_ROOT_DAYS, now=now)
    )
    signer = _issue(
        root,
        Subject(use=Use.FEDERATION, identifier=identifier, organization=organization),
        now=now,
    )
    write_signer(folder, name="authority", signer=root)
    write_signer(folder, name="federation", signer=signer)
    return Authority(folder=folder, instance=instance, root=root, signer=signer)


def open_authority(folder: Path) -> Authority:
    """Open what :func:`create_authority` made; raises EXC-0521."""
    root = read_signer(folder, name="authority")
    signer = read_signer(folder, name="federation")
    instance = read_content(folder).instance if (folder / _CONTENT).exists() else ""
    return Authority(folder=folder, instance=instance, root=root, signer=signer)


def issue_member(
    authority: Authority, member: MemberId, *, organization: str, now: datetime
) -> Signer:
    """Return a fresh signing key of a member with its certificate."""
    subject = Subject(use=Use.MEMBER, identifier=str(member), organization=organization)
    return _issue(authority.root, subject, now=now)


def issue_node(
    authority: Authority, name: str, *, organization: str, hosts: Iterable[str], now: datetime
) -> Signer:
    """Return a fresh TLS key of a node with its certificate."""
    identifier = f"{authority.instance}/{name}"
    subject = Subject(use=Use.NODE, identifier=identifier, organization=organization)
    return _issue(authority.root, subject, now=now, hosts=hosts)


def issue_time_stamper(authority: Authority, *, organization: str, now: datetime) -> Signer:
    """Return a fresh key of a time-stamp authority with its certificate."""
    identifier = f"{authority.instance}/TIME-STAMP"
    subject = Subject(use=Use.TIMESTAMP, identifier=identifier, organization=organization)
    return _issue(authority.root, subject, now=now)


def write_federation(
    authority: Authority,
    content: Content,
    *,
    now: datetime,
    validity_s: int = limits.FEDERATION_VALIDITY_S,
) -> bytes:
    """Store the content, sign the document anew, store it and return it."""
    write_public(authority.folder / _CONTENT, canonical_json(msgspec.to_builtins(content)))
    return renew_federation(authority, now=now, validity_s=validity_s)


def renew_federation(authority: Authority, *, now: datetime, validity_s: int) -> bytes:
    """Sign the stored content again with the next number; one process at a time."""
    with (authority.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        content = read_content(authority.folder)
        file = authority.folder / _DOCUMENT
        serial = 1
        if file.exists():
            anchor = authority.root.certificate_der
            serial = open_federation(file.read_bytes(), anchor=anchor).serial + 1
        token = sign_federation(
            content, serial=serial, now=now, signer=authority.signer, validity_s=validity_s
        )
        write_public(file, token)
        revoked = [
            (load_certificate(der).serial_number, at)
            for der, at in _revoked_certificates(authority)
        ]
        crl = issue_crl(
            authority.root,
            revoked=revoked,
            number=serial,
            validity=Validity(start=now, end=now + timedelta(seconds=validity_s)),
        )
        write_public(authority.folder / "authority.crl", crl)
    return token


def revoke_certificate(authority: Authority, der: bytes, *, at: datetime) -> Content:
    """Return the stored content with a certificate revoked; publish with `write_federation`."""
    content = read_content(authority.folder)
    row = RevokedRow(thumbprint=thumbprint(der), at=at.replace(microsecond=0))
    write_public(authority.folder / "revoked" / f"{row.thumbprint}.der", der)
    return msgspec.structs.replace(content, revoked=(*content.revoked, row))


def read_content(folder: Path) -> Content:
    """Read the registered content; raises EXC-0521."""
    file = folder / _CONTENT
    try:
        return msgspec.convert(parse_json(file.read_bytes()), Content)
    except (OSError, msgspec.ValidationError) as cause:
        raise Problem(EXC_AUTHORITY_FOLDER, file=str(file), reason=str(cause)[:200]) from cause


# --- the process ---------------------------------------------------------------------------------


def run(settings: AuthoritySettings, *, also: Mapping[str, Handler] = {}) -> None:
    """Publish the federation document until SIGTERM or SIGINT.

    Args:
        settings: where and for how long.
        also: handlers of further paths that are served by the same process.
    """
    uvloop.run(_serve(settings, also=also))


async def _serve(settings: AuthoritySettings, *, also: Mapping[str, Handler]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    authority = open_authority(Path(settings.folder))
    await asyncio.to_thread(_renew, authority, settings)
    face = authority_face(authority, also=also)
    server = await serve_http(face, host=settings.host, port=settings.port)
    log.info("authority_started", port=server.port)
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), timeout=min(60.0, settings.validity_s / 4))
        except TimeoutError:
            await asyncio.to_thread(_renew, authority, settings)
    await server.close()


def _renew(authority: Authority, settings: AuthoritySettings) -> None:
    renew_federation(authority, now=datetime.now(UTC), validity_s=settings.validity_s)


def authority_face(authority: Authority, *, also: Mapping[str, Handler] = {}) -> Handler:
    """Return the handler of the authority's face; it reads files and changes nothing."""
    kinds = {
        "/federation": (_DOCUMENT, b"application/jose"),
        "/authority.pem": ("authority.pem", b"application/pem-certificate-chain"),
        "/authority.crl": ("authority.crl", b"application/pkix-crl"),
    }

    async def answer(request: Request) -> Response:
        if request.path in also:
            return await also[request.path](request)
        if request.method not in ("GET", "HEAD"):
            return json_response({"title": "Method not allowed", "status": 405}, status=405)
        if request.path in ("/healthz", "/readyz"):
            return json_response({"status": "ok"})
        if request.path not in kinds:
            return json_response({"title": "Not found", "status": 404}, status=404)
        name, kind = kinds[request.path]
        body = await asyncio.to_thread((authority.folder / name).read_bytes)
        return Response(headers=((b"content-type", kind),), body=body)

    return answer


def _revoked_certificates(authority: Authority) -> list[tuple[bytes, datetime]]:
    times = {row.thumbprint: row.at for row in read_content(authority.folder).revoked}
    files = sorted((authority.folder / "revoked").glob("*.der"))
    return [(f.read_bytes(), times[f.stem]) for f in files if f.stem in times]


def _issue(root: Signer, subject: Subject, *, now: datetime, hosts: Iterable[str] = ()) -> Signer:
    key = new_key()
    der = issue(
        subject,
        public_key=key.public_key(),
        issuer=root,
        serial=_serial(),
        validity=Validity.days(_SIGNER_DAYS, now=now),
        hosts=hosts,
    )
    return Signer(der, key)


def _serial() -> int:
    """A certificate's serial number: 127 random bits, positive (RFC 5280 clause 4.1.2.2)."""
    return secrets.randbits(126) | 1 << 126
