"""The built-in functions: what they answer, and that no argument breaks them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.feel import compile_expression
from taysir.engine.feel.functions import BUILTINS
from taysir.engine.feel.names import LONG_FUNCTIONS
from taysir.engine.feel.runtime import Budget
from taysir.engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from taysir.engine.feel.values import Context, Range
from taysir.engine.feel.values import Test as Comparison
from taysir.kernel.errors import Problem
from tests.engine.feel.own_errors import own_error
from tests.examples import examples

VALUES: list[Any] = [
    None, True, False, Decimal(0), Decimal(1), Decimal(-2), Decimal("2.5"), Decimal("1E+6000"),
    Decimal("1E-6000"), Decimal(999999999999), "", "a", "[1..3]", "(a|b)*c", "2026-01-31", "P1D",
    "13:20:00Z", "$1", "i", "x", Date(2024, 2, 29), Date(-999999999, 1, 1), Time(0), Time(5, 3600),
    Time(0, None, "Asia/Riyadh"), DateTime(Date(2024, 2, 29), Time(0)),
    DateTime(Date(999999999, 12, 31), Time(0, None, "Europe/Paris")), DaysTime(-10**9),
    DaysTime(10**24), YearsMonths(13), [], [Decimal(1), None, "a"], ["a", "b"], [[Decimal(1)]],
    [Context(key="a", value=Decimal(1))], Context(), Context(a=Decimal(1)),
    Range(Decimal(1), Decimal(3), True, False), Range(None, "b", False, False),
    Comparison("<", Decimal(3)), Comparison("!=", None), BUILTINS["not"], BUILTINS["min"],
]  # fmt: skip


def value(text: str, **context: Any) -> Any:
    """Evaluate a text."""
    return compile_expression(text).evaluate(context)


@examples(800)
@given(st.sampled_from(sorted(BUILTINS)), st.lists(st.sampled_from(VALUES), max_size=4))
def test_no_argument_breaks_a_function(name: str, arguments: list[Any]) -> None:
    """Every function gives a value or an own error for arguments of any kind."""
    budget = Budget(now=DateTime(Date(2026, 1, 31), Time(0, 0)))

    try:
        budget.invoke(BUILTINS[name], arguments)
    except Problem as problem:
        own_error(problem)


def test_the_parser_knows_every_function_name_with_spaces() -> None:
    """The list of long names used for reading is that of the table."""
    assert set(LONG_FUNCTIONS) == {name for name in BUILTINS if " " in name}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('substring("رخصة القيادة", 6)', "القيادة"),
        ('string length("🐎a")', 2),
        ('upper case("abc")', "ABC"),
        ('replace("2026-01", "(\\d+)-(\\d+)", "$2/$1")', "01/2026"),
        ('replace("abc", "b", "$")', None),
        ('matches("Abc", "a B c", "xi")', True),
        ('matches("x y", "x[ ]y", "x")', True),
        ('matches("رخصة", "^\\p{IsArabic}+$")', True),
        ('matches("abcabc", "^(abc)\\1$")', True),
        ('matches("abc", "[a-z-[b]]{3}")', False),
        ('matches("abc", "(a")', None),
        ('split("a;b;;", ";")', ["a", "b", "", ""]),
        ('string join(["a", null, "b"], "-")', "a-b"),
        ("list replace([1, 2, 3], 2, 9)", [1, 9, 3]),
        ("list replace([1, 2, 3], function(i, n) i > 1, 0)", [1, 0, 0]),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("decimal(2.5, 0)", 2),
        ("round half up(2.5, 0)", 3),
        ("round up(1.21, 1)", Decimal("1.3")),
        ("decimal(1234, -2)", 1200),
        ("decimal(50, -2)", 0),
        ("round up(1, -6111)", Decimal("1E+6111")),
        ("modulo(-5, 3)", 1),
        ("odd(5) and even(4)", True),
        ("sqrt(-1)", None),
        ("log(0)", None),
        ("mode([1, 2, 2, 3, 3])", [2, 3]),
        ("stddev([2, 4, 7, 5]) > 2", True),
        ("sum([])", None),
        ("overlaps([1..5], [5..8])", True),
        ("overlaps([1..5), [5..8])", False),
        ("before((< 5), [5..8])", True),
        ("includes((>= 1), 7)", True),
        ("during(7, (< 5))", False),
        ("coincides([1..2], [1..2])", True),
        ('number("1.000,5", ".", ",")', Decimal("1000.5")),
        ('get value({a: {b: 1}}, ["a", "b"])', 1),
        ('context put({a: 1}, "b", 2).b', 2),
        ("context merge([{a: 1}, {a: 2}]).a", 2),
        ('week of year(date("2005-01-01"))', 53),
        ('day of week(date("2026-11-24"))', "Tuesday"),
        ('day of year(date("2024-12-31"))', 366),
        ('string(years and months duration(date("2024-02-29"), date("2026-02-28")))', "P1Y11M"),
        ('is(@"23:00:50Z", @"23:00:50")', False),
        ("not(null)", None),
        ("all([true, null])", None),
        ("any([true, null])", True),
        ('string({a: "x", b: [1, true, null]})', '{a: "x", b: [1, true, null]}'),
    ],
)
def test_a_function_answers(text: str, expected: Any) -> None:
    """Each function follows DMN 1.5 clause 10.3.4."""
    assert value(text) == expected


def test_a_pattern_that_backtracks_for_ever_is_stopped() -> None:
    """The regular-expression machine counts its steps."""
    with pytest.raises(Problem) as caught:
        value('matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "(a+)+$")')

    assert caught.value.code == "ENG-0104"


def test_now_and_today_are_what_the_evaluation_was_given() -> None:
    """The engine has no clock of its own."""
    moment = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    assert compile_expression("now()").evaluate({}, now=moment) == moment
    assert compile_expression("today()").evaluate({}, now=moment) == date(2026, 11, 24)
    assert compile_expression("today()").evaluate({}) is None
