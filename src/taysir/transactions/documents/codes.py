"""Verification codes: unguessable, easy to copy from paper, forgiving when typed.

A code is 125 random bits in Crockford's base 32 (no I, L, O, U), shown as five groups of five.
Reading one folds case, the look-alikes and every separator. This module draws no randomness.
"""

from __future__ import annotations

from taysir.kernel import limits
from taysir.kernel.text import normalise_digits

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_FOLD = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None, "\u200e": None})


def code_from(entropy: bytes) -> str:
    """Return the code of 16 random bytes (three bits are left unused)."""
    number = int.from_bytes(entropy[:16], "big")
    return "".join(
        ALPHABET[(number >> (5 * i)) & 31] for i in range(limits.VERIFICATION_CODE_CHARS)
    )


def read_code(typed: str) -> str | None:
    """Return the code that a person typed or scanned, or None if it cannot be one."""
    folded = normalise_digits(typed.strip()[:64]).upper().translate(_FOLD)
    if len(folded) != limits.VERIFICATION_CODE_CHARS or any(c not in ALPHABET for c in folded):
        return None
    return folded


def shown(code: str) -> str:
    """Return the code in groups of five, as it is printed."""
    return "-".join(code[i : i + 5] for i in range(0, len(code), 5))
