"""A bill is made once, believed only from the treasury, and a second payment is a refund due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.transactions.payments import access, registry, service
from taysir.transactions.payments.models import Bill, BillStatus
from taysir.transactions.payments.numbers import bill_number, check_digit
from tests.transactions.conftest import Town

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def make(**changes: Any) -> Bill:
    arguments: dict[str, Any] = {
        "case_number": "TRF-2026-000001-1",
        "amount_minor": 20_000,
        "payer_ref": "p1",
        "description": {"ar": "رسم", "en": "Fee"},
        "due": date(2026, 12, 24),
        "now": NOW,
    }
    return service.create_bill(**arguments | changes)


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Collect the cases that are told of their payment."""
    heard: list[str] = []
    subscribers = registry._subscribers
    before = list(subscribers)
    subscribers[:] = [lambda case_number, bill_number: heard.append(case_number)]
    yield heard
    subscribers[:] = before


def test_a_bill_is_payable_at_once(town: Town) -> None:
    """It has a number with a check digit, and the treasury knows it."""
    bill = make()

    assert bill.status == BillStatus.ISSUED
    assert bill.number[-1] == check_digit(bill.number[:-1])
    assert bill.number in town.treasury.bills


def test_a_case_has_one_bill(town: Town) -> None:
    """The same call again returns it; another amount is refused."""
    assert make().pk == make().pk
    with pytest.raises(Problem, match="TRX-0702"):
        make(amount_minor=1)


def test_a_fee_in_parts_has_a_bill_for_each(town: Town) -> None:
    """Each part is made once and keeps its amount; the newest is the one to pay."""
    first = make(part="first-payment", amount_minor=4_000)
    second = make(part="payment", amount_minor=16_000, now=NOW + timedelta(days=9))
    assert make(part="first-payment", amount_minor=4_000).pk == first.pk
    with pytest.raises(Problem, match="TRX-0702"):
        make(part="payment", amount_minor=4_000)
    assert access.bill_of_case(first.case_number, payer_ref="p1").pk == second.pk


def test_a_part_of_a_paid_fee_is_owed_back_once(town: Town) -> None:
    """It adds to what was paid too much, and asking the treasury again does not undo it."""
    bill = make()
    with pytest.raises(Problem, match="TRX-0703"):
        service.give_back(bill.case_number, amount_minor=2_000)
    town.treasury.pay(bill.number)
    service.refresh(bill.number)

    service.give_back(bill.case_number, amount_minor=2_000)
    service.give_back(bill.case_number, amount_minor=2_000)
    assert Bill.objects.get().refund_due_minor == 2_000
    assert Bill.objects.get().outcome == "paid"
    town.treasury.pay(bill.number)
    service.refresh(bill.number)
    assert Bill.objects.get().refund_due_minor == 22_000
    assert Bill.objects.get().outcome == "paid_twice"


@pytest.mark.parametrize("amount", [0, 20_001])
def test_no_more_is_owed_back_than_was_billed(town: Town, amount: int) -> None:
    """Nought and more than the amount are mistakes of a table."""
    bill = make()
    town.treasury.pay(bill.number)
    service.refresh(bill.number)
    with pytest.raises(Problem, match="TRX-0701"):
        service.give_back(bill.case_number, amount_minor=amount)


@pytest.mark.parametrize("amount", [0, -1, limits.BILL_AMOUNT_MINOR + 1])
def test_an_impossible_amount_is_refused(town: Town, amount: int) -> None:
    """Nought and more than the bound are mistakes of a table."""
    with pytest.raises(Problem, match="TRX-0701"):
        make(amount_minor=amount)
    assert make(amount_minor=limits.BILL_AMOUNT_MINOR)


def test_a_number_in_use_is_drawn_again(town: Town) -> None:
    """Two bills never share a number; a source that repeats itself for ever is an error."""
    first = make(draw=lambda bound: 7)
    draws = iter([7, 7, 8])
    second = make(case_number="TRF-2026-000002-9", draw=lambda bound: next(draws))

    assert second.number == bill_number(first.number[:3], serial=8)
    with pytest.raises(Problem, match="TRX-0706"):
        make(case_number="TRF-2026-000003-7", draw=lambda bound: 7)


def test_a_silent_treasury_delays_and_loses_nothing(town: Town) -> None:
    """The bill waits and is registered by the worker; a person who asks is told."""
    town.treasury.down = True
    bill = make()
    assert bill.status == BillStatus.NEW
    with pytest.raises(Problem, match="TRX-0704"):
        service.refresh(bill.number)
    town.treasury.down = False

    service.reconcile(now=NOW)

    assert Bill.objects.get().status == BillStatus.ISSUED


def test_only_the_treasury_makes_a_bill_paid(town: Town, told: list[str]) -> None:
    """Coming back without having paid changes nothing; paying does, once."""
    bill = make()
    assert service.refresh(bill.number, now=NOW).outcome == "open"
    town.treasury.pay(bill.number, at=NOW)

    paid = service.refresh(bill.number, now=NOW)
    service.refresh(bill.number, now=NOW)

    assert (paid.outcome, paid.paid_at) == ("paid", NOW)
    assert told == [bill.case_number]


def test_a_second_payment_is_a_refund_due(town: Town, told: list[str]) -> None:
    """Also when it arrives after the first was settled, and however often it is asked about."""
    bill = make()
    town.treasury.pay(bill.number, at=NOW)
    service.refresh(bill.number, now=NOW)
    town.treasury.pay(bill.number, at=NOW)

    later = NOW + timedelta(seconds=limits.RECONCILE_PAID_REST_S + 1)
    assert service.reconcile(now=later) == 0
    twice = service.refresh(bill.number, now=later)

    assert (twice.outcome, twice.refund_due_minor) == ("paid_twice", 20_000)
    assert twice.payments.count() == 2
    assert told == [bill.case_number]


def test_a_late_notice_is_found_by_the_worker(town: Town, told: list[str]) -> None:
    """The person is gone, the payment arrives, the case goes on."""
    bill = make()
    town.treasury.pay(bill.number, at=NOW)

    assert service.reconcile(now=NOW) == 1
    assert told == [bill.case_number]


def test_a_treasury_that_contradicts_is_not_believed(town: Town) -> None:
    """A bill of another amount is no payment of ours."""
    bill = make()
    held = town.treasury.bills[bill.number]
    town.treasury.bills[bill.number] = replace(held, amount_minor=1)

    with pytest.raises(Problem, match="TRX-0705"):
        service.refresh(bill.number)


def test_a_declined_attempt_leaves_the_bill_open(town: Town) -> None:
    """The outcome is shown, and the bill can still be paid."""
    bill = make()
    held = town.treasury.bills[bill.number]
    town.treasury.bills[bill.number] = replace(held, last_attempt="declined")

    tried = service.refresh(bill.number)

    assert (tried.status, tried.outcome) == (BillStatus.ISSUED, "declined")


def test_an_unknown_or_foreign_bill_is_not_found(town: Town) -> None:
    """Access goes by payer."""
    bill = make()

    assert access.bill_of_case(bill.case_number, payer_ref="p1") == bill
    for refused in (
        lambda: access.bill_of_case(bill.case_number, payer_ref="p2"),
        lambda: service.refresh("0" * 13),
    ):
        with pytest.raises(Problem, match="TRX-0703"):
            refused()
