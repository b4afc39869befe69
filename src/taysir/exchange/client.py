"""What the other parts may use of the exchange, and nothing else.

A program asks through its own node's information-system face and reads its node's journal through
the admin face. Trouble of the other side is a normal result here, never an exception: the answer
says whether it was found, refused, unreachable or broken. Synchronous and safe between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from ssl import SSLContext, SSLWantReadError, create_default_context
from types import MappingProxyType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode, urlsplit

import orjson

from taysir.exchange.model import Direction
from taysir.kernel import limits
from taysir.kernel.identifiers import ServiceId, SubsystemId

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_QUESTIONS: Final = frozenset({"GET", "HEAD"})
"""The methods that change nothing, so that they may be asked again."""


class Outcome(StrEnum):
    """How a question ended; each is a normal result with a path of its own."""

    ANSWERED = "answered"
    NOT_FOUND = "not-found"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. ``exchange_id`` names the evidence of this exchange."""

    outcome: Outcome
    status: int
    body: bytes
    media_type: str
    exchange_id: str
    agreement: str
    answered_at: datetime
    error_code: str = ""
    error_detail: str = ""

    def json(self) -> Any:
        """Return the body read as JSON; raises ValueError if it is not."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One question about a person, as the node's journal holds it."""

    exchange_id: str
    at: datetime
    consumer: SubsystemId
    provider: str
    service: ServiceId
    purpose: str
    agreement: str
    fields: tuple[str, ...]
    outcome: str
    issue: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRecord:
    """One side of an exchange: where it lies in the journal and what is signed."""

    exchange_id: str
    position: int
    at: datetime
    direction: str
    outcome: str
    consumer: str
    provider: str
    service: str
    purpose: str
    agreement: str
    status: int
    request_signed: bool
    response_signed: bool


class ExchangeClient:
    """Asks other agencies in the name of one subsystem, through the subsystem's own node."""

    def __init__(
        self,
        *,
        face_url: str,
        admin_url: str,
        client: SubsystemId,
        timeout_s: float = limits.CLIENT_TIMEOUT_S,
        tls: SSLContext | None = None,
        api_key: str = "",
    ) -> None:
        """Remember where the node is; ``tls`` trusts its face and shows our certificate."""
        self._client = client
        shown = {"Taysir-Api-Key": api_key} if api_key else _NOTHING
        self._face = _Connections(face_url, timeout_s=timeout_s, tls=tls, headers=shown)
        self._admin = _Connections(admin_url, timeout_s=timeout_s)

    def ask(
        self,
        service: ServiceId,
        *,
        method: str = "GET",
        path: str,
        query: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        media_type: str = "application/json",
        purpose: str,
        subject: str = "",
        consent: str = "",
        behalf: str = "",
        issue: str = "",
        user: str = "",
        message_id: str = "",
    ) -> Answer:
        """Ask a data service and return what came of it.

        Args:
            service: the data service.
            method: the HTTP method.
            path: the path below the service, starting with ``/``; it is percent-encoded here.
            query: query parameters.
            body: the request's body.
            media_type: the body's type, sent when there is a body.
            purpose: the purpose that the agreement names.
            subject: the identity number of the person whom the question is about, if any.
            consent: the hash of the person's consent, if the agreement demands one.
            behalf: the member for whom we act, if the agreement delegates.
            issue: the case number.
            user: the person or system on whose behalf we ask.
            message_id: our own number of the message; the node makes one when it is empty.
        """
        target = f"/r1/{service}{quote(path, safe='/')}"
        if query:
            target += "?" + urlencode(query)
        headers = {"X-Road-Client": str(self._client), "Taysir-Purpose": purpose}
        optional = {
            "Taysir-Subject": subject,
            "Taysir-Consent": consent,
            "X-Road-Represented-Party": behalf,
            "X-Road-Issue": issue,
            "X-Road-UserId": user,
            "X-Road-Id": message_id,
            "Content-Type": media_type if body else "",
        }
        headers.update({name: value for name, value in optional.items() if value})
        try:
            status, head, content = self._face.send(method, target, headers=headers, body=body)
        except (OSError, HTTPException) as error:
            return _own_node_is_silent(error)
        return _read_answer(status, head, content)

    def reads_about(self, subject: str, *, limit: int = 100) -> list[Read]:
        """Return who asked about a person, newest first, from this node's journal.

        A call between two members of this node is in the journal from both sides and listed once.

        Raises:
            OSError: when the node does not answer.
        """
        rows = self._get(f"/admin/exchanges?{urlencode({'subject': subject, 'limit': limit})}")
        newest = {row["exchange_id"]: row for row in reversed(rows or [])}
        return [_read_of(row) for row in reversed(newest.values())]

    def exchange(self, exchange_id: str) -> ExchangeRecord | None:
        """Return our side of an exchange, or None if the node does not know it."""
        rows = self._get(f"/admin/exchanges/{quote(exchange_id, safe='')}")
        ours = [row for row in rows or [] if row["direction"] == Direction.SENT.value]
        return _record_of((ours or rows)[-1]) if rows else None

    def evidence(self, exchange_id: str) -> bytes:
        """Return the evidence package; raises LookupError for an unknown exchange."""
        path = f"/admin/exchanges/{quote(exchange_id, safe='')}/evidence"
        status, _head, content = self._admin.send("GET", path)
        if status != 200:
            raise LookupError(exchange_id)
        return content

    def close(self) -> None:
        """Close the kept connections; the client may be used again afterwards."""
        self._face.close()
        self._admin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _get(self, path: str) -> Any:
        status, _head, content = self._admin.send("GET", path)
        return orjson.loads(content) if status == 200 else None


