"""Vectors over more than one document: agreements beside each other, a log as it grows."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from taysir.exchange.contracts import (
    EndAction,
    SignedAgreement,
    accept,
    agree,
    counter,
    end,
    propose,
)
from taysir.exchange.log import log_entry
from taysir.exchange.witness import AddCheckpoint
from taysir.kernel.checkpoint import Checkpoint, NoteSigner, sign_note
from taysir.kernel.merkle import leaf_hash, prove_consistency, tree_root

from .basics import Vector
from .world import LOG, MOI, NOW, START, TRF, World, note_signer, plain_terms

# --- agreements beside each other ----------------------------------------------------------------


def standing(world: World) -> list[Vector]:
    """Return sets of agreements and where one of them stands at the moment of the vectors."""
    make = partial(agree, consumer_signer=world.trf, provider_signer=world.moi)
    first = world.agreements["persons"]
    second = make(plain_terms("persons", supersedes=first.hash, retention_days=30), at=START)
    future = make(
        plain_terms("persons", supersedes=first.hash, valid_from=NOW + timedelta(days=1)), at=START
    )
    late = make(
        plain_terms("persons", supersedes=first.hash, retention_days=31), at=NOW + timedelta(days=1)
    )
    revoked = end(
        second, action=EndAction.REVOKE, signer=world.moi, by=MOI, at=NOW, reason="a mistake"
    )
    hours_later = make(
        plain_terms("persons", supersedes=first.hash, retention_days=30),
        at=START + timedelta(hours=1),
    )
    before = end(
        hours_later,
        action=EndAction.REJECT,
        signer=world.moi,
        by=MOI,
        at=START,
        reason="not so",
    )
    half = world.agreements["half"]
    answer = counter(half, plain_terms("half", retention_days=10))
    countered = accept(answer, signer=world.moi, by=MOI, at=START)
    withdrawn = end(
        countered, action=EndAction.REJECT, signer=world.moi, by=MOI, at=NOW, reason="no"
    )
    unfinished = SignedAgreement(
        document=second.document, accepts={str(TRF): second.accepts[str(TRF)]}
    )
    old = world.agreements["past"]
    foreign = make(plain_terms("whole", supersedes=first.hash), at=START)
    unasked = accept(
        propose(plain_terms("whole", counters=half.hash)), signer=world.trf, by=TRF, at=START
    )
    return [
        _standing("alone", [first], first, "accepted"),
        _standing("superseded", [first, second], first, "superseded"),
        _standing("the later one", [first, second], second, "accepted"),
        _standing("superseded from tomorrow", [first, future], first, "accepted"),
        _standing("superseded by one accepted tomorrow", [first, late], first, "accepted"),
        _standing("by one that a party has not accepted", [first, unfinished], first, "accepted"),
        _standing("by one that was revoked later", [first, revoked], first, "superseded"),
        _standing("by one that had ended before", [first, before], first, "accepted"),
        _standing("named by one about another service", [first, foreign], first, "accepted"),
        _standing("countered about another service", [half, unasked], half, "proposed"),
        _standing("expired", [old], old, "expired"),
        _standing("revoked, and its time is over", [_ended(world, old)], old, "revoked"),
        _standing("countered", [half, countered], half, "countered"),
        _standing("countered by one nobody signed", [half, answer], half, "proposed"),
        _standing("countered by one that was withdrawn", [half, withdrawn], half, "proposed"),
    ]


def _ended(world: World, agreement: SignedAgreement) -> SignedAgreement:
    return end(
        agreement, action=EndAction.REVOKE, signer=world.trf, by=TRF, at=START, reason="over"
    )


def _standing(name: str, held: list[SignedAgreement], of: SignedAgreement, state: str) -> Vector:
    rows = [
        {
            "document": item.document.decode(),
            "accepts": {by: token.decode() for by, token in item.accepts.items()},
            "ends": [token.decode() for token in item.ends],
        }
        for item in held
    ]
    return {"name": name, "agreements": rows, "of": of.hash, "state": state}


# --- a log ---------------------------------------------------------------------------------------


def entries() -> list[Vector]:
    """Return records with the leaves they become."""
    cases: tuple[tuple[bytes, bytes], ...] = ((b"a.b.c", b"d.e.f"), (b"a.b.c", b""))
    made = []
    for request, response in cases:
        salt = bytes(range(32))
        leaf = leaf_hash(log_entry(salt, request=request, response=response))
        given = {"request": request.decode(), "response": response.decode()}
        made.append({**given, "salt": salt.hex(), "leaf": leaf.hex()})
    return made


_LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(20)]


def _read(level: int, index: int) -> bytes:
    width = 1 << level
    return tree_root(_LEAVES[index * width : (index + 1) * width])


def _checkpoint(size: int, *, origin: str = LOG.name) -> Checkpoint:
    return Checkpoint(origin=origin, size=size, root=tree_root(_LEAVES[:size]))


def witness() -> list[Vector]:
    """Return what a witness knows and is asked, with the status of its answer."""
    good = [
        _asked(f"from {old} to {size}", old, _request(old, size), 200)
        for old, size in ((0, 1), (0, 7), (1, 2), (3, 7), (4, 8), (6, 13), (7, 7), (8, 20))
    ]
    right = _request(3, 7)
    other = Checkpoint(origin=LOG.name, size=7, root=tree_root(_LEAVES[1:8]))
    stranger = note_signer("log.other")
    unknown = sign_note(_checkpoint(7, origin=stranger.name), signer=stranger)
    forged = NoteSigner(name=LOG.name, key=stranger.key)
    flipped = bytes([right.proof[0][0] ^ 1]) + right.proof[0][1:]

    def changed(name: str, status: int, *, known: int = 3, **more: Any) -> Vector:
        values = {"old": 3, "proof": right.proof, "note": right.note, **more}
        return _asked(name, known, AddCheckpoint(**values), status)

    return [
        *good,
        {**_asked("no request", 3, right, 400), "asked": "size 3\n\nx"},
        {**_asked("a leading zero", 3, right, 400), "asked": "old 03\n\n" + right.note.decode()},
        changed("no checkpoint", 400, note=b"text\n"),
        changed("an unknown log", 404, note=unknown),
        changed("not signed by the log", 403, note=sign_note(_checkpoint(7), signer=forged)),
        changed("older than the checkpoint", 400, old=8),
        changed("another size than is known", 409, known=4),
        changed("a first time that is none", 409, known=0),
        changed("a proof that does not hold", 422, proof=(flipped, *right.proof[1:])),
        changed("a proof that is missing", 422, proof=()),
        changed("a proof that is too long", 422, proof=(*right.proof, bytes(32))),
        changed("another history", 422, note=sign_note(other, signer=LOG)),
        changed(
            "another root of the same size",
            409,
            known=7,
            old=7,
            proof=(),
            note=sign_note(other, signer=LOG),
        ),
        changed("a needless proof", 422, known=7, old=7, proof=right.proof),
    ]


def _request(old: int, size: int) -> AddCheckpoint:
    proof: list[bytes] = []
    if 0 < old < size:
        proof = prove_consistency(_read, first=old, second=size)
    note = sign_note(_checkpoint(size), signer=LOG)
    return AddCheckpoint(old, tuple(proof), note)


def _asked(name: str, known: int, request: AddCheckpoint, status: int) -> Vector:
    return {
        "name": name,
        "known": {"size": known, "root": tree_root(_LEAVES[:known]).hex()},
        "asked": request.encode().decode(),
        "log": LOG.public.encode(),
        "status": status,
    }
