"""Vectors without keys: canonical JSON, identifiers, headers, projections; and notes and frames."""

from __future__ import annotations

from typing import Any

import msgspec

from taysir.exchange.frames import FrameKind, Message, encode_frames
from taysir.exchange.policy import projection_digest, projector
from taysir.exchange.wire import headers_block, headers_digest, passed_headers
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, content_hash, parse_json
from taysir.kernel.checkpoint import Checkpoint, cosign, sign_note
from taysir.kernel.merkle import leaf_hash, node_hash, tree_root
from taysir.kernel.tlog_proof import TlogProof, encode_proof

from .forging import text64
from .world import LOG, NOW, WITNESS, note_signer

Vector = dict[str, Any]

_GOOD_JSON = (
    '{"b":1,"a":2}',
    '{"é":1,"€":2,"\\ud83d\\ude00":3,"דּ":4}',
    '["\\u0000\\u001f\\"\\\\\\/\\b\\f\\n\\r\\t", "\\u20ac", "ب"]',
    "[1, 1.0, 1e21, 1e-7, 0.000001, 123456789012345680000, -0, 9007199254740991]",
    "[4.5, 2e-3, 333333333.33333329, 1e+23, 5e-324]",
    '{"":{},"list":[],"deep":[[[{}]]],"t":true,"f":false,"n":null}',
)
_BAD_JSON = (
    ("a name twice", '{"a":1,"a":2}'),
    ("an integer beyond the exact range", "[9007199254740993]"),
    ("a number beyond a double", "[1e400]"),
    ("NaN", "[NaN]"),
    ("not closed", '{"a":'),
    ("two documents", "1 2"),
    ("half a surrogate pair", '["\\ud800"]'),
    ("nested too deeply", "[" * (limits.JSON_NESTING + 1) + "]" * (limits.JSON_NESTING + 1)),
)


def canonical() -> list[Vector]:
    """Return texts with their canonical spelling and hash, and texts that are refused."""
    good = []
    for text in _GOOD_JSON:
        value = parse_json(text.encode())
        spelled = canonical_json(value).decode()
        good.append({"text": text, "canonical": spelled, "sha256": content_hash(value)})
    bad = []
    for name, text in _BAD_JSON:
        code = "KRN-0201" if name == "half a surrogate pair" else "KRN-0202"
        bad.append({"name": name, "text": text, "code": code})
    return good + bad


def identifiers() -> list[Vector]:
    """Return identifiers and what is none."""
    good = (
        ("member", "WAHA/GOV/TRF"),
        ("subsystem", "WAHA/GOV/TRF/licensing"),
        ("service", "WAHA/GOV/MOI/population/persons-v1.2_x"),
    )
    bad = (
        ("member", "WAHA/GOV"),
        ("member", "WAHA/GOV/TRF/licensing"),
        ("subsystem", "WAHA/GOV/TRF"),
        ("service", "WAHA/GOV/TRF/a"),
        ("member", "WAHA//TRF"),
        ("member", "WAHA/GOV/T RF"),
        ("member", "WAHA/GOV/-TRF"),
        ("member", "WAHA/GOV/وزارة"),
        ("member", "WAHA/GOV/" + "a" * 65),
        ("member", "WAHA/GOV/TRF\n"),
    )
    return [{"kind": kind, "text": text} for kind, text in good] + [
        {"kind": kind, "text": text, "code": "KRN-0001"} for kind, text in bad
    ]


def headers() -> list[Vector]:
    """Return headers with the block that is signed and its digest."""
    cases: tuple[tuple[tuple[str, str], ...], ...] = (
        (),
        (("host", "a"), ("content-length", "3"), ("authorization", "Bearer x"), ("cookie", "c")),
        (("accept", "application/json"),),
        (("x-b", "2"), ("x-a", "1"), ("x-a", "0")),
        (("accept-language", "ar"), ("x-road-client", "WAHA"), ("taysir-purpose", "p")),
        (("taysir-agreement", "a"), ("taysir-x", "a"), ("x-road-x", "a"), ("x-roads", "a")),
        (("forwarded", "for=a"), ("x-forwarded-for", "a"), ("x-real-ip", "a"), ("via", "1.1 a")),
        (("x-http-method-override", "DELETE"), ("x-http-method", "PUT"), ("x-original-url", "/")),
    )
    made = []
    for pairs in cases:
        kept = passed_headers(tuple((a.encode(), b.encode()) for a, b in pairs))
        made.append(
            {
                "headers": [list(pair) for pair in pairs],
                "block": headers_block(kept).decode(),
                "digest": headers_digest(kept),
            }
        )
    return made


def projections() -> list[Vector]:
    """Return fields and bodies with what is left."""
    person = (
        b'{"name":{"ar":"x","en":"y"},"status":"alive","id":"3","a/b":1,"m~n":2,'
        b'"addresses":[{"city":"r","street":"s"},{"street":"t"}]}'
    )
    cases = (
        ((), person),
        (("/name",), person),
        (("/name/en", "/addresses/city"), person),
        (("/addresses", "/addresses/city"), person),
        (("/a~1b", "/m~0n"), person),
        (("/missing", "/name/fr"), person),
        (("/city",), b'[{"city":1,"x":2},{"x":3}]'),
        (("/name/ar/deeper",), person),
        (("/a",), b'"text"'),
    )
    made = []
    for fields, body in cases:
        projected = projector(fields)(body)
        made.append(
            {
                "fields": list(fields),
                "body": body.decode(),
                "projected": projected.decode(),
                "digest": projection_digest(fields),
            }
        )
    return made


