"""Vectors of signed statements: alone and in batches, good ones and all kinds of broken ones."""

from __future__ import annotations

import json
from typing import Any

from taysir.kernel import limits
from taysir.kernel.batch import TYPE as MANIFEST
from taysir.kernel.batch import seal_batch
from taysir.kernel.canonical import canonical_json
from taysir.kernel.signature import Signer, base64url, base64url_bytes, from_base64url
from taysir.kernel.statement import (
    TYPE,
    Statement,
    digest,
    parse_statement,
    payload_of,
    seal_statements,
    sign_statement,
)

from . import forging
from .basics import Vector
from .world import LICENSING, NOW_MS, POPULATION, PURPOSE, World

EXCHANGE = "01JD0000000000000000000001"


def request(world: World, **more: Any) -> Statement:
    """Return a request for one person's record, with what is given changed."""
    values: dict[str, Any] = {
        "id": EXCHANGE,
        "type": "request",
        "sender": str(LICENSING),
        "receiver": str(POPULATION.service("persons")),
        "method": "GET",
        "path": "/persons/3000000004",
        "agreement": world.agreements["persons"].hash,
        "purpose": PURPOSE,
        "body_digest": digest(b""),
        "body_length": 0,
        "body_type": "",
        "headers_digest": "",
        "time_ms": NOW_MS,
        "expires_ms": NOW_MS + limits.STATEMENT_LIFETIME_MS,
        "message_id": f"WAHA-{EXCHANGE}",
        "zone": "riyadh",
    }
    return Statement(**{**values, **more})


def answer(asked: Statement, token: bytes, **more: Any) -> Statement:
    """Return a good answer to a request, with what is given changed."""
    values: dict[str, Any] = {
        "id": asked.id,
        "type": "response",
        "sender": asked.receiver,
        "receiver": asked.sender,
        "method": asked.method,
        "path": asked.path,
        "agreement": asked.agreement,
        "behalf": asked.behalf,
        "purpose": asked.purpose,
        "body_digest": digest(b""),
        "body_length": 0,
        "body_type": "application/json",
        "headers_digest": "",
        "time_ms": NOW_MS,
        "expires_ms": NOW_MS + limits.STATEMENT_LIFETIME_MS,
        "message_id": asked.message_id,
        "zone": "jeddah",
        "subject": asked.subject,
        "issue": asked.issue,
        "request": parse_statement(token).digest,
        "status": 200,
    }
    return Statement(**{**values, **more})


def statements(world: World) -> list[Vector]:
    """Return tokens with what they say, and tokens that are refused when they are read."""
    asked = request(world)
    token = sign_statement(asked, signer=world.trf)
    good = [
        _read("a request", token),
        _read("a response", sign_statement(answer(asked, token), signer=world.moi)),
        _read("a refusal", sign_statement(_refusal(asked, token), signer=world.moi)),
        _read("with every member set", sign_statement(_full(world), signer=world.trf)),
        _read("the other s of the same signature", forging.mirrored(token)),
        *_batches(world),
    ]
    return good + _broken(token, signer=world.trf) + _broken_batches(world)


def _refusal(asked: Statement, token: bytes) -> Statement:
    return answer(asked, token, type="refusal", status=403, error="Server.ServerProxy.AccessDenied")


def _full(world: World) -> Statement:
    return request(
        world,
        behalf="WAHA/GOV/MOJ",
        consent="0" * 64,
        subject=base64url(bytes(32)),
        issue="C-17",
        body_digest=digest("نص".encode()),
        body_length=4,
        body_type='text/plain; charset="utf-8"',
        headers_digest=digest(b"a:b\n"),
        path="/persons/3000000004?fields=name",
    )


def _read(name: str, token: bytes) -> Vector:
    parsed = parse_statement(token)
    return {
        "name": name,
        "token": token.decode(),
        "says": _says(parsed.statement),
        "certificate": parsed.thumbprint,
        "digest": parsed.digest,
    }


def _says(statement: Statement) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(payload_of(statement))
    return read


def _bad(name: str, token: bytes, code: str) -> Vector:
    return {"name": name, "token": token.decode("latin-1"), "code": code}


