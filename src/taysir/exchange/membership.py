"""How an agency joins a federation: it asks with its keys, the authority approves, a node starts.

The request holds who the agency is, where its node listens, what it runs, and a certificate request
for each of its two keys, which never leave the agency. Approval issues both certificates, registers
the rows in the federation document and wraps the subjects' key for the node. A member that is
registered already may ask again, with the same key, to register more systems or services.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.exchange.authority import Authority, open_authority, read_content, write_federation
from taysir.exchange.certifying import CertificateRequest, make_request, read_request
from taysir.exchange.federation import (
    Content,
    LogRow,
    MemberRow,
    Names,
    NodeRow,
    ServiceRow,
    SubsystemRow,
    WitnessRow,
)
from taysir.exchange.http import Handler, Request, Response, json_response, problem_response
from taysir.exchange.keyfiles import certificate_pem, write_private, write_public
from taysir.exchange.log_face import ADD_CHECKPOINT
from taysir.exchange.summary import shown
from taysir.exchange.trust_errors import EXC_MEMBERSHIP, EXC_UNKNOWN_MEMBERSHIP
from taysir.exchange.wrapping import wrap
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.certificates import Subject, Use, Validity, issue, load_certificate
from taysir.kernel.checkpoint import NoteKey
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import base64url, from_base64url, thumbprint

log = get_logger(__name__)

FORMAT: Final = "taysir-membership/1"
MEMBERSHIP_PATH: Final = "/membership"
SUBJECT_KEY: Final = "subject.key"
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?", re.ASCII)
_NODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class MembershipRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agency asks to have registered.

    The two requests are PKCS#10 in PEM; the keys of log and witness are verifier keys (C2SP
    signed-note), and all three of the log are empty for a node without one.
    """

    member: str
    name: Names
    node: str
    host: str
    port: int
    zone: str
    subsystems: tuple[SubsystemRow, ...]
    services: tuple[ServiceRow, ...] = ()
    member_request: str
    node_request: str
    log_port: int = 0
    log_key: str = ""
    witness_key: str = ""
    format: str = FORMAT


class Admission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authority answers: certificates in PEM, and the subjects' key for the node only."""

    state: str
    member_certificate: str = ""
    node_certificate: str = ""
    subject_key: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMembership:
    """A request as it lies at the authority."""

    name: str
    request: MembershipRequest
    state: str


def ask_membership(
    said: MembershipRequest,
    *,
    member_key: ec.EllipticCurvePrivateKey,
    node_key: ec.EllipticCurvePrivateKey,
) -> bytes:
    """Return the document of a request, with both certificate requests made anew."""
    member = MemberId.parse(said.member)
    organization = said.name.en
    node_name = f"{member.instance}/{said.node}"
    asking = Subject(use=Use.MEMBER, identifier=said.member, organization=organization)
    listening = Subject(use=Use.NODE, identifier=node_name, organization=organization)
    whole = msgspec.structs.replace(
        said,
        member_request=make_request(asking, key=member_key).decode("ascii"),
        node_request=make_request(listening, key=node_key).decode("ascii"),
    )
    _check(whole)
    return canonical_json(msgspec.to_builtins(whole))


def request_name(document: bytes) -> str:
    """Return the number under which a request is approved."""
    return hashlib.sha256(document).hexdigest()[:16]


def read_membership(document: bytes) -> MembershipRequest:
    """Read a request; raises EXC-0522 and EXC-0608."""
    if len(document) > limits.MEMBERSHIP_BYTES:
        raise Problem(EXC_MEMBERSHIP, reason="too long")
    try:
        said = msgspec.convert(parse_json(document), MembershipRequest)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_MEMBERSHIP, reason=str(cause)[:200]) from cause
    _check(said)
    return said


