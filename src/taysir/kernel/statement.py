"""The signed statement: one object that proves a message, whatever carried it.

A statement fixes who asked whom for what, under which agreement, for which purpose, with which
bytes, and when. A response also fixes the digest of its request, so the two cannot be paired with
others. Fields → canonical payload → compact JWS by the member's certificate (the JAdES baseline
B-B: ES256, ``x5t#S256``, signing time), or a batched token (kernel/batch.py). The statement does
not depend on its carrier: a header, a frame, a file. Whether the signer may speak for the sender is
decided where certificates are known.

Source: RFC 7515 (JWS), ETSI TS 119 182-1 (JAdES), docs/reference/protocol.md clause 3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import msgspec

from taysir.kernel import limits
from taysir.kernel.batch import PARTS as BATCHED_PARTS
from taysir.kernel.batch import BatchedToken, open_batched, seal_batch
from taysir.kernel.errors import Mender, Problem, declare
from taysir.kernel.merkle import leaf_hash
from taysir.kernel.signature import (
    Jws,
    Signer,
    base64url,
    jws_head,
    open_compact,
    sign_under_head,
)

TYPE: Final = "taysir-statement+jws"
"""The ``typ`` of a statement, so that no other signed document passes for one."""

KRN_STATEMENT = declare(
    "KRN-0301",
    status=400,
    ar="البيان الموقّع غير صحيح: {reason}.",
    en="The signed statement is not acceptable: {reason}.",
    remedy_ar="ابنِ البيان كما يصفه مرجع البروتوكول.",
    remedy_en="Build the statement as the protocol reference describes it.",
    mender=Mender.CALLER,
)

StatementType = Literal["request", "response", "refusal"]


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a statement says. Times are milliseconds since 1970 UTC; digests are base64url.

    ``sender`` and ``receiver`` are identifiers: a subsystem asks a service, a service answers a
    subsystem. ``behalf`` is the member for whom the asking agency acts, or empty. ``request`` and
    ``status`` are set in responses and refusals only. The members stand in the order of their names
    on the wire, because that makes their encoding canonical.
    """

    agreement: str
    behalf: str = ""
    body_digest: str
    body_length: int
    body_type: str
    consent: str = ""
    error: str = ""
    expires_ms: int
    sender: str = msgspec.field(name="from")
    headers_digest: str
    id: str
    issue: str = ""
    message_id: str = ""
    method: str
    path: str
    projection: str = ""
    purpose: str
    request: str = ""
    status: int = 0
    subject: str = ""
    time_ms: int
    receiver: str = msgspec.field(name="to")
    type: StatementType
    zone: str = ""


