"""The federation document: who is a member, where its node is, which keys speak for it.

The authority publishes it signed and expiring; it is on the path of no call. A node fetches it now
and then, keeps the last good one on disk, and refuses calls once that has expired.
:class:`FederationDirectory` is the document compiled to look-ups, together with the agreements that
the node holds; :class:`FederationWatch` keeps it fresh.

Source: docs/reference/protocol.md clause 2.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.exchange.backend import Address, BackendUnreachable, HttpPool
from taysir.exchange.contracts import AgreementBook
from taysir.exchange.errors import EXC_FEDERATION
from taysir.exchange.model import Agreement, MemberCertificate, NodeEntry
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.certificates import Use, identity_of, load_certificate, verify_chain
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, open_compact, sign_compact, thumbprint

log = get_logger(__name__)

TYPE: Final = "taysir-federation+jws"


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member: names for people, signing certificates (base64 DER), information systems."""

    id: str
    name: dict[str, str]
    certificates: list[str]
    subsystems: list[str]


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node: where it listens, which TLS certificate it shows, whose traffic it carries."""

    name: str
    host: str
    port: int
    tls: str
    zone: str
    members: list[str]


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate that was withdrawn, by thumbprint."""

    thumbprint: str
    at: str


class FederationDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole document as it is signed; times are RFC 3339 in UTC."""

    instance: str
    number: int
    issued_at: str
    expires_at: str
    authorities: list[str]
    members: list[MemberRecord]
    nodes: list[NodeRecord]
    revoked: list[Revocation]


def sign_federation(document: FederationDocument, *, signer: Signer) -> bytes:
    """Return the signed document."""
    payload = canonical_json(msgspec.to_builtins(document))
    return sign_compact(payload, signer=signer, header={"typ": TYPE})


def open_federation(token: bytes, *, authority_der: bytes) -> FederationDocument:
    """Read a signed document; raises EXC-0201 if the authority did not sign it so."""
    try:
        jws = open_compact(token, typ=TYPE)
        jws.verify(load_certificate(authority_der).public_key())
        return msgspec.convert(parse_canonical(jws.payload), FederationDocument, strict=True)
    except Problem as problem:
        raise Problem(EXC_FEDERATION, reason=problem.code) from problem
    except msgspec.ValidationError as error:
        raise Problem(EXC_FEDERATION, reason=str(error)) from error


class FederationDirectory:
    """A federation document and a node's agreements, compiled to look-ups."""

    def __init__(self, document: FederationDocument, *, agreements: AgreementBook) -> None:
        """Compile the document; raises EXC-0201 for a certificate that it should not list."""
        self._document = document
        self._agreements = agreements
        self._expires_at = datetime.fromisoformat(document.expires_at)
        self._certificates = _certificates(document)
        nodes = [_node(record) for record in document.nodes]
        self._by_member = {member: node for node in nodes for member in node.members}
        self._by_tls = {node.tls_thumbprint: node for node in nodes}
        self._subsystems = tuple(
            MemberId.parse(m.id).subsystem(code) for m in document.members for code in m.subsystems
        )

    @property
    def expires_at(self) -> datetime:
        """Until when the document may be used."""
        return self._expires_at

    @property
    def document(self) -> FederationDocument:
        """The document itself."""
        return self._document

    def certificate(self, thumbprint: str) -> MemberCertificate | None:
        """Return the signing certificate with this thumbprint."""
        return self._certificates.get(thumbprint)

    def node_for(self, member: MemberId) -> NodeEntry | None:
        """Return the node that carries a member's traffic."""
        return self._by_member.get(member)

    def node_by_tls(self, thumbprint: str) -> NodeEntry | None:
        """Return the node that shows a TLS certificate."""
        return self._by_tls.get(thumbprint)

    def agreement(
        self, consumer: SubsystemId, *, service: ServiceId, purpose: str
    ) -> Agreement | None:
        """Return the agreement of two parties for a purpose."""
        return self._agreements.find(consumer, service=service, purpose=purpose)

    def agreement_by_hash(self, digest: str) -> Agreement | None:
        """Return an accepted, not revoked agreement by its hash."""
        return self._agreements.by_hash(digest)

    def services_of(self, consumer: SubsystemId) -> tuple[ServiceId, ...]:
        """Return what is open to a consumer."""
        return self._agreements.services_of(consumer)

    def subsystems(self) -> tuple[SubsystemId, ...]:
        """Return every registered subsystem."""
        return self._subsystems


