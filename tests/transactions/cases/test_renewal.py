"""A renewal from the first click to its end, and every end that it can have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from taysir.exchange.client import Outcome
from taysir.kernel import limits
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.recording import verify_chain
from taysir.transactions.documents.models import IssuedDocument
from taysir.transactions.notices.models import Message
from taysir.transactions.payments.models import Bill
from taysir.transactions.payments.service import reconcile
from taysir.web.rounds import advance_due
from tests.transactions.cases.walking import Walk
from tests.transactions.conftest import (
    ADDRESSES,
    FINES,
    FITNESS,
    LICENCES,
    PERSONS,
    RENEWALS,
    SARA,
    SUSPENSIONS,
    Town,
    day,
)


def make_due(walk: Walk) -> None:
    """Let the pause of a waiting case be over."""
    case = walk.case
    case.due_at = timezone.now() - timedelta(seconds=1)
    case.save(update_fields=["due_at"])


def test_a_renewal_is_granted_paid_and_issued(walk: Walk, town: Town) -> None:
    page = walk.open(walk.start())
    assert "WL-0042" in page

    assert walk.answer().endswith("/review")
    assert "200 دينار" in walk.open(f"/cases/{walk.number}/review")
    assert walk.submit() == f"/cases/{walk.number}/"
    assert walk.case.stage == "payment"
    assert "سدد الآن" in walk.open(f"/cases/{walk.number}/")

    bill = Bill.objects.get()
    assert bill.amount_minor == 20_000
    town.treasury.pay(bill.number)
    walk.browser.get(f"/cases/{walk.number}/paid")

    assert walk.case.stage == "granted"
    document = IssuedDocument.objects.get()
    assert str(document.pk) in walk.open(f"/cases/{walk.number}/")
    assert walk.browser.get(f"/documents/{document.pk}").status_code == 200
    assert town.agencies.bodies(RENEWALS)[0]["case_number"] == walk.number
    templates = set(Message.objects.values_list("template", flat=True))
    assert {"submitted", "bill_issued", "paid", "granted"} == templates
    assert verify_chain(walk.case)


def test_every_question_names_its_subject_case_and_purpose(walk: Walk, town: Town) -> None:
    walk.apply(delivery="post")

    asked = [question for question in town.agencies.asked if question.method == "GET"]
    services = {question.service for question in asked}
    assert services == {PERSONS, LICENCES, FINES, FITNESS, SUSPENSIONS, ADDRESSES}
    assert {question.subject for question in asked} == {SARA}
    assert {question.issue for question in asked} == {walk.number}
    assert {question.purpose for question in asked} == {"licence-renewal"}


def test_an_application_takes_few_taps(walk: Walk) -> None:
    """Service page, start, two choices, continue, send: the delivery is chosen beforehand."""
    page = walk.open(walk.start())

    assert 'value="digital" checked' in page
    assert walk.answer().endswith("/review")


REFUSALS = [
    (LICENCES, {"expires_on": day(181)}, "too-early"),
    (PERSONS, {"vital_status": "deceased"}, "holder-deceased"),
    (PERSONS, {"identity_expiry_date": day(-10)}, "identity-expired"),
    (FITNESS, {"valid_until": day(-35)}, "fitness-expired"),
    (FITNESS, {"result": "unfit"}, "unfit"),
    (FINES, {"unpaid_count": 2, "unpaid_total_minor": 45_000}, "fines-unpaid"),
    (SUSPENSIONS, {"suspended": True}, "services-suspended"),
]


@pytest.mark.parametrize(("service", "change", "code"), REFUSALS)
def test_a_refusal_tells_reason_article_and_objection(
    walk: Walk, town: Town, service: str, change: dict[str, object], code: str
) -> None:
    town.agencies.records[service].update(change)

    case = walk.apply()

    assert case.stage == "refused"
    assert case.decision is not None
    assert code in case.decision.codes
    reason = case.decision.reasons[0]
    page = walk.open(f"/cases/{walk.number}/")
    assert reason.text["ar"] in page
    assert reason.article_title["ar"] in page
    assert case.decision.objection["ar"] in page
    assert "/objection" in page
    assert not Bill.objects.exists()
    assert Message.objects.filter(template="refused").count() == 1


def test_somebody_without_a_licence_is_refused(walk: Walk, town: Town) -> None:
    del town.agencies.records[LICENCES]

    case = walk.apply()

    assert case.decision is not None
    assert (case.stage, case.decision.codes) == ("refused", ("no-licence",))


def test_a_fine_paid_minutes_ago_does_not_refuse(walk: Walk, town: Town) -> None:
    town.agencies.records[FINES].update(unpaid_count=1, unpaid_total_minor=50_000)
    walk.start()
    case = walk.case
    town.agencies.records[FINES].update(unpaid_count=0, unpaid_total_minor=0)
    # the answer of the preview is older than a refusal may rest on
    old = timezone.now() - timedelta(minutes=10)
    stale = case.facts_json.replace(_minute(timezone.now()), _minute(old))
    case.facts_json = stale
    case.save()
    walk.answer()
    walk.submit()

    assert walk.case.stage == "payment"


def _minute(at: object) -> str:
    return str(at).replace(" ", "T")[:16]


def test_evidence_that_is_not_there_yet_makes_the_case_wait(walk: Walk, town: Town) -> None:
    fitness = town.agencies.records.pop(FITNESS)

    assert walk.apply().stage == "waiting"
    page = walk.open(f"/cases/{walk.number}/")
    assert "لم يُرفض طلبك" in page
    assert Message.objects.filter(template="waiting").count() == 1

    make_due(walk)
    advance_due()
    assert walk.case.stage == "waiting"
    assert Message.objects.filter(template="waiting").count() == 1

    town.agencies.records[FITNESS] = fitness
    make_due(walk)
    advance_due()
    assert walk.case.stage == "payment"


@pytest.mark.parametrize("failure", [Outcome.UNREACHABLE, Outcome.REFUSED, Outcome.INVALID])
def test_a_registry_that_is_down_loses_nothing(walk: Walk, town: Town, failure: Outcome) -> None:
    town.agencies.failing[FINES] = failure

    page = walk.open(walk.start())
    assert "لم تصل بعض البيانات بعد" in page
    walk.answer()
    walk.submit()
    assert walk.case.stage == "waiting"
    assert walk.case.due_at is not None

    town.agencies.failing.clear()
    make_due(walk)
    advance_due()
    assert walk.case.stage == "payment"
    assert verify_chain(walk.case)


def test_pauses_before_asking_again_grow_up_to_a_bound(walk: Walk, town: Town) -> None:
    town.agencies.failing[FINES] = Outcome.UNREACHABLE
    walk.apply()
    pauses = []
    for _ in range(14):
        make_due(walk)
        advance_due()
        case = walk.case
        assert case.due_at is not None
        pauses.append((case.due_at - timezone.now()).total_seconds())

    assert pauses[0] < pauses[2] < pauses[5]
    assert pauses[-1] <= limits.RETRY_LONGEST_S


def test_a_disputed_value_goes_to_an_officer_and_not_to_a_refusal(walk: Walk, town: Town) -> None:
    town.agencies.records[FINES].update(unpaid_count=1, unpaid_total_minor=50_000)
    walk.start()
    address = f"/cases/{walk.number}/dispute/fines.unpaid_count"
    assert "ما الصحيح؟" in walk.open(address)
    walk.send(address, {"statement": "سددتها"})

    walk.answer()
    walk.submit()

    assert walk.case.stage == "review"
    assert "اعترضت على هذه القيمة" in walk.open(f"/cases/{walk.number}/")


def test_a_case_is_shown_also_when_the_clock_was_set_back(walk: Walk, town: Town) -> None:
    """A supervisor has had it since tomorrow, by a clock that was wrong; its page still opens."""
    walk.start()
    walk.send(f"/cases/{walk.number}/dispute/licence.expires_on", {"statement": "تاريخ آخر"})
    walk.answer()
    walk.submit()
    assert walk.case.stage == "review"
    case_advance(walk.case.pk, now=timezone.now() + timedelta(days=4))
    assert walk.case.stage == "escalated"
    page = walk.open(f"/cases/{walk.number}/")
    assert "لدى المشرف" in page
    assert "الموعد المتوقع" in page


def test_only_fetched_values_can_be_disputed(walk: Walk) -> None:
    walk.start()

    walk.open(f"/cases/{walk.number}/dispute/invented.fact", status=404)
    walk.send(f"/cases/{walk.number}/dispute/renewal.years", {"statement": "x"}, status=404)


def test_a_declined_payment_is_told_and_can_be_repeated(walk: Walk, town: Town) -> None:
    walk.apply()
    bill = Bill.objects.get()
    town.treasury.fail(bill.number, attempt="declined")
    walk.browser.get(f"/cases/{walk.number}/paid")

    assert "لم يتم السداد" in walk.open(f"/cases/{walk.number}/")
    town.treasury.pay(bill.number)
    walk.browser.get(f"/cases/{walk.number}/paid")
    assert walk.case.stage == "granted"


def test_a_bill_that_nobody_pays_closes_the_case_and_says_so(walk: Walk) -> None:
    """After thirty days; a day before that nothing happens. A draft lapses without a message."""
    case = walk.apply()
    sent = case.submitted_at
    assert sent is not None
    case_advance(case.pk, now=sent + timedelta(days=29))
    assert walk.case.stage == "payment"
    case_advance(case.pk, now=sent + timedelta(days=30, minutes=1))
    case_advance(case.pk, now=sent + timedelta(days=31))
    assert walk.case.stage == "lapsed"
    assert Message.objects.filter(template="lapsed").count() == 1
    assert walk.steps().count("lapsed") == 1
    assert verify_chain(walk.case)
    assert "انقضت المهلة وأُغلق الطلب" in walk.open(f"/cases/{walk.number}/")
    walk.start()
    case_advance(walk.case.pk, now=sent + timedelta(days=31))
    assert walk.case.stage == "lapsed"
    assert Message.objects.filter(template="lapsed").count() == 1


def test_a_bill_paid_twice_owes_a_refund(walk: Walk, town: Town) -> None:
    walk.apply()
    bill = Bill.objects.get()
    town.treasury.pay(bill.number)
    town.treasury.pay(bill.number)
    walk.browser.get(f"/cases/{walk.number}/paid")

    assert walk.case.stage == "granted"
    assert "سُددت الفاتورة مرتين" in walk.open(f"/cases/{walk.number}/")


def test_a_late_notice_of_payment_is_found_by_the_worker(walk: Walk, town: Town) -> None:
    walk.apply()
    town.treasury.pay(Bill.objects.get().number)
    reconcile()
    make_due(walk)
    advance_due()

    assert walk.case.stage == "granted"


def test_coming_back_from_the_treasury_proves_nothing(walk: Walk) -> None:
    walk.apply()
    walk.browser.get(f"/cases/{walk.number}/paid?status=paid")

    assert walk.case.stage == "payment"


def test_a_treasury_that_is_down_is_told_and_nothing_is_lost(walk: Walk, town: Town) -> None:
    walk.apply()
    town.treasury.down = True

    response = walk.browser.get(f"/cases/{walk.number}/paid", follow=True)

    assert response.status_code in (200, 503)
    assert walk.case.stage == "payment"


def test_a_register_that_is_down_delays_the_licence_only(walk: Walk, town: Town) -> None:
    walk.apply()
    town.agencies.failing[RENEWALS] = Outcome.UNREACHABLE
    town.treasury.pay(Bill.objects.get().number)
    walk.browser.get(f"/cases/{walk.number}/paid")
    assert walk.case.stage == "issuing"
    assert not IssuedDocument.objects.exists()

    town.agencies.failing.clear()
    make_due(walk)
    advance_due()
    assert walk.case.stage == "granted"


def test_a_case_is_withdrawn_once(walk: Walk) -> None:
    walk.apply()
    address = f"/cases/{walk.number}/withdraw"
    walk.open(address)
    walk.send(address)
    walk.send(address)

    assert walk.case.stage == "withdrawn"
    assert walk.steps().count("withdrawn") == 1


def test_a_decided_case_cannot_be_withdrawn(walk: Walk, town: Town) -> None:
    town.agencies.records[SUSPENSIONS]["suspended"] = True
    walk.apply()

    walk.send(f"/cases/{walk.number}/withdraw", status=409)
    assert walk.case.stage == "refused"


def test_advancing_again_changes_nothing(walk: Walk) -> None:
    walk.apply()
    before = walk.steps()
    case_advance(walk.case.pk)

    assert walk.steps() == before


def test_a_refusal_can_be_objected_to_once(walk: Walk, town: Town) -> None:
    town.agencies.records[SUSPENSIONS]["suspended"] = True
    walk.apply()
    address = f"/cases/{walk.number}/objection"

    walk.send(address, {"statement": "  "}, status=422)
    walk.send(address, {"statement": "رُفع الإيقاف أمس"})
    walk.send(address, {"statement": "مرة أخرى"})

    page = walk.open(address)
    assert "رُفع الإيقاف أمس" in page
    assert "مرة أخرى" not in page
    assert walk.steps().count("objected") == 1
    assert verify_chain(walk.case)


def test_nothing_but_a_refusal_can_be_objected_to(walk: Walk) -> None:
    walk.apply()

    assert "لا قرار يُعترض عليه" in walk.open(f"/cases/{walk.number}/objection")
    walk.send(f"/cases/{walk.number}/objection", {"statement": "لا"}, status=409)


@pytest.mark.parametrize(("days", "status"), [(60, 302), (61, 409)])
def test_the_time_to_object_ends(walk: Walk, town: Town, days: int, status: int) -> None:
    town.agencies.records[SUSPENSIONS]["suspended"] = True
    case = walk.apply()
    assert case.decided_at is not None
    case.decided_at -= timedelta(days=days, seconds=-30)
    case.save()

    walk.send(f"/cases/{walk.number}/objection", {"statement": "متأخر"}, status=status)
