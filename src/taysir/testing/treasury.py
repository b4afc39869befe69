"""A treasury in memory, plugged in by ``PaymentsConfig.treasury``; tests say who paid what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from taysir.kernel.errors import Problem
from taysir.transactions.payments.base import (
    BillRequest,
    PaymentsConfig,
    TreasuryBill,
    TreasuryPayment,
)
from taysir.transactions.payments.errors import TRX_TREASURY_UNAVAILABLE


class MemoryTreasury:
    """Holds bills until the process ends."""

    def __init__(self, config: PaymentsConfig) -> None:
        self._biller = config.biller
        self.bills: dict[str, TreasuryBill] = {}
        self.down = False

    def register(self, bill: BillRequest) -> TreasuryBill:
        """Make the bill payable, or return what is held; raises TRX-0704 when down."""
        self._answer()
        made = TreasuryBill(number=bill.number, amount_minor=bill.amount_minor, payments=())
        return self.bills.setdefault(bill.number, made)

    def look_up(self, number: str, *, case_number: str) -> TreasuryBill | None:
        """Return what is held; raises TRX-0704 when down."""
        del case_number
        self._answer()
        return self.bills.get(number)

    def pay(self, number: str, *, at: datetime | None = None) -> None:
        """Have somebody pay the whole bill, once more."""
        bill = self.bills[number]
        payment = TreasuryPayment(
            reference=f"{number}-{len(bill.payments) + 1}",
            amount_minor=bill.amount_minor,
            paid_at=at or datetime.now(UTC),
        )
        self.bills[number] = replace(bill, payments=(*bill.payments, payment), last_attempt="")

    def fail(self, number: str, *, attempt: str) -> None:
        """Have an attempt end as ``declined`` or ``timeout``."""
        self.bills[number] = replace(self.bills[number], last_attempt=attempt)

    def _answer(self) -> None:
        if self.down:
            raise Problem(TRX_TREASURY_UNAVAILABLE, finding="down")
