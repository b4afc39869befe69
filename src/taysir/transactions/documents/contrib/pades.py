"""The agency's electronic seal as a PAdES baseline signature, by pyHanko.

``seal`` appends an incremental update to the PDF (so PDF/A stays PDF/A) with an invisible signature
field in the CAdES form of ETSI EN 319 142-1. ``check`` validates the last signature: every byte
covered, digest and signature right, certificate chain to a trust root at the sealing time. It does
not fetch revocation data and does not time-stamp; the verification page gives the current state.
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko.keys import load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.transactions.documents.base import DocumentsConfig, SealReport
from taysir.transactions.documents.errors import TRX_SEAL_UNAVAILABLE

log = get_logger(__name__)

FIELD_NAME = "AgencySeal"

_KEY_USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)


class PadesSealer:
    """Seals with a key in a file; a hardware key is another plug-in with the same two methods."""

    def __init__(self, config: DocumentsConfig) -> None:
        self._config = config

    def seal(self, pdf: bytes, *, reason: str) -> bytes:
        """Return the sealed document; raises TRX-0603 if certificate or key cannot be used."""
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD_NAME,
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            reason=reason,
            signer_key_usage={"digital_signature"},
        )
        signer = signers.PdfSigner(metadata, signer=self._signer())
        try:
            sealed = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        except (SigningError, PdfError) as error:
            raise Problem(TRX_SEAL_UNAVAILABLE, finding=type(error).__name__) from error
        content: bytes = sealed.getvalue()
        return content

    def check(self, pdf: bytes) -> SealReport:
        """Return what the seal says."""
        try:
            signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
            if not signatures:
                return SealReport(intact=False, trusted=False)
            signature = signatures[-1]
            sealed_at = signature.self_reported_timestamp
            status = validate_pdf_signature(
                signature,
                signer_validation_context=self._context(sealed_at),
                key_usage_settings=_KEY_USAGE,
            )
        except (PdfError, SignatureValidationError, ValueError) as error:
            log.info("seal_unreadable", kind=type(error).__name__)
            return SealReport(intact=False, trusted=False)
        whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        return SealReport(
            intact=bool(status.intact and status.valid and whole),
            trusted=bool(status.trusted),
            sealed_by=status.signing_cert.subject.human_friendly,
            sealed_at=sealed_at,
        )

    def _signer(self) -> signers.SimpleSigner:
        try:
            leaf, *intermediates = _certificates(self._config.seal_certificate)
            key = load_private_key_from_pemder_data(
                self._config.seal_key.read_bytes(), passphrase=None
            )
        except (OSError, ValueError, TypeError) as error:
            raise Problem(TRX_SEAL_UNAVAILABLE, finding=type(error).__name__) from error
        others = SimpleCertificateStore.from_certs(intermediates)
        return signers.SimpleSigner(signing_cert=leaf, signing_key=key, cert_registry=others)

    def _context(self, moment: datetime | None) -> ValidationContext:
        return ValidationContext(
            trust_roots=_certificates(self._config.trust_roots),
            moment=moment,
            allow_fetching=False,
            best_signature_time=moment,
        )


def _certificates(file: Path) -> list[x509.Certificate]:
    blocks = pem.unarmor(file.read_bytes(), multiple=True)
    return [x509.Certificate.load(der) for _, _, der in blocks]
