"""Two agencies with real nodes, a real authority and real agreements, on loopback in one loop.

Unlike ``testing.nodes`` nothing stands in memory: members, nodes and services are in a signed
federation document, and an agreement is made, delivered and ended as in life.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from taysir.exchange.authority import (
    Authority,
    create_authority,
    issue_member,
    issue_node,
    write_federation,
)
from taysir.exchange.federation import (
    Content,
    MemberRow,
    Names,
    NodeRow,
    ServiceRow,
    SubsystemRow,
)
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.http import Handler
from taysir.exchange.http_server import serve_http
from taysir.exchange.keyfiles import write_signer
from taysir.exchange.node import RunningNode, start_node
from taysir.exchange.settings import KeyPair, NodeSettings
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import Signer, base64url
from taysir.testing.nodes import (
    ANSWERING,
    ASKING,
    HOST,
    PERSONS,
    PORTAL,
    free_ports,
    greeting_backend,
    no_evidence,
)

NOTHING: Mapping[str, str] = MappingProxyType({})
_NAMES = {
    ASKING: Names(ar="جهة سائلة", en="Asking agency"),
    ANSWERING: Names(ar="جهة", en="Agency"),
}


@dataclass(slots=True, kw_only=True)
class Agency:
    """One agency: its node and how its information systems and operators reach it."""

    member: MemberId
    signer: Signer
    settings: NodeSettings
    node: RunningNode
    source: FederationSource

    async def admin(self, method: str, target: str, body: object = None) -> tuple[int, Any]:
        """Ask the node's admin face; returns status and JSON."""
        data = b"" if body is None else orjson.dumps(body)
        head = {"content-type": "application/json"} if data else {}
        answer = await asyncio.to_thread(_ask, self.settings.admin_port, method, target, head, data)
        return answer[0], orjson.loads(answer[2])

    async def call(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] = NOTHING,
    ) -> tuple[int, dict[str, str], Any]:
        """Call a service through the information-system face, as the portal does."""
        head = {"x-road-client": str(PORTAL), "taysir-purpose": "tax-relief"}
        head |= headers
        if body:
            head.setdefault("content-type", "application/json")
        status, found, data = await asyncio.to_thread(
            _ask, self.settings.face_port, method, f"/r1/{PERSONS}{path}", head, body
        )
        return status, found, orjson.loads(data) if data else None

    async def face(self, target: str, *, headers: Mapping[str, str] = NOTHING) -> tuple[int, Any]:
        """Ask the information-system face for something else than a call."""
        status, _found, data = await asyncio.to_thread(
            _ask, self.settings.face_port, "GET", target, dict(headers), b""
        )
        return status, orjson.loads(data)


@dataclass(slots=True, kw_only=True)
class TwoAgencies:
    """The asking and the answering agency, and their authority."""

    asking: Agency
    answering: Agency
    authority: Authority


def _ask(
    port: int, method: str, target: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


@contextlib.asynccontextmanager
async def two_agencies(
    folder: Path,
    *,
    backend: Handler = greeting_backend,
    openapi: dict[str, str] | None = None,
) -> AsyncIterator[TwoAgencies]:
    """Start two agencies in the running loop; no agreement exists yet."""
    now = datetime.now(UTC)
    authority = create_authority(
        folder / "authority", instance="WAHA", organization="Office", now=now - timedelta(hours=1)
    )
    (folder / "subject.key").write_bytes(os.urandom(32))
    server = await serve_http(backend, host=HOST, port=0)
    ports = free_ports(6)
    settings, signers, rows = {}, {}, []
    for number, member in enumerate((ASKING, ANSWERING)):
        signers[member] = issue_member(authority, member, organization=str(member), now=now)
        made, row = _settings(
            folder, member, ports[number * 3 :], authority=authority, signer=signers[member]
        )
        settings[member] = made
        rows.append(row)
    token = write_federation(authority, _content(rows, signers), now=now)
    agencies = []
    for member in (ANSWERING, ASKING):
        offered = {str(PERSONS): f"http://{HOST}:{server.port}"} if member == ANSWERING else {}
        whole = _offering(settings[member], offered, openapi or {})
        agencies.append(await _start(member, whole, token, signers[member]))
    try:
        yield TwoAgencies(asking=agencies[1], answering=agencies[0], authority=authority)
    finally:
        for agency in agencies:
            await agency.node.close()
        await server.close()


async def _start(member: MemberId, settings: NodeSettings, token: bytes, signer: Signer) -> Agency:
    source = FederationSource(
        url=settings.federation_url,
        authority_certificate=Path(settings.authority_certificate),
        folder=Path(settings.folder),
        agreements=Path(settings.agreements),
        now=lambda: datetime.now(UTC),
    )
    source.take(token)
    node = await start_node(settings, source=source, package=no_evidence, trust=source)
    return Agency(member=member, signer=signer, settings=settings, node=node, source=source)


def _settings(
    folder: Path, member: MemberId, ports: list[int], *, authority: Authority, signer: Signer
) -> tuple[NodeSettings, NodeRow]:
    name = member.member.lower()
    home = folder / name
    tls = issue_node(authority, name, organization=name, hosts=[HOST], now=datetime.now(UTC))
    tls_files = write_signer(home / "keys", name="node", signer=tls)
    member_files = write_signer(home / "keys", name="member", signer=signer)
    settings = NodeSettings(
        name=name,
        zone="waha-1",
        folder=str(home),
        host=HOST,
        face_port=ports[0],
        admin_port=ports[1],
        peer_port=ports[2],
        tls=_pair(tls_files),
        tls_authorities=str(authority.certificate_file),
        members={str(member): _pair(member_files)},
        services={},
        subject_key=str(folder / "subject.key"),
        federation_url=f"http://{HOST}:9/federation",
        authority_certificate=str(authority.certificate_file),
        agreements=str(home / "agreements"),
        segment_bytes=1 << 20,
    )
    row = NodeRow(
        name=name,
        host=HOST,
        port=ports[2],
        tls=tls.thumbprint,
        zone="waha-1",
        members=(str(member),),
    )
    return settings, row


def _offering(
    settings: NodeSettings, services: dict[str, str], openapi: dict[str, str]
) -> NodeSettings:
    held = {service: source for service, source in openapi.items() if service in services}
    return _replaced(settings, services=services, openapi=held)


def _replaced(settings: NodeSettings, **changes: Any) -> NodeSettings:
    known = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return NodeSettings(**{**known, **changes})


def _pair(files: tuple[Path, Path]) -> KeyPair:
    return KeyPair(certificate=str(files[0]), key=str(files[1]))


def _content(rows: list[NodeRow], signers: dict[MemberId, Signer]) -> Content:
    return Content(
        instance="WAHA",
        authority=Names(ar="مكتب البرنامج", en="Programme Office"),
        members=tuple(
            MemberRow(id=str(m), name=_NAMES[m], certificates=(base64url(s.certificate_der),))
            for m, s in signers.items()
        ),
        nodes=tuple(rows),
        subsystems=(
            SubsystemRow(id=str(PORTAL), name=Names(ar="البوابة", en="Portal")),
            SubsystemRow(id=str(PERSONS.subsystem), name=Names(ar="السكان", en="Population")),
        ),
        services=(ServiceRow(id=str(PERSONS), name=Names(ar="الأشخاص", en="Persons")),),
        zones=("waha-1",),
    )
