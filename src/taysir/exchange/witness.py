"""A witness of other nodes' logs: cosigns a checkpoint only if the log has grown from the last one.

The witness remembers one checkpoint a log, durable before it answers, so a log that goes back or
shows a second history finds nobody to cosign it. Which logs it knows, and by which keys, is read
from the federation in hand. The log's own side of the protocol is :func:`ask_witness`.

Source: C2SP tlog-witness (add-checkpoint), tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from taysir.exchange.keyfiles import write_private
from taysir.exchange.log_errors import EXC_WITNESS
from taysir.exchange.log_requests import Answer, Unreachable, send
from taysir.kernel import limits
from taysir.kernel.checkpoint import (
    Checkpoint,
    NoteKey,
    NoteSigner,
    cosign,
    cosignature_lines,
    open_note,
)
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.merkle import HASH_BYTES, verify_consistency

log = get_logger(__name__)

SIZE_TYPE: Final = "text/x.tlog.size"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_OLD: Final = re.compile(rb"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """Status and body of the answer to add-checkpoint."""

    status: int
    body: bytes = b""
    media_type: str = _TEXT_TYPE


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size that the log believes is known, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the body of the request."""
        hashes = "".join(f"{base64.b64encode(h).decode('ascii')}\n" for h in self.proof)
        return f"old {self.old}\n{hashes}\n".encode("ascii") + self.note

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint | None:
        """Read a request; None for anything that is not one."""
        head, found, note = body.partition(b"\n\n")
        lines = head.split(b"\n")
        old = _OLD.fullmatch(lines[0])
        if not found or old is None or len(lines) - 1 > limits.WITNESS_PROOF_HASHES:
            return None
        try:
            hashes = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
        except (binascii.Error, ValueError):
            return None
        if any(len(value) != HASH_BYTES for value in hashes):
            return None
        return cls(int(old[1]), hashes, note)


class Witness:
    """The witness of one node."""

    def __init__(
        self,
        folder: Path,
        *,
        signer: NoteSigner,
        logs: Callable[[], Mapping[str, Sequence[NoteKey]]],
        now_s: Callable[[], int],
    ) -> None:
        """Remember where to remember; ``logs`` gives the keys of each known origin."""
        self._folder = folder
        self._signer = signer
        self._logs = logs
        self._now_s = now_s
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Answer one request as the protocol says; one at a time."""
        request = AddCheckpoint.parse(body) if len(body) <= limits.WITNESS_REQUEST_BYTES else None
        if request is None:
            return WitnessAnswer(400)
        try:
            checkpoint, _none = open_note(request.note, keys=())
        except Problem:
            return WitnessAnswer(400)
        keys = self._logs().get(checkpoint.origin)
        if keys is None:
            return WitnessAnswer(404)
        if not _signed(request.note, keys=keys):
            return WitnessAnswer(403)
        if request.old > checkpoint.size:
            return WitnessAnswer(400)
        with self._lock:
            return self._judge(request, checkpoint)

    def _judge(self, request: AddCheckpoint, checkpoint: Checkpoint) -> WitnessAnswer:
        known = self.last_seen(checkpoint.origin)
        if request.old != known.size:
            return WitnessAnswer(409, f"{known.size}\n".encode("ascii"), SIZE_TYPE)
        if known.size == checkpoint.size and known.size and known.root != checkpoint.root:
            log.error("log_shows_two_histories", origin=checkpoint.origin, size=known.size)
            return WitnessAnswer(409, f"{known.size}\n".encode("ascii"), SIZE_TYPE)
        if not _extends(request, known=known, new=checkpoint):
            log.error("log_is_not_consistent", origin=checkpoint.origin, size=checkpoint.size)
            return WitnessAnswer(422)
        if checkpoint.size != known.size:
            write_private(self._file(checkpoint.origin), checkpoint.encode())
        cosigned = cosign(request.note, signer=self._signer, at=self._now_s())
        return WitnessAnswer(200, cosigned[len(request.note) :])

    def last_seen(self, origin: str) -> Checkpoint:
        """Return the last checkpoint cosigned for a log; of size 0 when there was none."""
        try:
            return Checkpoint.parse(self._file(origin).read_bytes())
        except FileNotFoundError:
            return Checkpoint(origin=origin, size=0, root=bytes(HASH_BYTES))

    def _file(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest()


def _signed(note: bytes, *, keys: Sequence[NoteKey]) -> bool:
    try:
        _checkpoint, signatures = open_note(note, keys=keys)
    except Problem:
        return False
    return bool(signatures)


def _extends(request: AddCheckpoint, *, known: Checkpoint, new: Checkpoint) -> bool:
    if known.size in (0, new.size):
        return not request.proof
    try:
        verify_consistency(
            first=known.size,
            second=new.size,
            first_root=known.root,
            second_root=new.root,
            proof=request.proof,
        )
    except Problem:
        return False
    return True


# --- the log's side ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPeer:
    """A witness as the federation names it."""

    name: str
    url: str
    keys: tuple[NoteKey, ...]


class GrowingLog(Protocol):
    """What is needed of a log to ask for cosignatures."""

    def consistency(self, first: int, *, second: int) -> list[bytes]:
        """Return the proof that one published tree extends another."""


Ask = Callable[[str, bytes], Answer]
"""Posts an add-checkpoint request to a witness's address and returns the answer."""