def _check(said: MembershipRequest) -> tuple[CertificateRequest, CertificateRequest]:
    """Refuse what could not be registered; returns both certificate requests."""
    member = MemberId.parse(said.member)
    signing = read_request(said.member_request.encode("utf-8"))
    listening = read_request(said.node_request.encode("utf-8"))
    owners = [SubsystemId.parse(row.id).owner for row in said.subsystems]
    owners += [ServiceId.parse(row.id).owner for row in said.services]
    names = [said.name, *(r.name for r in said.subsystems), *(r.name for r in said.services)]
    node = Subject(
        use=Use.NODE, identifier=f"{member.instance}/{said.node}", organization=said.name.en
    )
    checks = (
        (said.format == FORMAT, "unknown format"),
        (all(name.ar.strip() and name.en.strip() for name in names), "a name is missing"),
        (
            all(shown(text) == text for name in names for text in (name.ar, name.en)),
            "a name holds what cannot be seen",
        ),
        (set(owners) <= {member}, "a system or service of another member"),
        (bool(said.subsystems), "no information system"),
        (_HOST.fullmatch(said.host) and 0 < said.port < 65536, "no address"),
        (_NODE.fullmatch(said.node), "the node's name is not a code"),
        (signing.subject.use is Use.MEMBER, "the member's key is requested for another use"),
        (signing.subject.identifier == said.member, "the member's key is requested for another"),
        (listening.subject.uri == node.uri, "the node's key is requested for another"),
    )
    for holds, reason in checks:
        if not holds:
            raise Problem(EXC_MEMBERSHIP, reason=reason)
    _check_log(said, instance=member.instance)
    return signing, listening


def log_names(instance: str, node: str) -> tuple[str, str]:
    """Return the names of a node's log and witness."""
    return f"{instance}/log/{node}", f"{instance}/witness/{node}"


def _check_log(said: MembershipRequest, *, instance: str) -> None:
    """Refuse a log, if one is asked for, of other names or without an address; raises EXC-0522."""
    keys = (said.log_key, said.witness_key)
    if not any((said.log_port, *keys)):
        return
    named = [NoteKey.parse(key).name for key in keys]
    if named != list(log_names(instance, said.node)) or not 0 < said.log_port < 65536:
        raise Problem(EXC_MEMBERSHIP, reason="the log's names, keys or port do not fit the node")


# --- at the authority ----------------------------------------------------------------------------


def membership_face(folder: Path) -> Mapping[str, Handler]:
    """Return the handler that takes requests and hands out what was decided."""
    place = folder / "requests"

    async def answer(request: Request) -> Response:
        try:
            if request.method == "POST":
                return json_response({"request": _take(place, request.body)}, status=202)
            return json_response(msgspec.to_builtins(_decided(place, request.query.get("request"))))
        except Problem as problem:
            return problem_response(problem)

    return {MEMBERSHIP_PATH: answer}


def _take(place: Path, document: bytes) -> str:
    read_membership(document)
    name = request_name(document)
    file = place / f"{name}.json"
    if not file.exists():
        pending = sum(1 for _ in place.glob("*.json")) - sum(1 for _ in place.glob("*.decided"))
        if pending >= limits.MEMBERSHIPS_PENDING:
            raise Problem(EXC_MEMBERSHIP, reason="too many requests are waiting")
        write_public(file, document)
        log.info("membership_requested", request=name)
    return name


def _decided(place: Path, name: str | None) -> Admission:
    file = _file(place, name or "")
    decided = file.with_suffix(".decided")
    if not decided.exists():
        return Admission(state="waiting")
    return msgspec.json.decode(decided.read_bytes(), type=Admission)


def _file(place: Path, name: str) -> Path:
    file = place / f"{name}.json"
    if not (name.isascii() and name.isalnum() and file.is_file()):
        raise Problem(EXC_UNKNOWN_MEMBERSHIP, request=name[:32] or "-")
    return file


