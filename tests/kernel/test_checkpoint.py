"""Signed notes: the log's signature, the witnesses' time, and every forgery refused."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteKey,
    NoteSigner,
    cosign,
    cosignature_lines,
    open_note,
    sign_note,
    signed_by_log,
)
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import leaf_hash, tree_root

LOG = NoteSigner(
    name="waha.example/log/trf", key=ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
)
WITNESS = NoteSigner(
    name="waha.example/witness/prg",
    key=ed25519.Ed25519PrivateKey.from_private_bytes(b"w" * 32),
    kind=COSIGNATURE,
)
POINT = Checkpoint(origin="waha.example/log/trf", size=3, root=tree_root([leaf_hash(b"a")] * 3))
NOTE = cosign(sign_note(POINT, signer=LOG), signer=WITNESS, at=1_795_510_800)
KEYS = [LOG.public, WITNESS.public]


def test_a_witnessed_checkpoint_opens() -> None:
    """Both signatures are reported, the witness's with its time."""
    point, signatures = open_note(NOTE, keys=KEYS)

    assert point == POINT
    assert [(s.name, s.at) for s in signatures] == [(LOG.name, 0), (WITNESS.name, 1_795_510_800)]


def test_unknown_signers_are_ignored() -> None:
    """A note with no known signature opens, and says that nobody signed."""
    assert open_note(NOTE, keys=[])[1] == []


def test_no_changed_byte_passes_as_signed() -> None:
    """After any flip of a bit either the note is refused or a signature is missing."""
    for place in range(len(NOTE)):
        changed = bytearray(NOTE)
        changed[place] ^= 1
        with contextlib.suppress(Problem):
            point, signatures = open_note(bytes(changed), keys=KEYS)
            assert point == POINT
            assert len(signatures) < 2


def test_a_verifier_key_reads_back() -> None:
    """The text form carries name, kind and key; a wrong key id is refused."""
    for key in KEYS:
        assert NoteKey.parse(key.encode()) == key
    with pytest.raises(Problem):
        NoteKey.parse(LOG.public.encode().replace("+", "+0", 1))


def test_notes_are_bounded() -> None:
    """The bound of signatures passes, one more does not."""
    line = NOTE.split(b"\n\n")[1].split(b"\n")[0] + b"\n"
    full = POINT.encode() + b"\n" + line * limits.CHECKPOINT_SIGNATURES

    assert len(open_note(full, keys=KEYS)[1]) == limits.CHECKPOINT_SIGNATURES
    with pytest.raises(Problem):
        open_note(full + line, keys=KEYS)


@given(st.binary(max_size=200))
def test_garbage_ends_in_our_own_error(data: bytes) -> None:
    """The reader never fails in another way."""
    with contextlib.suppress(Problem):
        open_note(data, keys=KEYS)


def test_the_logs_own_part_stays_the_same() -> None:
    """Whatever cosignatures come later, a time-stamp over it holds."""
    note = sign_note(POINT, signer=LOG)

    assert signed_by_log(note) == signed_by_log(NOTE) == note


def test_cosignatures_are_taken_over_line_by_line() -> None:
    """Only valid lines by the given keys, each once."""
    note = sign_note(POINT, signer=LOG)
    line = NOTE.removeprefix(note)

    assert cosignature_lines(NOTE + line, keys=[WITNESS.public]) == line
    assert cosignature_lines(NOTE, keys=[]) == b""
    with pytest.raises(Problem, match="KRN-0231"):
        cosignature_lines(note.replace(b"\n3\n", b"\n4\n") + line, keys=[WITNESS.public])