def notes() -> list[Vector]:
    """Return checkpoints with their signatures, proofs of entries, and broken ones."""
    leaves = [leaf_hash(f"entry {number}".encode()) for number in range(5)]
    checkpoint = Checkpoint(origin=LOG.name, size=5, root=tree_root(leaves))
    signed = sign_note(checkpoint, signer=LOG)
    both = cosign(signed, signer=WITNESS, at=int(NOW.timestamp()))
    foreign = cosign(both, signer=note_signer("witness.other", kind=4), at=1)
    keys = [LOG.public.encode(), WITNESS.public.encode()]
    text = both.decode()
    proof = encode_proof(
        TlogProof(
            index=4,
            hashes=(node_hash(node_hash(*leaves[:2]), node_hash(*leaves[2:4])),),
            checkpoint=both,
            extra=b"salt",
        )
    ).decode()

    def note(name: str, content: str, code: str = "", signers: tuple[str, ...] = ()) -> Vector:
        made: Vector = {"name": name, "note": content, "keys": keys}
        if code:
            return {**made, "code": code}
        says = {"origin": LOG.name, "size": 5, "root": checkpoint.root.hex()}
        return {**made, **says, "signers": list(signers)}

    good = [
        note("signed by the log", signed.decode(), signers=(LOG.name,)),
        note("cosigned by a witness", text, signers=(LOG.name, WITNESS.name)),
        note("and by an unknown key", foreign.decode(), signers=(LOG.name, WITNESS.name)),
    ]
    bad = [
        note("another size", text.replace("\n5\n", "\n6\n", 1), "KRN-0231"),
        note("a leading zero", text.replace("\n5\n", "\n05\n", 1), "KRN-0231"),
        note("no signature", text.split("\n\n")[0] + "\n", "KRN-0231"),
        note("a line that is no signature", text + "- x y\n", "KRN-0231"),
        note("base64 with loose bits", _loose_note(text), "KRN-0231"),
        note("no line end", text[:-1], "KRN-0231"),
    ]

    def entry(name: str, changed: str, leaf: int = 4) -> Vector:
        return {"name": name, "proof": changed, "leaf": leaves[leaf].hex(), "code": "KRN-0221"}

    right = {"name": "entry 4 of 5", "proof": proof, "leaf": leaves[4].hex(), "index": 4}
    proofs = [
        {**right, "extra": text64(b"salt")},
        entry("another entry", proof, leaf=3),
        entry("an index beyond the tree", proof.replace("index 4", "index 5")),
        entry("a hash too many", proof.replace("index 4\n", f"index 4\n{text64(leaves[0])}\n")),
        entry("another head", proof.replace("@v1", "@v2")),
    ]
    return good + bad + proofs


def _loose_note(text: str) -> str:
    head, _, last = text.rstrip("\n").rpartition(" ")
    bare = last.rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    if len(bare) % 4:
        bare = bare[:-1] + alphabet[alphabet.index(bare[-1]) + 1]
        return f"{head} {bare}{last[len(bare) :]}\n"
    return f"{head} {last[:-1]}\n"


def frames() -> list[Vector]:
    """Return frames of the link as hexadecimal bytes."""
    one = Message(1, b"a.b.c", b"application/json", ((b"accept", b"x"),), b"{}")
    two = Message(70_000, b"d.e.f", b"", (), bytes(300))
    good = [
        _frame("one call", FrameKind.CALLS, (one,)),
        _frame("two answers in one frame", FrameKind.ANSWERS, (two, one)),
        _frame("a goodbye", FrameKind.GOODBYE, ()),
    ]

    def bad(name: str, content: object) -> Vector:
        data = msgspec.msgpack.encode(content)
        return {
            "name": name,
            "hex": (len(data).to_bytes(4, "big") + data).hex(),
            "code": "EXC-0151",
        }

    def with_header(name: bytes, value: bytes) -> object:
        return [1, [[1, b"s", b"", [[b"accept", b"x"], [name, value]], b""]]]

    refused = [
        bad("an unknown kind", [9, []]),
        bad("not an array", {"kind": 1}),
        bad("a message too short", [1, [[1, b"s", b"", []]]]),
        bad("a message too long", [1, [[1, b"s", b"", [], b"", 0]]]),
        bad("text where bytes belong", [1, [[1, "s", b"", [], b""]]]),
        bad("a negative kind", [-1, []]),
        bad("no messages", [3]),
        bad("a negative number", [1, [[-1, b"s", b"", [], b""]]]),
        bad("a header that ends the line", with_header(b"a", b"b\r\nx-road-client: c")),
        bad("a header with a line feed", with_header(b"a", b"b\nc")),
        bad("a header with a NUL", with_header(b"a", b"\0")),
        bad("a header without a name", with_header(b"", b"b")),
        bad("a header's name in capitals", with_header(b"X-Road-Client", b"b")),
        bad("a colon in a header's name", with_header(b"host:", b"b")),
        bad("a space in a header's name", with_header(b"host ", b"b")),
        {"name": "a length beyond the bound", "hex": "7fffffff", "code": "EXC-0151"},
        {"name": "not MessagePack", "hex": "00000001c1", "code": "EXC-0151"},
        {"name": "bytes behind the array", "hex": "00000004920190c0", "code": "EXC-0151"},
    ]
    return good + refused


def _frame(name: str, kind: FrameKind, messages: tuple[Message, ...]) -> Vector:
    return {
        "name": name,
        "hex": b"".join(encode_frames(kind, messages)).hex(),
        "kind": int(kind),
        "messages": [
            {
                "number": message.number,
                "statement": message.statement.decode(),
                "body_type": message.body_type.decode(),
                "headers": [[a.decode(), b.decode()] for a, b in message.headers],
                "body": text64(message.body),
            }
            for message in messages
        ],
    }
