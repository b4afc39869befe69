"""Verification codes survive being copied by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taysir.transactions.documents.codes import ALPHABET, code_from, read_code, shown


@given(st.binary(min_size=16, max_size=16))
def test_a_code_reads_back(entropy: bytes) -> None:
    """Grouped, in lower case and with look-alikes it is the same code."""
    code = code_from(entropy)
    typed = shown(code).lower().replace("0", "o").replace("1", "l")

    assert code == read_code(typed)
    assert len(code) == 25
    assert set(code) <= set(ALPHABET)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """What is read has the form of a code."""
    code = read_code(text)

    assert code is None or (len(code) == 25 and set(code) <= set(ALPHABET))
