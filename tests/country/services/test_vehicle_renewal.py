"""A fleet is renewed in one application, and late fees follow the calendar on any day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Decision, Outcome
from tests.examples import examples

from .deciding import decided

TODAY = date(2026, 11, 24)


def vehicle(plate: str, *, expires: date) -> dict[str, str]:
    """A vehicle so new that it needs no inspection."""
    return {
        "plate": plate,
        "status": "valid",
        "first_registered_on": "2025-01-10",
        "registration_expires_on": expires.isoformat(),
    }


def test_a_fleet_of_four_hundred_is_one_decision() -> None:
    plates = [f"WHA-{number}" for number in range(400)]
    fleet = [vehicle(plate, expires=date(2026, 12, 24)) for plate in plates]
    insured = [{"plate": plate, "valid_until": "2027-06-01"} for plate in plates[:397]]
    decision = decided(
        "vehicle_renewal",
        answers={"renewal.scope": "all"},
        registries={"fleet": {"vehicles": fleet}, "insurance": {"policies": insured}},
    )
    assert decision.outcome is Outcome.GRANTED
    assert decision.values["renewal.count"] == 397
    assert decision.values["renewal.fee_minor"] == 397 * 30_000
    assert decision.values["left_out.uninsured"] == plates[397:]
    assert Decision.from_json(decision.to_json()) == decision


def years_after(day: date, *, years: int) -> date:
    """Return a day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@examples(60)
@given(st.integers(min_value=-180, max_value=1094))
def test_each_started_year_after_expiry_costs_a_hundred_dinars(days_late: int) -> None:
    expired = TODAY - timedelta(days=days_late)
    started = 0
    while TODAY > years_after(expired, years=started):
        started += 1
    decision = decided(
        "vehicle_renewal",
        registries={"fleet": {"vehicles": [vehicle("WHA-1", expires=expired)]}},
    )
    assert decision.outcome is Outcome.GRANTED
    assert decision.values["renewal.late_fee_minor"] == 10_000 * started


@examples(60)
@given(st.integers(min_value=1, max_value=400))
def test_before_its_window_and_after_it_is_struck_off_nothing_is_renewed(days: int) -> None:
    early = TODAY + timedelta(days=180 + days)
    late = date(2023, 11, 24) - timedelta(days=days - 1)
    for expires, code in ((early, "too-early"), (late, "struck-off")):
        fleet = {"vehicles": [vehicle("WHA-1", expires=expires)]}
        decision = decided("vehicle_renewal", registries={"fleet": fleet})
        assert decision.outcome is Outcome.REFUSED
        assert decision.codes == (code,)
