"""The port to a treasury and the plain values that cross it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsConfig:
    """How this installation reaches its treasury; the Django setting ``TAYSIR_PAYMENTS`` holds one.

    Attributes:
        biller: the agency's biller code at the treasury, three digits.
        service: the treasury's data service in the federation.
        client: the subsystem that asks.
        face_url: the information-system face of this installation's node.
        admin_url: the admin face of the same node.
        pay_url: where a person pays; ``{number}`` stands for the bill number.
        return_url: where the treasury sends the person back; ``{case}`` for the case number.
        treasury: the plug-in.
    """

    biller: str
    service: str
    client: str
    face_url: str
    admin_url: str
    pay_url: str
    return_url: str
    treasury: str = "taysir.transactions.payments.contrib.treasury.ExchangeTreasury"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRequest:
    """What the treasury is asked to collect."""

    number: str
    biller: str
    reference: str
    amount_minor: int
    description_ar: str
    description_en: str
    due: date
    return_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreasuryPayment:
    """One payment that the treasury received."""

    reference: str
    amount_minor: int
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TreasuryBill:
    """What the treasury holds of one bill. ``last_attempt`` is empty, declined or timeout."""

    number: str
    amount_minor: int
    payments: tuple[TreasuryPayment, ...]
    last_attempt: str = ""


class Treasury(Protocol):
    """Collects bills. Both methods are safe to repeat; raise TRX-0704 when nobody answers."""

    def register(self, bill: BillRequest) -> TreasuryBill:
        """Make the bill payable; of a number that is known, return what is held."""
        ...

    def look_up(self, number: str, *, case_number: str) -> TreasuryBill | None:
        """Return what is held of a bill, or None if it is not known."""
        ...


class OnPaid(Protocol):
    """Called once a bill is fully paid, inside the transaction that records it."""

    def __call__(self, case_number: str, bill_number: str) -> None:
        """Take notice; must be safe to repeat."""
        ...
