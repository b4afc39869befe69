"""The check digit of every number that people copy by hand: identities, cases, bills.

It finds any single wrong digit and most swapped neighbours.

Source: ISO/IEC 7812-1 annex B.
"""

from __future__ import annotations

from typing import Final

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Twice a digit with the digits of the result added up."""


def check_digit(digits: str) -> str:
    """Return the Luhn digit that completes a string of ASCII digits."""
    total = 0
    for position, character in enumerate(reversed(digits)):
        digit = ord(character) - 48
        total += digit if position % 2 else _DOUBLED[digit]
    return str(-total % 10)
