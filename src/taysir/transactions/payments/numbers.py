"""Bill numbers: biller code, nine drawn digits, Luhn check digit; digits only, as banks expect.

The middle is drawn and not counted, so that nobody finds other people's bills by counting on.
"""

from __future__ import annotations


def bill_number(biller: str, *, serial: int) -> str:
    """Return a biller's bill number for a drawn serial below 10**9."""
    body = f"{biller}{serial:09d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Return the Luhn digit of ISO/IEC 7812-1 annex B, which finds any single wrong digit."""
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
