"""The authority's process: publishes the federation document and signs it anew before it expires.

It answers two addresses: ``/federation`` and ``/healthz``. It is on the path of no call; a country
goes on for the validity of the last document while it is down.
"""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from taysir.exchange.errors import EXC_FEDERATION
from taysir.exchange.federation import (
    FederationDocument,
    open_federation,
    renewed,
    sign_federation,
)
from taysir.exchange.http import Request, Response, json_response, serve_http
from taysir.exchange.node import load_signer
from taysir.exchange.settings import KeyPair
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer

log = get_logger(__name__)


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the authority listens, what it signs with, and the file of its document."""

    host: str
    port: int
    signer: KeyPair
    document: str


def run(settings: AuthoritySettings) -> None:
    """Publish until SIGTERM or SIGINT."""
    uvloop.run(_serve(settings))


class Publisher:
    """Holds the signed document and renews it."""

    def __init__(self, file: Path, *, signer: Signer) -> None:
        """Read the document; raises EXC-0201 if it is not ours."""
        if not file.exists():
            raise Problem(EXC_FEDERATION, reason=f"there is no document in {file}")
        self._file, self._signer = file, signer
        self._token = file.read_bytes()
        self._document: FederationDocument = open_federation(
            self._token, authority_der=signer.certificate_der
        )

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/federation":
            kind = (b"content-type", b"application/jose")
            return Response(headers=(kind,), body=self._token)
        if request.path == "/healthz":
            return json_response({"status": "ok", "number": self._document.number})
        return json_response({"title": "Not found", "status": 404}, status=404)

    def renew(self, *, now: datetime) -> None:
        """Sign the document anew with a later expiry, and keep it."""
        self._document = renewed(self._document, now=now)
        self._token = sign_federation(self._document, signer=self._signer)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(self._token)
        fresh.replace(self._file)
        log.info("federation_renewed", number=self._document.number)


async def _serve(settings: AuthoritySettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    publisher = Publisher(Path(settings.document), signer=load_signer(settings.signer))
    publisher.renew(now=datetime.now(UTC))
    server = await serve_http(publisher.answer, host=settings.host, port=settings.port)
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), limits.FEDERATION_FETCH_INTERVAL_S)
        except TimeoutError:
            publisher.renew(now=datetime.now(UTC))
    await server.close()
