"""A partner may take so much and no more, and the others do not notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.partner_limits import Allowance, PartnerLimits
from taysir.kernel.errors import Problem


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def limited(clock: Clock, *, partners: int = 10, **allowance: float) -> PartnerLimits:
    given = {"requests_per_s": 10.0, "burst": 5, "calls": 3, **allowance}
    return PartnerLimits(
        Allowance(
            requests_per_s=float(given["requests_per_s"]),
            burst=int(given["burst"]),
            calls=int(given["calls"]),
        ),
        clock=clock,
        partners=partners,
    )


def refused(limits: PartnerLimits, partner: str) -> Problem:
    with pytest.raises(Problem) as caught:
        limits.enter(partner)
    return caught.value


def test_a_burst_passes_and_one_request_more_must_wait() -> None:
    clock = Clock()
    limits = limited(clock)
    for _ in range(5):
        limits.enter("a")
        limits.leave("a")
    problem = refused(limits, "a")
    assert (problem.code, problem.params["retry_after_s"]) == ("EXC-0177", 1)
    limits.enter("b")
    clock.now += 0.125
    limits.enter("a")
    assert refused(limits, "a").code == "EXC-0177"


def test_calls_under_way_are_bounded_until_one_ends() -> None:
    limits = limited(Clock())
    for _ in range(3):
        limits.enter("a")
    assert limits.under_way("a") == 3
    assert refused(limits, "a").code == "EXC-0178"
    limits.enter("b")
    limits.leave("a")
    limits.enter("a")


def test_a_slow_allowance_says_how_long_to_wait() -> None:
    limits = limited(Clock(), requests_per_s=0.1, burst=1)
    limits.enter("a")
    limits.leave("a")
    assert refused(limits, "a").params["retry_after_s"] == 10


def test_invented_names_do_not_fill_the_memory() -> None:
    limits = limited(Clock(), partners=2)
    limits.enter("working")
    for number in range(100):
        limits.enter(f"invented-{number}")
        limits.leave(f"invented-{number}")
    assert limits.under_way("working") == 1
    limits.enter("also working")
    assert refused(limits, "third").code == "EXC-0178"


@given(
    steps=st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 2), st.booleans()), max_size=60)
)
def test_no_partner_gets_more_than_burst_and_rate(steps: list[tuple[str, float, bool]]) -> None:
    clock = Clock()
    limits = limited(clock)
    begin, passed = clock.now, {"a": 0, "b": 0}
    for partner, pause, ends in steps:
        clock.now += pause
        try:
            limits.enter(partner)
        except Problem:
            continue
        passed[partner] += 1
        if ends:
            limits.leave(partner)
        assert limits.under_way(partner) <= 3
        assert passed[partner] <= 5 + (clock.now - begin) * 10 + 1e-6
