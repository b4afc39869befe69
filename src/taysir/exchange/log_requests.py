"""One HTTP request to a witness, a time-stamp authority or the authority, outside the event loop.

Background work only: no call ever waits for it. The answer is bounded in size and time.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from taysir.kernel import limits


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes


class Unreachable(Exception):
    """There is no whole answer; the text says why."""


def send(url: str, *, body: bytes | None = None, media_type: str = "", most: int) -> Answer:
    """Send GET, or POST when there is a body; raises Unreachable."""
    parts = urlsplit(url)
    connection = connect(url, timeout_s=limits.LOG_REQUEST_TIMEOUT_S)
    headers = {"Content-Type": media_type} if media_type else {}
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    try:
        connection.request("POST" if body is not None else "GET", target, body, headers)
        with connection.getresponse() as answer:
            data = answer.read(most + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        connection.close()
    if len(data) > most:
        raise Unreachable("the answer is too long")
    return Answer(answer.status, data)


def connect(url: str, *, timeout_s: float) -> http.client.HTTPConnection:
    """Return a connection to where a URL points: over TLS where it says https, never without."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, port, timeout=timeout_s)
