"""The HTTP face of the sample time-stamp authority; it runs in the authority's process."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from taysir.country.time_stamping.stamper import TimeStamper
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.exchange.keyfiles import read_signer
from taysir.exchange.stamping import QUERY_TYPE, REPLY_TYPE
from taysir.kernel import limits

PATH: Final = "/time-stamp"
"""Where requests are posted."""
KEY_NAME: Final = "time-stamper"
"""The name of the certificate and key in the folder of keys."""


def time_stamping_face(keys: Path) -> Handler:
    """Return the handler of an authority whose certificate and key lie in a folder."""
    stamper = TimeStamper(
        read_signer(keys, name=KEY_NAME),
        now=lambda: datetime.now(UTC),
        serial=lambda: secrets.randbits(64),
    )

    async def answer(request: Request) -> Response:
        kind = request.header(b"content-type").partition(";")[0].strip()
        if request.method != "POST" or kind != QUERY_TYPE:
            return json_response({"title": "Post a time-stamp query", "status": 415}, status=415)
        if len(request.body) > limits.TIME_STAMP_BYTES:
            return json_response({"title": "Too long", "status": 413}, status=413)
        body = await asyncio.to_thread(stamper.answer, request.body)
        return Response(headers=((b"content-type", REPLY_TYPE.encode("ascii")),), body=body)

    return answer
