"""Limits, fee and way of a building permit, against the law written out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import ceil, floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from tests.examples import examples

from .deciding import decided

RATES = {
    ("R1", "villa"): (100, 120),
    ("R2", "villa"): (100, 120),
    ("R2", "apartments"): (150, 180),
    ("R2", "mixed"): (150, 180),
    ("C1", "apartments"): (250, 300),
    ("C1", "commercial"): (250, 300),
    ("C1", "mixed"): (250, 300),
}
"""What a square metre costs, before and from 1 January 2026, where the use is allowed."""

MOST = {"R1": (3, 12), "R2": (5, 20), "C1": (10, 40)}
LEAST = {"R1": (4, 2, 2), "R2": (4, 2, 2), "C1": (3, 0, 0)}


@st.composite
def buildings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a plot and what somebody wants to build on it, around the limits."""
    tenths = st.integers(200, 4_000).map(lambda n: Decimal(n) / 10)
    return {
        "zone": draw(st.sampled_from(sorted(MOST))),
        "use": draw(st.sampled_from(("villa", "apartments", "commercial", "mixed"))),
        "plot": draw(st.integers(100, 600)),
        "floors": draw(st.integers(1, 12)),
        "height": draw(st.integers(3, 45)),
        "ground": draw(tenths),
        "typical": draw(tenths),
        "commercial": draw(st.integers(1, 400)),
        "units": draw(st.integers(0, 12)),
        "parking": draw(st.integers(0, 25)),
        "setbacks": tuple(draw(st.integers(0, 5)) for _ in range(3)),
        "variance": draw(st.booleans()),
    }


def passed(made: dict[str, Any]) -> list[str]:
    """Return the limits that a building passes, by the name of the limit."""
    shops = made["commercial"] if made["use"] in ("commercial", "mixed") else 0
    found = []
    if made["ground"] / made["plot"] > Decimal("0.7"):
        found.append("coverage")
    floors, height = MOST[made["zone"]]
    if made["floors"] > floors or made["height"] > height:
        found.append("height")
    if made["parking"] < made["units"] + ceil(shops / 40):
        found.append("parking")
    if any(
        given < least for given, least in zip(made["setbacks"], LEAST[made["zone"]], strict=True)
    ):
        found.append("setback")
    return found


def expected(made: dict[str, Any]) -> tuple[Outcome, list[str]]:
    """Return how the law ends the case, with its reasons in order."""
    over = passed(made)
    refusals = [] if (made["zone"], made["use"]) in RATES else ["use-not-allowed"]
    if not made["variance"]:
        words = {
            "coverage": "exceeded",
            "height": "exceeded",
            "parking": "short",
            "setback": "short",
        }
        refusals += [f"{limit}-{words[limit]}" for limit in over]
    if refusals:
        return Outcome.REFUSED, refusals
    referrals = ["engineer-reviews"] if made["use"] != "villa" else []
    referrals += [f"variance-{limit}" for limit in over]
    return (Outcome.REFERRED, referrals) if referrals else (Outcome.GRANTED, ["permitted"])


@examples(80)
@given(made=buildings(), on=st.sampled_from((date(2025, 12, 31), date(2026, 1, 1))))
def test_a_building_is_judged_and_priced_by_the_law_of_the_day(
    made: dict[str, Any], on: date
) -> None:
    front, side, rear = made["setbacks"]
    answers = {
        "building.use": made["use"],
        "building.floors": str(made["floors"]),
        "building.height": str(made["height"]),
        "building.ground_area": str(made["ground"]),
        "building.typical_area": str(made["typical"]),
        "building.commercial_area": str(made["commercial"]),
        "building.units": str(made["units"]),
        "building.parking": str(made["parking"]),
        "building.front": str(front),
        "building.side": str(side),
        "building.rear": str(rear),
        "building.variance": "yes" if made["variance"] else "no",
        "building.variance_reason": "الأرض مثلثة الشكل",
    }
    survey = {"zone": made["zone"], "plot_area": made["plot"]}
    registries = {"survey": survey, "contractor": {"max_area": 100_000}}
    decision = decided("building_permit", on=on, answers=answers, registries=registries)
    outcome, reasons = expected(made)
    assert (decision.outcome, list(decision.codes)) == (outcome, reasons)
    if outcome is Outcome.REFUSED:
        return
    area = made["ground"] + made["typical"] * (made["floors"] - 1)
    fee = floor(area * RATES[made["zone"], made["use"]][on.year == 2026])
    assert decision.values["permit.fee_minor"] == fee
    assert decision.values["permit.first_minor"] == (fee // 5 if outcome is Outcome.REFERRED else 0)
    assert decision.values["permit.safety"] is (made["use"] != "villa" or made["floors"] > 3)


@settings(deadline=None)
@given(draw=st.integers(0, 99))
def test_one_in_ten_of_what_the_rule_approves_is_audited(draw: int) -> None:
    decision = decided("building_permit", facts={"case.draw": draw})
    assert decision.values["permit.audited"] is (draw < 10)
