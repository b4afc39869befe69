"""The agency's side of joining: makes its keys and settings, asks the authority, takes the answer.

Everything of an agency's node lies in one folder: ``node.json`` with its settings, ``keys`` with
its two keys and certificates, ``membership.json`` with what was asked. The keys never leave it. The
authority's certificate is taken once and pinned; its fingerprint should be compared by a person.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from taysir.exchange.federation import Names, ServiceRow, SubsystemRow
from taysir.exchange.keyfiles import certificate_der, write_private, write_public
from taysir.exchange.keys.service import fits, open_key
from taysir.exchange.log_requests import connect
from taysir.exchange.log_setup import write_note_key
from taysir.exchange.membership import (
    MEMBERSHIP_PATH,
    Admission,
    MembershipRequest,
    ask_membership,
    log_names,
    read_membership,
    request_name,
)
from taysir.exchange.settings import KeyPair, LogSettings, NodeSettings, read_settings
from taysir.exchange.trust_errors import (
    EXC_FEDERATION_MISSING,
    EXC_MEMBERSHIP,
    EXC_MEMBERSHIP_REFUSED,
    EXC_MEMBERSHIP_WAITS,
)
from taysir.exchange.wrapping import unwrap
from taysir.kernel import limits
from taysir.kernel.certificates import Use, load_certificate, new_key, verify_chain
from taysir.kernel.checkpoint import COSIGNATURE, NoteSigner
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId

SETTINGS: Final = "node.json"
REQUEST: Final = "membership.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an agency decides before it asks to join.

    Attributes:
        member: its identifier in the federation.
        name: its name in Arabic and English.
        authority: the address of the authority.
        systems: codes of its information systems.
        host: the address of its node.
        port: the port of the information-system face; administration, other nodes and the log
            follow it.
        zone: the residency zone of its node.
        time_stamp: the address of an RFC 3161 time-stamp authority, or empty.
    """

    member: MemberId
    name: Names
    authority: str
    systems: tuple[str, ...]
    host: str
    port: int
    zone: str
    time_stamp: str = ""


def make_node(folder: Path, plan: Plan) -> Path:
    """Make keys, settings and the request of a new node; returns the settings file.

    Raises:
        Problem: EXC-0522 when the folder holds a node already, or the plan cannot be registered.
    """
    file = folder / SETTINGS
    if file.exists():
        raise Problem(EXC_MEMBERSHIP, reason=f"{folder} holds a node already")
    keys = folder / "keys"
    member_key, node_key = new_key(), new_key()
    node = plan.member.member.lower()
    log_key, witness_key = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    log_name, witness_name = log_names(plan.member.instance, node)
    said = MembershipRequest(
        member=str(plan.member),
        name=plan.name,
        node=node,
        host=plan.host,
        port=plan.port + 2,
        zone=plan.zone,
        subsystems=tuple(
            SubsystemRow(id=str(plan.member.subsystem(code)), name=_named(plan.name, code))
            for code in plan.systems
        ),
        member_request="",
        node_request="",
        log_port=plan.port + 3,
        log_key=NoteSigner(name=log_name, key=log_key).public.encode(),
        witness_key=_witness(witness_name, witness_key),
    )
    document = ask_membership(said, member_key=member_key, node_key=node_key)
    write_private(keys / "member.key", _pem(member_key))
    write_private(keys / "node.key", _pem(node_key))
    write_note_key(keys / "log.key", key=log_key)
    write_note_key(keys / "witness.key", key=witness_key)
    write_private(keys / "log.salt", secrets.token_bytes(32))
    write_public(folder / REQUEST, document)
    write_private(file, msgspec.json.format(msgspec.json.encode(_settings(folder, plan, said))))
    return file


def _settings(folder: Path, plan: Plan, said: MembershipRequest) -> NodeSettings:
    whole = folder.resolve()
    keys, authority = whole / "keys", str(whole / "keys" / "authority.pem")
    return NodeSettings(
        name=said.node,
        zone=plan.zone,
        folder=str(whole / "data"),
        host=plan.host,
        face_port=plan.port,
        admin_port=plan.port + 1,
        peer_port=plan.port + 2,
        tls=KeyPair(certificate=str(keys / "node.pem"), key=str(keys / "node.key")),
        tls_authorities=authority,
        members={
            str(plan.member): KeyPair(
                certificate=str(keys / "member.pem"), key=str(keys / "member.key")
            )
        },
        services={},
        subject_key=str(keys / "subject.key"),
        federation_url=f"{plan.authority.rstrip('/')}/federation",
        authority_certificate=authority,
        agreements=str(whole / "agreements"),
        log=_log_settings(plan, said, keys=keys),
    )


def _witness(name: str, key: ed25519.Ed25519PrivateKey) -> str:
    return NoteSigner(name=name, key=key, kind=COSIGNATURE).public.encode()


def _log_settings(plan: Plan, said: MembershipRequest, *, keys: Path) -> LogSettings:
    log_name, witness_name = log_names(plan.member.instance, said.node)
    return LogSettings(
        port=said.log_port,
        origin=log_name,
        key=str(keys / "log.key"),
        witness_name=witness_name,
        witness_key=str(keys / "witness.key"),
        salt=str(keys / "log.salt"),
        stamp_url=plan.time_stamp,
        status_url=f"{plan.authority.rstrip('/')}/authority.crl",
    )


