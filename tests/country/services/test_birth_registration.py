"""Lateness and suspected duplicates of a birth, against the law written out by hand."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from tests.examples import examples

from .deciding import decided

TODAY = date(2026, 11, 24)
LATE = {"declaration.late_reason": "سفر خارج الدولة"}
NAMES = ("حسن", "حسين", "ليلى", "ليلي", "عمر", "عمار", "نورة")
SIMILAR = ({"حسن", "حسين"}, {"ليلى", "ليلي"}, {"عمر", "عمار"})


def months_later(day: date, months: int) -> date:
    """Return a day some months later, at the latest the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def similar(one: str, other: str) -> bool:
    """Whether two names differ at most by weak letters."""
    return one == other or any({one, other} <= names for names in SIMILAR)


def same(one: str, other: str) -> bool:
    """Whether two names are one in different spelling."""
    return one == other or {one, other} == {"ليلى", "ليلي"}


@examples(50)
@given(days=st.integers(0, 60) | st.integers(340, 400) | st.integers(0, 2_000))
def test_fee_fine_and_approval_follow_the_days_since_the_birth(days: int) -> None:
    born = TODAY - timedelta(days=days)
    decision = decided(
        "birth_registration",
        answers=LATE,
        registries={"notifications": {"only": {"born_on": born.isoformat()}}},
    )
    fee = 500 if days <= 30 else 700 if days <= 365 else 1_500
    fine = 0 if days <= 30 else 5_000
    assert decision.values["certificate.fee_minor"] == fee
    assert decision.values["certificate.late_fine_minor"] == fine
    assert decision.values["certificate.total_minor"] == fee + fine
    assert decision.outcome is (Outcome.REFERRED if days > 365 else Outcome.GRANTED)


@st.composite
def siblings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a registered child of the same mother."""
    born = TODAY - timedelta(
        days=draw(st.integers(-3, 30) | st.integers(200, 320) | st.integers(0, 1_300))
    )
    return {
        "first_name": draw(st.sampled_from(NAMES)),
        "born_on": min(born, TODAY).isoformat(),
        "birth_type": draw(st.sampled_from(("single", "twin"))),
        "order": draw(st.integers(1, 2)),
        "mother_id": draw(st.sampled_from(("3000000004", "3000000053"))),
        "mother_name": "سارة الواحي",
        "mother_birth_date": "1990-04-12",
    }


def suspicions(child: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """Return why a registrar looks at a birth, in the order of the law."""
    near = close = named = False
    born = date.fromisoformat(child["born_on"])
    for other in others:
        there = date.fromisoformat(other["born_on"])
        apart = abs((born - there).days)
        twin = (
            child["birth_type"] != "single"
            and other["birth_type"] == child["birth_type"]
            and other["order"] != child["order"]
            and apart <= 2
        )
        if twin or other["mother_id"] != child["mother_id"]:
            continue
        early, late = min(born, there), max(born, there)
        near |= similar(child["first_name"], other["first_name"]) and apart <= 5
        close |= late < months_later(early, 9)
        named |= same(child["first_name"], other["first_name"]) and late <= months_later(early, 36)
    told = (("duplicate-near", near), ("duplicate-close", close), ("duplicate-name", named))
    return [code for code, holds in told if holds]


@examples(80)
@given(
    others=st.lists(siblings(), max_size=3),
    name=st.sampled_from(NAMES),
    days=st.integers(0, 20),
    kind=st.sampled_from(("single", "twin")),
    order=st.integers(1, 2),
)
def test_a_child_is_suspected_of_being_registered_twice_exactly_by_the_rule(
    others: list[dict[str, Any]], name: str, days: int, kind: str, order: int
) -> None:
    born = (TODAY - timedelta(days=days)).isoformat()
    child = {
        "first_name": name,
        "born_on": born,
        "birth_type": kind,
        "order": order,
        "mother_id": "3000000004",
    }
    decision = decided(
        "birth_registration",
        answers={"child.first_name": name},
        registries={
            "notifications": {"only": {"born_on": born, "birth_type": kind, "order": order}},
            "children-own": {"children": others},
        },
    )
    expected = suspicions(child, others)
    assert list(decision.codes) == (expected or ["registered"])
