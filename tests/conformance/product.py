"""The product as the vectors ask it: each function takes a vector and returns what it found.

A refusal is raised as :class:`~taysir.kernel.errors.Problem`; the second implementation answers the
same questions by itself.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.consent import SignedConsent, open_consent
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.contracts import SignedAgreement, state_of
from taysir.exchange.descriptions import Descriptions
from taysir.exchange.federation import FederationDirectory, member_certificates, open_federation
from taysir.exchange.flow.consume import consume
from taysir.exchange.flow.provide import provide
from taysir.exchange.frames import FrameReader, Message
from taysir.exchange.http import Headers, Request, Response
from taysir.exchange.journal import Journal
from taysir.exchange.log import log_entry
from taysir.exchange.model import Direction, MemberCertificate, NodeEntry
from taysir.exchange.package import check_container, unpack
from taysir.exchange.peers import Peer
from taysir.exchange.policy import projection_digest, projector
from taysir.exchange.runtime import Backend, NodeRuntime
from taysir.exchange.standing import standing_of
from taysir.exchange.wire import (
    headers_block,
    headers_digest,
    parse_information_call,
    passed_headers,
)
from taysir.exchange.witness import Witness
from taysir.kernel.canonical import canonical_json, content_hash, parse_json
from taysir.kernel.checkpoint import Checkpoint, NoteKey, NoteSigner, open_note
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.merkle import leaf_hash, verify_inclusion
from taysir.kernel.signature import Signer
from taysir.kernel.statement import parse_statement, payload_of
from taysir.kernel.tlog_proof import parse_proof

Vector = dict[str, Any]


def canonical(vector: Vector, _world: Vector) -> Vector:
    """Return the canonical spelling of a text and its hash."""
    value = parse_json(vector["text"].encode())
    return {"canonical": canonical_json(value).decode(), "sha256": content_hash(value)}


def identifiers(vector: Vector, _world: Vector) -> Vector:
    """Return an identifier as it is written again."""
    kinds: dict[str, Callable[[str], object]] = {
        "member": MemberId.parse,
        "subsystem": SubsystemId.parse,
        "service": ServiceId.parse,
    }
    return {"text": str(kinds[vector["kind"]](vector["text"]))}


def headers(vector: Vector, _world: Vector) -> Vector:
    """Return the block of the headers that travel, and its digest."""
    kept = passed_headers(_headers(vector["headers"]))
    return {"block": headers_block(kept).decode(), "digest": headers_digest(kept)}


def projections(vector: Vector, _world: Vector) -> Vector:
    """Return what the fields leave of a body."""
    fields = tuple(vector["fields"])
    projected = projector(fields)(vector["body"].encode())
    return {"projected": projected.decode(), "digest": projection_digest(fields)}


def notes(vector: Vector, _world: Vector) -> Vector:
    """Return what a checkpoint or a proof says."""
    if "proof" in vector:
        proof = parse_proof(vector["proof"].encode())
        checkpoint, _ = open_note(proof.checkpoint, keys=())
        verify_inclusion(
            bytes.fromhex(vector["leaf"]),
            index=proof.index,
            size=checkpoint.size,
            proof=list(proof.hashes),
            root=checkpoint.root,
        )
        extra = base64.b64encode(proof.extra).decode("ascii")
        return {"index": proof.index, "extra": extra}
    keys = [NoteKey.parse(text) for text in vector["keys"]]
    checkpoint, signatures = open_note(vector["note"].encode(), keys=keys)
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signers": [signature.name for signature in signatures],
    }


def frames(vector: Vector, _world: Vector) -> Vector:
    """Return what a frame carries."""
    (frame,) = FrameReader().feed(bytes.fromhex(vector["hex"]))
    return {
        "kind": int(frame.kind),
        "messages": [
            {
                "number": message.number,
                "statement": message.statement.decode("latin-1"),
                "body_type": message.body_type.decode("latin-1"),
                "headers": [[a.decode("latin-1"), b.decode("latin-1")] for a, b in message.headers],
                "body": base64.b64encode(message.body).decode("ascii"),
            }
            for message in frame.messages
        ],
    }


def statements(vector: Vector, _world: Vector) -> Vector:
    """Return what a statement says."""
    parsed = parse_statement(vector["token"].encode("latin-1"))
    says = json.loads(payload_of(parsed.statement))
    return {"says": says, "certificate": parsed.thumbprint, "digest": parsed.digest}


def agreements(vector: Vector, world: Vector) -> Vector:
    """Return the name of an agreement and where it stands."""
    signed = _agreement(vector)
    state = state_of(signed, find=_certificates(world).get)
    return {"sha256": signed.hash, "state": state.value}


def standing(vector: Vector, world: Vector) -> Vector:
    """Return where one of several agreements stands."""
    held = {item.hash: item for item in map(_agreement, vector["agreements"])}
    at = datetime.fromtimestamp(world["now_ms"] / 1000, UTC)
    state = standing_of(vector["of"], held, find=_certificates(world).get, at=at)
    return {"state": state.value}


def entries(vector: Vector, _world: Vector) -> Vector:
    """Return the leaf of a record."""
    request, response = vector["request"].encode(), vector["response"].encode()
    entry = log_entry(bytes.fromhex(vector["salt"]), request=request, response=response)
    return {"leaf": leaf_hash(entry).hex()}


def witness(vector: Vector, world: Vector) -> Vector:
    """Return the status of a witness's answer."""
    key, known = NoteKey.parse(vector["log"]), vector["known"]
    with tempfile.TemporaryDirectory() as folder:
        if known["size"]:
            last = Checkpoint(
                origin=key.name, size=known["size"], root=bytes.fromhex(known["root"])
            )
            file = Path(folder) / hashlib.sha256(key.name.encode()).hexdigest()
            file.write_bytes(last.encode())
        signer = NoteSigner(
            name="witness", key=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)), kind=4
        )
        asked = Witness(
            Path(folder),
            signer=signer,
            logs=lambda: {key.name: [key]},
            now_s=lambda: world["now_ms"] // 1000,
        )
        return {"status": asked.add_checkpoint(vector["asked"].encode()).status}


