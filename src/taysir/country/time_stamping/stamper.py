"""Signs RFC 3161 time-stamps, as the national time-stamp authority of Waha would.

Request (DER) → token: the hash, a number, the time, and the CMS signature over them by a
certificate whose only use is time-stamping. Sample data: a country's own authority takes its place
by configuration alone.

Source: RFC 3161, RFC 5816 (signing certificate v2), RFC 5652 (CMS).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.kernel.signature import Signer

POLICY: Final = "1.3.6.1.4.1.32473.2026.1"
"""The policy of the sample authority; 32473 is the arc for examples (RFC 5612)."""
_DIGESTS: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_ES256: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class TimeStamper:
    """Answers time-stamp requests with one certificate and key."""

    def __init__(
        self, signer: Signer, *, now: Callable[[], datetime], serial: Callable[[], int]
    ) -> None:
        self._key = signer.key
        self._certificate = x509.Certificate.load(signer.certificate_der)
        self._certificate_hash = hashlib.sha256(signer.certificate_der).digest()
        self._now = now
        self._serial = serial

    def answer(self, query: bytes) -> bytes:
        """Return the answer (TimeStampResp in DER): granted, or rejected with the failure."""
        try:
            request = tsp.TimeStampReq.load(query, strict=True)
            imprint = request["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            length = len(imprint["hashed_message"].native)
            policy = request["req_policy"].native
        except (ValueError, TypeError, KeyError):
            return _rejection("bad_data_format")
        if _DIGESTS.get(algorithm) != length:
            return _rejection("bad_alg")
        if policy not in (None, POLICY):
            return _rejection("unaccepted_policy")
        answer = tsp.TimeStampResp(
            {"status": {"status": "granted"}, "time_stamp_token": self._token(request)}
        )
        return bytes(answer.dump())

    def _token(self, request: Any) -> cms.ContentInfo:
        content = self._info(request).dump()
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", hashlib.sha256(content).digest()),
                _attribute("signing_certificate_v2", self._signing_certificate()),
            ]
        )
        signature = self._key.sign(attributes.dump(), _ES256)
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(content),
                },
                "certificates": [self._certificate] if request["cert_req"].native else [],
                "signer_infos": [self._signer_info(attributes, signature)],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _info(self, request: Any) -> tsp.TSTInfo:
        values: dict[str, Any] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": self._serial(),
            "gen_time": self._now().replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        if request["nonce"].native is not None:
            values["nonce"] = request["nonce"]
        return tsp.TSTInfo(values)

    def _signing_certificate(self) -> tsp.SigningCertificateV2:
        identity = tsp.ESSCertIDv2(
            {
                "hash_algorithm": {"algorithm": "sha256"},
                "cert_hash": self._certificate_hash,
            }
        )
        return tsp.SigningCertificateV2({"certs": [identity]})

    def _signer_info(self, attributes: cms.CMSAttributes, signature: bytes) -> cms.SignerInfo:
        name = cms.IssuerAndSerialNumber(
            {
                "issuer": self._certificate.issuer,
                "serial_number": self._certificate.serial_number,
            }
        )
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": name}),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": signature,
            }
        )


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _rejection(failure: str) -> bytes:
    """Return a TimeStampResp without a token, which the library cannot write."""
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}})
    content = bytes(status.dump())
    return bytes([0x30, len(content)]) + content
