"""Income is that of one month, never an average; a month across a change of law has two parts."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Decision, Outcome
from taysir.engine.definition import Pack
from tests.examples import examples

from .deciding import decided, pack_named

SERVICE = "social_benefit"
PERSON = "3000000004"
AMOUNTS = st.integers(min_value=0, max_value=2_000_000)
OTHER_MONTHS = st.sampled_from([f"2026-{month:02d}" for month in range(1, 13) if month != 10])


JANUARY_AROUND = st.dates(min_value=date(2026, 12, 1), max_value=date(2027, 3, 31))


def wage(month: str | None, amount: int) -> dict[str, Any]:
    """An entry of the wage register."""
    return {"national_id": PERSON, "kind": "wage", "month": month, "amount_minor": amount}


def with_wages(*entries: dict[str, Any], **registries: dict[str, Any]) -> Decision:
    """Decide November 2026 on these wages."""
    wages = {"entries": list(entries), "reported_through": "2026-10"}
    return decided(SERVICE, registries={"wages": wages, **registries})


@examples(60)
@given(AMOUNTS, st.lists(st.tuples(OTHER_MONTHS, AMOUNTS), max_size=12))
def test_income_of_other_months_changes_nothing(
    october: int, others: list[tuple[str, int]]
) -> None:
    alone = with_wages(wage("2026-10", october))
    among = with_wages(wage("2026-10", october), *(wage(*other) for other in others))
    assert (among.outcome, among.codes, among.values) == (alone.outcome, alone.codes, alone.values)
    assert alone.outcome is (Outcome.GRANTED if october < 220_000 else Outcome.REFUSED)


@examples(60)
@given(AMOUNTS)
def test_income_without_a_month_is_never_spread_nor_decided_without_an_officer(total: int) -> None:
    decision = with_wages(wage(None, total))
    assert decision.outcome is Outcome.REFERRED
    assert decision.codes == ("income-without-month",)
    assert decision.values["award.income_minor"] == 0


@examples(60)
@given(AMOUNTS, AMOUNTS)
def test_an_excess_is_never_taken_back_without_an_officer(earned: int, paid: int) -> None:
    payments = {"payments": [{"month": "2026-11", "amount_minor": paid}]}
    decision = with_wages(wage("2026-10", earned), payments=payments)
    entitled = max(0, 220_000 - earned)
    if decision.outcome is Outcome.GRANTED:
        assert entitled >= paid
        assert decision.values["award.due_minor"] == entitled - paid
    elif entitled:
        assert decision.outcome is Outcome.REFERRED
        assert decision.codes == ("overpayment",)
        assert decision.values["award.due_minor"] == 0


@examples(60)
@given(JANUARY_AROUND, st.integers(min_value=0, max_value=9))
def test_each_day_is_paid_by_the_amount_of_that_day(on: date, children: int) -> None:
    """The reference goes day by day; the rules go by parts."""
    members = [{"national_id": f"30000000{n:02d}", "relation": "child"} for n in range(children)]
    wages = {"entries": [], "reported_through": "2027-12"}
    decision = decided(
        SERVICE, on=on, registries={"household": {"members": members}, "wages": wages}
    )
    days = [on.replace(day=number) for number in range(1, _length(on) + 1)]
    old = sum(each.isoformat() <= "2027-01-15" for each in days)
    head = Decimal(110_000 * old + 115_000 * (len(days) - old)) / len(days)
    child = Decimal(55_000 * old + 57_500 * (len(days) - old)) / len(days)
    expected = (head + child * children).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert decision.values["award.entitlement_minor"] == int(expected)
    parts = decision.values["award.parts"]
    assert len(parts) == (2 if 0 < old < len(days) else 1)


def _length(day: date) -> int:
    following = date.fromordinal(day.replace(day=28).toordinal() + 4)
    return (following.replace(day=1) - day.replace(day=1)).days


def test_income_and_assets_are_asked_only_after_consent() -> None:
    pack: Pack = pack_named(SERVICE)
    after_consent = {lookup.name for lookup in pack.lookups if lookup.when}
    secret = {
        lookup.name
        for lookup in pack.lookups
        for fact in lookup.facts.values()
        if fact.startswith(("wages.", "assets.", "subsidies."))
    }
    assert secret <= after_consent