def _certificates(document: FederationDocument) -> dict[str, MemberCertificate]:
    anchors = [base64.b64decode(text) for text in document.authorities]
    revoked = {r.thumbprint: datetime.fromisoformat(r.at) for r in document.revoked}
    issued_at = datetime.fromisoformat(document.issued_at)
    found: dict[str, MemberCertificate] = {}
    for member in document.members:
        for text in member.certificates:
            entry = _certificate(
                base64.b64decode(text),
                member=MemberId.parse(member.id),
                anchors=anchors,
                at=issued_at,
                revoked=revoked,
            )
            found[entry.thumbprint] = entry
    return found


def _certificate(
    der: bytes,
    *,
    member: MemberId,
    anchors: list[bytes],
    at: datetime,
    revoked: dict[str, datetime],
) -> MemberCertificate:
    try:
        certificate = verify_chain(der, anchors=anchors, at=at, use=Use.MEMBER)
    except Problem as problem:
        raise Problem(EXC_FEDERATION, reason=problem.title("en")) from problem
    key = certificate.public_key()
    if identity_of(certificate)[1] != str(member) or not isinstance(key, ec.EllipticCurvePublicKey):
        raise Problem(EXC_FEDERATION, reason=f"a certificate listed for {member} is not its own")
    name = thumbprint(der)
    return MemberCertificate(
        member=member,
        der=der,
        thumbprint=name,
        public_key=key,
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        revoked_at=revoked.get(name),
    )


def _node(record: NodeRecord) -> NodeEntry:
    return NodeEntry(
        name=record.name,
        host=record.host,
        port=record.port,
        tls_thumbprint=record.tls,
        zone=record.zone,
        members=frozenset(MemberId.parse(member) for member in record.members),
    )


class FederationWatch:
    """A node's federation: read from disk at start, fetched again every minute."""

    def __init__(
        self, *, url: str, cache: Path, authority_der: bytes, agreements: AgreementBook
    ) -> None:
        """Read the last good document; raises EXC-0201 if there is none that is sound."""
        self._url = urlsplit(url)
        self._cache = cache
        self._authority_der = authority_der
        self._agreements = agreements
        if not cache.exists():
            raise Problem(EXC_FEDERATION, reason=f"there is no document in {cache}")
        self._directory = self._compile(cache.read_bytes())

    def current(self) -> FederationDirectory:
        """Return the federation in hand."""
        return self._directory

    def _compile(self, token: bytes) -> FederationDirectory:
        document = open_federation(token, authority_der=self._authority_der)
        return FederationDirectory(document, agreements=self._agreements)

    async def keep_fresh(self) -> None:
        """Fetch newer documents until cancelled; trouble is logged and tried again."""
        pool = HttpPool(
            Address(host=self._url.hostname or "127.0.0.1", port=self._url.port or 80),
            connections=1,
            timeout_s=limits.FEDERATION_FETCH_TIMEOUT_S,
        )
        try:
            while True:
                await self._fetch(pool)
                self._agreements.reload()
                await asyncio.sleep(limits.FEDERATION_FETCH_INTERVAL_S)
        finally:
            pool.close()

    async def _fetch(self, pool: HttpPool) -> None:
        try:
            answer = await pool.send("GET", target=self._url.path)
            self.take(answer.body)
        except BackendUnreachable as error:
            log.warning("federation_not_fetched", error=str(error))
        except Problem as problem:
            log.error("federation_not_accepted", code=problem.code, reason=str(problem))

    def take(self, token: bytes) -> None:
        """Use a newer document and keep it; raises EXC-0201 for an older or unsound one."""
        fresh = self._compile(token)
        if fresh.document.number < self._directory.document.number:
            raise Problem(EXC_FEDERATION, reason="it is older than the one in hand")
        self._directory = fresh
        new = self._cache.with_suffix(".new")
        new.write_bytes(token)
        new.replace(self._cache)


def stamp(at: datetime) -> str:
    """Return a time as the document writes it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def renewed(document: FederationDocument, *, now: datetime) -> FederationDocument:
    """Return the document with a new number and a new validity from now."""
    changes: dict[str, Any] = {
        "number": document.number + 1,
        "issued_at": stamp(now),
        "expires_at": stamp(now + timedelta(seconds=limits.FEDERATION_VALIDITY_S)),
    }
    return msgspec.structs.replace(document, **changes)
