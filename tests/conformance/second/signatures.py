"""Clauses 1 and 2: tokens and certificates."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from .basics import (
    HEAD_MOST,
    JWS_MOST,
    SIGNATURE_MOST,
    Document,
    Refused,
    b64u,
    read_canonical,
    require,
    spell,
    un_b64u,
)


class Token:
    """A token taken apart."""

    def __init__(self, text: str, typ: str, detached: bytes | None = None) -> None:
        parts = text.split(".")
        require(len(text) <= JWS_MOST and len(parts) == 3, "KRN-0205")
        require(len(parts[0]) <= HEAD_MOST and len(parts[2]) <= SIGNATURE_MOST, "KRN-0205")
        if detached is not None:
            require(parts[1] == "", "KRN-0205")
            parts[1] = b64u(detached)
        self.payload = un_b64u(parts[1])
        self.header: Document = read_canonical(un_b64u(parts[0]))
        right = isinstance(self.header, dict) and "crit" not in self.header
        require(right and self.header.get("alg") == "ES256", "KRN-0205")
        require(self.header.get("typ") == typ, "KRN-0205")
        self.signature = un_b64u(parts[2])
        self.signed = f"{parts[0]}.{parts[1]}".encode()

    @property
    def x5t(self) -> str:
        """Return the name of the certificate, or nothing."""
        name = self.header.get("x5t#S256")
        return name if isinstance(name, str) else ""

    def verify(self, certificate: x509.Certificate) -> None:
        """Check the signature."""
        key = certificate.public_key()
        require(isinstance(key, ec.EllipticCurvePublicKey), "KRN-0206")
        require(len(self.signature) == 64, "KRN-0206")
        r, s = (int.from_bytes(half, "big") for half in (self.signature[:32], self.signature[32:]))
        try:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            key.verify(encode_dss_signature(r, s), self.signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Refused("KRN-0206") from error


def sign(payload: bytes, *, typ: str, iat: int, key: Document) -> str:
    """Sign a compact token."""
    head = {"alg": "ES256", "iat": iat, "typ": typ, "x5t#S256": key["x5t"]}
    signed = f"{b64u(spell(head).encode())}.{b64u(payload)}"
    private = ec.derive_private_key(int(key["private"], 16), ec.SECP256R1())
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private.sign(signed.encode(), algorithm))
    return f"{signed}.{b64u(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def named(certificate: x509.Certificate) -> list[str]:
    """Return use and identifier of a certificate."""
    kind = x509.SubjectAlternativeName
    names = certificate.extensions.get_extension_for_class(kind).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return uris[0].split(":", 3)[2:]


def certified(der: bytes, *, anchor: bytes, use: str, at: datetime) -> x509.Certificate:
    """Read a certificate that the authority issued for a use and that is valid at a time."""
    certificate, issuer = (x509.load_der_x509_certificate(item) for item in (der, anchor))
    require(named(certificate)[0] == use, "KRN-0211")
    start, stop = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    require(start <= at <= stop, "KRN-0211")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError) as error:
        raise Refused("KRN-0211") from error
    return certificate
