"""Bytes to structs and back for the faces of a node; pure.

The information-system face speaks the X-Road REST message protocol: ``/r1/{service}/path`` with
``X-Road-*`` headers, so that programs written for it run unchanged. Our own headers add purpose,
subject and consent. Between nodes the same call travels as a signed statement in one header.

Source: PR-REST (X-Road message protocol for REST) clauses 4.2-4.8.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Final

import msgspec
import orjson

from taysir.exchange.errors import EXC_MALFORMED, xroad_type
from taysir.exchange.http import Headers, Request, Response, retry_after
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, SubsystemId
from taysir.kernel.signature import base64url

STATEMENT_HEADER: Final = b"taysir-statement"
CALL_PATH: Final = "/taysir/1/call"
"""Where a node takes calls from other nodes, in the HTTP/1.1 form of the protocol."""

AGREEMENTS_PATH: Final = "/taysir/1/agreements"
"""Where a node takes agreements from the other parties' nodes."""

CONSENTS_PATH: Final = "/taysir/1/consents"
"""Where a node takes consents from the other parties' nodes."""

SERVICES_PATH: Final = "/taysir/1/services"
"""Where a node tells other nodes what it offers."""

METHODS_PATH: Final = "/taysir/1/methods"
"""Where a node answers listMethods and allowedMethods of its services to other nodes."""

OPENAPI_PATH: Final = "/taysir/1/openapi"
"""Where a node hands the OpenAPI document of a service to other nodes."""

_NOT_PASSED: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"upgrade http2-settings transfer-encoding host content-length content-type user-agent server "
    b"expect date authorization cookie set-cookie forwarded x-real-ip x-http-method-override "
    b"x-http-method x-method-override x-original-url x-rewrite-url".split()
)
_NOT_PASSED_FAMILIES: Final = (b"taysir-", b"x-road-", b"x-forwarded-")
"""Ours and X-Road's are written by the nodes only: a caller's must never stand before them."""
_TOKENS: Final = frozenset(
    b"taysir-purpose taysir-subject taysir-consent x-road-represented-party x-road-issue "
    b"x-road-userid x-road-id".split()
)
"""The headers of a call that hold one word."""
_TRACE: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,255}")
_TARGET: Final = re.compile(r"/[\x21\x24-\x5b\x5d-\x7e]*")
_MEDIA_TYPE: Final = re.compile(r"[\x20-\x5b\x5d-\x7e]{0,255}")


class InformationCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as an information system asks for it. ``path`` starts with ``/``; query apart."""

    consumer: SubsystemId
    service: ServiceId
    method: str
    path: str
    query: str
    purpose: str
    subject: str
    consent: str
    behalf: str = ""
    issue: str
    user: str
    message_id: str
    headers: Headers
    body: bytes
    body_type: str

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@lru_cache(maxsize=4096)
def subsystem_id(text: str) -> SubsystemId:
    """Return the identifier that a text spells, kept from the last time; raises KRN-0001."""
    return SubsystemId.parse(text)


@lru_cache(maxsize=4096)
def service_id(text: str) -> ServiceId:
    """Return the identifier that a text spells, kept from the last time; raises KRN-0001."""
    return ServiceId.parse(text)


def parse_information_call(request: Request) -> InformationCall:
    """Read a request of the information-system face; raises EXC-0101 and KRN-0001."""
    target = request.target.decode("latin-1")
    path, _mark, query = target.partition("?")
    parts = path.split("/", 7)
    if len(parts) < 7 or parts[1] != "r1":
        raise Problem(
            EXC_MALFORMED, reason="the path is not /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/…"
        )
    # Of a repeated header the first counts, as everywhere.
    given = dict(reversed(request.headers))
    client = given.get(b"x-road-client", b"").decode("latin-1")
    if not client:
        raise Problem(EXC_MALFORMED, reason="the header X-Road-Client is missing")
    if not is_target(target):
        raise Problem(EXC_MALFORMED, reason="the path or query holds what must be percent-encoded")
    kind = given.get(b"content-type", b"").decode("latin-1")
    if not is_media_type(kind):
        raise Problem(EXC_MALFORMED, reason="the header content-type is too long or not ASCII")
    said = {name: _token(given[name], name=name) for name in _TOKENS & given.keys()}
    return InformationCall(
        consumer=subsystem_id(client),
        service=service_id("/".join(parts[2:7])),
        method=request.method,
        path="/" + (parts[7] if len(parts) > 7 else ""),
        query=query,
        purpose=said.get(b"taysir-purpose", ""),
        subject=said.get(b"taysir-subject", ""),
        consent=said.get(b"taysir-consent", ""),
        behalf=said.get(b"x-road-represented-party", ""),
        issue=said.get(b"x-road-issue", ""),
        user=said.get(b"x-road-userid", ""),
        message_id=said.get(b"x-road-id", ""),
        headers=passed_headers(request.headers),
        body=request.body,
        body_type=kind,
    )


def is_target(text: str) -> bool:
    """Whether a path with its query is written as one: visible ASCII, no quotes, no fragment."""
    return _TARGET.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether a text can stand as ``content-type`` in a statement."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def _token(given: bytes, *, name: bytes) -> str:
    value = given.decode("latin-1")
    if value and not _TOKEN.fullmatch(value):
        raise Problem(EXC_MALFORMED, reason=f"the header {name.decode()} is too long or not ASCII")
    return value


def passed_headers(headers: Headers) -> Headers:
    """Return the headers that travel with a message, in the order of their names.

    What belongs to a connection, names a login, is fixed by the statement itself, or asks a system
    to read another method, path or sender than the signed one stays behind.
    """
    passed = [
        pair
        for pair in headers
        if pair[0] not in _NOT_PASSED and not pair[0].startswith(_NOT_PASSED_FAMILIES)
    ]
    return tuple(sorted(passed)) if passed else ()


def trace_of(headers: Headers) -> str:
    """Return the ``traceparent`` of a message, for logs; empty when there is none or a wrong one.

    Source: W3C Trace Context clause 3.2.
    """
    value = dict(headers).get(b"traceparent", b"").decode("latin-1")
    return value if _TRACE.fullmatch(value) else ""


def headers_block(headers: Headers) -> bytes:
    """Return the bytes over which a statement's headers digest is made."""
    return b"".join([b"%s:%s\n" % pair for pair in headers]) if headers else b""


def headers_digest(headers: Headers) -> str:
    """Return the digest of passed headers; empty when there are none."""
    if not headers:
        return ""
    return base64url(hashlib.sha256(headers_block(headers)).digest())


def request_hash(call: InformationCall, *, message_id: str) -> str:
    """Return ``X-Road-Request-Hash``: base64 of SHA-512 over the header part and the body.

    Source: PR-REST clause 4.3; the header part is verb, path and headers, each ended by CRLF.
    """
    lines = (
        f"{call.method}\r\n/r1/{call.service}{call.target}\r\n"
        f"X-Road-Client:{call.consumer}\r\nX-Road-Id:{message_id}\r\n"
    ).encode("latin-1")
    if call.headers:
        lines += b"".join([b"%s:%s\r\n" % pair for pair in call.headers])
    head = hashlib.sha512(lines).digest()
    if call.body:
        head = hashlib.sha512(head + hashlib.sha512(call.body).digest()).digest()
    return base64.b64encode(head).decode("ascii")


def xroad_error(problem: Problem, *, headers: Headers = ()) -> Response:
    """Return an error as an X-Road client understands it, with our code and both languages.

    Source: PR-REST clause 4.7: ``X-Road-Error`` and a JSON object of type, message, detail.
    """
    kind = xroad_type(problem.kind)
    body = {
        **problem.as_problem(),
        "type": kind,
        "message": problem.title("en"),
        "detail": problem.remedy("en"),
    }
    head: Headers = ((b"content-type", b"application/json"), (b"x-road-error", kind.encode()))
    head = (*head, *retry_after(problem), *headers)
    return Response(status=problem.kind.status, headers=head, body=orjson.dumps(body))
