"""The faces of a node: which request goes where.

The information-system face takes calls and answers the metaservices ``listClients`` and
``allowedMethods``; the face for other nodes takes signed statements. No protocol here.

Source: PR-MREST (X-Road service metadata protocol for REST) clauses 3 and 4.
"""

from __future__ import annotations

from typing import Any

from taysir.exchange.errors import EXC_MALFORMED
from taysir.exchange.flow.consume import consume
from taysir.exchange.flow.provide import provide
from taysir.exchange.frames import Message
from taysir.exchange.guard import CLIENTS_FACE, NODES_FACE, Guard
from taysir.exchange.http import Headers, Request, Response, json_response, problem_response
from taysir.exchange.link import LinkPeer
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.wire import (
    CALL_PATH,
    STATEMENT_HEADER,
    parse_information_call,
    xroad_error,
)
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, SubsystemId
from taysir.kernel.signature import thumbprint

_ALLOWED_METHODS = "allowedMethods"


class Edge:
    """The call faces of one node."""

    def __init__(self, node: NodeRuntime, *, guard: Guard) -> None:
        self._node = node
        self._guard = guard

    async def information_systems(self, request: Request) -> Response:
        """Answer a request of the information-system face."""
        guard = self._guard
        try:
            guard.access.check(request)
            listing = self._metaservice(request)
            if listing is not None:
                return listing
            call = parse_information_call(request)
            guard.clients.enter(call.consumer)
        except Problem as problem:
            self._node.counters.refuse(CLIENTS_FACE, code=problem.code)
            return xroad_error(problem)
        try:
            return await consume(self._node, call)
        finally:
            guard.clients.leave(call.consumer)

    async def nodes(self, request: Request) -> Response:
        """Answer a request of another node."""
        if request.method != "POST" or request.path != CALL_PATH:
            return json_response({"title": "Not found", "status": 404}, status=404)
        partners, partner = self._guard.partners, request.peer_certificate_der
        try:
            partners.enter(partner)
        except Problem as problem:
            self._node.counters.refuse(NODES_FACE, code=problem.code)
            return problem_response(problem)
        try:
            answer = await provide(
                self._node,
                _message_of(request),
                tls_thumbprint=thumbprint(request.peer_certificate_der or b""),
            )
        finally:
            partners.leave(partner)
        signed: Headers = (
            (STATEMENT_HEADER, answer.statement),
            (b"content-type", answer.body_type),
        )
        return Response(status=200, headers=(*signed, *answer.headers), body=answer.body)

    async def link(self, message: Message, peer: LinkPeer) -> Message:
        """Answer a call of another node that came over a framed link."""
        partners = self._guard.partners
        try:
            partners.enter(peer.certificate_der)
        except Problem as problem:
            self._node.counters.refuse(NODES_FACE, code=problem.code)
            return _unsigned(message, problem)
        try:
            return await provide(self._node, message, tls_thumbprint=peer.thumbprint)
        except Problem as problem:
            return _unsigned(message, problem)
        finally:
            partners.leave(peer.certificate_der)

    def _metaservice(self, request: Request) -> Response | None:
        """Answer a metaservice from the federation in hand, or return None for a call."""
        if request.method != "GET":
            return None
        parts = request.path.split("/")
        if parts[1:] == ["listClients"]:
            return self._list_clients()
        if len(parts) == 7 and parts[1] == "r1" and parts[6] == _ALLOWED_METHODS:
            return self._allowed_methods(request, provider=SubsystemId.parse("/".join(parts[2:6])))
        return None

    def _list_clients(self) -> Response:
        members = [
            {"id": _id_of(subsystem, kind="SUBSYSTEM"), "name": str(subsystem)}
            for subsystem in self._node.current_directory().subsystems()
        ]
        return json_response({"member": members})

    def _allowed_methods(self, request: Request, *, provider: SubsystemId) -> Response:
        client = request.header(b"x-road-client")
        if not client:
            raise Problem(EXC_MALFORMED, reason="the header X-Road-Client is missing")
        directory = self._node.current_directory()
        services = directory.services_of(SubsystemId.parse(client))
        offered = sorted(service for service in set(services) if service.subsystem == provider)
        return json_response({"service": [_service_of(service) for service in offered]})


def _message_of(request: Request) -> Message:
    """Return the call that a request of the HTTP form carries."""
    return Message(
        0,
        request.header(STATEMENT_HEADER).encode("latin-1"),
        request.header(b"content-type").encode("latin-1"),
        request.headers,
        request.body,
    )


def _unsigned(message: Message, problem: Problem) -> Message:
    """Return the answer to a call that cannot be tied to a known member."""
    answer = problem_response(problem)
    return Message(message.number, b"", b"application/problem+json", (), answer.body)


def _id_of(subsystem: SubsystemId, *, kind: str) -> dict[str, str]:
    return {
        "object_type": kind,
        "xroad_instance": subsystem.instance,
        "member_class": subsystem.member_class,
        "member_code": subsystem.member,
        "subsystem_code": subsystem.code,
    }


def _service_of(service: ServiceId) -> dict[str, Any]:
    identity = _id_of(service.subsystem, kind="SERVICE")
    return {**identity, "service_code": service.code, "service_type": "OPENAPI"}
