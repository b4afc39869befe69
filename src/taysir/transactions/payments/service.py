"""Makes bills and follows their payment; the only writer of this app.

One bill a case, or one for each part that is paid. ``create_bill`` never fails because the
treasury is down: the bill then waits in the state *new* and ``reconcile`` registers it. Whatever
the treasury reports is compared with the bill before it counts, payments are counted once by their
reference, and money beyond the amount is recorded as a refund due. Subscribers are called in the
transaction that turns a bill *paid*.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import accumulate

from django.db import IntegrityError, transaction
from django.utils import timezone

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.transactions.payments import registry
from taysir.transactions.payments.base import BillRequest, TreasuryBill
from taysir.transactions.payments.errors import (
    TRX_BILL_AMOUNT,
    TRX_BILL_CONFLICT,
    TRX_BILL_NOT_FOUND,
    TRX_BILL_NUMBERS_EXHAUSTED,
    TRX_TREASURY_CONTRADICTS,
)
from taysir.transactions.payments.models import Bill, BillStatus, Payment
from taysir.transactions.payments.numbers import bill_number

log = get_logger(__name__)

_AGAIN = "#"
"""Stands between a part and how many times it was billed."""


def create_bill(
    *,
    case_number: str,
    amount_minor: int,
    payer_ref: str,
    description: Mapping[str, str],
    due: date,
    part: str = "",
    now: datetime | None = None,
    draw: Callable[[int], int] = secrets.randbelow,
) -> Bill:
    """Make the bill of a case and register it with the treasury; the same call again is harmless.

    Args:
        case_number: the case; it has one bill, or one for each part.
        amount_minor: what is owed, in qirsh.
        payer_ref: the person who owes it.
        description: what it is for, ``{"ar": …, "en": …}``.
        due: the last day of payment.
        part: which part of the case's fee it is, where it is paid in parts.
        now: the time of making, by default the clock's.
        draw: the source of bill numbers, which nobody should guess from another.

    Raises:
        Problem: TRX-0701 for an impossible amount, TRX-0702 if the case has another bill.
    """
    if not 0 < amount_minor <= limits.BILL_AMOUNT_MINOR:
        raise Problem(TRX_BILL_AMOUNT, amount=amount_minor)
    moment = now or timezone.now()
    bill = _bill_of_case(case_number, part=part, amount_minor=amount_minor) or _make(
        case_number=case_number,
        part=part,
        amount_minor=amount_minor,
        payer_ref=payer_ref,
        description=description,
        due=due,
        now=moment,
        draw=draw,
    )
    if bill.status == BillStatus.NEW:
        # never ask over the network while a caller's transaction holds the database
        transaction.on_commit(lambda: _follow(bill, now=moment, tolerant=True))
        bill.refresh_from_db()
    return bill


def bills_of_part(case_number: str, *, part: str) -> list[Bill]:
    """Return the bills of one part of a fee, oldest first: a part may be billed once more."""
    found = Bill.objects.filter(case_number=case_number).order_by("created_at", "pk")
    return [bill for bill in found if bill.part.partition(_AGAIN)[0] == part]


def next_part(part: str, *, earlier: int) -> str:
    """Return the name under which a part is billed once more."""
    return f"{part}{_AGAIN}{earlier + 1}" if earlier else part


def give_back(case_number: str, *, amount_minor: int) -> Bill:
    """Owe a part of a paid fee back, because the agency did not do what it was for; once a case.

    Raises:
        Problem: TRX-0703 if nothing was paid, TRX-0701 for more than was.
    """
    with transaction.atomic():
        paid = Bill.objects.select_for_update().filter(status=BillStatus.PAID)
        bill = paid.filter(case_number=case_number).first()
        if bill is None:
            raise Problem(TRX_BILL_NOT_FOUND)
        if not 0 < amount_minor <= bill.amount_minor:
            raise Problem(TRX_BILL_AMOUNT, amount=amount_minor)
        if bill.given_back_minor == 0:
            bill.given_back_minor = amount_minor
            bill.refund_due_minor += amount_minor
            bill.save(update_fields=["given_back_minor", "refund_due_minor"])
            log.info("fee_given_back", bill=bill.number, case=case_number)
    return bill


def refresh(number: str, *, now: datetime | None = None) -> Bill:
    """Ask the treasury about one bill and record the answer.

    Raises:
        Problem: TRX-0703 for an unknown number, TRX-0704 if the treasury does not answer,
            TRX-0705 if it contradicts the bill.
    """
    bill = Bill.objects.filter(number=number).first()
    if bill is None:
        raise Problem(TRX_BILL_NOT_FOUND)
    return _follow(bill, now=now or timezone.now(), tolerant=False)


def reconcile(*, now: datetime | None = None, limit: int = limits.RECONCILE_BATCH) -> int:
    """Follow the bills that wait longest; returns how many became paid. Called by the worker.

    Also paid bills are asked about for some days, because a second payment may arrive late.
    """
    moment = now or timezone.now()
    recent = moment - timedelta(days=limits.RECONCILE_PAID_DAYS)
    rested = moment - timedelta(seconds=limits.RECONCILE_PAID_REST_S)
    waiting = Bill.objects.exclude(status=BillStatus.PAID)
    settled = Bill.objects.filter(
        status=BillStatus.PAID, paid_at__gte=recent, checked_at__lt=rested
    )
    paid = 0
    for bill in [*waiting.order_by("checked_at")[:limit], *settled.order_by("checked_at")[:limit]]:
        was_paid = bill.is_paid
        paid += _follow(bill, now=moment, tolerant=True).is_paid and not was_paid
    return paid


def _bill_of_case(case_number: str, *, part: str, amount_minor: int) -> Bill | None:
    bill = Bill.objects.filter(case_number=case_number, part=part).first()
    if bill is not None and bill.amount_minor != amount_minor:
        raise Problem(TRX_BILL_CONFLICT, case=case_number)
    return bill


def _make(
    *,
    case_number: str,
    part: str,
    amount_minor: int,
    payer_ref: str,
    description: Mapping[str, str],
    due: date,
    now: datetime,
    draw: Callable[[int], int],
) -> Bill:
    for _attempt in range(limits.BILL_NUMBER_ATTEMPTS):
        bill = Bill(
            number=bill_number(registry.config().biller, serial=draw(10**9)),
            case_number=case_number,
            part=part,
            payer_ref=payer_ref,
            amount_minor=amount_minor,
            description_ar=description["ar"],
            description_en=description["en"],
            due=due,
            created_at=now,
        )
        try:
            with transaction.atomic():
                bill.save(force_insert=True)
        except IntegrityError:  # the number is taken, or another request made this case's bill
            found = _bill_of_case(case_number, part=part, amount_minor=amount_minor)
            if found is not None:
                return found
            continue
        log.info("bill_created", bill=bill.number, case=case_number)
        return bill
    raise Problem(TRX_BILL_NUMBERS_EXHAUSTED)


def _follow(bill: Bill, *, now: datetime, tolerant: bool) -> Bill:
    """Bring one bill up to date; a tolerant caller gets the bill as it is when that fails."""
    try:
        held = _ask(bill)
    except Problem as problem:
        log.warning("bill_not_followed", bill=bill.number, code=problem.code)
        Bill.objects.filter(pk=bill.pk).update(checked_at=now)
        if tolerant:
            return bill
        raise
    return _record(bill.pk, held, now=now)


def _ask(bill: Bill) -> TreasuryBill:
    """Return what the treasury holds, registering the bill if it does not know it."""
    treasury = registry.treasury()
    held = None
    if bill.status != BillStatus.NEW:
        held = treasury.look_up(bill.number, case_number=bill.case_number)
    if held is None:
        held = treasury.register(_request(bill))
    if held.number != bill.number:
        raise Problem(TRX_TREASURY_CONTRADICTS, bill=bill.number, finding="number")
    if held.amount_minor != bill.amount_minor:
        raise Problem(TRX_TREASURY_CONTRADICTS, bill=bill.number, finding="amount")
    return held


def _request(bill: Bill) -> BillRequest:
    config = registry.config()
    return BillRequest(
        number=bill.number,
        biller=config.biller,
        reference=bill.case_number,
        amount_minor=bill.amount_minor,
        description_ar=bill.description_ar,
        description_en=bill.description_en,
        due=bill.due,
        return_url=config.return_url.format(case=bill.case_number),
    )


def _record(bill_id: int, held: TreasuryBill, *, now: datetime) -> Bill:
    """Write what the treasury holds and tell the subscribers if the bill has just been paid."""
    with transaction.atomic():
        bill = Bill.objects.select_for_update().get(pk=bill_id)
        for payment in held.payments:
            Payment.objects.get_or_create(
                bill=bill,
                reference=payment.reference,
                defaults={
                    "amount_minor": payment.amount_minor,
                    "paid_at": payment.paid_at,
                    "recorded_at": now,
                },
            )
        became_paid = _settle(bill, held=held, now=now)
        bill.save()
        if became_paid:
            log.info("bill_paid", bill=bill.number, case=bill.case_number)
            for subscriber in registry.subscribers():
                subscriber(bill.case_number, bill.number)
    return bill


def _settle(bill: Bill, *, held: TreasuryBill, now: datetime) -> bool:
    """Move the bill's state from its recorded payments; True if it has just been paid."""
    payments = list(bill.payments.all())
    sums = list(accumulate(payment.amount_minor for payment in payments))
    bill.paid_minor = sums[-1] if sums else 0
    bill.checked_at = now
    bill.last_attempt = held.last_attempt
    if bill.status == BillStatus.NEW:
        bill.status = BillStatus.ISSUED
    if bill.paid_minor < bill.amount_minor:
        return False
    excess = bill.paid_minor - bill.amount_minor
    if excess > bill.refund_due_minor - bill.given_back_minor:
        log.warning("bill_overpaid", bill=bill.number, excess_minor=excess)
    bill.refund_due_minor = excess + bill.given_back_minor
    if bill.is_paid:
        return False
    bill.status = BillStatus.PAID
    covered = next(i for i, total in enumerate(sums) if total >= bill.amount_minor)
    bill.paid_at = payments[covered].paid_at
    return True
