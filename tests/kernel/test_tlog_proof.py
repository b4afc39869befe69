"""A proof of an entry as a text: written, read back, and one spelling only."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.errors import Problem
from taysir.kernel.tlog_proof import TlogProof, encode_proof, parse_proof

NOTE = b"log\n1\nAAAA\n\n\xe2\x80\x94 log AAAA\n"
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.integers(0, 2**60), HASHES, st.binary(max_size=64))
def test_what_is_written_is_read_back(index: int, hashes: tuple[bytes, ...], extra: bytes) -> None:
    """Index, hashes, extra and checkpoint survive."""
    proof = TlogProof(index=index, hashes=hashes, checkpoint=NOTE, extra=extra)

    assert parse_proof(encode_proof(proof)) == proof


def test_the_text_is_that_of_the_standard() -> None:
    """Line for line as C2SP tlog-proof shows it."""
    proof = TlogProof(index=3, hashes=(bytes(32),), checkpoint=NOTE, extra=b"salt")

    assert encode_proof(proof) == (
        b"c2sp.org/tlog-proof@v1\nextra c2FsdA==\nindex 3\n" + b"A" * 43 + b"=\n\n" + NOTE
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        NOTE,
        b"c2sp.org/tlog-proof@v1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v2\nindex 1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 01\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 1\n!\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"A" * 42 + b"B=\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nextra \nindex 1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nindex \xff\n\n" + NOTE,
        b"x" * 6000 + b"\n\n" + NOTE,
    ],
)
def test_other_texts_are_refused(text: bytes) -> None:
    """Each spelling but the right one."""
    with pytest.raises(Problem, match="KRN-0221"):
        parse_proof(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_proof_or_refused(text: bytes) -> None:
    """The parser fails in one way, and what it accepts has one spelling."""
    with contextlib.suppress(Problem):
        assert encode_proof(parse_proof(b"c2sp.org/tlog-proof@v1\n" + text)).endswith(text)
