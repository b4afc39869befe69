"""The federation: the authority's signed, expiring list, and a node's view of it.

The authority signs one canonical JSON document (compact JWS with its certificate chain). A node
fetches it every minute, keeps the last good one on disk and uses it until it expires; after that
calls are refused with an error that names the authority. Token → :func:`open_federation` →
:class:`FederationDocument` → :class:`FederationDirectory`, which answers the call path from
dictionaries. The authority is on the path of no call.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.exchange.contracts import SignedAgreement
from taysir.exchange.model import Agreement, MemberCertificate, NodeEntry, Register
from taysir.exchange.policy import compile_agreement
from taysir.exchange.standing import in_force
from taysir.exchange.terms import Moment, is_whole
from taysir.exchange.trust_errors import EXC_FEDERATION
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.certificates import Use, identity_of, load_certificate, verify_chain
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, from_base64url, open_compact, sign_compact, thumbprint

log = get_logger(__name__)

FORMAT: Final = "taysir-federation/1"
TYPE: Final = "taysir-federation+jws"


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name for people."""

    ar: str
    en: str


class MemberRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member with every signing certificate it ever had (base64url DER)."""

    id: str
    name: Names
    certificates: tuple[str, ...]


class NodeRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node: address, ``x5t#S256`` of its TLS certificate, zone, members carried.

    ``tls_also`` lists further TLS certificates while the node's key is being replaced.
    """

    name: str
    host: str
    port: int
    tls: str
    zone: str
    members: tuple[str, ...]
    tls_also: tuple[str, ...] = ()


class SubsystemRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An information system."""

    id: str
    name: Names


class ServiceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data service and where its OpenAPI document is."""

    id: str
    name: Names
    openapi: str = ""


class RevokedRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A withdrawn certificate: its ``x5t#S256`` and since when."""

    thumbprint: str
    at: Moment


class LogRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The transparency log of a node: where it is served and its verifier keys, newest first."""

    node: str
    url: str
    keys: tuple[str, ...]


class WitnessRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A witness: whose it is, where it takes checkpoints, its verifier keys, newest first."""

    node: str
    url: str
    keys: tuple[str, ...]


class CodeRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the register of purposes or of regulations."""

    id: str
    name: Names


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authority registers; changes only when a registration changes.

    ``quorum`` witnesses of other nodes must cosign a checkpoint; ``time_stampers`` are the root
    certificates (base64url DER) of the accepted time-stamp authorities. ``purposes`` and
    ``regulations`` are the codes that new agreements may use; an empty register permits every code.
    """

    instance: str
    authority: Names
    members: tuple[MemberRow, ...]
    nodes: tuple[NodeRow, ...]
    subsystems: tuple[SubsystemRow, ...]
    services: tuple[ServiceRow, ...]
    zones: tuple[str, ...]
    revoked: tuple[RevokedRow, ...] = ()
    witnesses: tuple[WitnessRow, ...] = ()
    logs: tuple[LogRow, ...] = ()
    purposes: tuple[CodeRow, ...] = ()
    regulations: tuple[CodeRow, ...] = ()
    quorum: int = limits.WITNESS_QUORUM
    time_stampers: tuple[str, ...] = ()


class FederationDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content with number and times, as it is signed."""

    format: str
    serial: int
    issued_at: Moment
    expires_at: Moment
    content: Content


def sign_federation(
    content: Content,
    *,
    serial: int,
    now: datetime,
    signer: Signer,
    validity_s: int = limits.FEDERATION_VALIDITY_S,
) -> bytes:
    """Return the signed document; the signer has a FEDERATION certificate."""
    issued = now.replace(microsecond=0)
    document = FederationDocument(
        format=FORMAT,
        serial=serial,
        issued_at=issued,
        expires_at=issued + timedelta(seconds=validity_s),
        content=content,
    )
    chain = [base64.b64encode(signer.certificate_der).decode("ascii")]
    payload = canonical_json(msgspec.to_builtins(document))
    return sign_compact(payload, signer=signer, header={"typ": TYPE, "x5c": chain})


def open_federation(token: bytes, *, anchor: bytes) -> FederationDocument:
    """Check a token up to the authority's certificate and return the document.

    Expiry is not judged here: an expired document still proves the past.

    Raises:
        Problem: EXC-0501, KRN-0202, KRN-0205, KRN-0206, KRN-0211.
    """
    jws = open_compact(token, typ=TYPE)
    der = _signer_in(jws.header)
    jws.verify(load_certificate(der).public_key())
    try:
        document = msgspec.convert(parse_canonical(jws.payload), FederationDocument)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_FEDERATION, reason=str(cause)[:200]) from cause
    if document.format != FORMAT or document.expires_at <= document.issued_at:
        raise Problem(EXC_FEDERATION, reason="unknown format or empty validity")
    revoked = (row.at for row in document.content.revoked)
    if not is_whole(document.issued_at, document.expires_at, *revoked):
        raise Problem(EXC_FEDERATION, reason="times must be UTC, whole seconds")
    verify_chain(der, anchors=[anchor], at=document.issued_at, use=Use.FEDERATION)
    return document


def _signer_in(header: Mapping[str, object]) -> bytes:
    """Return the certificate that a token carries in its header; raises EXC-0501."""
    chain = header.get("x5c")
    if not isinstance(chain, list) or len(chain) != 1 or not isinstance(chain[0], str):
        raise Problem(EXC_FEDERATION, reason="the signer's certificate is missing")
    try:
        der = base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Problem(EXC_FEDERATION, reason="the signer's certificate is missing") from cause
    if thumbprint(der) != header.get("x5t#S256"):
        raise Problem(EXC_FEDERATION, reason="two certificates are named")
    return der


def member_certificates(
    document: FederationDocument, *, anchor: bytes
) -> dict[str, MemberCertificate]:
    """Return every member's signing certificates that the anchor certified, by thumbprint.

    Raises:
        Problem: EXC-0501 for a certificate of another member, KRN-0211 for a bad one.
    """
    revoked = {row.thumbprint: row.at for row in document.content.revoked}
    found: dict[str, MemberCertificate] = {}
    for row in document.content.members:
        for encoded in row.certificates:
            der = from_base64url(encoded.encode())
            certificate = load_certificate(der)
            start, stop = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            verify_chain(der, anchors=[anchor], at=start, use=Use.MEMBER)
            if identity_of(certificate)[1] != row.id:
                raise Problem(EXC_FEDERATION, reason=f"a certificate of {row.id} names another")
            key = certificate.public_key()
            assert isinstance(key, ec.EllipticCurvePublicKey)
            name = thumbprint(der)
            found[name] = MemberCertificate(
                member=MemberId.parse(row.id),
                der=der,
                thumbprint=name,
                public_key=key,
                valid_from=start,
                valid_until=stop,
                revoked_at=revoked.get(name),
            )
    return found


@dataclass(frozen=True, slots=True)
class _Tables:
    """The dictionaries behind a directory."""

    certificates: dict[str, MemberCertificate]
    by_member: dict[MemberId, NodeEntry]
    by_tls: dict[str, NodeEntry]
    by_call: dict[tuple[SubsystemId, ServiceId, str, str], tuple[Agreement, ...]]
    by_hash: dict[str, Agreement]
    opened: dict[SubsystemId, tuple[ServiceId, ...]]
    by_name: dict[str, NodeEntry]
    names: dict[str, tuple[str, str]]
    codes: dict[Register, frozenset[str]]


class FederationDirectory:
    """One federation document with a node's agreements, compiled to look-ups."""

    def __init__(
        self,
        document: FederationDocument,
        *,
        anchor: bytes,
        agreements: Iterable[SignedAgreement],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.document = document
        self._now = now
        self._subsystems = tuple(SubsystemId.parse(r.id) for r in document.content.subsystems)
        certificates = member_certificates(document, anchor=anchor)
        self._tables = _compile(document, certificates=certificates, agreements=agreements)

    @property
    def expires_at(self) -> datetime:
        """Until when the document may be used."""
        return self.document.expires_at

    def certificate(self, thumbprint: str) -> MemberCertificate | None:
        """Return a member's signing certificate."""
        return self._tables.certificates.get(thumbprint)

    def node_for(self, member: MemberId) -> NodeEntry | None:
        """Return the node that carries a member."""
        return self._tables.by_member.get(member)

    def node_by_tls(self, thumbprint: str) -> NodeEntry | None:
        """Return the node with this TLS certificate, unless that was revoked."""
        return self._tables.by_tls.get(thumbprint)

    def agreement(
        self, consumer: SubsystemId, *, service: ServiceId, purpose: str, behalf: str = ""
    ) -> Agreement | None:
        """Return the agreement for a call; of several the newest in force, else the newest."""
        found = self._tables.by_call.get((consumer, service, purpose, behalf), ())
        if len(found) < 2:
            return found[0] if found else None
        at = self._now()
        return next((a for a in found if a.valid_from <= at < a.valid_until), found[0])

    def agreement_by_hash(self, digest: str) -> Agreement | None:
        """Return an agreement in force by its name."""
        return self._tables.by_hash.get(digest)

    def services_of(self, consumer: SubsystemId) -> tuple[ServiceId, ...]:
        """Return the services open to a consumer."""
        return self._tables.opened.get(consumer, ())

    def subsystems(self) -> tuple[SubsystemId, ...]:
        """Return every registered subsystem."""
        return self._subsystems

    def every_node(self) -> tuple[NodeEntry, ...]:
        """Return every registered node."""
        return tuple(self._tables.by_name.values())

    def knows_code(self, code: str, *, register: Register) -> bool:
        """Whether a code is in a register, or the register is empty."""
        codes = self._tables.codes[register]
        return not codes or code in codes

    def name_of(self, identifier: str) -> tuple[str, str]:
        """Return the Arabic and English name of a registered party or service, or empty texts."""
        return self._tables.names.get(identifier, ("", ""))


def _compile(
    document: FederationDocument,
    *,
    certificates: dict[str, MemberCertificate],
    agreements: Iterable[SignedAgreement],
) -> _Tables:
    content = document.content
    nodes = _entries(content)
    views = in_force(agreements, find=certificates.get)
    for view in views:
        compile_agreement(view)
    return _Tables(
        certificates=certificates,
        by_member={member: node for node in nodes for member in node.members},
        by_tls={name: node for node in nodes for name in node.thumbprints if name},
        by_call=_by_call(views),
        by_hash={view.hash: view for view in views},
        opened=_opened(views),
        by_name={node.name: node for node in nodes},
        names=_names(content),
        codes={
            Register.PURPOSES: frozenset(row.id for row in content.purposes),
            Register.REGULATIONS: frozenset(row.id for row in content.regulations),
        },
    )


def _entries(content: Content) -> list[NodeEntry]:
    """Return the nodes without the certificates that are revoked."""
    revoked = {row.thumbprint for row in content.revoked}
    return [
        NodeEntry(
            name=row.name,
            host=row.host,
            port=row.port,
            tls_thumbprint=row.tls if row.tls not in revoked else "",
            tls_also=frozenset(row.tls_also) - revoked,
            zone=row.zone,
            members=frozenset(MemberId.parse(m) for m in row.members),
        )
        for row in content.nodes
    ]


def _by_call(
    views: Iterable[Agreement],
) -> dict[tuple[SubsystemId, ServiceId, str, str], tuple[Agreement, ...]]:
    """Return the agreements by what a call names, the latest first."""
    by_call: dict[tuple[SubsystemId, ServiceId, str, str], tuple[Agreement, ...]] = {}
    for view in views:
        for purpose in view.purposes:
            key = (view.consumer, view.service, purpose, view.behalf)
            by_call[key] = (view, *by_call.get(key, ()))
    return by_call


def _opened(views: Iterable[Agreement]) -> dict[SubsystemId, tuple[ServiceId, ...]]:
    """Return the services that each subsystem may call, each once."""
    opened: dict[SubsystemId, dict[ServiceId, None]] = {}
    for view in views:
        opened.setdefault(view.consumer, {})[view.service] = None
    return {consumer: tuple(services) for consumer, services in opened.items()}


def _names(content: Content) -> dict[str, tuple[str, str]]:
    rows: list[MemberRow | SubsystemRow | ServiceRow] = []
    rows += [*content.members, *content.subsystems, *content.services]
    return {row.id: (row.name.ar, row.name.en) for row in rows}
