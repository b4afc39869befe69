"""The metaservices of the X-Road REST metadata protocol, with its addresses and JSON shapes.

``listClients`` is answered from the federation document. ``listMethods``, ``allowedMethods`` and
``getOpenAPI`` belong to a service's provider: the provider's node answers them, and the consumer's
node asks it over mutual TLS when it carries the consumer only.

Source: PR-MREST (X-Road service metadata protocol for REST) clauses 3 and 4.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.errors import (
    EXC_MALFORMED,
    EXC_NODE_UNREACHABLE,
    EXC_PEER_ANSWER,
    EXC_TLS_PEER,
    EXC_UNKNOWN_MEMBER,
    EXC_UNKNOWN_SERVICE,
)
from taysir.exchange.face_errors import EXC_PEER_LIMIT
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.wire import METHODS_PATH, OPENAPI_PATH
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId

_LIST_CLIENTS: Final = "listClients"
_LIST_METHODS: Final = "listMethods"
_ALLOWED_METHODS: Final = "allowedMethods"
_GET_OPENAPI: Final = "getOpenAPI"
_OF_A_PROVIDER: Final = (_LIST_METHODS, _ALLOWED_METHODS, _GET_OPENAPI)
_JSON: Final = ((b"content-type", b"application/json"),)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a metaservice is asked, and by whom; ``listClients`` may be asked by nobody."""

    method: str
    client: SubsystemId | None
    instance: str = ""
    provider: SubsystemId | None = None
    service: ServiceId | None = None


def read_question(request: Request) -> Question | None:
    """Read a request of the information-system face, or return None for what is a call.

    Raises:
        Problem: EXC-0101 and KRN-0001 for a question that is not complete.
    """
    if request.method != "GET":
        return None
    parts = request.path.split("/")
    named = request.header(b"x-road-client")
    if parts[1:] == [_LIST_CLIENTS]:
        client = SubsystemId.parse(named) if named else None
        instance = request.query.get("xRoadInstance", "")
        return Question(method=_LIST_CLIENTS, client=client, instance=instance)
    if len(parts) != 7 or parts[1] != "r1" or parts[6] not in _OF_A_PROVIDER:
        return None
    if not named:
        raise Problem(EXC_MALFORMED, reason="the header X-Road-Client is missing")
    client, provider = SubsystemId.parse(named), SubsystemId.parse("/".join(parts[2:6]))
    service = None
    if parts[6] == _GET_OPENAPI:
        code = request.query.get("serviceCode", "")
        if not code:
            raise Problem(EXC_MALFORMED, reason="the parameter serviceCode is missing")
        service = ServiceId.parse(f"{provider}/{code}")
    return Question(method=parts[6], client=client, provider=provider, service=service)


