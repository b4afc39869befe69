"""What other nodes ask of this one besides calls: agreements, consents, services, descriptions.

The other side is known by its TLS certificate, which the federation document lists. Everything that
it hands in is judged by the signatures inside; the connection only says who may talk at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from taysir.exchange.catalogue import Catalogue
from taysir.exchange.desk import AgreementDesk, SentAgreement, SentConsent, TrustSource
from taysir.exchange.errors import EXC_MALFORMED, EXC_TLS_PEER
from taysir.exchange.http import Request, Response, json_response, problem_response
from taysir.exchange.metaservices import Metaservices
from taysir.exchange.model import NodeEntry
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.wire import (
    AGREEMENTS_PATH,
    CONSENTS_PATH,
    METHODS_PATH,
    OPENAPI_PATH,
    SERVICES_PATH,
)
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.signature import thumbprint

log = get_logger(__name__)

Answer = Callable[[Request, NodeEntry], Awaitable[Response]]


class PeerFace:
    """Answers the requests of other nodes that are not calls."""

    def __init__(
        self,
        node: NodeRuntime,
        *,
        desk: AgreementDesk,
        catalogue: Catalogue,
        metaservices: Metaservices,
        trust: TrustSource,
    ) -> None:
        self._node = node
        self._desk = desk
        self._catalogue = catalogue
        self._metaservices = metaservices
        self._trust = trust
        self._routes: dict[tuple[str, str], Answer] = {
            ("POST", AGREEMENTS_PATH): self._take_agreement,
            ("POST", CONSENTS_PATH): self._take_consent,
            ("GET", SERVICES_PATH): self._services,
            ("GET", METHODS_PATH): self._methods,
            ("GET", OPENAPI_PATH): self._openapi,
        }

    async def __call__(self, request: Request) -> Response:
        """Answer one request; every refusal is a problem document."""
        answer = self._routes.get((request.method, request.path))
        if answer is None:
            return json_response({"title": "Not found", "status": 404}, status=404)
        try:
            return await answer(request, self._peer(request))
        except Problem as problem:
            log.info("peer_refused", path=request.path, code=problem.code)
            return problem_response(problem)

    def _peer(self, request: Request) -> NodeEntry:
        """Return who asks; an unknown one may have joined since our federation document."""
        shown = thumbprint(request.peer_certificate_der or b"")
        entry = self._node.current_directory().node_by_tls(shown)
        if entry is None:
            self._trust.fetch_soon()
            raise Problem(EXC_TLS_PEER, party="-")
        return entry

    async def _take_agreement(self, request: Request, peer: NodeEntry) -> Response:
        sent = _decode(request.body, SentAgreement)
        self._desk.receive(sent, members=peer.members)
        return json_response({"status": "kept"})

    async def _take_consent(self, request: Request, peer: NodeEntry) -> Response:
        sent = _decode(request.body, SentConsent)
        self._desk.receive_consent(sent, members=peer.members)
        return json_response({"status": "kept"})

    async def _services(self, _request: Request, _peer: NodeEntry) -> Response:
        kind = ((b"content-type", b"application/json"),)
        return Response(headers=kind, body=msgspec.json.encode(await self._catalogue.own()))

    async def _methods(self, request: Request, peer: NodeEntry) -> Response:
        return await self._metaservices.peer_methods(request, members=peer.members)

    async def _openapi(self, request: Request, _peer: NodeEntry) -> Response:
        return await self._metaservices.peer_openapi(request)


def _decode(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as cause:
        raise Problem(EXC_MALFORMED, reason="the body does not have the members") from cause
