"""What a face that is no web page takes and gives: whole requests, whole answers, and their bounds.

Handlers turn a :class:`Request` into a :class:`Response`; ``http_server`` reads the one from a
socket and writes the other, ``backend`` the other way round. Nothing here opens a connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

import msgspec
import orjson

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

Headers = tuple[tuple[bytes, bytes], ...]
"""Header pairs in the order of arrival; names in lower case."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One complete request. ``target`` is the raw path and query as sent."""

    method: str
    target: bytes
    headers: Headers
    body: bytes = b""
    peer_certificate_der: bytes | None = None

    @property
    def raw_path(self) -> bytes:
        """The path as sent, still percent-encoded, without the query."""
        return self.target.partition(b"?")[0]

    @property
    def path(self) -> str:
        """The path, percent-decoded as UTF-8; undecodable bytes become U+FFFD."""
        return unquote(self.raw_path.decode("latin-1"))

    @property
    def raw_query(self) -> bytes:
        """The query as sent, without the question mark."""
        return self.target.partition(b"?")[2]

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; of a repeated one the last counts."""
        return dict(parse_qsl(self.raw_query.decode("latin-1"), keep_blank_values=True))

    def header(self, name: bytes, default: str = "") -> str:
        """Return the first header of this lower-case name, or the default."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return default


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One complete answer; ``content-length`` is added when it is written."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""


Handler = Callable[[Request], Awaitable[Response]]


def json_response(value: object, *, status: int = 200, headers: Headers = ()) -> Response:
    """Return an answer whose body is JSON."""
    kind = (b"content-type", b"application/json")
    return Response(status=status, headers=(kind, *headers), body=orjson.dumps(value))


def problem_response(problem: Problem, *, headers: Headers = ()) -> Response:
    """Return an RFC 9457 answer."""
    kind = (b"content-type", b"application/problem+json")
    body = orjson.dumps(problem.as_problem())
    head = (kind, *retry_after(problem), *headers)
    return Response(status=problem.kind.status, headers=head, body=body)


def retry_after(problem: Problem) -> Headers:
    """Return the header that says when to come again, for a problem that knows."""
    seconds = problem.params.get("retry_after_s")
    return () if seconds is None else ((b"retry-after", str(seconds).encode("ascii")),)


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of one listening face; a node's settings may change them."""

    header_bytes: int = limits.HTTP_HEADER_BYTES
    target_bytes: int = limits.HTTP_TARGET_BYTES
    body_bytes: int = limits.HTTP_BODY_BYTES
    bodies_bytes: int = limits.HTTP_BODIES_BYTES
    header_timeout_s: float = limits.HTTP_HEADER_TIMEOUT_S
    body_timeout_s: float = limits.HTTP_BODY_TIMEOUT_S
    idle_timeout_s: float = limits.HTTP_IDLE_TIMEOUT_S
    write_timeout_s: float = limits.HTTP_WRITE_TIMEOUT_S
    handshake_timeout_s: float = limits.HTTP_HANDSHAKE_TIMEOUT_S
    linger_s: float = limits.HTTP_LINGER_S
    connections: int = limits.HTTP_CONNECTIONS
    connections_per_address: int = limits.HTTP_CONNECTIONS_PER_ADDRESS


def plain_refusal(status: int) -> Response:
    """Return the answer to what the server refuses by itself, as an RFC 9457 problem."""
    problem = {"type": "about:blank", "title": _REASONS[status].decode(), "status": status}
    kind = (b"content-type", b"application/problem+json")
    return Response(status=status, headers=(kind,), body=orjson.dumps(problem))


_REASONS: Final = {int(s): s.phrase.encode() for s in HTTPStatus}


def encode_response(response: Response, *, keep_alive: bool, head_only: bool = False) -> bytes:
    """Return the bytes of an answer."""
    reason = _REASONS.get(response.status, b"")
    lines = b"".join([b"%b: %b\r\n" % pair for pair in response.headers])
    return b"HTTP/1.1 %d %b\r\n%bcontent-length: %d\r\n%b\r\n%b" % (
        response.status,
        reason,
        lines,
        len(response.body),
        b"" if keep_alive else b"connection: close\r\n",
        b"" if head_only else response.body,
    )
