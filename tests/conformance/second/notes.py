"""Clause 11: checkpoints and proofs of entries."""

from __future__ import annotations

import base64
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from .basics import Document, Refused, require
from .statements import climb


def un_b64(text: str, code: str) -> bytes:
    """Read base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(code) from error
    require(base64.b64encode(data).decode() == text, code)
    return data


def open_note(text: str, keys: list[str]) -> Document:
    """Check a checkpoint: what it says and who of the known signed it."""
    bad = "KRN-0231"
    body, parted, tail = text.rpartition("\n\n")
    require(parted and tail.endswith("\n"), bad)
    lines = body.split("\n")
    require(len(lines) >= 3 and all(lines), bad)
    require(re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII), bad)
    root = un_b64(lines[2], bad)
    require(len(root) == 32, bad)
    known = {}
    for key in keys:
        name, key_id, raw = key.split("+", 2)
        known[name, key_id] = base64.b64decode(raw)
    signers = []
    for line in tail.split("\n")[:-1]:
        match = re.fullmatch("— ([^ ]+) ([^ ]+)", line)
        require(match, bad)
        assert match is not None
        blob = un_b64(match[2], bad)
        raw_key = known.get((match[1], blob[:4].hex()))
        if raw_key is not None:
            check_line(raw_key, blob[4:], f"{body}\n".encode())
            signers.append(match[1])
    return {"origin": lines[0], "size": int(lines[1]), "root": root.hex(), "signers": signers}


def check_line(key: bytes, blob: bytes, body: bytes) -> None:
    """Check one signature line."""
    if key[0] == 4:
        body = f"cosignature/v1\ntime {int.from_bytes(blob[:8], 'big')}\n".encode() + body
        blob = blob[8:]
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob, body)
    except InvalidSignature as error:
        raise Refused("KRN-0231") from error


def notes(vector: Document, _world: Document) -> Document:
    """Answer a vector of checkpoints and proofs."""
    if "note" in vector:
        return open_note(vector["note"], vector["keys"])
    bad = "KRN-0221"
    head, _, note = vector["proof"].partition("\n\n")
    lines = head.split("\n")
    require(lines.pop(0) == "c2sp.org/tlog-proof@v1", bad)
    extra = lines.pop(0).removeprefix("extra ") if lines[0].startswith("extra ") else ""
    match = re.fullmatch("index (0|[1-9][0-9]*)", lines.pop(0), re.ASCII)
    require(match, bad)
    assert match is not None
    said = open_note(note, [])
    index, siblings = int(match[1]), [un_b64(line, bad) for line in lines]
    require(index < said["size"], bad)
    root = climb(bytes.fromhex(vector["leaf"]), index, said["size"], siblings)
    require(root.hex() == said["root"], bad)
    return {"index": index, "extra": extra}
