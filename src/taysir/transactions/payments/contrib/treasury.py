"""A treasury that is reached through the exchange: ``POST /bills`` and ``GET /bills/{number}``.

Every question is a signed call under an agreement, with the case number as its issue, so that the
bill and each look at it can be proven. The answer is checked for its form here and against the
bill by the service.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from taysir.exchange.client import Answer, ExchangeClient, Outcome
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, SubsystemId
from taysir.transactions.payments.base import (
    BillRequest,
    PaymentsConfig,
    TreasuryBill,
    TreasuryPayment,
)
from taysir.transactions.payments.errors import TRX_TREASURY_UNAVAILABLE

PURPOSE = "fee-collection"


class _PaymentAnswer(msgspec.Struct, frozen=True):
    reference: str
    amount_minor: int
    paid_at: datetime


class _BillAnswer(msgspec.Struct, frozen=True):
    number: str
    amount_minor: int
    payments: list[_PaymentAnswer]
    last_attempt: Literal["", "declined", "timeout"] = ""


class ExchangeTreasury:
    """Asks the treasury's bills service in the agency's name."""

    def __init__(self, config: PaymentsConfig) -> None:
        self._service = ServiceId.parse(config.service)
        self._client = ExchangeClient(
            face_url=config.face_url,
            admin_url=config.admin_url,
            client=SubsystemId.parse(config.client),
        )

    def register(self, bill: BillRequest) -> TreasuryBill:
        """Make the bill payable at the treasury."""
        answer = self._client.ask(
            self._service,
            method="POST",
            path="/bills",
            body=msgspec.json.encode(bill),
            purpose=PURPOSE,
            issue=bill.reference,
        )
        return _read(answer)

    def look_up(self, number: str, *, case_number: str) -> TreasuryBill | None:
        """Return what the treasury holds of a bill."""
        answer = self._client.ask(
            self._service, path=f"/bills/{number}", purpose=PURPOSE, issue=case_number
        )
        return None if answer.outcome is Outcome.NOT_FOUND else _read(answer)


def _read(answer: Answer) -> TreasuryBill:
    if answer.outcome is not Outcome.ANSWERED:
        raise Problem(TRX_TREASURY_UNAVAILABLE, finding=answer.outcome.value)
    try:
        found = msgspec.json.decode(answer.body, type=_BillAnswer)
    except msgspec.MsgspecError as error:
        raise Problem(TRX_TREASURY_UNAVAILABLE, finding="unreadable answer") from error
    payments = tuple(
        TreasuryPayment(reference=p.reference, amount_minor=p.amount_minor, paid_at=p.paid_at)
        for p in found.payments
    )
    return TreasuryBill(
        number=found.number,
        amount_minor=found.amount_minor,
        payments=payments,
        last_attempt=found.last_attempt,
    )