def containers(vector: Vector, _world: Vector) -> Vector:
    """Return the files of a container."""
    data = base64.b64decode(vector["zip"])
    files = unpack(data)
    check_container(data, files=files)
    return {"files": {name: len(content) for name, content in files.items()}}


def consents(vector: Vector, world: Vector) -> Vector:
    """Return the name of a consent and whether it was revoked."""
    consent = open_consent(_consent(vector), find=_certificates(world).get)
    return {"sha256": consent.hash, "revoked": consent.revoked_at is not None}


def federation(vector: Vector, world: Vector) -> Vector:
    """Return the number of a federation document."""
    document = open_federation(vector["token"].encode(), anchor=_der(world["anchor"]))
    member_certificates(document, anchor=_der(world["anchor"]))
    return {"serial": document.serial}


def requests(vector: Vector, world: Vector) -> Vector:
    """Return the statement that a consumer's node signs for an information system."""
    carried: list[bytes] = []

    async def ask(folder: Path) -> Response:
        async with _node(world, "consumer", folder=folder) as node:
            node.peer = _peer(carried, Message(0, b"", b"", (), b""))
            return await consume(node, parse_information_call(_request(vector)))

    answer = _run(ask)
    return {"statement": carried[0].decode()} if carried else _refusal(answer.body)


def answers(vector: Vector, world: Vector) -> Vector:
    """Return what the information system gets of an answer."""
    message = Message(
        0,
        vector["statement"].encode(),
        b"application/json",
        _headers(vector["headers"]),
        base64.b64decode(vector["body"]),
    )
    asked = json.loads(_payload(vector["request"]))
    request = {
        "method": asked["method"],
        "target": f"/r1/{asked['to']}{asked['path']}",
        "headers": [["x-road-client", asked["from"]], ["taysir-purpose", asked["purpose"]]],
        "body": "",
    }
    carried: list[bytes] = []

    async def ask(folder: Path) -> Response:
        async with _node(world, "consumer", folder=folder) as node:
            node.peer = _peer(carried, message)
            return await consume(node, parse_information_call(_request(request)))

    answer = _run(ask)
    assert carried == [vector["request"].encode()]
    own = dict(answer.headers).get(b"taysir-agreement") is None
    return _refusal(answer.body) if own else {"status": answer.status}


def calls(vector: Vector, world: Vector) -> Vector:
    """Return how a provider's node answers a call: nothing when it is answered."""
    message = Message(
        1,
        vector["statement"].encode(),
        b"",
        _headers(vector["headers"]),
        base64.b64decode(vector["body"]),
    )

    async def answer(folder: Path) -> Message:
        now = {**world, "now_ms": vector.get("now_ms", world["now_ms"])}
        backend = vector.get("backend", world["provider"]["backend"])
        async with _node(now, "provider", folder=folder, backend=backend) as node:
            _prepare(node, vector, now_ms=world["now_ms"])
            return await provide(node, message, tls_thumbprint=vector["tls"])

    answered = _run(answer)
    said = parse_statement(answered.statement).statement
    if said.type == "refusal":
        return {**_refusal(answered.body), "status": said.status, "error": said.error}
    body = base64.b64encode(answered.body).decode("ascii")
    return {"answer": answered.statement.decode(), "answer_body": body}


def _prepare(node: NodeRuntime, vector: Vector, *, now_ms: int) -> None:
    """Bring a node to the state in which a vector's call meets it."""
    for number in vector.get("seen", ()):
        node.replay.accept(number, now_ms=now_ms)
    for _ in range(vector.get("consent_uses", 0)):
        consent = json.loads(_payload(vector["statement"]))["consent"]
        node.consents.use(consent, direction=Direction.RECEIVED)
    for _ in range(vector.get("calls_before", 0)):
        agreement = node.directory().agreement_by_hash(
            json.loads(_payload(vector["statement"]))["agreement"]
        )
        assert agreement is not None
        node.quotas.take(agreement, purpose="", direction=Direction.RECEIVED, now_ms=now_ms)


