"""Clauses 3, 8 and 10: statements alone and in batches, reduced answers."""

from __future__ import annotations

import json
import re
import struct

from .basics import (
    BATCH_MOST,
    BATCH_WAIT_MS,
    NUMBER_MOST,
    STATEMENT_MOST,
    Document,
    Json,
    Refused,
    b64u,
    read_canonical,
    require,
    sha,
    spell,
    un_b64u,
)
from .signatures import Token

TEXTS = frozenset(
    {
        "agreement", "behalf", "body_digest", "body_type", "consent", "error", "from",
        "headers_digest", "id", "issue", "message_id", "method", "path", "projection", "purpose",
        "request", "subject", "to", "type", "zone",
    }
)  # fmt: skip
NUMBERS = frozenset({"body_length", "expires_ms", "status", "time_ms"})
STAY = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "upgrade", "http2-settings", "transfer-encoding",
        "host", "content-length", "content-type", "user-agent", "server", "expect", "date",
        "authorization", "cookie", "set-cookie", "forwarded", "x-real-ip",
        "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
        "x-rewrite-url",
    }
)  # fmt: skip
FAMILIES = ("taysir-", "x-road-", "x-forwarded-")
PLAIN, KIND = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]*"), re.compile(r"[\x20-\x5b\x5d-\x7e]*")
TARGET = re.compile(r"/[\x21\x24-\x5b\x5d-\x7e]*")
REASONS = frozenset(
    {
        "type", "title", "title_ar", "status", "detail", "detail_ar", "instance", "code",
        "message", "retry", "responsible",
    }
)  # fmt: skip


class Signed:
    """A statement that was read: what it says, its token and the digest that names it."""

    def __init__(self, text: str) -> None:
        parts = text.split(".")
        self.batched = len(parts) == 5
        signed_ms = 0
        if self.batched:
            payload, proof = un_b64u(parts[0]), un_b64u(parts[1])
            self.token = Token(".".join(parts[2:]), "taysir-manifest+jws")
            leaf = sha(b"\0" + payload)
            signed_ms = self._manifest(leaf, proof)
            self.digest = b64u(leaf)
        else:
            self.token = Token(text, "taysir-statement+jws")
            payload = self.token.payload
            self.digest = b64u(sha(text.encode()))
        self.says = read_statement(payload)
        if self.batched:
            require(0 <= signed_ms - self.says["time_ms"] <= BATCH_WAIT_MS, "KRN-0301")
        else:
            same_time(self.token, self.says["time_ms"], "KRN-0301")
        require(self.token.x5t, "KRN-0301")

    def _manifest(self, leaf: bytes, proof: bytes) -> int:
        try:
            told = read_canonical(self.token.payload)
        except Refused as error:
            raise Refused("KRN-0205") from error
        right = isinstance(told, dict) and set(told) == {"root", "size", "time_ms", "type"}
        require(right and told["type"] == "manifest", "KRN-0205")
        require(all(type(told[name]) is int for name in ("size", "time_ms")), "KRN-0205")
        require(isinstance(told["root"], str), "KRN-0205")
        same_time(self.token, told["time_ms"], "KRN-0205")
        root = un_b64u(told["root"])
        require(1 <= told["size"] <= BATCH_MOST and len(root) == 32, "KRN-0205")
        require(len(proof) >= 8 and len(proof) % 32 == 8, "KRN-0205")
        index, size = struct.unpack(">II", proof[:8])
        require(size == told["size"] and index < size, "KRN-0205")
        hashes_up = [proof[at : at + 32] for at in range(8, len(proof), 32)]
        require(climb(leaf, index, size, hashes_up) == root, "KRN-0205")
        signed_ms: int = told["time_ms"]
        return signed_ms


