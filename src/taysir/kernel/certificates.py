"""X.509 certificates of the federation: their profiles, chains and revocation.

Five profiles, each for one use, all ECDSA P-256: the authority that certifies members, a member's
signing certificate (statements, agreements), a node's TLS certificate, the signer of the federation
document and the time-stamper. The owner's identifier stands in the subject alternative name as a
URI, so no display name has to be parsed. Serial numbers and times are passed in. Key files, and
which certificate belongs to which member today, are the federation's business, not this module's.

Source: RFC 5280; ETSI EN 319 412-3 (certificates of legal persons) for the subject's names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, declare
from taysir.kernel.signature import Signer, thumbprint

KRN_CERTIFICATE = declare(
    "KRN-0211",
    status=403,
    ar="الشهادة {subject} غير مقبولة: {reason}.",
    en="The certificate {subject} is not accepted: {reason}.",
    remedy_ar="اطلب من الجهة المصدرة للشهادات شهادة سارية بالغرض المطلوب.",
    remedy_en="Ask the certification authority for a valid certificate of the required use.",
    mender=Mender.CALLER,
)

URI_PREFIX: Final = "urn:taysir:"
_CURVE: Final = ec.SECP256R1()


class Use(StrEnum):
    """What a certificate is for; a certificate has exactly one use."""

    AUTHORITY = "authority"
    MEMBER = "member"
    NODE = "node"
    FEDERATION = "federation"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a certificate names: ``identifier`` like ``WAHA/GOV/TRF`` or ``WAHA/trf``."""

    use: Use
    identifier: str
    organization: str
    country: str = "XW"

    @property
    def uri(self) -> str:
        """The subject alternative name that carries use and identifier."""
        return f"{URI_PREFIX}{self.use.value}:{self.identifier}"

    def name(self) -> x509.Name:
        """The distinguished name."""
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization[:64]),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, self.identifier),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{self.identifier} {self.use.value}"[:64]),
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From when until when a certificate or list holds."""

    start: datetime
    end: datetime

    @classmethod
    def days(cls, count: int, *, now: datetime) -> Validity:
        """A period from five minutes ago, so that slightly slow clocks accept it at once."""
        return cls(start=now - timedelta(minutes=5), end=now + timedelta(days=count))


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key from the system's random source."""
    return ec.generate_private_key(_CURVE)


def self_signed(
    subject: Subject, *, key: ec.EllipticCurvePrivateKey, serial: int, validity: Validity
) -> Signer:
    """Return an authority that certifies itself."""
    builder = _builder(subject, serial=serial, validity=validity)
    builder = builder.issuer_name(subject.name()).public_key(key.public_key())
    for extension, critical in _profile(subject.use):
        builder = builder.add_extension(extension, critical=critical)
    builder = builder.add_extension(_key_identifier(key.public_key()), critical=False)
    certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return Signer(certificate.public_bytes(serialization.Encoding.DER), key)


def issue(
    subject: Subject,
    *,
    public_key: ec.EllipticCurvePublicKey,
    issuer: Signer,
    serial: int,
    validity: Validity,
    hosts: Iterable[str] = (),
) -> bytes:
    """Return a certificate in DER, of the profile of the subject's use.

    Args:
        subject: whom it names.
        public_key: the subject's key.
        issuer: the authority.
        serial: unique for this issuer, at most 159 bits.
        validity: when it holds.
        hosts: DNS names and IP addresses of a node's faces.
    """
    authority = x509.load_der_x509_certificate(issuer.certificate_der)
    builder = _builder(subject, serial=serial, validity=validity, hosts=hosts)
    builder = builder.issuer_name(authority.subject).public_key(public_key)
    for extension, critical in _profile(subject.use):
        builder = builder.add_extension(extension, critical=critical)
    builder = builder.add_extension(_key_identifier(public_key), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    )
    certificate = builder.sign(issuer.key, hashes.SHA256(), ecdsa_deterministic=True)
    return certificate.public_bytes(serialization.Encoding.DER)


def issue_crl(
    issuer: Signer, *, revoked: Iterable[tuple[int, datetime]], number: int, validity: Validity
) -> bytes:
    """Return a certificate revocation list in DER: serial numbers with their time."""
    authority = x509.load_der_x509_certificate(issuer.certificate_der)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(validity.start)
        .next_update(validity.end)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    for serial, at in sorted(revoked):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    crl = builder.sign(issuer.key, hashes.SHA256(), ecdsa_deterministic=True)
    return crl.public_bytes(serialization.Encoding.DER)


