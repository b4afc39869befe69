"""What lies in the journal: exchanges with sealed bodies; bytes <-> structs.

A record is a MessagePack array that begins with its kind. An erasure is the record of an act of the
node itself, whose ``request`` says what was erased. Bodies and passed headers are sealed
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
from taysir.exchange.model import BodyState, CallOutcome, Direction, StoredExchange
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem

_EXCHANGE: Final = 1
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


class KeyRing(Protocol):
    """The keys of bodies, as records need them."""

    def cipher_for(self, subject: str) -> tuple[int, AESGCM]:
        """Return a slot and its cipher for a subject."""

    def cipher_of(self, slot: int) -> AESGCM:
        """Return a slot's cipher; raises ErasedError, and EXC-0801 for a lost one."""


def encode_exchanges(
    exchanges: Sequence[StoredExchange], *, keys: KeyRing, randomness: Randomness
) -> list[bytes]:
    """Return the bytes of records; new keys must be flushed before these bytes are written."""
    nonces = randomness(NONCE_BYTES * len(exchanges))
    return [
        _encode_exchange(one, keys=keys, nonce=nonces[at * NONCE_BYTES : (at + 1) * NONCE_BYTES])
        for at, one in enumerate(exchanges)
    ]


def _encode_exchange(exchange: StoredExchange, *, keys: KeyRing, nonce: bytes) -> bytes:
    bodies = _bodies_of(exchange)
    if bodies == _EMPTY:
        return _encode([_EXCHANGE, _NO_SLOT, b"", *_facts_of(exchange)])
    slot, cipher = keys.cipher_for(exchange.subject or day_subject(exchange.recorded_at_ms))
    sealed = nonce + cipher.encrypt(nonce, _encode(bodies), exchange.exchange_id.encode())
    return _encode([_EXCHANGE, slot, sealed, *_facts_of(exchange)])


def decode_exchange(payload: bytes, *, position: int, keys: KeyRing | None) -> StoredExchange:
    """Return a record; without keys its bodies stay sealed.

    Raises:
        Problem: EXC-0131 for bytes that are no record.
    """
    try:
        kind, slot, sealed, *facts = _decode(payload)
        known = dict(zip(FACTS, facts, strict=False)) if kind == _EXCHANGE else {}
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


def received_call(payload: bytes) -> tuple[str, str] | None:
    """Return consumer and number of a received call, or None for any other record."""
    _kind, _slot, _sealed, number, direction, _outcome, consumer, *_ = _decode(payload)
    return (consumer, number) if direction == Direction.RECEIVED and consumer else None


def erasure_record(
    subject: str, *, keys: int, reason: str, at_ms: int, number: str
) -> StoredExchange:
    """Return the record of an erasure. ``subject`` is a pseudonym, ``keys`` how many it had."""
    said = {"erased": subject, "keys": keys, "reason": reason, "time_ms": at_ms}
    return StoredExchange(
        exchange_id=number,
        direction=Direction.LOCAL,
        outcome=CallOutcome.ERASED,
        consumer="",
        service="",
        provider="",
        purpose="",
        agreement="",
        subject=subject,
        issue="",
        method="",
        path="",
        status=0,
        error_code="",
        recorded_at_ms=at_ms,
        elapsed_ms=0.0,
        request=canonical_json(said),
        response=b"",
        request_headers=b"",
        request_body=b"",
        response_headers=b"",
        response_body=b"",
    )