def same_time(token: Token, time_ms: int, code: str) -> None:
    """Check that a token was signed at the time that its payload says."""
    iat = token.header.get("iat")
    require(type(iat) is int and iat == time_ms // 1000, code)


def climb(leaf: bytes, index: int, size: int, siblings: list[bytes]) -> bytes:
    """Return the root of a tree from one leaf and the hashes beside its way up."""
    if size == 1:
        return leaf if not siblings else b""
    half = 1 << ((size - 1).bit_length() - 1)
    if not siblings:
        return b""
    if index < half:
        return sha(b"\1" + climb(leaf, index, half, siblings[:-1]) + siblings[-1])
    return sha(b"\1" + siblings[-1] + climb(leaf, index - half, size - half, siblings[:-1]))


def read_statement(payload: bytes) -> Document:
    """Read the payload of a statement."""
    try:
        says = read_canonical(payload)
    except Refused as error:
        raise Refused("KRN-0301") from error
    require(isinstance(says, dict) and set(says) == TEXTS | NUMBERS, "KRN-0301")
    require(all(isinstance(says[name], str) for name in TEXTS), "KRN-0301")
    require(all(type(says[name]) is int for name in NUMBERS), "KRN-0301")
    require(says["type"] in ("request", "response", "refusal"), "KRN-0301")
    require((says["type"] == "request") == (says["request"] == ""), "KRN-0301")
    require(len(payload) <= STATEMENT_MOST, "KRN-0301")
    require(all(PLAIN.fullmatch(says[name]) for name in TEXTS - {"body_type"}), "KRN-0301")
    require(KIND.fullmatch(says["body_type"]) and TARGET.fullmatch(says["path"]), "KRN-0301")
    require(0 < len(says["id"]) <= NUMBER_MOST >= len(says["message_id"]), "KRN-0301")
    return dict(says)


def block(pairs: list[list[str]]) -> bytes:
    """Return the bytes of the headers that travel."""
    kept = sorted(
        (name, value) for name, value in pairs if name not in STAY and not name.startswith(FAMILIES)
    )
    return "".join(f"{name}:{value}\n" for name, value in kept).encode()


def block_digest(pairs: list[list[str]]) -> str:
    """Return the digest of the headers that travel."""
    return b64u(sha(block(pairs))) if block(pairs) else ""


def statements(vector: Document, _world: Document) -> Document:
    """Answer a vector of statements."""
    signed = Signed(vector["token"])
    return {"says": signed.says, "certificate": signed.token.x5t, "digest": signed.digest}


def headers(vector: Document, _world: Document) -> Document:
    """Answer a vector of headers."""
    pairs = vector["headers"]
    return {"block": block(pairs).decode(), "digest": block_digest(pairs)}


def tree_of(fields: list[str]) -> Document:
    """Return pointers as nested members; None grants everything below."""
    tree: Document = {}
    for pointer in sorted(fields, key=len):
        names = [name.replace("~1", "/").replace("~0", "~") for name in pointer[1:].split("/")]
        place: Document | None = tree
        for name in names[:-1]:
            if place is not None:
                place = place.setdefault(name, {})
        if place is not None:
            place[names[-1]] = None
    return tree


def reduce_to(value: Json, tree: Document | None) -> Json:
    """Keep only what the tree grants."""
    if tree is None:
        return value
    if isinstance(value, list):
        return [reduce_to(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: reduce_to(value[name], sub) for name, sub in tree.items() if name in value}
    return None


def reason_in(body: bytes) -> bytes:
    """Return what may leave of the body of an answer that is not good."""
    try:
        value = json.loads(body)
    except ValueError:
        return b""
    if not isinstance(value, dict):
        return b""
    said = {n: v for n, v in value.items() if n in REASONS and isinstance(v, str | int)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def read_once(body: bytes) -> Json:
    """Read a request's body, whose names each occur once in their object."""

    def once(pairs: list[tuple[str, Json]]) -> Document:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    return json.loads(body.decode("utf-8"), object_pairs_hook=once)


def fits(value: Json, tree: Document | None) -> bool:
    """Whether a request holds nothing but what the tree grants."""
    if tree is None:
        return True
    if isinstance(value, list):
        return all(fits(item, tree) for item in value)
    if not isinstance(value, dict):
        return False
    return all(name in tree and fits(inner, tree[name]) for name, inner in value.items())


def projection(fields: list[str]) -> str:
    """Return the digest of the agreed fields."""
    return b64u(sha(spell(sorted(fields)).encode())) if fields else ""


def projections(vector: Document, _world: Document) -> Document:
    """Answer a vector of reduced answers."""
    fields, body = vector["fields"], vector["body"]
    if fields:
        reduced = reduce_to(json.loads(body), tree_of(fields))
        body = json.dumps(reduced, ensure_ascii=False, separators=(",", ":"))
    return {"projected": body, "digest": projection(fields)}