def _broken(token: bytes, *, signer: Signer) -> list[Vector]:
    payload = from_base64url(token.split(b".")[1])
    says = forging.payload_of(token)
    iat = says["time_ms"] // 1000

    def signed(head: dict[str, Any] | None = None, **changed: Any) -> bytes:
        told = {k: v for k, v in {**says, **changed}.items() if v is not None}
        return forging.sign(canonical_json(told), signer=signer, typ=TYPE, iat=iat, head=head)

    spaced = forging.sign(b" " + payload, signer=signer, typ=TYPE, iat=iat)
    unsorted_head = b'{"typ":"%s","alg":"ES256"}' % TYPE.encode()
    head, body, _ = token.split(b".")
    form, members = "KRN-0205", "KRN-0301"
    return [
        _bad("empty", b"", form),
        _bad("two parts", head + b"." + body, form),
        _bad("four parts", token + b".", form),
        _bad("padding", forging.padded(token), form),
        _bad("loose bits", forging.loose(token), form),
        _bad("the alphabet of plain base64", forging.standard_alphabet(token), form),
        _bad("a line break", token + b"\n", form),
        _bad("algorithm none", signed({"alg": "none"}), form),
        _bad("algorithm HS256", signed({"alg": "HS256"}), form),
        _bad("no algorithm", signed({"alg": None}), form),
        _bad("another type of document", signed({"typ": "taysir-consent+jws"}), form),
        _bad("no type of document", signed({"typ": None}), form),
        _bad("a critical header", signed({"crit": ["exp"]}), form),
        _bad(
            "a header that is not canonical",
            forging.sign_raw(payload, signer=signer, head=unsorted_head),
            "KRN-0202",
        ),
        _bad(
            "a header that is not JSON",
            forging.sign_raw(payload, signer=signer, head=b"ES256"),
            "KRN-0202",
        ),
        _bad("no certificate named", signed({"x5t#S256": None}), members),
        _bad("no signing time", signed({"iat": None}), members),
        _bad("another signing time", signed({"iat": iat + 1}), members),
        _bad("a signing time with a fraction", signed({"iat": iat + 0.5}), members),
        _bad("a payload with a space", spaced, members),
        _bad("a member missing", signed(purpose=None), members),
        _bad("a member too many", signed(extra=1), members),
        _bad("a number where text belongs", signed(path=1), members),
        _bad("text where a number belongs", signed(time_ms="1"), members),
        _bad("a fraction where an integer belongs", signed(status=0.5), members),
        _bad("an unknown type", signed(type="notice"), members),
        _bad("a path that ends the line", signed(path="/a HTTP/1.1\r\nhost:b"), members),
        _bad("a space in the path", signed(path="/a b"), members),
        _bad("a fragment in the path", signed(path="/a#b"), members),
        _bad("a path that does not begin with a slash", signed(path="http://b/"), members),
        _bad("letters that are not ASCII", signed(path="/سلمى"), members),
        _bad("a number that ends the line", signed(id="1\r\nx-road-client: a"), members),
        _bad("a number with a control character", signed(id="1\x7f"), members),
        _bad("a quotation mark in a number", signed(message_id='"'), members),
        _bad("a backslash in a media type", signed(body_type="a\\b"), members),
        _bad("no number", signed(id=""), members),
        _bad("a number too long", signed(id="1" * 256), members),
        _bad("a message's number too long", signed(message_id="1" * 256), members),
        _bad("a payload too long", signed(path="/" + "a" * limits.STATEMENT_BYTES), members),
        _bad("a header too long", signed({"pad": "a" * limits.JWS_HEAD_BYTES}), form),
        _bad("a signature too long", forging.with_signature(token, bytes(97)), form),
        _bad("a request that names a request", signed(request="x"), members),
        _bad("an answer that names none", signed(type="response"), members),
        _bad("a refusal that names none", signed(type="refusal"), members),
    ]


def _batches(world: World) -> list[Vector]:
    made = []
    for size in (1, 2, 3, 7):
        asked = [
            request(
                world, id=f"{EXCHANGE[:-1]}{number}", agreement=world.agreements["batched"].hash
            )
            for number in range(size)
        ]
        tokens = seal_statements(asked, signer=world.trf, time_ms=NOW_MS + 3)
        made += [
            _read(f"statement {number} of a batch of {size}", token)
            for number, token in enumerate(tokens)
        ]
    return made


def _broken_batches(world: World) -> list[Vector]:
    signer = world.trf
    asked = [request(world, id=f"{EXCHANGE[:-1]}{number}") for number in range(3)]
    payloads = [payload_of(statement) for statement in asked]
    token = seal_batch(payloads, signer=signer, time_ms=NOW_MS)[1]
    other = seal_batch(payloads, signer=signer, time_ms=NOW_MS)[0]
    payload, proof, head, manifest, signature = token.split(b".")
    place = from_base64url(proof)
    root = forging.payload_of(b".".join((head, manifest, signature)))

    def joined(*, proof: bytes = proof, payload: bytes = payload, tail: bytes = b"") -> bytes:
        return b".".join((payload, proof, tail or b".".join((head, manifest, signature))))

    def manifested(**changed: Any) -> bytes:
        told = canonical_json({**root, **changed})
        iat = NOW_MS // 1000
        return joined(tail=forging.sign(told, signer=signer, typ=MANIFEST, iat=iat))

    def late(waited_ms: int) -> bytes:
        return seal_batch(payloads, signer=signer, time_ms=NOW_MS + waited_ms)[1]

    form, members = "KRN-0205", "KRN-0301"
    wrong_type = forging.sign(canonical_json(root), signer=signer, typ=TYPE, iat=NOW_MS // 1000)
    wrong_time = forging.sign(canonical_json(root), signer=signer, typ=MANIFEST, iat=1)
    return [
        _bad("six parts", token + b".", form),
        _bad("another statement's payload", joined(payload=other.split(b".")[0]), form),
        _bad("another statement's proof", joined(proof=other.split(b".")[1]), form),
        _bad("a changed hash in the proof", forging.flipped(token, part=1, at=9), form),
        _bad("a proof without a place", joined(proof=b""), form),
        _bad("a hash missing", joined(proof=base64url_bytes(place[:-32])), form),
        _bad("a hash too many", joined(proof=base64url_bytes(place + bytes(32))), form),
        _bad("a hash cut short", joined(proof=base64url_bytes(place[:-1])), form),
        _bad("a place outside", joined(proof=base64url_bytes(b"\0\0\0\x03" + place[4:])), form),
        _bad("another size", joined(proof=base64url_bytes(place[:7] + b"\x04" + place[8:])), form),
        _bad("a batch of none", manifested(size=0), form),
        _bad("a batch too large", manifested(size=limits.BATCH_STATEMENTS + 1), form),
        _bad("a root cut short", manifested(root=base64url(bytes(31))), form),
        _bad("another type of manifest", manifested(type="batch"), form),
        _bad("a manifest with a member too many", manifested(extra=1), form),
        _bad("a manifest of another document type", joined(tail=wrong_type), form),
        _bad("a manifest with another signing time", joined(tail=wrong_time), form),
        _bad("signed before its statements", late(-1), members),
        _bad("signed too long after its statements", late(limits.BATCH_WAIT_MS + 1), members),
    ]
