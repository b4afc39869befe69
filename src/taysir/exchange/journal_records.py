"""What lies in the journal: exchanges with sealed bodies, and erasures; bytes <-> structs.

A record is a MessagePack array that begins with its kind. Bodies and passed headers are sealed
under the data subject's key (AES-256-GCM, the exchange's number as associated data), so the chain
of hashes is over what is stored and holds after a key is erased. docs/reference/journal-format.md
describes the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from taysir.exchange.erasure import NONCE_BYTES, ErasedError, Randomness, day_subject
from taysir.exchange.errors import EXC_JOURNAL_DAMAGED
from taysir.exchange.model import BodyState, StoredExchange
from taysir.kernel.errors import Problem

_EXCHANGE: Final = 1
_ERASURE: Final = 2
_NO_SLOT: Final = -1

FACTS: Final = (
    "exchange_id",
    "direction",
    "outcome",
    "consumer",
    "service",
    "provider",
    "purpose",
    "agreement",
    "subject",
    "issue",
    "method",
    "path",
    "status",
    "error_code",
    "recorded_at_ms",
    "elapsed_ms",
    "request",
    "response",
)
"""The fields of an exchange that lie open, in the order of the array; new ones go to the end."""
BODIES: Final = ("request_headers", "request_body", "response_headers", "response_body")
"""The fields that are sealed."""

_facts_of: Final = attrgetter(*FACTS)
_bodies_of: Final = attrgetter(*BODIES)
_EMPTY: Final = (b"", b"", b"", b"")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Any]).decode
_decode_bodies: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes, bytes, bytes]).decode


class StoredErasure(msgspec.Struct, frozen=True, kw_only=True):
    """The record of an erasure: whose keys, how many, why, when. ``subject`` is a pseudonym."""

    subject: str
    keys: int
    reason: str
    recorded_at_ms: int
    position: int = -1


Entry = StoredExchange | StoredErasure


class KeyRing(Protocol):
    """The keys of bodies, as records need them."""

    def cipher_for(self, subject: str) -> tuple[int, AESGCM]:
        """Return a slot and its cipher for a subject."""

    def cipher_of(self, slot: int) -> AESGCM:
        """Return a slot's cipher; raises ErasedError, and EXC-0801 for a lost one."""


def encode_entries(
    entries: Sequence[Entry], *, keys: KeyRing, randomness: Randomness
) -> list[bytes]:
    """Return the bytes of records; new keys must be flushed before these bytes are written."""
    nonces = randomness(NONCE_BYTES * len(entries))
    return [
        _encode_exchange(entry, keys=keys, nonce=nonces[at * NONCE_BYTES : (at + 1) * NONCE_BYTES])
        if isinstance(entry, StoredExchange)
        else _encode([_ERASURE, entry.subject, entry.keys, entry.reason, entry.recorded_at_ms])
        for at, entry in enumerate(entries)
    ]


def _encode_exchange(exchange: StoredExchange, *, keys: KeyRing, nonce: bytes) -> bytes:
    bodies = _bodies_of(exchange)
    if bodies == _EMPTY:
        return _encode([_EXCHANGE, _NO_SLOT, b"", *_facts_of(exchange)])
    slot, cipher = keys.cipher_for(exchange.subject or day_subject(exchange.recorded_at_ms))
    sealed = nonce + cipher.encrypt(nonce, _encode(bodies), exchange.exchange_id.encode())
    return _encode([_EXCHANGE, slot, sealed, *_facts_of(exchange)])


def decode_entry(payload: bytes, *, position: int, keys: KeyRing | None) -> Entry:
    """Return a record; without keys its bodies stay sealed.

    Raises:
        Problem: EXC-0131 for bytes that are no record.
    """
    try:
        kind, *values = _decode(payload)
        if kind == _ERASURE:
            subject, count, reason, at_ms = values
            return StoredErasure(
                subject=subject, keys=count, reason=reason, recorded_at_ms=at_ms, position=position
            )
        slot, sealed, *facts = values
        known = dict(zip(FACTS, facts, strict=False))
        state, bodies = _open(slot, sealed, number=known["exchange_id"].encode(), keys=keys)
        known |= {"bodies": state, "position": position, **dict(zip(BODIES, bodies, strict=True))}
        return msgspec.convert(known, StoredExchange)
    except (msgspec.MsgspecError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Problem(
            EXC_JOURNAL_DAMAGED, position=position, file="journal", reason="this is no record"
        ) from error


def _open(
    slot: int, sealed: bytes, *, number: bytes, keys: KeyRing | None
) -> tuple[BodyState, tuple[bytes, bytes, bytes, bytes]]:
    """Return the bodies, or why there are none."""
    if slot == _NO_SLOT:
        return BodyState.KEPT, _EMPTY
    if keys is None:
        return BodyState.SEALED, _EMPTY
    nonce = sealed[:NONCE_BYTES]
    try:
        opened = keys.cipher_of(slot).decrypt(nonce, sealed[NONCE_BYTES:], number)
    except ErasedError:
        return BodyState.ERASED, _EMPTY
    except (Problem, InvalidTag):
        return BodyState.LOST, _EMPTY
    return BodyState.KEPT, _decode_bodies(opened)


def slot_of(payload: bytes) -> int | None:
    """Return the slot under which a record's bodies are sealed, or None when it has none."""
    kind, slot, *_ = _decode(payload)
    return slot if kind == _EXCHANGE and slot != _NO_SLOT else None