def offer_service(
    folder: Path, service: ServiceId, *, name: Names, url: str, openapi: str = ""
) -> bytes:
    """Add a service to a node's settings and to its request; returns the request to send.

    Raises:
        Problem: EXC-0140 for unreadable settings, EXC-0522 for a service of another member.
    """
    settings = read_settings(folder / SETTINGS)
    said = read_membership((folder / REQUEST).read_bytes())
    subsystems = {row.id: row for row in said.subsystems}
    subsystems.setdefault(
        str(service.subsystem), SubsystemRow(id=str(service.subsystem), name=name)
    )
    services = {row.id: row for row in said.services}
    services[str(service)] = ServiceRow(id=str(service), name=name)
    document = ask_membership(
        msgspec.structs.replace(
            said, subsystems=tuple(subsystems.values()), services=tuple(services.values())
        ),
        member_key=_key(settings.members[said.member]),
        node_key=_key(settings.tls),
    )
    changed = msgspec.structs.replace(
        settings,
        services={**settings.services, str(service): url},
        openapi={**settings.openapi, **({str(service): openapi} if openapi else {})},
    )
    write_public(folder / REQUEST, document)
    write_private(folder / SETTINGS, msgspec.json.format(msgspec.json.encode(changed)))
    return document


def pin_authority(folder: Path) -> str:
    """Take the authority's certificate if there is none yet; returns its SHA-256 fingerprint."""
    settings = read_settings(folder / SETTINGS)
    file = Path(settings.authority_certificate)
    if not file.exists():
        status, pem = _ask(settings, "GET", "/authority.pem")
        if status != 200:
            raise Problem(EXC_MEMBERSHIP, reason=f"the authority answered {status}")
        try:
            der = certificate_der(pem)
        except ValueError as cause:
            raise Problem(EXC_MEMBERSHIP, reason="the authority shows no certificate") from cause
        write_public(file, pem)
    else:
        der = certificate_der(file.read_bytes())
    return hashlib.sha256(der).hexdigest()


def send_request(folder: Path) -> str:
    """Send the request of a folder and return its number; safe to repeat."""
    settings = read_settings(folder / SETTINGS)
    document = (folder / REQUEST).read_bytes()
    status, body = _ask(settings, "POST", MEMBERSHIP_PATH, document)
    if status != 202:
        reason = str(orjson.loads(body).get("title", status)) if body else str(status)
        raise Problem(EXC_MEMBERSHIP, reason=reason)
    return request_name(document)


def is_admitted(folder: Path) -> bool:
    """Whether the certificates of a folder's node are installed."""
    return all((folder / "keys" / name).exists() for name in ("node.pem", "subject.key"))


def take_admission(folder: Path) -> None:
    """Fetch what the authority decided and install it.

    Raises:
        Problem: EXC-0524 while it is not decided, EXC-0525 when it was refused.
    """
    settings = read_settings(folder / SETTINGS)
    name = request_name((folder / REQUEST).read_bytes())
    status, body = _ask(settings, "GET", f"{MEMBERSHIP_PATH}?request={name}")
    if status != 200:
        raise Problem(EXC_MEMBERSHIP_WAITS, request=name)
    admission = msgspec.json.decode(body, type=Admission)
    if admission.state == "refused":
        raise Problem(EXC_MEMBERSHIP_REFUSED, reason=admission.reason)
    if admission.state != "approved":
        raise Problem(EXC_MEMBERSHIP_WAITS, request=name)
    _install(settings, admission)


def _install(settings: NodeSettings, admission: Admission) -> None:
    anchor = certificate_der(Path(settings.authority_certificate).read_bytes())
    [pair] = settings.members.values()
    for pem, to, use in (
        (admission.member_certificate, pair, Use.MEMBER),
        (admission.node_certificate, settings.tls, Use.NODE),
    ):
        der = certificate_der(pem.encode("ascii"))
        start = load_certificate(der).not_valid_before_utc
        verify_chain(der, anchors=[anchor], at=start, use=use)
        if not fits(der, key=_key(to).public_key()):
            raise Problem(EXC_MEMBERSHIP, reason="a certificate is for another key")
        write_public(Path(to.certificate), pem.encode("ascii"))
    secret = unwrap(base64.b64decode(admission.subject_key), key=_key(settings.tls))
    write_private(Path(settings.subject_key), secret)


def _ask(settings: NodeSettings, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = connect(settings.federation_url, timeout_s=limits.FEDERATION_FETCH_TIMEOUT_S)
    try:
        connection.request(method, path, body=body or None)
        with connection.getresponse() as answer:
            return answer.status, answer.read(limits.MEMBERSHIP_BYTES + 1)
    except (OSError, http.client.HTTPException) as cause:
        raise Problem(EXC_FEDERATION_MISSING, authority=settings.federation_url) from cause
    finally:
        connection.close()


def _named(name: Names, code: str) -> Names:
    return Names(ar=f"{name.ar} ({code})", en=f"{name.en} ({code})")


def _key(pair: KeyPair) -> ec.EllipticCurvePrivateKey:
    return open_key(pair.key)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
