"""The treasury's data service for billers: make a bill, look at a bill. Reached by the exchange.

``POST /bills`` is idempotent by number: the same bill again returns what is held (200), another
bill under the same number is refused (409). Who may call is the agreement's business, not ours.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import msgspec

from taysir.country.treasury.errors import (
    CTY_BILL_TAKEN,
    CTY_BILL_UNKNOWN,
    CTY_BILL_UNREADABLE,
)
from taysir.country.treasury.store import StoredBill, TreasuryStore
from taysir.exchange.http import Request, Response, json_response
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class NewBill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a biller sends."""

    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{8,20}$")]
    biller: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{3}$")]
    reference: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    amount_minor: Annotated[int, msgspec.Meta(gt=0, le=limits.BILL_AMOUNT_MINOR)]
    description_ar: _Text
    description_en: _Text
    due: date
    return_url: Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]{1,400}$")]


def make_bill(request: Request, *, store: TreasuryStore, now: datetime) -> Response:
    """Answer ``POST /bills``; raises CTY-0301 or CTY-0302."""
    if len(request.body) > limits.TREASURY_BILL_BYTES:
        raise Problem(CTY_BILL_UNREADABLE, finding="too large")
    try:
        new = msgspec.json.decode(request.body, type=NewBill)
    except msgspec.MsgspecError as error:
        raise Problem(CTY_BILL_UNREADABLE, finding=str(error)[:120]) from error
    bill = StoredBill(
        number=new.number,
        biller=new.biller,
        reference=new.reference,
        amount_minor=new.amount_minor,
        description_ar=new.description_ar,
        description_en=new.description_en,
        due=new.due.isoformat(),
        return_url=new.return_url,
        last_attempt="",
        payments=(),
    )
    if store.add(bill):
        return json_response(_document(bill), status=201)
    held = store.find(new.number, now=now)
    same = held is not None and (held.biller, held.reference, held.amount_minor) == (
        bill.biller,
        bill.reference,
        bill.amount_minor,
    )
    if held is None or not same:
        raise Problem(CTY_BILL_TAKEN, number=new.number)
    return json_response(_document(held))


def show_bill(number: str, *, store: TreasuryStore, now: datetime) -> Response:
    """Answer ``GET /bills/{number}``; raises CTY-0303."""
    held = store.find(number, now=now)
    if held is None:
        raise Problem(CTY_BILL_UNKNOWN)
    return json_response(_document(held))


def _document(bill: StoredBill) -> dict[str, object]:
    return {
        "biller": bill.biller,
        "number": bill.number,
        "reference": bill.reference,
        "amount_minor": bill.amount_minor,
        "due": bill.due,
        "status": "paid" if bill.is_paid else "issued",
        "last_attempt": bill.last_attempt,
        "payments": [asdict(payment) for payment in bill.payments],
    }
