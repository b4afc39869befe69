"""Makes the bill of a stage at which something is to be paid, and owes a fee back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from taysir.engine.definition import Pack, Stage
from taysir.kernel import limits
from taysir.kernel.money import Money
from taysir.transactions.cases.models import Case
from taysir.transactions.cases.recording import record_event
from taysir.transactions.notices.service import send
from taysir.transactions.payments import service as payments
from taysir.ui.formats import format_date


def issue_bill(case: Case, pack: Pack, stage: Stage, *, at: datetime) -> None:
    """Bill what the stage's fact says, less what was paid here before. Saves no case.

    A case that was sent back comes to the stage again, perhaps with another amount: what was paid
    counts, and only the difference is asked for. Without a bill the case goes on by itself.
    """
    earlier = payments.bills_of_part(case.number, part=stage.name)
    paid = sum(bill.amount_minor for bill in earlier if bill.is_paid)
    amount = int(case.facts.value(stage.bill) or 0) - paid
    case.bill_number = ""
    if amount <= 0:
        return
    due = timezone.localdate(at) + timedelta(days=limits.BILL_DAYS)
    bill = payments.create_bill(
        case_number=case.number,
        part=payments.next_part(stage.name, earlier=len([b for b in earlier if b.is_paid])),
        amount_minor=amount,
        payer_ref=case.person_ref,
        description={"ar": pack.service.title["ar"], "en": pack.service.title["en"]},
        due=due,
        now=at,
    )
    case.bill_number = bill.number
    record_event(case, "fee_issued", pack=pack, role="system", at=at, amount_minor=amount)
    record_event(case, "clock_stopped", pack=pack, role="system", at=at, cause="payment")
    money = Money(amount)
    values = {
        "service": pack.service.title,
        "amount": {"ar": money.format("ar"), "en": money.format("en")},
        "bill_number": bill.number,
        "due": {"ar": format_date(due, "ar"), "en": format_date(due, "en")},
    }
    tell(case, "bill_issued", values, at=at)


def give_back(case: Case, pack: Pack, fact: str, *, at: datetime) -> None:
    """Owe the person back what a fact of the case says; nothing to give back is no step."""
    amount = int(case.facts.value(fact) or 0)
    if amount == 0:
        return
    payments.give_back(case.number, amount_minor=amount)
    record_event(
        case, "fee_refunded", pack=pack, role="system", at=at, told=False, amount_minor=amount
    )


def tell(case: Case, template: str, values: dict[str, Any], *, at: datetime) -> None:
    """Put a message into the inbox of the case's person."""
    send(
        person_ref=case.person_ref,
        case_number=case.number,
        template=template,
        values=values,
        now=at,
    )
