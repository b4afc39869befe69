"""Certificate requests: how a key's holder asks, and how the authority answers and registers.

A request (PKCS#10) names its holder as certificates do and is signed with the key it is for, so
that nobody can have another's key certified. The authority certifies only who is registered. A
new certificate stands beside the old one in the federation document until the old is withdrawn.

Source: RFC 2986.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from taysir.exchange.authority import Authority, read_content, revoke_certificate
from taysir.exchange.federation import Content, NodeRow
from taysir.exchange.keyfiles import write_public
from taysir.exchange.keys.errors import EXC_REQUEST, EXC_UNREGISTERED
from taysir.kernel import limits
from taysir.kernel.certificates import (
    URI_PREFIX,
    Subject,
    Use,
    Validity,
    identity_of,
    issue,
    load_certificate,
)
from taysir.kernel.checkpoint import LOG_SIGNATURE, NoteKey
from taysir.kernel.errors import Problem
from taysir.kernel.signature import base64url, from_base64url, thumbprint


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """Who asks, and for which key."""

    subject: Subject
    public_key: ec.EllipticCurvePublicKey


def make_request(subject: Subject, *, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a request in PEM, signed with the key wherever that lies."""
    name = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject.uri)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.name())
    request = builder.add_extension(name, critical=False).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


def read_request(pem: bytes) -> CertificateRequest:
    """Read a request and check that its sender holds the key; raises EXC-0608."""
    if len(pem) > limits.CERTIFICATE_BYTES:
        raise Problem(EXC_REQUEST, reason="too long")
    try:
        request = x509.load_pem_x509_csr(pem)
        holds = request.is_signature_valid
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        organizations = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        key = request.public_key()
    except Exception as cause:  # the parser documents no closed set of errors for hostile input
        raise Problem(EXC_REQUEST, reason="not a certificate request in PEM") from cause
    if not holds:
        raise Problem(EXC_REQUEST, reason="it is not signed with its own key")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Problem(EXC_REQUEST, reason="its key is not P-256")
    use, identifier = _holder(uris)
    organization = str(organizations[0].value) if organizations else identifier
    subject = Subject(use=use, identifier=identifier, organization=organization)
    return CertificateRequest(subject=subject, public_key=key)


def _holder(uris: Iterable[str]) -> tuple[Use, str]:
    """Return the one holder that a request names, and what its key is for; raises EXC-0608."""
    ours = [uri.removeprefix(URI_PREFIX) for uri in uris if uri.startswith(URI_PREFIX)]
    use, _, identifier = ours[0].partition(":") if len(ours) == 1 else ("", "", "")
    if use not in (Use.MEMBER, Use.NODE) or not identifier:
        raise Problem(EXC_REQUEST, reason="it names no member and no node")
    return Use(use), identifier


def certify(authority: Authority, pem: bytes, *, now: datetime) -> tuple[bytes, Content]:
    """Return a new certificate (DER) and the content in which it is registered.

    Publish the content with ``write_federation``.

    Raises:
        Problem: EXC-0608 for a bad request, EXC-0609 for a holder that is not registered.
    """
    request, content = read_request(pem), read_content(authority.folder)
    hosts: Iterable[str] = ()
    if request.subject.use is Use.NODE:
        hosts = (_node_row(content, request.subject.identifier).host,)
    der = issue(
        _registered_name(content, request.subject),
        public_key=request.public_key,
        issuer=authority.root,
        serial=secrets.randbits(126) | 1 << 126,
        validity=Validity.days(limits.CERTIFICATE_DAYS, now=now),
        hosts=hosts,
    )
    content = register_certificate(content, der)
    write_public(_issued(authority, thumbprint(der)), der)
    return der, content


def _registered_name(content: Content, subject: Subject) -> Subject:
    """Return a subject under the name of the registered agency, whatever the request calls it."""
    member = subject.identifier
    if subject.use is Use.NODE:
        member = next(iter(_node_row(content, subject.identifier).members), "")
    names = [row.name.en for row in content.members if row.id == member]
    return replace(subject, organization=names[0]) if names else subject


def register_certificate(content: Content, der: bytes) -> Content:
    """Return the content with a further certificate of a member or node; raises EXC-0609."""
    use, identifier = identity_of(load_certificate(der))
    if use is Use.NODE:
        row = _node_row(content, identifier)
        also = tuple(dict.fromkeys((*row.tls_also, thumbprint(der))))
        return _with_node(content, msgspec.structs.replace(row, tls_also=also))
    if use is not Use.MEMBER or identifier not in {row.id for row in content.members}:
        raise Problem(EXC_UNREGISTERED, party=identifier)
    encoded = base64url(der)
    members = tuple(
        msgspec.structs.replace(
            row, certificates=tuple(dict.fromkeys((*row.certificates, encoded)))
        )
        if row.id == identifier
        else row
        for row in content.members
    )
    return msgspec.structs.replace(content, members=members)


def register_log_key(content: Content, key: NoteKey) -> Content:
    """Return the content with a log's new verifier key before its older ones; raises EXC-0609.

    The older ones stay: they verify the checkpoints that were signed before.
    """
    names = {NoteKey.parse(row.keys[0]).name: row for row in content.logs}
    known = names.get(key.name)
    if known is None or key.kind != LOG_SIGNATURE:
        raise Problem(EXC_UNREGISTERED, party=key.name)
    keys = tuple(dict.fromkeys((key.encode(), *known.keys)))
    changed = msgspec.structs.replace(known, keys=keys)
    logs = tuple(changed if row is known else row for row in content.logs)
    return msgspec.structs.replace(content, logs=logs)


def withdraw(authority: Authority, der: bytes, *, at: datetime) -> Content:
    """Return the content in which a certificate is withdrawn; publish it with `write_federation`.

    A member's certificate stays listed as revoked, because it still proves what was signed before.
    A node shows its other certificate from then on, or none.
    """
    content, name = revoke_certificate(authority, der, at=at), thumbprint(der)
    nodes = tuple(_without(row, name) for row in content.nodes)
    return msgspec.structs.replace(content, nodes=nodes)


def find_certificate(authority: Authority, name: str) -> bytes:
    """Return a certificate that the authority issued, by its thumbprint; raises EXC-0609."""
    for row in read_content(authority.folder).members:
        for encoded in row.certificates:
            der = from_base64url(encoded.encode("ascii"))
            if thumbprint(der) == name:
                return der
    file = _issued(authority, name)
    if "/" in name or not file.is_file():
        raise Problem(EXC_UNREGISTERED, party=name[:64])
    return file.read_bytes()


def _without(row: NodeRow, name: str) -> NodeRow:
    """A node's row that no longer lists a certificate; the next one takes its place."""
    also = tuple(other for other in row.tls_also if other != name)
    if row.tls != name or not also:
        return msgspec.structs.replace(row, tls_also=also)
    return msgspec.structs.replace(row, tls=also[-1], tls_also=also[:-1])


def _node_row(content: Content, identifier: str) -> NodeRow:
    found = [row for row in content.nodes if f"{content.instance}/{row.name}" == identifier]
    if not found:
        raise Problem(EXC_UNREGISTERED, party=identifier)
    return found[0]


def _with_node(content: Content, changed: NodeRow) -> Content:
    nodes = tuple(changed if row.name == changed.name else row for row in content.nodes)
    return msgspec.structs.replace(content, nodes=nodes)


def _issued(authority: Authority, name: str) -> Path:
    return authority.folder / "issued" / f"{name}.der"
