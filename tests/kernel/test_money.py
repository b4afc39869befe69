"""Amounts are exact, bounded, and read as people say them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.money import Money

AMOUNTS = st.integers(-limits.MONEY_MINOR, limits.MONEY_MINOR).map(Money)


@pytest.mark.parametrize(
    ("minor", "arabic", "english"),
    [
        (0, "0 دينار", "0 dinars"),
        (100, "دينار واحد", "1 dinar"),
        (200, "ديناران", "2 dinars"),
        (300, "3 دنانير", "3 dinars"),
        (1000, "10 دنانير", "10 dinars"),
        (1100, "11 دينارًا", "11 dinars"),
        (8000, "80 دينارًا", "80 dinars"),
        (10000, "100 دينار", "100 dinars"),
        (10100, "101 دينار", "101 dinars"),
        (10300, "103 دنانير", "103 dinars"),
        (120000, "1,200 دينار", "1,200 dinars"),
        (12050, "120.50 دينار", "120.50 dinars"),
        (5, "0.05 دينار", "0.05 dinars"),
        (-300, "\u200e-3 دنانير", "-3 dinars"),
    ],
)
def test_an_amount_reads_as_people_say_it(minor: int, arabic: str, english: str) -> None:
    """Arabic takes the grammatical number of the noun, English one or many."""
    assert Money(minor).format("ar") == arabic
    assert Money(minor).format("en") == english


@pytest.mark.parametrize("text", ["200.50", "٢٠٠٫٥٠", "200.5", " 200.50 دينار", "۲۰۰.۵"])
def test_a_written_amount_is_read(text: str) -> None:
    """Both digits and both decimal marks are understood."""
    assert Money.parse(text) == Money(20050)


@pytest.mark.parametrize("text", ["", "مئة", "1.234", "1,2", "12,34,567", "1e3", "--1", "NaN"])
def test_an_unclear_amount_is_refused(text: str) -> None:
    """Fractions of a qirsh and odd grouping are refused, not rounded."""
    with pytest.raises(Problem, match="KRN-0111"):
        Money.parse(text)


@given(AMOUNTS)
def test_what_we_write_we_read(amount: Money) -> None:
    """The figure that we show is read as the same amount."""
    assert Money.parse(amount.figure()) == amount
    assert Money.of_dinars(amount.dinars) == amount


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_adding_is_exact(first: int, second: int) -> None:
    """Sum and difference undo each other."""
    assert Money(first) + Money(second) - Money(second) == Money(first)
    assert Money(first) * 3 == Money(first) + Money(first) + Money(first)
    assert bool(Money(first) + -Money(first)) is False


def test_amounts_are_bounded_whole_numbers() -> None:
    """The bound is allowed, one qirsh more is not; floats and truths are no amounts."""
    assert Money(limits.MONEY_MINOR) > Money(0)
    assert Money.parse(Money(limits.MONEY_MINOR).figure()) == Money(limits.MONEY_MINOR)
    with pytest.raises(ValueError, match="out of bounds"):
        Money(limits.MONEY_MINOR + 1)
    with pytest.raises(Problem, match="KRN-0111"):
        Money.parse("10000000000000.01")
    with pytest.raises(Problem, match="KRN-0111"):
        Money.parse("1".ljust(limits.MONEY_TEXT_CHARS + 1))
    with pytest.raises(ValueError, match="whole number of qirsh"):
        Money.of_dinars(Decimal("0.001"))
    for wrong in (1.5, True):
        with pytest.raises(TypeError, match="whole number"):
            Money(wrong)  # type: ignore[arg-type]
