"""Bill numbers: biller code, nine drawn digits, Luhn check digit; digits only, as banks expect.

The middle is drawn and not counted, so that nobody finds other people's bills by counting on.
"""

from __future__ import annotations

from taysir.kernel.luhn import check_digit


def bill_number(biller: str, *, serial: int) -> str:
    """Return a biller's bill number for a drawn serial below 10**9."""
    body = f"{biller}{serial:09d}"
    return body + check_digit(body)