class ParsedStatement(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A statement taken apart but not yet verified, with what is needed to verify it.

    ``proof`` holds the signature.
    """

    statement: Statement
    thumbprint: str
    token: bytes
    proof: Jws | BatchedToken

    @cached_property
    def digest(self) -> str:
        """What a response names its request by.

        Of the whole token when the statement was signed alone, of its leaf when in a batch.
        """
        proof = self.proof
        return base64url(proof.leaf) if isinstance(proof, BatchedToken) else digest(self.token)

    @property
    def batched(self) -> bool:
        """Whether the signature covers a batch and not this statement alone."""
        return isinstance(self.proof, BatchedToken)

    def verify(self, public_key: object) -> None:
        """Check the signature; raises KRN-0206."""
        self.proof.verify(public_key)


_EMPTY_DIGEST: Final = base64url(hashlib.sha256(b"").digest())
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Statement, strict=True)
_REQUIRED_IN_ANSWERS: Final = frozenset({"response", "refusal"})


def digest(data: bytes) -> str:
    """Return the base64url SHA-256 of bytes."""
    return base64url(hashlib.sha256(data).digest()) if data else _EMPTY_DIGEST


def payload_of(statement: Statement) -> bytes:
    """Return the canonical payload.

    Its members are in order already, and every value is text or an integer below 2^53, so a plain
    encoding is all that RFC 8785 asks for.
    """
    return _ENCODER.encode(statement)


def sign_statement(statement: Statement, *, signer: Signer) -> bytes:
    """Return the compact JWS of a statement.

    Cost: one P-256 signature and about 4 µs of encoding.
    """
    return sign_under_head(
        payload_of(statement),
        signer=signer,
        head=jws_head(TYPE, thumbprint=signer.thumbprint, iat=statement.time_ms // 1000),
    )


def seal_statements(
    statements: Sequence[Statement], *, signer: Signer, time_ms: int
) -> list[bytes]:
    """Return a batched token for each statement: one signature for all of them."""
    payloads = [payload_of(statement) for statement in statements]
    return seal_batch(payloads, signer=signer, time_ms=time_ms)


def is_about(answer: Statement, *, asked: Statement) -> bool:
    """Whether an answer says of its call what the request says.

    The digest of the request binds the two; what the answer says beside it is read by people and
    counted by programs, so it must not tell another story.
    """
    return (
        answer.id == asked.id
        and answer.method == asked.method
        and answer.path == asked.path
        and answer.agreement == asked.agreement
        and answer.purpose == asked.purpose
        and answer.subject == asked.subject
        and answer.issue == asked.issue
        and answer.message_id == asked.message_id
        and not answer.consent
    )


def is_batched(token: bytes) -> bool:
    """Whether a token has the form of a batched one."""
    return token.count(b".") + 1 == BATCHED_PARTS


def digest_of_token(token: bytes, *, statement: Statement) -> str:
    """Return the digest by which a response names the request that this token carries."""
    if is_batched(token):
        return base64url(leaf_hash(payload_of(statement)))
    return digest(token)


def parse_statement(token: bytes) -> ParsedStatement:
    """Take a statement apart, refusing anything that is not spelled in the one right way.

    Raises:
        Problem: KRN-0205 for a malformed token, KRN-0301 for a malformed payload.
    """
    if is_batched(token):
        return _parse_batched(token)
    jws = open_compact(token, typ=TYPE)
    statement = _read_payload(jws.payload)
    if jws.header.get("iat") != statement.time_ms // 1000:
        raise Problem(KRN_STATEMENT, reason="the signing time differs from the statement's time")
    return ParsedStatement(
        statement=statement,
        thumbprint=_thumbprint(jws),
        token=token,
        proof=jws,
    )


def _parse_batched(token: bytes) -> ParsedStatement:
    batched = open_batched(token)
    statement = _read_payload(batched.payload)
    waited_ms = batched.signed.manifest.time_ms - statement.time_ms
    if not 0 <= waited_ms <= limits.BATCH_WAIT_MS:
        raise Problem(KRN_STATEMENT, reason="signed too long after its time")
    return ParsedStatement(
        statement=statement,
        thumbprint=_thumbprint(batched.signed.jws),
        token=token,
        proof=batched,
    )


def _read_payload(payload: bytes) -> Statement:
    try:
        statement = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Problem(KRN_STATEMENT, reason="the payload does not have the members") from cause
    if payload_of(statement) != payload:
        raise Problem(KRN_STATEMENT, reason="the payload is not canonical")
    if (statement.type in _REQUIRED_IN_ANSWERS) != bool(statement.request):
        raise Problem(KRN_STATEMENT, reason="only an answer names its request, and always")
    if not _has_form(statement, payload=payload):
        raise Problem(KRN_STATEMENT, reason="a member holds what it may not")
    return statement


def _has_form(statement: Statement, *, payload: bytes) -> bool:
    """Whether every member may be written into a request line, a header or a page as it is.

    JSON escapes control characters, quotation marks and backslashes, and nothing else that is
    ASCII; so a payload without escapes holds none of them. Only a media type has spaces and quotes.
    """
    kind, path = statement.body_type, statement.path
    plain = b"\\" not in payload and b" " not in payload
    return (
        len(payload) <= limits.STATEMENT_BYTES
        and payload.isascii()
        and b"\x7f" not in payload
        and (plain or _only_in(kind, payload=payload))
        and 0 < len(statement.id) <= limits.STATEMENT_ID_CHARACTERS
        and len(statement.message_id) <= limits.STATEMENT_ID_CHARACTERS
        and path.startswith("/")
        and "#" not in path
    )


def _only_in(kind: str, *, payload: bytes) -> bool:
    """Whether no other member than the media type has quotation marks or spaces."""
    marks, spaces = kind.count('"'), kind.count(" ")
    return payload.count(b"\\") == marks and payload.count(b" ") == spaces


def _thumbprint(jws: Jws) -> str:
    thumbprint = jws.header.get("x5t#S256")
    if not isinstance(thumbprint, str):
        raise Problem(KRN_STATEMENT, reason="the header does not name the certificate")
    return thumbprint
