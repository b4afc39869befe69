"""The only way from a person to a bill."""

from __future__ import annotations

from taysir.kernel.errors import Problem
from taysir.transactions.payments.errors import TRX_BILL_NOT_FOUND
from taysir.transactions.payments.models import Bill


def bill_of_case(case_number: str, *, payer_ref: str) -> Bill:
    """Return the newest bill of one's own case; TRX-0703 also if it is somebody else's."""
    bill = Bill.objects.filter(case_number=case_number, payer_ref=payer_ref).first()
    if bill is None:
        raise Problem(TRX_BILL_NOT_FOUND)
    return bill
