"""A batched token proves its statement alone, and no other bytes than the signed ones."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.batch import open_batched, seal_batch
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer

SIGNER = Signer(b"certificate", ec.derive_private_key(7, ec.SECP256R1()))
OTHER = ec.derive_private_key(8, ec.SECP256R1()).public_key()
TIME_MS = 1_764_000_000_123


def seal(payloads: list[bytes]) -> list[bytes]:
    return seal_batch(payloads, signer=SIGNER, time_ms=TIME_MS)


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=70))
def test_every_statement_of_a_batch_verifies_alone(payloads: list[bytes]) -> None:
    """Whatever the size of the batch, each token gives its payload back under the one signature."""
    for payload, token in zip(payloads, seal(payloads), strict=True):
        opened = open_batched(token)
        opened.verify(SIGNER.key.public_key())
        assert opened.payload == payload
        assert opened.signed.manifest.size == len(payloads)


def test_another_key_does_not_verify_after_the_right_one_did() -> None:
    """The remembered check belongs to one key."""
    opened = open_batched(seal([b"a", b"b"])[0])
    opened.verify(SIGNER.key.public_key())
    with pytest.raises(Problem, match="KRN-0206"):
        opened.verify(OTHER)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7), st.integers(2, 40))
def test_any_changed_bit_is_found(place: int, bit: int, size: int) -> None:
    """Payload, proof, manifest or signature: one changed bit and the token does not verify."""
    tokens = seal([b"statement %d" % number for number in range(size)])
    token = bytearray(tokens[size // 2])
    token[place % len(token)] ^= 1 << bit
    with pytest.raises(Problem):
        open_batched(bytes(token)).verify(SIGNER.key.public_key())


def test_a_proof_of_another_statement_does_not_hold() -> None:
    """Payload of one, proof of the other: refused."""
    first, second = seal([b"first", b"second"])
    mixed = first.split(b".")[:1] + second.split(b".")[1:]
    with pytest.raises(Problem, match="KRN-0205"):
        open_batched(b".".join(mixed))


def test_batches_have_a_greatest_size() -> None:
    """As many as the limit are sealed; none and one more are not."""
    payloads = [b"%d" % number for number in range(limits.BATCH_STATEMENTS)]
    assert open_batched(seal(payloads)[-1]).payload == payloads[-1]
    for wrong in ([], [*payloads, b"x"]):
        with pytest.raises(ValueError, match="batch"):
            seal(wrong)