def load_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate; raises KRN-0211 for anything else."""
    if len(der) > limits.CERTIFICATE_BYTES:
        raise Problem(KRN_CERTIFICATE, subject="?", reason="too long")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Lazily parsed parts are read here, so that no later access can fail.
        _ = (certificate.extensions, certificate.subject, certificate.issuer)
        certificate.public_key()
    except Exception as cause:  # the parser documents no closed set of errors for hostile input
        raise Problem(KRN_CERTIFICATE, subject="?", reason="not an X.509 certificate") from cause
    return certificate


def identity_of(certificate: x509.Certificate) -> tuple[Use, str]:
    """Return use and identifier from the subject alternative name; raises KRN-0211."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as cause:
        raise _refusal(certificate, reason="no identifier in it") from cause
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    ours = [uri.removeprefix(URI_PREFIX) for uri in uris if uri.startswith(URI_PREFIX)]
    use, _, identifier = ours[0].partition(":") if len(ours) == 1 else ("", "", "")
    if use not in set(Use) or not identifier:
        raise _refusal(certificate, reason="no identifier in it")
    return Use(use), identifier


def verify_chain(
    der: bytes,
    *,
    intermediates: Sequence[bytes] = (),
    anchors: Sequence[bytes],
    at: datetime,
    use: Use,
    revoked: Container[str] = (),
) -> x509.Certificate:
    """Check a certificate up to one of the anchors and return it.

    Args:
        der: the certificate to check.
        intermediates: further certificates that may stand between.
        anchors: the trusted authorities.
        at: the time for which it must hold.
        use: the use it must have.
        revoked: thumbprints of certificates that were withdrawn before ``at``.

    Raises:
        Problem: KRN-0211 with the reason.
    """
    leaf = load_certificate(der)
    if identity_of(leaf)[0] is not use:
        raise _refusal(leaf, reason=f"it is not for the use {use.value}")
    _check_profile(leaf, use=use)
    trusted = {bytes(anchor) for anchor in anchors}
    issuers = [load_certificate(other) for other in (*anchors, *intermediates)]
    current, current_der = leaf, der
    for _ in range(limits.CERTIFICATE_CHAIN):
        if thumbprint(current_der) in revoked:
            raise _refusal(current, reason="it was revoked")
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            raise _refusal(
                current, reason=f"it does not hold on {at.isoformat(timespec='seconds')}"
            )
        if current_der in trusted:
            return leaf
        current = _issuer_of(current, candidates=issuers)
        current_der = current.public_bytes(serialization.Encoding.DER)
    raise _refusal(leaf, reason="its chain is too long")


def verify_crl(der: bytes, *, issuer_der: bytes) -> dict[int, datetime]:
    """Check a revocation list and return its serial numbers with their times; raises KRN-0211."""
    issuer = load_certificate(issuer_der)
    try:
        crl = x509.load_der_x509_crl(der)
    except Exception as cause:  # the parser documents no closed set of errors for hostile input
        raise _refusal(issuer, reason="its revocation list is unreadable") from cause
    try:
        key = issuer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        if not crl.is_signature_valid(key):
            raise _refusal(issuer, reason="its revocation list carries a wrong signature")
        return {entry.serial_number: entry.revocation_date_utc for entry in crl}
    except (ValueError, TypeError, AssertionError) as cause:
        raise _refusal(issuer, reason="its revocation list is unreadable") from cause


def _builder(
    subject: Subject, *, serial: int, validity: Validity, hosts: Iterable[str] = ()
) -> x509.CertificateBuilder:
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(subject.uri)]
    names.extend(_host(host) for host in hosts)
    return (
        x509.CertificateBuilder()
        .subject_name(subject.name())
        .serial_number(serial)
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_identifier(key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _profile(use: Use) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions of a use, with whether they are critical."""
    authority = use is Use.AUTHORITY
    constraints = x509.BasicConstraints(ca=authority, path_length=0 if authority else None)
    # A signature that must stand in court has "content commitment"; TLS must not.
    signs = use in (Use.MEMBER, Use.FEDERATION, Use.TIMESTAMP)
    key_usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [(constraints, True), (key_usage, True)]
    if use is Use.NODE:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        extensions.append((x509.ExtendedKeyUsage(both), False))
    if use is Use.TIMESTAMP:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True))
    return extensions


def _check_profile(certificate: x509.Certificate, *, use: Use) -> None:
    """Compare the extensions of a certificate with the profile of its use."""
    for wanted, critical in _profile(use):
        try:
            found = certificate.extensions.get_extension_for_oid(wanted.oid)
        except x509.ExtensionNotFound as cause:
            raise _refusal(certificate, reason="an extension is missing") from cause
        if found.value != wanted or found.critical != critical:
            raise _refusal(certificate, reason=f"it does not fit the use {use.value}")
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _refusal(certificate, reason="its key is not P-256")


def _issuer_of(
    certificate: x509.Certificate, *, candidates: Sequence[x509.Certificate]
) -> x509.Certificate:
    for candidate in candidates:
        if candidate.subject != certificate.issuer:
            continue
        try:
            certificate.verify_directly_issued_by(candidate)
            _check_profile(candidate, use=Use.AUTHORITY)
        except (InvalidSignature, ValueError, TypeError):
            continue
        return candidate
    raise _refusal(certificate, reason="its issuer is not an authority of the federation")


def _refusal(certificate: x509.Certificate, *, reason: str) -> Problem:
    subject = certificate.subject.rfc4514_string()[:200]
    return Problem(KRN_CERTIFICATE, subject=subject, reason=reason)
