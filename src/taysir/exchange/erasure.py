"""The keys under which bodies lie in the journal, so that a person's data can be erased.

Each data subject has data keys of its own (AES-256), bodies without a subject one for each day. A
key lies wrapped by the node's key in a fixed slot of one file; records name the slot. Erasing
overwrites the slots of a subject in place: from then on nobody can read the bodies, while every
digest, signature and proof stays as it was, because those are over what is stored. A subject whose
slot is no longer remembered gets another one; erasing finds them all by looking through the file.
What this does not do: names in statements are pseudonyms, and stay.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import os
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from taysir.exchange.errors import EXC_JOURNAL
from taysir.exchange.store_errors import EXC_BODY_KEY
from taysir.kernel import limits
from taysir.kernel.errors import Problem

KEYS_FILE: Final = "keys.bin"
SLOT_BYTES: Final = 80
NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_SLOT: Final = struct.Struct("<I16s60s")
_HEAD: Final = struct.Struct("<8s16s56x")
_MAGIC: Final = b"TAYSIRK1"
_ERASED: Final = bytes(60)
_GROWTH: Final = 4096 * SLOT_BYTES

Randomness = Callable[[int], bytes]


class ErasedError(Exception):
    """The key was erased, and with it what was sealed under it."""


class BodyKeys:
    """The keys of one node; one process writes, in one thread."""

    def __init__(
        self, folder: Path, *, node_key: bytes, randomness: Randomness = os.urandom
    ) -> None:
        """Open the file of a folder, making it if needed; raises EXC-0801 for another node's key.

        The slots used last are remembered, so that a restart gives few subjects a second key.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / KEYS_FILE
        self._wrapping = AESGCM(node_key)
        self._random = randomness
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._ciphers: OrderedDict[int, AESGCM] = OrderedDict()
        self._new: list[bytes] = []
        self._fd = self._open(hmac.digest(node_key, _MAGIC, hashlib.sha256)[:16])
        self._size = os.fstat(self._fd).st_size
        self._next = self._find_next()
        self._remember_latest()

    def _open(self, proof: bytes) -> int:
        """Open the file; its head tells whether it belongs to the node's key."""
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        head = os.pread(fd, _HEAD.size, 0)
        if not head.strip(b"\0"):
            os.posix_fallocate(fd, 0, SLOT_BYTES + _GROWTH)
            os.pwrite(fd, _HEAD.pack(_MAGIC, proof), 0)
            os.fsync(fd)
        elif head != _HEAD.pack(_MAGIC, proof):
            os.close(fd)
            reason = "they were wrapped by another key than this node's"
            raise Problem(EXC_BODY_KEY, file=str(self._file), reason=reason)
        return fd

    def _find_next(self) -> int:
        """Return the slot behind the last used one: everything behind it is zero."""
        end = self._size
        while end > SLOT_BYTES:
            begin = max(SLOT_BYTES, end - _GROWTH)
            used = os.pread(self._fd, end - begin, begin).rstrip(b"\0")
            if used:
                return (begin + len(used) - 1) // SLOT_BYTES
            end = begin
        return 0

    def _remember_latest(self) -> None:
        first = max(0, self._next - limits.BODY_KEYS_CACHED)
        data = os.pread(self._fd, (self._next - first) * SLOT_BYTES, (first + 1) * SLOT_BYTES)
        for at in range(0, len(data), SLOT_BYTES):
            raw = data[at : at + SLOT_BYTES]
            _crc, name, wrapped = _SLOT.unpack(raw)
            if raw == _slot(name, wrapped) and wrapped != _ERASED:
                self._known[name] = first + at // SLOT_BYTES

    @property
    def count(self) -> int:
        """How many slots are used, erased ones included."""
        return self._next

    def cipher_for(self, subject: str) -> tuple[int, AESGCM]:
        """Return a slot and its cipher for a subject; durable only after :meth:`flush`."""
        name = _name(subject)
        slot = self._known.get(name)
        if slot is None:
            return self._make(name)
        self._known.move_to_end(name)
        cipher = self._ciphers.get(slot)
        if cipher is None:
            cipher = self._unwrap(slot)
            self._remember(slot, cipher)
        else:
            self._ciphers.move_to_end(slot)
        return slot, cipher

    def _make(self, name: bytes) -> tuple[int, AESGCM]:
        secret, nonce = self._random(_KEY_BYTES), self._random(NONCE_BYTES)
        slot = self._next + len(self._new)
        self._new.append(_slot(name, nonce + self._wrapping.encrypt(nonce, secret, name)))
        cipher = AESGCM(secret)
        self._known[name] = slot
        if len(self._known) > limits.BODY_KEYS_CACHED:
            self._known.popitem(last=False)
        self._remember(slot, cipher)
        return slot, cipher

    def _remember(self, slot: int, cipher: AESGCM) -> None:
        """Keep a cipher at hand; each takes 2.6 KB, so far fewer than slots."""
        self._ciphers[slot] = cipher
        if not self._new:
            self._forget_old()

    def _forget_old(self) -> None:
        """Drop the ciphers used longest ago; not while new ones are not in the file yet."""
        while len(self._ciphers) > limits.BODY_CIPHERS_CACHED:
            self._ciphers.popitem(last=False)

    def flush(self) -> None:
        """Make new keys durable; raises EXC-0130, and then none of them counts."""
        if not self._new:
            return
        try:
            self._write_new(b"".join(self._new))
        except OSError as error:
            self._known.clear()
            self._ciphers.clear()
            raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error
        finally:
            self._new.clear()
        self._forget_old()

    def _write_new(self, data: bytes) -> None:
        offset = (self._next + 1) * SLOT_BYTES
        if offset + len(data) > self._size:
            os.posix_fallocate(self._fd, self._size, len(data) + _GROWTH)
            os.fsync(self._fd)
            self._size += len(data) + _GROWTH
        if os.pwrite(self._fd, data, offset) != len(data):
            raise OSError(28, "short write")
        os.fdatasync(self._fd)
        self._next += len(data) // SLOT_BYTES

    def cipher_of(self, slot: int) -> AESGCM:
        """Return the cipher of a record's slot.

        Raises:
            ErasedError: for an erased key.
            Problem: EXC-0801 for a slot that is lost.
        """
        return self._unwrap(slot)

    def _unwrap(self, slot: int) -> AESGCM:
        raw = os.pread(self._fd, SLOT_BYTES, (slot + 1) * SLOT_BYTES)
        if len(raw) == SLOT_BYTES:
            _crc, name, wrapped = _SLOT.unpack(raw)
            if raw == _slot(name, wrapped):
                if wrapped == _ERASED:
                    raise ErasedError
                nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
                try:
                    return AESGCM(self._wrapping.decrypt(nonce, sealed, name))
                except InvalidTag:
                    pass
        raise Problem(EXC_BODY_KEY, file=str(self._file), reason=f"slot {slot} is not whole")

    def erase(self, subject: str) -> int:
        """Destroy every key of a subject in place and return how many there were."""
        name, erased = _name(subject), 0
        self._known.pop(name, None)
        self._ciphers.clear()
        dead = _slot(name, _ERASED)
        with mmap.mmap(self._fd, self._size) as view:
            at = view.find(name, SLOT_BYTES)
            while at >= 0:
                begin = at - 4
                raw = view[begin : begin + SLOT_BYTES]
                if begin % SLOT_BYTES == 0 and raw != dead:
                    view[begin : begin + SLOT_BYTES] = dead
                    erased += 1
                at = view.find(name, at + 1)
            view.flush()
        os.fsync(self._fd)
        return erased

    def holds(self, slot: int, subject: str) -> bool:
        """Whether a slot holds a key of this subject that was not erased."""
        raw = os.pread(self._fd, SLOT_BYTES, (slot + 1) * SLOT_BYTES)
        name = _name(subject)
        return raw[4:20] == name and raw[20:] != _ERASED

    def erase_slots(self, slots: Iterable[int]) -> None:
        """Destroy the keys of single slots, again."""
        for slot in slots:
            at = (slot + 1) * SLOT_BYTES
            name = os.pread(self._fd, SLOT_BYTES, at)[4:20]
            os.pwrite(self._fd, _slot(name, _ERASED), at)
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def day_subject(time_ms: int) -> str:
    """Return what stands for the subject of bodies that are about nobody: their day (UTC)."""
    return f"day:{time_ms // 86_400_000}"


def node_body_key(file: Path, *, keys: Path, randomness: Randomness = os.urandom) -> bytes:
    """Read the key that wraps the keys of bodies; made at the first start, never made again.

    Raises:
        Problem: EXC-0801 if the file is missing although keys exist, or is not a key.
    """
    if not file.exists():
        if (keys / KEYS_FILE).exists():
            raise Problem(EXC_BODY_KEY, file=str(file), reason="the file is missing")
        file.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(fd, randomness(_KEY_BYTES))
            os.fsync(fd)
        finally:
            os.close(fd)
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Problem(EXC_BODY_KEY, file=str(file), reason=f"it has not {_KEY_BYTES} bytes")
    return key


@lru_cache(maxsize=256)
def _name(subject: str) -> bytes:
    """Return what stands for a subject in the file; calls about nobody share one name a day."""
    return hashlib.blake2b(subject.encode("utf-8"), digest_size=16).digest()


def _slot(name: bytes, wrapped: bytes) -> bytes:
    return _SLOT.pack(zlib.crc32(name + wrapped), name, wrapped)
