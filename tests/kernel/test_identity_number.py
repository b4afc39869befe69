"""Identity numbers are read as typed and checked to the last digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.errors import Problem
from taysir.kernel.identity_number import Holder, IdentityNumber, is_identity_number

serials = st.integers(min_value=0, max_value=99_999_999)
holders = st.sampled_from(list(Holder))


@given(holders, serials)
def test_a_made_number_is_valid(holder: Holder, serial: int) -> None:
    """Every holder and serial gives a number that parses to itself."""
    number = IdentityNumber.of_serial(holder, serial)

    assert IdentityNumber.parse(number.digits) == number
    assert number.holder is holder
    assert is_identity_number(number.digits)


@given(holders, serials, st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_is_found(holder: Holder, serial: int, place: int, digit: int) -> None:
    """The check digit finds every mistake in one digit."""
    digits = IdentityNumber.of_serial(holder, serial).digits
    mistaken = digits[:place] + str(digit) + digits[place + 1 :]

    assert is_identity_number(mistaken) == (mistaken == digits)


def fault_of(text: str) -> set[str] | None:
    """Return what a refusal tells, or None when the number is read."""
    try:
        IdentityNumber.parse(text)
    except Problem as problem:
        return set(problem.params)
    return None


@given(st.text(max_size=14))
def test_a_refusal_never_repeats_the_number(text: str) -> None:
    """Any text is read or refused; a refusal carries the fault and nothing typed."""
    assert fault_of(text) in (None, {"fault"})


@pytest.mark.parametrize(
    "typed", ["٣٠٠٠٠٠٠٠٠٤", "۳۰۰۰۰۰۰۰۰۴", "3000 0000 04", "\u200e3000-000004\u200f"]
)
def test_a_number_is_read_as_people_type_it(typed: str) -> None:
    """Digits of every kind, spaces, hyphens and direction marks are accepted."""
    assert str(IdentityNumber.parse(typed)) == "3000000004"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "there is more than digits in it"),
        ("30000O0004", "there is more than digits in it"),
        ("300000000", "it has not ten digits"),
        ("30000000040", "it has not ten digits"),
        ("1000000008", "its first digit is not 3, 4 or 7"),
        ("3000000005", "its last digit does not fit the others"),
    ],
)
def test_a_refusal_names_the_fault(typed: str, fault: str) -> None:
    """Length, digits, first digit and check digit are told apart."""
    with pytest.raises(Problem) as caught:
        IdentityNumber.parse(typed)

    assert caught.value.params == {"fault": fault}


@pytest.mark.parametrize("serial", [-1, 100_000_000])
def test_a_serial_out_of_range_is_refused(serial: int) -> None:
    """Serials have eight digits."""
    with pytest.raises(ValueError, match="serial"):
        IdentityNumber.of_serial(Holder.CITIZEN, serial)
