"""The figures follow from the events, in whatever order and however often these arrive."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.programme.measures.events import Event, Step
from taysir.programme.measures.indicators import MEASURES, compute, nearest_rank

from .strategies import START, histories


def told(
    *steps: tuple[str, float, dict[str, str]], case: str = "c" * 16, role: str = "system"
) -> list[Event]:
    """Return the events of one case: step, minutes since the start, data."""
    return [
        Event(
            event_id=f"{case}-{seq}",
            case=case,
            service="WAHA/GOV/TRF/licence-renewal",
            service_version="v1",
            agency="WAHA/GOV/TRF",
            seq=seq,
            step=step,
            at=START + timedelta(minutes=minutes),
            channel=data.pop("channel", "web"),
            actor_role="applicant" if step == "submitted" else data.pop("role", role),
            exchange_id="carrier",
            data=data,
        )
        for seq, (step, minutes, data) in enumerate(steps)
    ]


@given(histories, st.randoms())
def test_order_and_repetition_change_nothing(events: list[Event], chance: random.Random) -> None:
    """Shuffled and doubled events give the same figures."""
    again = [*events, *events]
    chance.shuffle(again)

    assert compute(again) == compute(events)


@given(histories)
def test_shares_lie_between_zero_and_one(events: list[Event]) -> None:
    """A numerator never exceeds its denominator, and both name their events."""
    names = {event.event_id for event in events}
    for figure in compute(events).values():
        assert 0 <= figure.numerator <= max(figure.denominator, 0)
        assert set(figure.above) | set(figure.below) <= names
        if figure.unit == "share":
            assert set(figure.above) <= set(figure.below)
            assert (len(figure.above), len(figure.below)) == (figure.numerator, figure.denominator)


@given(histories)
def test_net_never_exceeds_gross(events: list[Event]) -> None:
    """Taking waits off never lengthens a time."""
    figures = compute(events)
    for rank in ("median", "p90"):
        net, gross = figures[f"time_{rank}_net"].value, figures[f"time_{rank}_gross"].value
        assert (net is None) == (gross is None)
        if net is not None and gross is not None:
            assert 0 <= net <= gross


def test_nothing_is_measured_without_events() -> None:
    """An empty log gives no figure instead of nought."""
    assert {figure.value for figure in compute([]).values()} == {None}
    assert set(compute([])) == set(MEASURES)


def test_a_disputed_field_does_not_count_as_prefilled() -> None:
    """Two of four fields count: one was typed and one disputed."""
    events = told(
        ("field_prefilled", 0, {"field": "a"}),
        ("field_prefilled", 0, {"field": "b"}),
        ("field_prefilled", 0, {"field": "c"}),
        ("field_typed", 1, {"field": "d"}),
        ("field_disputed", 2, {"field": "c"}),
        ("submitted", 3, {}),
    )

    figure = compute(events)["prefill"]

    assert (figure.numerator, figure.denominator) == (2, 4)


def test_a_draft_does_not_count_as_prefilled() -> None:
    """Fields of an application that was never sent are left out."""
    assert compute(told(("field_prefilled", 0, {"field": "a"})))["prefill"].denominator == 0


def test_asking_what_a_registry_holds_is_a_violation() -> None:
    """A field that a registry filled in one case must not be typed in another."""
    first = told(("field_prefilled", 0, {"field": "name"}), case="a" * 16)
    second = told(
        ("field_typed", 0, {"field": "name"}), ("field_typed", 1, {"field": "years"}), case="b" * 16
    )

    figure = compute(first + second)["once_only"]

    assert (figure.numerator, figure.denominator) == (1, 2)
    assert figure.above == (second[0].event_id,)


def test_waiting_for_payment_is_gross_and_not_net() -> None:
    """Ten minutes until the decision, seven of them stopped."""
    events = told(
        ("submitted", 0, {}),
        ("clock_stopped", 2, {"cause": "payment"}),
        ("clock_started", 9, {}),
        ("decided", 10, {"by": "auto"}),
    )

    figures = compute(events)

    assert figures["time_median_gross"].value == 600
    assert figures["time_median_net"].value == 180


def test_an_officers_step_makes_a_decision_manual() -> None:
    """A decision called automatic is not one if an officer acted in the case."""
    events = told(
        ("submitted", 0, {}),
        ("clock_started", 1, {"role": "officer"}),
        ("decided", 2, {"by": "auto"}),
    )

    assert compute(events)["straight_through"].value == 0


def test_a_counter_application_is_not_digital() -> None:
    """An application that came over the counter stays in the denominator."""
    web = told(("submitted", 0, {}), case="a" * 16)
    counter = told(("submitted", 0, {"channel": "counter"}), case="b" * 16)

    assert compute(web + counter)["take_up"].value == 0.5


def test_a_question_without_exchange_is_not_proven() -> None:
    """Evidence completeness counts the questions that an exchange proves."""
    events = told((Step.EVIDENCE_REQUESTED, 0, {"exchange": "x"}), (Step.EVIDENCE_REQUESTED, 0, {}))

    assert compute(events)["evidence"].value == 0.5


@pytest.mark.parametrize(
    ("count", "rank", "expected"),
    [(1, 0.5, 0), (2, 0.5, 0), (3, 0.5, 1), (10, 0.9, 8), (11, 0.9, 9)],
)
def test_nearest_rank(count: int, rank: float, expected: int) -> None:
    """A percentile is always a case that exists."""
    assert expected == nearest_rank(count, rank)
