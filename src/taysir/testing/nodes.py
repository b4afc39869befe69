"""Two real nodes on loopback with a test CA, a directory in memory and a back end of one's own.

Everything of a node is real except the federation document: agreements and members stand in a
:class:`StaticDirectory` that a test may change between calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.exchange.client import ExchangeClient
from taysir.exchange.consent import SignedConsent
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.exchange.http_server import serve_http
from taysir.exchange.model import (
    Agreement,
    Classification,
    MemberCertificate,
    NodeEntry,
    Operation,
    Period,
    Quota,
    Register,
    StoredExchange,
    Zones,
)
from taysir.exchange.node import RunningNode, start_node
from taysir.exchange.settings import KeyPair, NodeSettings
from taysir.kernel.certificates import Subject, Use, Validity, issue, new_key, self_signed
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Signer, thumbprint

HOST = "127.0.0.1"
_PORTS = range(10_000, 20_000)
# Of the system and not the seeded generator, which the tests set to the same in every process.
_CHANCE = random.SystemRandom()
ASKING = MemberId("WAHA", "GOV", "ASK")
ANSWERING = MemberId("WAHA", "GOV", "ANS")
PORTAL = ASKING.subsystem("portal")
PERSONS = ANSWERING.subsystem("population").service("persons")
PURPOSE = "test-purpose"


@dataclass(slots=True)
class StaticDirectory:
    """A federation in memory; the fields may be changed between calls."""

    expires_at: datetime
    certificates: dict[str, MemberCertificate] = field(default_factory=dict)
    nodes: list[NodeEntry] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)

    def certificate(self, thumbprint: str) -> MemberCertificate | None:
        """Return a signing certificate."""
        return self.certificates.get(thumbprint)

    def node_for(self, member: MemberId) -> NodeEntry | None:
        """Return a member's node."""
        return next((n for n in self.nodes if member in n.members), None)

    def node_by_tls(self, thumbprint: str) -> NodeEntry | None:
        """Return the node with a TLS certificate."""
        return next((n for n in self.nodes if thumbprint in n.thumbprints), None)

    def agreement(
        self, consumer: SubsystemId, *, service: ServiceId, purpose: str, behalf: str = ""
    ) -> Agreement | None:
        """Return the agreement of two parties for a purpose."""
        wanted = (consumer, service, behalf)
        for agreement in self.agreements:
            if (agreement.consumer, agreement.service, agreement.behalf) == wanted:
                return agreement if purpose in agreement.purposes else None
        return None

    def agreement_by_hash(self, digest: str) -> Agreement | None:
        """Return the agreement with a hash."""
        return next((a for a in self.agreements if a.hash == digest), None)

    def services_of(self, consumer: SubsystemId) -> tuple[ServiceId, ...]:
        """Return what is open to a consumer."""
        return tuple(a.service for a in self.agreements if a.consumer == consumer)

    def subsystems(self) -> tuple[SubsystemId, ...]:
        """Return the subsystems that occur in agreements."""
        found = {a.consumer for a in self.agreements} | {
            a.service.subsystem for a in self.agreements
        }
        return tuple(sorted(found))

    def every_node(self) -> tuple[NodeEntry, ...]:
        """Return the nodes."""
        return tuple(self.nodes)

    def knows_code(self, code: str, *, register: Register) -> bool:
        """Permit every code: this federation has no registers."""
        return bool(code) and register in Register

    def name_of(self, identifier: str) -> tuple[str, str]:
        """Return an identifier as its name in both languages."""
        return identifier, identifier

    def current(self) -> StaticDirectory:
        """Return itself: it is its own source."""
        return self

    async def keep_fresh(self) -> None:
        """Never change by itself."""
        await asyncio.Event().wait()


