"""A node as a process: federation, agreements and evidence bound to the node, run until SIGTERM."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from taysir.exchange import node
from taysir.exchange.contracts import AgreementBook
from taysir.exchange.evidence import package_evidence
from taysir.exchange.federation import FederationWatch
from taysir.exchange.model import StoredExchange
from taysir.exchange.settings import NodeSettings, read_settings


def run(settings_file: Path) -> None:
    """Run the node that a settings file describes."""
    settings = read_settings(settings_file)
    book = agreement_book(settings)
    authority_der = _der(settings.authority_certificate)
    cache = Path(settings.folder) / "federation.jws"
    watch = FederationWatch(
        url=settings.federation_url, cache=cache, authority_der=authority_der, agreements=book
    )

    def package(records: list[StoredExchange]) -> bytes:
        return package_evidence(
            records,
            agreement=book.signed(records[0].agreement),
            federation=cache.read_bytes(),
            authority=authority_der,
        )

    node.run(settings, source=watch, package=package)


def agreement_book(settings: NodeSettings) -> AgreementBook:
    """Return the agreements of a node; the member authorities are the ones that TLS trusts."""
    authorities = x509.load_pem_x509_certificates(Path(settings.tls_authorities).read_bytes())
    anchors = [certificate.public_bytes(Encoding.DER) for certificate in authorities]
    return AgreementBook(Path(settings.agreements), anchors=anchors)


def _der(file: str) -> bytes:
    certificate = x509.load_pem_x509_certificate(Path(file).read_bytes())
    return certificate.public_bytes(Encoding.DER)