# --- a node without sockets ----------------------------------------------------------------------


@dataclass(slots=True)
class _Backend:
    """Answers every request as the vector says; with nothing it cannot be reached."""

    answer: Vector | None

    async def send(
        self, _method: str, *, target: str, headers: Headers, body: bytes = b""
    ) -> Response:
        """Answer."""
        assert target
        assert headers
        assert isinstance(body, bytes)
        if self.answer is None:
            raise BackendUnreachable("down")
        head = ((b"content-type", b"application/json"),)
        data = base64.b64decode(self.answer["body"])
        return Response(status=self.answer["status"], headers=head, body=data)


@dataclass(slots=True)
class _OnePeer:
    """Takes the calls of a consumer's node and gives one answer."""

    carried: list[bytes]
    answer: Message

    async def carry(
        self, statement: bytes, *, body_type: bytes, headers: Headers, body: bytes
    ) -> Message:
        """Keep the statement and answer."""
        assert isinstance(body_type + body, bytes)
        assert isinstance(headers, tuple)
        self.carried.append(statement)
        return self.answer


def _peer(carried: list[bytes], answer: Message) -> Callable[[NodeEntry], Peer]:
    peer: Any = _OnePeer(carried, answer)
    return lambda _entry: peer


@asynccontextmanager
async def _node(
    world: Vector, side: str, *, folder: Path, backend: Vector | None = None
) -> AsyncIterator[NodeRuntime]:
    own, anchor = world[side], _der(world["anchor"])
    now = datetime.fromtimestamp(world["now_ms"] / 1000, UTC)
    directory = FederationDirectory(
        open_federation(world["federation"].encode(), anchor=anchor),
        anchor=anchor,
        agreements=[_agreement(item) for item in world["agreements"]],
        now=lambda: now,
    )
    consents = ConsentShelf(
        folder / "consents.sqlite", find=directory.certificate, now_ms=lambda: world["now_ms"]
    )
    for item in world["consents"]:
        consents.put(_consent(item))
    services = {
        ServiceId.parse(json.loads(item["document"])["service"]) for item in world["agreements"]
    }
    pool: Any = _Backend(backend)
    journal = Journal(folder, segment_bytes=1 << 20)
    behind = Backend(pool=pool, base_path="")

    async def fetch(_url: str) -> Response:
        return Response()

    node = NodeRuntime(
        name=side,
        zone=own["zone"],
        subject_key=bytes.fromhex(world["subject_key"]),
        directory=lambda: directory,
        signers={MemberId.parse(m): _signer(world, m) for m in own["members"]},
        backends={s: behind for s in services if s.code not in own.get("unserved", ())},
        peer=_peer([], Message(0, b"", b"", (), b"")),
        journal=journal,
        consents=consents,
        descriptions=Descriptions({}, folder=folder, fetch=fetch, clock=lambda: 0.0),
        now_ms=lambda: world["now_ms"],
        new_id=lambda: world["new_id"],
    )
    try:
        yield node
    finally:
        await journal.close()


Result = TypeVar("Result")


def _run(work: Callable[[Path], Coroutine[Any, Any, Result]]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(work(Path(folder)))


def _signer(world: Vector, member: str) -> Signer:
    key = world["keys"][member.rpartition("/")[2].lower()]
    private = ec.derive_private_key(int(key["private"], 16), ec.SECP256R1())
    return Signer(_der(key["certificate"]), private)


def _certificates(world: Vector) -> dict[str, MemberCertificate]:
    anchor = _der(world["anchor"])
    document = open_federation(world["federation"].encode(), anchor=anchor)
    return member_certificates(document, anchor=anchor)


def _agreement(item: Vector) -> SignedAgreement:
    return SignedAgreement(
        document=item["document"].encode(),
        accepts={by: token.encode() for by, token in item["accepts"].items()},
        ends=tuple(token.encode() for token in item["ends"]),
    )


def _consent(item: Vector) -> SignedConsent:
    return SignedConsent(token=item["token"].encode(), revocation=item["revocation"].encode())


def _request(vector: Vector) -> Request:
    return Request(
        method=vector["method"],
        target=vector["target"].encode(),
        headers=_headers(vector["headers"]),
        body=base64.b64decode(vector["body"]),
    )


def _headers(pairs: list[list[str]]) -> Headers:
    return tuple((name.encode(), value.encode()) for name, value in pairs)


def _payload(token: str) -> bytes:
    return payload_of(parse_statement(token.encode()).statement)


def _der(text: str) -> bytes:
    return base64.b64decode(text)


def _refusal(body: bytes) -> Vector:
    return {"code": json.loads(body)["code"]}