def post_checkpoint(url: str, body: bytes) -> Answer:
    """Post a request over HTTP; raises Unreachable."""
    address = f"{url.rstrip('/')}/add-checkpoint"
    return send(address, body=body, media_type="text/plain", most=limits.CHECKPOINT_BYTES)


class WitnessAsker:
    """Asks witnesses for cosignatures and remembers how much of the log each has seen."""

    def __init__(self, served: GrowingLog, *, ask: Ask = post_checkpoint) -> None:
        self._log = served
        self._ask = ask
        self._seen: dict[str, int] = {}

    def cosign(self, note: bytes, *, peer: WitnessPeer) -> bytes:
        """Return a witness's signature lines over a checkpoint; raises EXC-0543."""
        checkpoint, _none = open_note(note, keys=())
        answer = self._send(note, checkpoint=checkpoint, peer=peer)
        if answer.status == 409:
            self._seen[peer.name] = _known_size(answer, peer=peer, most=checkpoint.size)
            answer = self._send(note, checkpoint=checkpoint, peer=peer)
        if answer.status != 200:
            raise Problem(EXC_WITNESS, witness=peer.name, reason=f"HTTP {answer.status}")
        try:
            lines = cosignature_lines(note + answer.body, keys=peer.keys)
        except Problem as problem:
            reason = "a wrong signature"
            raise Problem(EXC_WITNESS, witness=peer.name, reason=reason) from problem
        if not lines:
            raise Problem(EXC_WITNESS, witness=peer.name, reason="no signature by its key")
        self._seen[peer.name] = checkpoint.size
        return lines

    def _send(self, note: bytes, *, checkpoint: Checkpoint, peer: WitnessPeer) -> Answer:
        old = min(self._seen.get(peer.name, 0), checkpoint.size)
        proof = () if old == checkpoint.size else self._log.consistency(old, second=checkpoint.size)
        request = AddCheckpoint(old, tuple(proof), note)
        try:
            return self._ask(peer.url, request.encode())
        except Unreachable as error:
            raise Problem(EXC_WITNESS, witness=peer.name, reason=str(error)) from error


def _known_size(answer: Answer, *, peer: WitnessPeer, most: int) -> int:
    """Return the size that a witness knows; one beyond our log means that we went back."""
    text = answer.body.decode("ascii", "replace").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Problem(EXC_WITNESS, witness=peer.name, reason="it says no size")
    if int(text) > most:
        reason = f"it has seen {text} records of this log"
        log.error("witness_has_seen_more", witness=peer.name, size=int(text), ours=most)
        raise Problem(EXC_WITNESS, witness=peer.name, reason=reason)
    return int(text)
