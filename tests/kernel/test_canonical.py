"""Canonical JSON: one value, one spelling."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, content_hash, parse_canonical, parse_json
from taysir.kernel.errors import Problem

EXACT = 2**53 - 1
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-EXACT, EXACT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_reading_the_canonical_form_gives_the_value_back(value: object) -> None:
    """Nothing is lost, and the form of the form is itself."""
    data = canonical_json(value)

    assert parse_canonical(data) == value
    assert canonical_json(parse_json(data)) == data


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9)))
def test_the_order_of_names_does_not_matter(value: dict[str, int]) -> None:
    """Two writers with different orders get the same bytes and so the same hash."""
    turned = dict(reversed(value.items()))

    assert content_hash(turned) == content_hash(value)


def test_names_sort_by_utf16_units() -> None:
    """An astral name sorts before U+FB33, as RFC 8785 clause 3.2.3 shows."""
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740994.0, "9007199254740994"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (0.000001, "0.000001"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (333333333.33333329, "333333333.3333333"),
        (-4.5, "-4.5"),
        (1e-27, "1e-27"),
        (123456e-3, "123.456"),
    ],
)
def test_numbers_are_spelled_as_in_ecmascript(number: float, text: str) -> None:
    """Samples of RFC 8785 appendix B and the edges between the notations."""
    assert canonical_json(number).decode() == text


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, EXACT + 1, -EXACT - 1, "\ud800", {1: 2}, b"x", {"a": object()}]
)
def test_what_json_cannot_say_is_refused(value: object) -> None:
    """A value that two readers could understand differently has no canonical form."""
    with pytest.raises(Problem) as caught:
        canonical_json(value)
    assert caught.value.code == "KRN-0201"


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b"NaN",
        b"-Infinity",
        b"9007199254740993",
        b"1" * 5000,
        b"1e999",
        b"\xff",
        b"",
        b"{} {}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_ambiguous_text_is_refused(text: bytes) -> None:
    """Repeated names, inexact numbers, bad UTF-8 and trailing text never pass."""
    with pytest.raises(Problem) as caught:
        parse_json(text)
    assert caught.value.code == "KRN-0202"


def test_another_spelling_is_not_canonical() -> None:
    """A space is enough to be refused where canonical bytes are demanded."""
    assert parse_canonical(b'{"a":1}') == {"a": 1}
    with pytest.raises(Problem):
        parse_canonical(b'{"a": 1}')


@pytest.mark.parametrize("shape", ["[%s]", '{"]]]]":%s}'])
def test_nesting_is_bounded(shape: str) -> None:
    """The bound itself passes in both directions, one more does not."""
    text = "0"
    for _ in range(limits.JSON_NESTING):
        text = shape % text
    value = parse_json(text.encode())

    assert json.loads(canonical_json(value)) == value
    with pytest.raises(Problem):
        parse_json((shape % text).encode())
    with pytest.raises(Problem):
        canonical_json([value])


@given(st.binary(max_size=64))
def test_garbage_ends_in_our_own_error(data: bytes) -> None:
    """The reader never fails in another way."""
    with contextlib.suppress(Problem):
        parse_json(data)