@dataclass(slots=True)
class Keys:
    """A test CA and the files of its certificates."""

    folder: Path
    now: datetime
    authority: Signer
    serial: int = 100

    @classmethod
    def make(cls, folder: Path, *, now: datetime) -> Keys:
        """Make a CA in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        subject = Subject(use=Use.AUTHORITY, identifier="WAHA/test-ca", organization="Test CA")
        authority = self_signed(
            subject, key=new_key(), serial=1, validity=Validity.days(30, now=now)
        )
        keys = cls(folder, now, authority)
        keys.write("ca", authority.certificate_der, None)
        return keys

    def issue(self, use: Use, identifier: str, *, days: int = 30) -> tuple[Signer, KeyPair]:
        """Issue a certificate and write it with its key."""
        self.serial += 1
        key = new_key()
        der = issue(
            Subject(use=use, identifier=identifier, organization=identifier),
            public_key=key.public_key(),
            issuer=self.authority,
            serial=self.serial,
            validity=Validity.days(days, now=self.now),
            hosts=(HOST,) if use is Use.NODE else (),
        )
        pair = self.write(f"{use.value}-{self.serial}", der, key)
        return Signer(der, key), pair

    def write(self, name: str, der: bytes, key: ec.EllipticCurvePrivateKey | None) -> KeyPair:
        """Write PEM files and return their names."""
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(pem_of(der))
        if key is not None:
            secret.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return KeyPair(certificate=str(certificate), key=str(secret))


def pem_of(der: bytes) -> bytes:
    """Return a certificate in PEM."""
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now.

    They lie below those that the system gives to outgoing connections, so that none of these takes
    one meanwhile, and are chosen anew by each process, so that two seldom choose the same.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = _CHANCE.choice(_PORTS)
        if port not in ports and _is_free(port):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


async def greeting_backend(request: Request) -> Response:
    """A back end that says what it was asked: the default of the two nodes."""
    return json_response(
        {
            "path": request.path,
            "method": request.method,
            "name": {"ar": "سلمى", "en": "Salma"},
            "secret": "not granted",
            "body": request.body.decode("utf-8", "replace"),
        }
    )


@dataclass(slots=True, kw_only=True)
class TwoNodes:
    """Two running nodes: ``asking`` carries ASK, ``answering`` carries ANS."""

    asking: RunningNode
    answering: RunningNode
    directory: StaticDirectory
    keys: Keys
    face_url: str
    admin_url: str
    answering_admin_url: str
    peer_port: int
    loop: asyncio.AbstractEventLoop
    settings: dict[str, NodeSettings]

    def client(self) -> ExchangeClient:
        """Return a client of the asking node."""
        return ExchangeClient(face_url=self.face_url, admin_url=self.admin_url, client=PORTAL)


def agreement_of(
    *,
    fields: tuple[str, ...] = ("/path", "/name", "/body", "/method"),
    now: datetime,
    quota_per_day: int | None = None,
) -> Agreement:
    """Return an agreement between the two test members."""
    return Agreement(
        hash="a" * 64,
        consumer=PORTAL,
        service=PERSONS,
        purposes=(PURPOSE,),
        legal_basis="TEST/1",
        operations=(
            Operation(method="GET", path="/persons/{id}"),
            Operation(method="POST", path="/persons"),
        ),
        fields=fields,
        classification=Classification.RESTRICTED,
        zones=Zones(consumer=frozenset({"waha-1"})),
        quotas=(Quota(calls=quota_per_day, per=Period.DAY),) if quota_per_day else (),
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=1),
    )


def no_evidence(
    records: list[StoredExchange],
    *,
    bodies: bool = True,
    newest: bool = False,
    consent: SignedConsent | None = None,
) -> bytes:
    """Package nothing: for tests that do not look at evidence."""
    return b"%d records" % len(records)


@contextlib.asynccontextmanager
async def two_nodes_async(
    folder: Path, *, backend: Handler = greeting_backend
) -> AsyncIterator[TwoNodes]:
    """Start two nodes and a back end in the running loop."""
    now = datetime.now(UTC)
    keys = Keys.make(folder / "keys", now=now)
    directory = StaticDirectory(expires_at=now + timedelta(hours=1))
    directory.agreements.append(agreement_of(now=now))
    server = await serve_http(backend, host=HOST, port=0)
    backend_url = f"http://{HOST}:{server.port}"
    (folder / "subject.key").write_bytes(os.urandom(32))
    ports = free_ports(6)
    settings = {
        name: _settings(folder, name, ports[i * 3 : i * 3 + 3], keys=keys, directory=directory)
        for i, name in enumerate(("asking", "answering"))
    }
    settings["answering"] = _offering(settings["answering"], backend_url)
    asking = await start_node(settings["asking"], source=directory, package=no_evidence)
    answering = await start_node(settings["answering"], source=directory, package=no_evidence)
    two = TwoNodes(
        asking=asking,
        answering=answering,
        directory=directory,
        keys=keys,
        face_url=f"http://{HOST}:{ports[0]}",
        admin_url=f"http://{HOST}:{ports[1]}",
        answering_admin_url=f"http://{HOST}:{ports[4]}",
        peer_port=ports[5],
        loop=asyncio.get_running_loop(),
        settings=settings,
    )
    try:
        yield two
    finally:
        # As they are now: a test may have started one of them anew.
        await two.asking.close()
        await two.answering.close()
        await server.close()


def _offering(settings: NodeSettings, url: str) -> NodeSettings:
    return msgspec.structs.replace(settings, services={str(PERSONS): url})


def _settings(
    folder: Path, name: str, ports: list[int], *, keys: Keys, directory: StaticDirectory
) -> NodeSettings:
    member = ASKING if name == "asking" else ANSWERING
    signer, signing = keys.issue(Use.MEMBER, str(member))
    tls_signer, tls = keys.issue(Use.NODE, f"WAHA/{name}")
    directory.certificates[signer.thumbprint] = MemberCertificate(
        member=member,
        der=signer.certificate_der,
        thumbprint=signer.thumbprint,
        public_key=signer.key.public_key(),
        valid_from=keys.now - timedelta(minutes=5),
        valid_until=keys.now + timedelta(days=30),
        revoked_at=None,
    )
    directory.nodes.append(
        NodeEntry(
            name=name,
            host=HOST,
            port=ports[2],
            tls_thumbprint=thumbprint(tls_signer.certificate_der),
            zone="waha-1",
            members=frozenset({member}),
        )
    )
    return NodeSettings(
        name=name,
        zone="waha-1",
        folder=str(folder / name),
        host=HOST,
        face_port=ports[0],
        admin_port=ports[1],
        peer_port=ports[2],
        tls=tls,
        tls_authorities=str(keys.folder / "ca.crt"),
        members={str(member): signing},
        services={},
        subject_key=str(folder / "subject.key"),
        federation_url="",
        authority_certificate=str(keys.folder / "ca.crt"),
        agreements=str(folder / "agreements"),
        segment_bytes=1 << 20,
    )


@contextlib.contextmanager
def two_nodes(folder: Path, *, backend: Handler = greeting_backend) -> Iterator[TwoNodes]:
    """Start two nodes in a thread of their own, for tests that are not asynchronous."""
    ready: list[TwoNodes] = []
    failed: list[BaseException] = []
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        async with two_nodes_async(folder, backend=backend) as nodes:
            ready.append(nodes)
            started.set()
            await done.wait()

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            started.set()

    thread = threading.Thread(target=work, name="two-nodes", daemon=True)
    thread.start()
    started.wait(20)
    if failed or not ready:
        raise RuntimeError("the two nodes did not start") from (failed[0] if failed else None)
    try:
        yield ready[0]
    finally:
        stop[0]()
        thread.join(20)