def _read_answer(status: int, head: Mapping[str, str], content: bytes) -> Answer:
    kind = head.get("x-road-error", "")
    answered_ms = int(head.get("taysir-answered-at", "0"))
    when = datetime.fromtimestamp(answered_ms / 1000, UTC) if answered_ms else datetime.now(UTC)
    code, detail = "", ""
    if kind:
        body = orjson.loads(content)
        code, detail = str(body.get("code", "")), str(body.get("message", ""))
    return Answer(
        outcome=_outcome_of(status, kind),
        status=status,
        body=content,
        media_type=head.get("content-type", ""),
        exchange_id=head.get("x-road-request-id", ""),
        agreement=head.get("taysir-agreement", ""),
        answered_at=when,
        error_code=code,
        error_detail=detail,
    )


def _outcome_of(status: int, kind: str) -> Outcome:
    if kind:
        if status in (502, 503, 504):
            broken = kind.endswith("InvalidResponse")
            return Outcome.INVALID if broken else Outcome.UNREACHABLE
        return Outcome.REFUSED
    if 200 <= status < 300:
        return Outcome.ANSWERED
    if status == 404:
        return Outcome.NOT_FOUND
    return Outcome.UNREACHABLE if status >= 500 or status == 429 else Outcome.INVALID


def _own_node_is_silent(error: Exception) -> Answer:
    return Answer(
        outcome=Outcome.UNREACHABLE,
        status=0,
        body=b"",
        media_type="",
        exchange_id="",
        agreement="",
        answered_at=datetime.now(UTC),
        error_code="EXC-0120",
        error_detail=f"our own node does not answer: {type(error).__name__}",
    )


def _read_of(row: Mapping[str, Any]) -> Read:
    return Read(
        exchange_id=row["exchange_id"],
        at=datetime.fromtimestamp(row["recorded_at_ms"] / 1000, UTC),
        consumer=SubsystemId.parse(row["consumer"]),
        provider=row["provider"],
        service=ServiceId.parse(row["service"]),
        purpose=row["purpose"],
        agreement=row["agreement"],
        fields=tuple(row["fields"]),
        outcome=row["outcome"],
        issue=row["issue"],
        direction=row["direction"],
    )


def _record_of(row: Mapping[str, Any]) -> ExchangeRecord:
    return ExchangeRecord(
        exchange_id=row["exchange_id"],
        position=row["position"],
        at=datetime.fromtimestamp(row["recorded_at_ms"] / 1000, UTC),
        direction=row["direction"],
        outcome=row["outcome"],
        consumer=row["consumer"],
        provider=row["provider"],
        service=row["service"],
        purpose=row["purpose"],
        agreement=row["agreement"],
        status=row["status"],
        request_signed=row["request_signed"],
        response_signed=row["response_signed"],
    )


class _Connections:
    """Kept connections to one face; a connection serves one thread at a time."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        tls: SSLContext | None = None,
        headers: Mapping[str, str] = _NOTHING,
    ) -> None:
        parts = urlsplit(url)
        self._tls = (tls or create_default_context()) if parts.scheme == "https" else None
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._tls else 80)
        self._headers = headers
        self._timeout_s = timeout_s
        self._idle: list[HTTPConnection] = []
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; raises OSError or HTTPException when nothing comes back.

        A question whose connection broke off is asked once more on a new one; what may change
        something is not, because nobody knows what became of it.
        """
        try:
            return self._send(method, target, headers=headers, body=body)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if method not in _QUESTIONS:
                raise
            self.close()
            return self._send(method, target, headers=headers, body=body)

    def _send(
        self, method: str, target: str, *, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        with self._connection() as connection:
            connection.request(
                method, target, body=body or None, headers={**self._headers, **headers}
            )
            answer: HTTPResponse
            with connection.getresponse() as answer:
                content = answer.read(limits.HTTP_BODY_BYTES + 1)
                head = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, head, content

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _connect(self) -> HTTPConnection:
        if self._tls is None:
            return HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        return HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._tls)

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        """Take a kept connection that is still open, or make one; keep it if all went well."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None and _was_closed(connection):
            connection.close()
            connection = None
        if connection is None:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._idle) < limits.CLIENT_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()


def _was_closed(connection: HTTPConnection) -> bool:
    """Whether the other side has closed a kept connection: then it is readable, without data."""
    if connection.sock is None:
        return True
    connection.sock.setblocking(False)
    try:
        return not connection.sock.recv(1)
    except (BlockingIOError, SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        connection.sock.settimeout(connection.timeout)
