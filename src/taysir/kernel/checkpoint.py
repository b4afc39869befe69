"""Checkpoints of a transparency log: signed notes with the log's root and witnesses' cosignatures.

A note is readable text, an empty line and signature lines. A log signs ``origin, size, root``; a
witness that saw the log only grow adds a cosignature with its own time. Anyone can check both with
the Ed25519 keys alone. Tree and text → :func:`sign_note` → bytes → :func:`open_note` → who signed.
Fetching, storing and the witness's memory are not here.

Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature (cosignature/v1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, declare
from taysir.kernel.merkle import HASH_BYTES

KRN_NOTE = declare(
    "KRN-0231",
    status=400,
    ar="نقطة التحقق الموقعة لا تصح: {reason}.",
    en="The signed checkpoint does not hold: {reason}.",
    remedy_ar="اطلب نقطة التحقق من السجل من جديد؛ فإن لم تصح فأبلغ مكتب البرنامج.",
    remedy_en="Fetch the checkpoint from the log again; if it still fails, tell the authority.",
    mender=Mender.OPERATOR,
)

LOG_SIGNATURE: Final = 0x01
COSIGNATURE: Final = 0x04
_NAME: Final = re.compile(r"[^\s+]{1,255}")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """The public key of a log or a witness."""

    name: str
    public: bytes
    kind: int = LOG_SIGNATURE

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public) != 32:
            raise Problem(KRN_NOTE, reason="not a key of a log or witness")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart (signed-note, "Signatures")."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        ).digest()[:4]

    def accepts(self, data: bytes, *, signature: bytes) -> bool:
        """Whether an Ed25519 signature over the data is this key's."""
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    def encode(self) -> str:
        """Return the verifier key: ``name+hexid+base64``."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key; raises KRN-0231."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Problem(KRN_NOTE, reason="not a verifier key")
        raw = _base64(parts[2])
        if len(raw) != 33 or raw[0] not in (LOG_SIGNATURE, COSIGNATURE):
            raise Problem(KRN_NOTE, reason="not an Ed25519 verifier key")
        key = cls(name=parts[0], public=raw[1:], kind=raw[0])
        if key.key_id.hex() != parts[1]:
            raise Problem(KRN_NOTE, reason="the key id does not belong to the key")
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigner:
    """The private key of a log or a witness."""

    name: str
    key: ed25519.Ed25519PrivateKey = field(repr=False)
    kind: int = LOG_SIGNATURE

    @property
    def public(self) -> NoteKey:
        """The key that others verify with."""
        raw = self.key.public_key().public_bytes_raw()
        return NoteKey(name=self.name, public=raw, kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The body of a note: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def encode(self) -> bytes:
        """Return the three lines."""
        root = base64.b64encode(self.root).decode("ascii")
        return f"{self.origin}\n{self.size}\n{root}\n".encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read the lines; extension lines are allowed and ignored; raises KRN-0231."""
        try:
            lines = body.decode("utf-8").split("\n")
        except UnicodeDecodeError as cause:
            raise Problem(KRN_NOTE, reason="not UTF-8") from cause
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise Problem(KRN_NOTE, reason="not three lines")
        if not _DECIMAL.fullmatch(lines[1]):
            raise Problem(KRN_NOTE, reason="the size is not a number")
        root = _base64(lines[2])
        if len(root) != HASH_BYTES:
            raise Problem(KRN_NOTE, reason="the root is not a SHA-256")
        return cls(origin=lines[0], size=int(lines[1]), root=root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One valid signature of a note; ``at`` is a witness's time in seconds, 0 for a log's."""

    name: str
    at: int = 0


def sign_note(checkpoint: Checkpoint, *, signer: NoteSigner) -> bytes:
    """Return the log's signed note."""
    body = checkpoint.encode()
    return body + b"\n" + _line(signer, payload=signer.key.sign(body))


def cosign(note: bytes, *, signer: NoteSigner, at: int) -> bytes:
    """Return the note with a witness's cosignature added; ``at`` in seconds since 1970.

    The witness must have checked before that the log only grew.
    """
    body, _ = _split(note)
    signature = signer.key.sign(_cosigned(body, at=at))
    return note + _line(signer, payload=at.to_bytes(8, "big") + signature)


def open_note(note: bytes, *, keys: Sequence[NoteKey]) -> tuple[Checkpoint, list[Signature]]:
    """Return the checkpoint and the valid signatures by the given keys.

    Signatures by unknown keys are ignored, a wrong one by a known key is refused: it means that
    somebody changed the note.

    Raises:
        Problem: KRN-0231.
    """
    body, lines = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    valid: list[Signature] = []
    for name, blob in lines:
        key = known.get((name, blob[:4]))
        if key is not None:
            valid.append(_check(body, key=key, payload=blob[4:]))
    return Checkpoint.parse(body), valid


def signed_by_log(note: bytes) -> bytes:
    """Return the note as its log signed it: the body and the first signature line.

    These bytes stay the same whatever cosignatures come later, so a time-stamp is over them.
    """
    body, _lines = _split(note)
    end = note.index(b"\n", len(body) + 1) + 1
    return note[:end]


def cosignature_lines(note: bytes, *, keys: Sequence[NoteKey]) -> bytes:
    """Return the valid signature lines by the given keys, of a note or of lines behind a note.

    Raises:
        Problem: KRN-0231 for a wrong signature by one of the keys.
    """
    body, lines = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    kept = []
    for name, blob in lines:
        key = known.get((name, blob[:4]))
        if key is not None:
            _check(body, key=key, payload=blob[4:])
            kept.append(f"— {name} {base64.b64encode(blob).decode('ascii')}\n")
    return "".join(dict.fromkeys(kept)).encode()


def _check(body: bytes, *, key: NoteKey, payload: bytes) -> Signature:
    at, data, signature = 0, body, payload
    if key.kind == COSIGNATURE:
        at, signature = int.from_bytes(payload[:8], "big"), payload[8:]
        data = _cosigned(body, at=at)
    if not key.accepts(data, signature=signature):
        raise Problem(KRN_NOTE, reason=f"the signature of {key.name} is wrong")
    return Signature(name=key.name, at=at)


def _cosigned(body: bytes, *, at: int) -> bytes:
    """What a witness signs (tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {at}\n".encode() + body


def _line(signer: NoteSigner, *, payload: bytes) -> bytes:
    blob = base64.b64encode(signer.public.key_id + payload).decode("ascii")
    return f"— {signer.name} {blob}\n".encode()


def _split(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    if len(note) > limits.CHECKPOINT_BYTES:
        raise Problem(KRN_NOTE, reason="too long")
    body, found, tail = note.rpartition(b"\n\n")
    if not found or not tail.endswith(b"\n"):
        raise Problem(KRN_NOTE, reason="no signature lines")
    try:
        lines = tail.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError as cause:
        raise Problem(KRN_NOTE, reason="not UTF-8") from cause
    if len(lines) > limits.CHECKPOINT_SIGNATURES:
        raise Problem(KRN_NOTE, reason="too many signatures")
    return body + b"\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
        raise Problem(KRN_NOTE, reason="not a signature line")
    blob = _base64(parts[2])
    if len(blob) < 5:
        raise Problem(KRN_NOTE, reason="not a signature line")
    return parts[1], blob


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Problem(KRN_NOTE, reason="not base64") from cause
    if base64.b64encode(data).decode("ascii") != text:
        raise Problem(KRN_NOTE, reason="base64 with loose bits")
    return data