def memberships(folder: Path) -> list[PendingMembership]:
    """Return the requests that the authority holds, the waiting ones first."""
    found = [
        PendingMembership(
            name=file.stem,
            request=read_membership(file.read_bytes()),
            state=_decided(file.parent, file.stem).state,
        )
        for file in sorted((folder / "requests").glob("*.json"))
    ]
    return sorted(found, key=lambda one: (one.state != "waiting", one.name))


def approve(folder: Path, name: str, *, now: datetime) -> MembershipRequest:
    """Certify both keys, register the rows and publish the document; safe to repeat.

    Raises:
        Problem: EXC-0522 for a request that cannot be registered, EXC-0523 for an unknown one.
    """
    authority = open_authority(folder)
    file = _file(folder / "requests", name)
    said = read_membership(file.read_bytes())
    signing, listening = _check(said)
    content = read_content(folder)
    if content.zones and said.zone not in content.zones:
        raise Problem(EXC_MEMBERSHIP, reason=f"zone {said.zone} is not registered")
    if MemberId.parse(said.member).instance != content.instance:
        raise Problem(EXC_MEMBERSHIP, reason=f"this is the federation {content.instance}")
    member_der = _certificate_for(content, said, signing)
    if member_der is None:
        member_der = _certify(authority, _named(signing, said), hosts=(), now=now)
    node_der = _certify(authority, _named(listening, said), hosts=(said.host,), now=now)
    write_federation(authority, _registered(content, said, member_der, node_der), now=now)
    sealed = wrap((folder / SUBJECT_KEY).read_bytes(), receiver=listening.public_key)
    admission = Admission(
        state="approved",
        member_certificate=certificate_pem(member_der).decode("ascii"),
        node_certificate=certificate_pem(node_der).decode("ascii"),
        subject_key=base64.b64encode(sealed).decode("ascii"),
    )
    write_public(file.with_suffix(".decided"), msgspec.json.encode(admission))
    return said


def refuse(folder: Path, name: str, *, reason: str) -> MembershipRequest:
    """Refuse a request with a reason that the agency reads; raises EXC-0523."""
    file = _file(folder / "requests", name)
    said = read_membership(file.read_bytes())
    admission = Admission(state="refused", reason=reason)
    write_public(file.with_suffix(".decided"), msgspec.json.encode(admission))
    return said


def ensure_subject_key(folder: Path, *, key: bytes = b"") -> None:
    """Give the authority the key of subjects' pseudonyms, a new one if none is given."""
    file = folder / SUBJECT_KEY
    if not file.exists():
        write_private(file, key or secrets.token_bytes(32))


def _certificate_for(
    content: Content, said: MembershipRequest, signing: CertificateRequest
) -> bytes | None:
    """Return the certificate of a registered member's key, None for a new member.

    Raises:
        Problem: EXC-0522 when a registered member is asked for with another key.
    """
    rows = [row for row in content.members if row.id == said.member]
    for encoded in rows[0].certificates if rows else ():
        der = from_base64url(encoded.encode("ascii"))
        if load_certificate(der).public_key() == signing.public_key:
            return der
    if rows:
        reason = "the member is registered with another key; change keys with taysir keys"
        raise Problem(EXC_MEMBERSHIP, reason=reason)
    return None


def _named(request: CertificateRequest, said: MembershipRequest) -> CertificateRequest:
    """Return a request under the name that the authority's people saw when they approved it."""
    return replace(request, subject=replace(request.subject, organization=said.name.en))


def _certify(
    authority: Authority, request: CertificateRequest, *, hosts: tuple[str, ...], now: datetime
) -> bytes:
    return issue(
        request.subject,
        public_key=request.public_key,
        issuer=authority.root,
        serial=secrets.randbits(126) | 1 << 126,
        validity=Validity.days(limits.CERTIFICATE_DAYS, now=now),
        hosts=hosts,
    )


