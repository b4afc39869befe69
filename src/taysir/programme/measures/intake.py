"""The programme's back end for case events: one WSGI function on a port of its own.

Only the programme's node reaches it, after checking agreement, signature and sender; the headers
that the node adds are therefore the truth about who sent a batch and under which exchange id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import close_old_connections

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import SubsystemId
from taysir.kernel.log import get_logger
from taysir.programme.measures.errors import PRG_EVENTS_TOO_LARGE, PRG_EVENTS_UNREADABLE
from taysir.programme.measures.services import take_events

log = get_logger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def intake(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer ``POST /case-events`` with 202, ``GET /healthz`` with 200, a problem otherwise."""
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    try:
        if (method, path) == ("GET", "/healthz"):
            return _answer(start_response, "200 OK", {"status": "ok"})
        if path != "/case-events":
            return _answer(start_response, "404 Not Found", {"title": "Not found", "status": 404})
        if method != "POST":
            return _answer(
                start_response, "405 Method Not Allowed", {"title": "POST only", "status": 405}
            )
        return _answer(start_response, "202 Accepted", _take(environ))
    except Problem as problem:
        log.warning("events_refused", code=problem.code)
        status = f"{problem.kind.status} {problem.code}"
        return _answer(
            start_response, status, problem.as_problem(), kind="application/problem+json"
        )


def _take(environ: dict[str, Any]) -> dict[str, int]:
    exchange_id = environ.get("HTTP_X_ROAD_REQUEST_ID", "")
    client = environ.get("HTTP_X_ROAD_CLIENT", "")
    if not exchange_id or not client:
        raise Problem(PRG_EVENTS_UNREADABLE, finding="did not come through the exchange")
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limits.CASE_EVENTS_BYTES:
        raise Problem(PRG_EVENTS_TOO_LARGE, limit=f"{limits.CASE_EVENTS_BYTES} bytes")
    close_old_connections()
    receipt = take_events(
        environ["wsgi.input"].read(int(length)),
        sender=str(SubsystemId.parse(client).owner),
        exchange_id=exchange_id[:128],
        now=datetime.now(UTC),
    )
    return {"accepted": receipt.accepted, "known": receipt.known}


def _answer(
    start_response: StartResponse,
    status: str,
    document: dict[str, Any],
    *,
    kind: str = "application/json",
) -> Iterable[bytes]:
    body = orjson.dumps(document)
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
