"""Clause 11: checkpoints and proofs of entries."""

from __future__ import annotations

import base64
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from .basics import Document, Refused, require, sha
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
    extra = ""
    if lines and lines[0].startswith("extra "):
        extra = lines.pop(0).removeprefix("extra ")
        require(un_b64(extra, bad), bad)
    require(lines, bad)
    match = re.fullmatch("index (0|[1-9][0-9]*)", lines.pop(0), re.ASCII)
    require(match, bad)
    assert match is not None
    index, siblings = int(match[1]), [un_b64(line, bad) for line in lines]
    require(all(len(value) == 32 for value in siblings), bad)
    said = open_note(note, [])
    require(index < said["size"], bad)
    root = climb(bytes.fromhex(vector["leaf"]), index, said["size"], siblings)
    require(root.hex() == said["root"], bad)
    return {"index": index, "extra": extra}


def entries(vector: Document, _world: Document) -> Document:
    """Answer a vector of log entries."""
    both = sha(vector["request"].encode()) + sha(vector["response"].encode())
    return {"leaf": sha(b"\0" + sha(bytes.fromhex(vector["salt"]) + both)).hex()}


def witness(vector: Document, _world: Document) -> Document:
    """Answer a vector of what a witness is asked."""
    known = vector["known"]
    head, parted, note = vector["asked"].partition("\n\n")
    lines = head.split("\n")
    match = re.fullmatch("old (0|[1-9][0-9]*)", lines[0], re.ASCII)
    try:
        siblings = [un_b64(line, "") for line in lines[1:]]
        says = open_note(note, [])
    except Refused:
        return {"status": 400}
    if not parted or match is None:
        return {"status": 400}
    if says["origin"] != vector["log"].split("+")[0]:
        return {"status": 404}
    try:
        signed = open_note(note, [vector["log"]])["signers"]
    except Refused:
        signed = []
    return {"status": judge(int(match[1]), siblings, says, known) if signed else 403}


def judge(old: int, siblings: list[bytes], says: Document, known: Document) -> int:
    """Return the status for a request that the log signed."""
    if old > says["size"]:
        return 400
    same_size = known["size"] == says["size"] > 0
    if old != known["size"] or (same_size and known["root"] != says["root"]):
        return 409
    if old == 0 or same_size:
        return 200 if not siblings else 422
    grown = extends(known, says, siblings)
    return 200 if grown else 422


def extends(first: Document, second: Document, siblings: list[bytes]) -> bool:
    """Whether a tree is another one with more leaves behind (RFC 9162 clause 2.1.4.2)."""
    below, last, hashes_up = first["size"] - 1, second["size"] - 1, list(siblings)
    if first["size"] & below == 0:
        hashes_up.insert(0, bytes.fromhex(first["root"]))
    if not hashes_up:
        return False
    while below & 1:
        below, last = below >> 1, last >> 1
    old = new = hashes_up.pop(0)
    for value in hashes_up:
        if last == 0:
            return False
        if below & 1 or below == last:
            old, new = sha(b"\1" + value + old), sha(b"\1" + value + new)
            while not below & 1 and below:
                below, last = below >> 1, last >> 1
        else:
            new = sha(b"\1" + new + value)
        below, last = below >> 1, last >> 1
    return bool(last == 0 and old.hex() == first["root"] and new.hex() == second["root"])
