"""Arabic as people type it compares equal, and numbers are read in every digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.text import isolate, normalise_digits, search_key, without_direction_marks

SAME = [
    ("أحمد", "احمد"),
    ("إبراهيم", "ابراهيم"),
    ("آمنة", "امنه"),
    ("ٱلرحمن", "الرحمن"),
    ("فاطمة", "فاطمه"),
    ("يحيى", "يحيي"),
    ("مُحَمَّد", "محمد"),
    ("محمـــد", "محمد"),
    ("لؤي", "لوي"),
    ("هانئ", "هاني"),
    ("ضياء", "ضيا"),
    ("عبد الله", "عبدالله"),
    ("سالم عبد الرحمن", "سالم عبدالرحمن"),
    ("ﻣﺤﻤﺪ", "محمد"),
    ("کریم", "كريم"),
    ("Al-Harbi", "AL HARBI"),
    ("Sa'ad", "Saad"),
    ("José", "jose"),
    ("  سالم   علي ", "سالم علي"),
    ("حي ٣", "حي 3"),
]

DIFFERENT = [("سالم", "سليم"), ("علي", "عالي"), ("عبد", "عبدالله"), ("حسن", "حسين")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    """What a reader takes for one name has one search key."""
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    """Folding never makes two common names one."""
    assert search_key(one) != search_key(other)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_key_of_a_key_is_the_key(text: str) -> None:
    """Folding twice changes nothing, so stored keys can be compared with fresh ones."""
    once = search_key(text)

    assert search_key(once) == once


@given(st.text(alphabet="ابتثأإآةىيعبد \u064e\u0651\u0640"))
def test_arabic_keys_hold_no_variants(text: str) -> None:
    """No letter that has a folded form is left in a key."""
    assert not set(search_key(text)) & set("أإآةى\u064e\u0651\u0640")


@given(st.integers(min_value=0))
def test_every_kind_of_digit_reads_as_the_same_number(number: int) -> None:
    """Arabic-Indic and Persian digits become ASCII digits."""
    ascii_digits = str(number)
    arabic = ascii_digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    persian = ascii_digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))

    assert normalise_digits(arabic) == normalise_digits(persian) == ascii_digits


@given(st.text())
def test_other_text_is_left_as_it_is(text: str) -> None:
    """Only digits change, one character for one."""
    normalised = normalise_digits(text)

    assert len(normalised) == len(text)
    assert all(a == b or a in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹" for a, b in zip(text, normalised, strict=True))


@given(st.text())
def test_an_isolated_value_cannot_turn_the_text_around_it(text: str) -> None:
    """Between the isolate and its end there is no other direction mark."""
    isolated = isolate(text)

    assert isolated[0] == "\u2068"
    assert isolated[-1] == "\u2069"
    assert without_direction_marks(isolated) == isolated[1:-1]
