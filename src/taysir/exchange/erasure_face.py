"""The admin face's desk for erasures: erase what a node keeps about a person, list what was erased.

``POST /admin/erasures`` takes ``{"subject": "…", "reason": "…"}`` with the identity number, which
becomes a pseudonym here and is written nowhere, or ``{"day": "2026-11-24", "reason": "…"}`` for the
bodies of a day that are about nobody. ``GET`` lists the erasures, oldest first.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson

from taysir.exchange.erasure import day_subject
from taysir.exchange.errors import EXC_MALFORMED
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.model import StoredExchange
from taysir.exchange.runtime import NodeRuntime
from taysir.kernel import limits
from taysir.kernel.errors import Problem

ERASURES_PATH: Final = "/admin/erasures"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request asks for: a subject or a day, and why."""

    reason: str
    subject: str = ""
    day: str = ""


async def answer_erasures(node: NodeRuntime, request: Request) -> Response:
    """Answer a request about erasures; raises EXC-0101 for what cannot be understood."""
    if request.method == "POST":
        wish = _read(request.body)
        erased = await node.journal.erase(
            day_subject(_day_ms(wish.day)) if wish.day else node.pseudonym(wish.subject),
            reason=wish.reason,
            at_ms=node.now_ms(),
            number=node.new_id(),
        )
        return json_response(_describe(erased), status=201)
    if request.method in ("GET", "HEAD"):
        await node.journal.indexed()
        return json_response([_describe(erasure) for erasure in node.journal.erasures()])
    allowed = ((b"allow", b"GET, HEAD, POST"),)
    return json_response(
        {"title": "Method not allowed", "status": 405}, status=405, headers=allowed
    )


def _read(body: bytes) -> _Wish:
    try:
        wish = msgspec.json.decode(body, type=_Wish)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(EXC_MALFORMED, reason="not an erasure: subject or day, and reason") from error
    if bool(wish.subject) == bool(wish.day):
        raise Problem(EXC_MALFORMED, reason="give a subject or a day")
    if len(wish.subject) > limits.ERASURE_SUBJECT_CHARS:
        raise Problem(EXC_MALFORMED, reason="the subject is too long")
    if not 0 < len(wish.reason) <= limits.ERASURE_REASON_CHARS:
        reason = f"the reason has 1 to {limits.ERASURE_REASON_CHARS} characters"
        raise Problem(EXC_MALFORMED, reason=reason)
    return wish


def _day_ms(day: str) -> int:
    try:
        if _DAY.fullmatch(day):
            return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        pass
    raise Problem(EXC_MALFORMED, reason="a day is written 2026-11-24")


def _describe(erasure: StoredExchange) -> dict[str, Any]:
    said = orjson.loads(erasure.request)
    return {
        "exchange_id": erasure.exchange_id,
        "position": erasure.position,
        "recorded_at_ms": erasure.recorded_at_ms,
        "pseudonym": said["erased"],
        "keys": said["keys"],
        "reason": said["reason"],
    }