def _refuse_foreign_node(
    said: MembershipRequest, *, taken: NodeRow | None, others: Iterable[NodeRow]
) -> None:
    """Raise EXC-0522 for a request that would touch a node of other agencies."""
    if taken is not None and said.member not in taken.members:
        raise Problem(EXC_MEMBERSHIP, reason=f"another agency's node is called {said.node}")
    if taken is not None and taken.members != (said.member,):
        # One agency must not move, or take over, what carries the calls of another.
        raise Problem(EXC_MEMBERSHIP, reason="the node carries other agencies too")
    if any(said.member in row.members for row in others):
        raise Problem(EXC_MEMBERSHIP, reason="another node carries this member")


def _registered(
    content: Content, said: MembershipRequest, member_der: bytes, node_der: bytes
) -> Content:
    """Return the content with the rows of a request added or put in the place of its own."""
    nodes = {row.name: row for row in content.nodes}
    taken = nodes.pop(said.node, None)
    _refuse_foreign_node(said, taken=taken, others=nodes.values())
    members = {row.id: row for row in content.members}
    member = _member_row(said, member_der, members.pop(said.member, None))
    node = _node_row(said, node_der, taken)
    logs, witnesses = _log_rows(content, said)
    return msgspec.structs.replace(
        content,
        members=(*members.values(), member),
        nodes=(*nodes.values(), node),
        subsystems=_merged(content.subsystems, said.subsystems),
        services=_merged(content.services, said.services),
        logs=(*(r for r in content.logs if r.node != said.node), *logs),
        witnesses=(*(r for r in content.witnesses if r.node != said.node), *witnesses),
    )


Row = TypeVar("Row", SubsystemRow, ServiceRow)


def _merged(registered: Iterable[Row], said: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows with those of a request added or put in the place of their own."""
    return tuple({row.id: row for row in chain(registered, said)}.values())


def _member_row(said: MembershipRequest, der: bytes, known: MemberRow | None) -> MemberRow:
    """Return a member's row; one that is known keeps its certificates."""
    if known is not None:
        return msgspec.structs.replace(known, name=said.name)
    return MemberRow(id=said.member, name=said.name, certificates=(base64url(der),))


def _node_row(said: MembershipRequest, der: bytes, known: NodeRow | None) -> NodeRow:
    node = NodeRow(
        name=said.node,
        host=said.host,
        port=said.port,
        tls=thumbprint(der),
        zone=said.zone,
        members=(said.member,),
    )
    if known is None:
        return node
    # The node shows its old certificate until it has fetched and taken the new one.
    return msgspec.structs.replace(node, members=known.members, tls_also=(known.tls,))


def _log_rows(
    content: Content, said: MembershipRequest
) -> tuple[tuple[LogRow, ...], tuple[WitnessRow, ...]]:
    """Return the rows of a node's log and witness; keys that are registered stay.

    Raises:
        Problem: EXC-0522 for other keys than the registered ones: a log that could change its key
            by asking anew would begin a second history.
    """
    known_logs = tuple(row for row in content.logs if row.node == said.node)
    known_witnesses = tuple(row for row in content.witnesses if row.node == said.node)
    if not said.log_port:
        return known_logs, known_witnesses
    url = f"http://{said.host}:{said.log_port}"
    prefix = ADD_CHECKPOINT.rpartition("/")[0]
    log_keys = _kept(said.log_key, known_logs)
    witness_keys = _kept(said.witness_key, known_witnesses)
    log_row = LogRow(node=said.node, url=f"{url}/log", keys=log_keys)
    return (log_row,), (WitnessRow(node=said.node, url=url + prefix, keys=witness_keys),)


def _kept(key: str, known: tuple[LogRow | WitnessRow, ...]) -> tuple[str, ...]:
    """Return the registered keys, or a first one."""
    keys = tuple(registered for row in known for registered in row.keys)
    if keys and key not in keys:
        reason = "the log is registered with another key; change keys with taysir keys"
        raise Problem(EXC_MEMBERSHIP, reason=reason)
    return keys or (key,)
