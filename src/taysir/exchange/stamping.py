"""RFC 3161 time-stamps over checkpoints: asked for in the background, verified before they count.

Any authority of RFC 3161 will do: its address and its root certificate are configuration. Bytes →
request → authority → answer → :func:`verify_stamp` → time. The same check is made offline by who
verifies evidence, and ``openssl ts -verify`` agrees with it.

Source: RFC 3161, RFC 5816.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from taysir.exchange.log_errors import EXC_STAMP
from taysir.exchange.log_requests import Answer, Unreachable, send
from taysir.kernel import limits
from taysir.kernel.certificates import load_certificate
from taysir.kernel.errors import Problem

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"
_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")

Post = Callable[[str, bytes], Answer]
"""Posts a time-stamp request to an address and returns the answer."""


class Stamper(Protocol):
    """Who can have bytes time-stamped."""

    def stamp(self, data: bytes) -> bytes:
        """Return a verified RFC 3161 answer over bytes; raises EXC-0544."""


def post_query(url: str, query: bytes) -> Answer:
    """Post a request over HTTP; raises Unreachable."""
    return send(url, body=query, media_type=QUERY_TYPE, most=limits.TIME_STAMP_BYTES)


class RemoteStamper:
    """A time-stamp authority at an address."""

    def __init__(
        self,
        url: str,
        *,
        roots: Callable[[], Sequence[bytes]],
        now: Callable[[], datetime],
        post: Post = post_query,
    ) -> None:
        """Remember where it is and which root certificates (DER) vouch for it."""
        self._url = url
        self._roots = roots
        self._now = now
        self._post = post

    def stamp(self, data: bytes) -> bytes:
        """Return a verified answer over bytes; raises EXC-0544."""
        builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
        query = builder.build()
        try:
            answer = self._post(self._url, query.as_bytes())
        except Unreachable as error:
            raise Problem(EXC_STAMP, reason=str(error)) from error
        if answer.status != 200:
            raise Problem(EXC_STAMP, reason=f"HTTP {answer.status}")
        at = verify_stamp(answer.body, data=data, roots=self._roots(), nonce=query.nonce)
        if abs((at - self._now()).total_seconds()) > limits.TIME_STAMP_AHEAD_S:
            raise Problem(EXC_STAMP, reason="its clock and ours differ too much")
        return answer.body


def verify_stamp(
    token: bytes, *, data: bytes, roots: Sequence[bytes], nonce: int | None = None
) -> datetime:
    """Check an RFC 3161 answer over bytes and return its time.

    Args:
        token: the whole answer (TimeStampResp in DER), the authority's certificate inside.
        data: what was stamped.
        roots: the accepted root certificates in DER.
        nonce: what the request named, when it is known.

    Raises:
        Problem: EXC-0544.
    """
    if not roots:
        raise Problem(EXC_STAMP, reason="no time-stamp authority is accepted")
    answer = _decode(token)
    verifier = VerifierBuilder(roots=[load_certificate(root) for root in roots])
    if nonce is not None:
        verifier = verifier.nonce(nonce)
    try:
        imprint = answer.tst_info.message_imprint
        if imprint.hash_algorithm != _SHA256:
            raise Problem(EXC_STAMP, reason="it is not over a SHA-256")
        verifier.build().verify(answer, hashlib.sha256(data).digest())
    except (VerificationError, ValueError, TypeError) as error:
        raise Problem(EXC_STAMP, reason=_reason(error)) from error
    return answer.tst_info.gen_time


def stamp_certificates(token: bytes) -> list[bytes]:
    """Return the certificates (DER) inside an answer; raises EXC-0544."""
    return sorted(_decode(token).signed_data.certificates)


def _reason(error: Exception) -> str:
    """Say in words what the library says in the words of its own library."""
    text = str(error)
    if text.startswith("Error while verifying certificates"):
        return "its signature or certificate does not hold"
    if text == "Mismatch between messages":
        return "it is over something else"
    return text[:120] or "it does not verify"


def _decode(token: bytes) -> TimeStampResponse:
    if len(token) > limits.TIME_STAMP_BYTES:
        raise Problem(EXC_STAMP, reason="too long")
    try:
        return decode_timestamp_response(token)
    except ValueError as error:
        raise Problem(EXC_STAMP, reason="not an RFC 3161 answer") from error
