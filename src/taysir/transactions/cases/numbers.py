"""Case numbers that people can read out: agency, year, serial and a check digit."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from taysir.kernel.luhn import check_digit
from taysir.transactions.cases.models import Case


def case_draw(case_id: UUID) -> int:
    """Return a case's draw of 0 to 99 for samples: nobody chooses it, anybody can check it."""
    digest = hashlib.sha256(b"taysir-draw-1\n" + case_id.bytes).digest()
    return int.from_bytes(digest[:8]) % 100


def case_number(agency: str, *, at: datetime) -> str:
    """Return a fresh number such as ``TRF-2026-480215-7``.

    The serial is drawn at random, so that a number tells nothing of how many there are.
    """
    while True:
        serial = f"{secrets.randbelow(900_000) + 100_000}"
        number = f"{agency}-{at.year}-{serial}-{check_digit(f'{at.year}{serial}')}"
        if not Case.objects.filter(number=number).exists():
            return number
