"""An authority and one running node of a real federation document, for the commands of keys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from taysir.exchange.authority import (
    Authority,
    authority_face,
    create_authority,
    issue_member,
    issue_node,
    write_federation,
)
from taysir.exchange.federation import Content, MemberRow, Names, NodeRow
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.exchange.keyfiles import write_signer
from taysir.exchange.keys.renewal import write_settings
from taysir.exchange.node import RunningNode, start_node
from taysir.exchange.settings import KeyPair, NodeSettings, read_settings
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import base64url
from taysir.testing.nodes import HOST, free_ports, no_evidence

TRF = MemberId("WAHA", "GOV", "TRF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An authority, one node's settings file, and the federation as the node has it."""

    folder: Path
    authority: Authority
    settings: Path
    source: FederationSource

    def fetch(self) -> None:
        """Have the node take what the authority published last."""
        self.source.take((self.authority.folder / "federation.jws").read_bytes())


def make_place(folder: Path) -> Place:
    """Make keys, certificates, a federation document and settings below a folder."""
    now = datetime.now(UTC)
    authority = create_authority(
        folder / "authority", instance="WAHA", organization="Programme Office", now=now
    )
    member = issue_member(authority, TRF, organization="Traffic", now=now)
    tls = issue_node(authority, "trf", organization="Traffic", hosts=[HOST], now=now)
    certificate, key = write_signer(folder / "keys", name="member-TRF", signer=member)
    tls_certificate, tls_key = write_signer(folder / "keys", name="node-trf", signer=tls)
    names = Names(ar="المرور", en="Traffic")
    row = NodeRow(
        name="trf", host=HOST, port=9, tls=tls.thumbprint, zone="waha", members=(str(TRF),)
    )
    content = Content(
        instance="WAHA",
        authority=names,
        members=(
            MemberRow(id=str(TRF), name=names, certificates=(base64url(member.certificate_der),)),
        ),
        nodes=(row,),
        subsystems=(),
        services=(),
        zones=("waha",),
    )
    write_federation(authority, content, now=now)
    (folder / "subject.key").write_bytes(os.urandom(32))
    ports = free_ports(4)
    anchor = str(authority.certificate_file)
    settings = NodeSettings(
        name="trf",
        zone="waha",
        folder=str(folder / "node"),
        host=HOST,
        face_port=ports[0],
        admin_port=ports[1],
        peer_port=ports[2],
        tls=KeyPair(certificate=str(tls_certificate), key=str(tls_key)),
        tls_authorities=anchor,
        members={str(TRF): KeyPair(certificate=str(certificate), key=str(key))},
        services={},
        subject_key=str(folder / "subject.key"),
        federation_url=f"http://{HOST}:{ports[3]}/federation",
        authority_certificate=anchor,
        agreements=str(folder / "agreements"),
        segment_bytes=1 << 20,
    )
    write_settings(folder / "node.json", settings)
    source = FederationSource(
        url=settings.federation_url,
        authority_certificate=authority.certificate_file,
        folder=folder / "node",
        agreements=folder / "agreements",
        now=lambda: datetime.now(UTC),
    )
    place = Place(folder=folder, authority=authority, settings=folder / "node.json", source=source)
    place.fetch()
    return place


@contextlib.contextmanager
def running(place: Place) -> Iterator[RunningNode]:
    """Run the node in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="node", daemon=True)
    thread.start()

    async def start() -> tuple[HttpServer, RunningNode]:
        port = urlsplit(read_settings(place.settings).federation_url).port or 0
        server = await serve_http(authority_face(place.authority), host=HOST, port=port)
        return server, await start_node(
            read_settings(place.settings),
            source=place.source,
            package=no_evidence,
            reread=lambda: read_settings(place.settings),
        )

    server, node = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    try:
        yield node
    finally:
        asyncio.run_coroutine_threadsafe(node.close(), loop).result(30)
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