class Metaservices:
    """Answers metaservices for our information systems and for other nodes."""

    def __init__(self, node: CallRuntime) -> None:
        self._node = node

    async def answer(self, question: Question) -> Response:
        """Answer a question of the information-system face.

        Raises:
            Problem: EXC-0102, EXC-0120, EXC-0123, EXC-0124 and EXC-0179 for what another node must
                answer.
        """
        provider, client = question.provider, question.client
        if question.service is not None:
            return await self._get_openapi(question.service)
        if provider is None or client is None:
            return self._list_clients(question.instance)
        allowed_only = question.method == _ALLOWED_METHODS
        return await self._methods(provider, consumer=client, allowed_only=allowed_only)

    async def peer_methods(self, request: Request, *, members: frozenset[MemberId]) -> Response:
        """Answer another node's question for the methods of one of our subsystems.

        What is open to a client is told to a node that carries its owner, and to nobody else:
        agreements are the business of their parties. Raises EXC-0115.
        """
        provider = SubsystemId.parse(request.query.get("subsystem", ""))
        consumer = SubsystemId.parse(request.query.get("client", ""))
        allowed_only = request.query.get("allowed") == "true"
        if allowed_only and consumer.owner not in members:
            raise Problem(EXC_TLS_PEER, party=str(consumer.owner))
        return await self._own_methods(provider, consumer=consumer, allowed_only=allowed_only)

    async def peer_openapi(self, request: Request) -> Response:
        """Answer another node's question for the document of one of our services."""
        return await self._own_openapi(ServiceId.parse(request.query.get("service", "")))

    def _list_clients(self, instance: str) -> Response:
        directory = self._node.current_directory()
        members = [
            {
                "id": _id_of(subsystem, kind="SUBSYSTEM"),
                "name": directory.name_of(str(subsystem))[0] or str(subsystem),
            }
            for subsystem in directory.subsystems()
            if instance in ("", subsystem.instance)
        ]
        return json_response({"member": members})

    async def _methods(
        self, provider: SubsystemId, *, consumer: SubsystemId, allowed_only: bool
    ) -> Response:
        if provider.owner in self._node.signers:
            return await self._own_methods(provider, consumer=consumer, allowed_only=allowed_only)
        asked = {"subsystem": str(provider), "client": str(consumer)}
        if allowed_only:
            asked["allowed"] = "true"
        return await self._ask(provider, f"{METHODS_PATH}?{urlencode(asked)}")

    async def _own_methods(
        self, provider: SubsystemId, *, consumer: SubsystemId, allowed_only: bool
    ) -> Response:
        opened = set(self._node.current_directory().services_of(consumer))
        offered = [
            service
            for service in sorted(self._node.backends)
            if service.subsystem == provider and (service in opened or not allowed_only)
        ]
        return json_response({"service": [await self._row(service) for service in offered]})

    async def _row(self, service: ServiceId) -> dict[str, Any]:
        described = self._node.descriptions.configured(service)
        row: dict[str, Any] = {
            **_id_of(service.subsystem, kind="SERVICE"),
            "service_code": service.code,
            "service_type": "OPENAPI" if described else "REST",
        }
        try:
            description = await self._node.descriptions.of(service)
        except Problem:
            description = None
        row["endpoint_list"] = [
            {"method": operation.method, "path": operation.path}
            for operation in (description.operations if description is not None else ())
        ]
        return row

    async def _get_openapi(self, service: ServiceId) -> Response:
        if service.owner in self._node.signers:
            return await self._own_openapi(service)
        target = f"{OPENAPI_PATH}?service={quote(str(service), safe='')}"
        return await self._ask(service.subsystem, target)

    async def _own_openapi(self, service: ServiceId) -> Response:
        description = await self._node.descriptions.of(service)
        if description is None:
            raise Problem(EXC_UNKNOWN_SERVICE, service=str(service))
        return Response(headers=_JSON, body=description.document)

    async def _ask(self, provider: SubsystemId, target: str) -> Response:
        """Ask the provider's node; raises EXC-0102, EXC-0120, EXC-0123, EXC-0124, EXC-0179."""
        entry = self._node.current_directory().node_for(provider.owner)
        if entry is None:
            raise Problem(EXC_UNKNOWN_MEMBER, party=str(provider.owner))
        try:
            answer = await self._node.peer(entry).ask("GET", target=target)
        except BackendUnreachable as error:
            raise Problem(EXC_NODE_UNREACHABLE, party=str(provider.owner)) from error
        if answer.status == 404:
            raise Problem(EXC_UNKNOWN_SERVICE, service=str(provider))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            party, retry_after_s = str(provider.owner), limits.BUSY_RETRY_S
            raise Problem(EXC_PEER_LIMIT, party=party, retry_after_s=retry_after_s)
        if answer.status != 200:
            reason = f"status {answer.status}"
            raise Problem(EXC_PEER_ANSWER, party=str(provider.owner), reason=reason)
        return Response(headers=_JSON, body=answer.body)


def _id_of(subsystem: SubsystemId, *, kind: str) -> dict[str, str]:
    return {
        "object_type": kind,
        "xroad_instance": subsystem.instance,
        "member_class": subsystem.member_class,
        "member_code": subsystem.member,
        "subsystem_code": subsystem.code,
    }
