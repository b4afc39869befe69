"""The language itself: operators, names, scopes, three-valued logic, time, errors and bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from taysir.engine.feel import (
    Context,
    YearsMonths,
    compile_expression,
    compile_unary_tests,
    to_feel,
)
from taysir.engine.feel.temporal import Date
from taysir.kernel import limits
from taysir.kernel.errors import Problem


def value(text: str, **context: Any) -> Any:
    """Evaluate a text."""
    return compile_expression(text, names=context).evaluate(context)


def code(text: str, **context: Any) -> str:
    """Return the code of the error that a text meets."""
    with pytest.raises(Problem) as caught:
        value(text, **context)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("-2 ** 2", 4),
        ("2 ** 3 ** 2", 64),
        ("0.1 + 0.2 = 0.3", True),
        ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
        ("1 / 0", None),
        ('1 + "a"', None),
        ('"a" + "b"', "ab"),
        ("true or null", True),
        ("false and null", False),
        ("true and null", None),
        ('1 = "1"', None),
        ("null = null", True),
        ("if null then 1 else 2", 2),
        ("5 between 1 and 5", True),
        ("5 in (< 3, [5..8))", True),
        ("5 in [1..5[", False),
        ("[1..5[ = [1..5)", True),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[{a: 1}, {a: 2}][a > 1].a", [2]),
        ("[{a: 1}, {a: 2}].a", [1, 2]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in 1..3 return if i = 1 then 1 else i * partial[-1]", [1, 2, 6]),
        ("for x in [1, 2], y in [10, 20] return x + y", [11, 21, 12, 22]),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [] satisfies false", True),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"late fee": 5, total: late fee * 2}.total', 10),
        ("(function(x, y) x - y)(y: 1, x: 5)", 4),
        ('{twice: function(n: number) n * 2, r: twice("a")}.r', None),
        ("1 instance of number", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1} instance of context<a: number>", True),
        ("null instance of Any", False),
        ('"\\u0645\\U01F40E\\n"', "م🐎\n"),
        ("1 // one\n + /* two */ 2", 3),
        ('@"2026-01-31" + @"P1M"', date(2026, 2, 28)),
        ('@"2026-11-24T10:00:00Z" - @"2026-11-24T09:00:00+02:00"', timedelta(hours=3)),
        ('@"13:20:00" + @"PT12H"', time(1, 20)),
        ('@"P1Y" * 1.5', YearsMonths(18)),
        ('@"2026-11-24".weekday', 2),
        ('date("2026-02-30")', None),
        ('[@"2026-01-01"..@"2026-12-31"].end.month', 12),
    ],
)
def test_an_expression_has_its_value(text: str, expected: Any) -> None:
    """Operators, scopes and literals follow DMN 1.5 clause 10.3.2."""
    assert value(text) == expected


def test_names_may_hold_spaces_and_signs() -> None:
    """The longest known name wins."""
    context = {"late": 1, "late fee": 5, "a": 7, "b": 2, "a-b": 100, "applicant's age": 42}

    assert value("late fee + late", **context) == 6
    assert value("a-b", **context) == 100
    assert value("a - c", a=7, c=2) == 5
    assert value("applicant's age > 40", **context) is True


def test_names_may_be_arabic() -> None:
    """FEEL names are Unicode."""
    assert value("الرسم * 2", الرسم=40) == 80


def test_python_values_are_adopted_and_given_back() -> None:
    """A context of Python's own kinds goes in, and such kinds come out."""
    moment = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    assert value("x", x=moment) == moment
    assert value("x.n + 1", x={"n": 41}) == 42
    assert value("x", x=[date(2026, 1, 1), None, 1.5]) == [date(2026, 1, 1), None, Decimal("1.5")]
    assert value('date("-0044-03-15")') == Date(-44, 3, 15)


def test_an_adopted_context_is_not_copied() -> None:
    """Adopting once makes every later evaluation cheap."""
    adopted = to_feel({"a": {"b": 1}})

    assert isinstance(adopted, Context)
    assert to_feel(adopted) is adopted


def test_a_python_object_cannot_enter_or_be_reached() -> None:
    """Values of foreign kinds are refused, and no name reaches Python."""
    assert code("x", x=object()) == "ENG-0106"
    assert value("x.__class__", x={"a": 1}) is None
    assert value("__import__") is None


def test_references_name_the_paths_read() -> None:
    """The checks of a pack ask which facts an expression reads."""
    found = compile_expression("for i in a.b return i + c.d[item.e > f]").references

    assert {"a.b", "c.d", "f"} <= found
    assert "i" not in found


@pytest.mark.parametrize(
    ("tests", "tested", "expected"),
    [
        ("-", 5, True),
        ("5", 5, True),
        ("< 5, > 10", 7, False),
        ("not(5, 6)", 7, True),
        ('"B", "C"', "C", True),
        ("[1..3)", 3, False),
        ("? > 3 and ? < 9", 7, True),
        ("limit", 9, True),
        ("null", None, True),
        ("< 5", "a", None),
    ],
)
def test_unary_tests_decide(tests: str, tested: Any, expected: bool | None) -> None:
    """A cell of a table accepts, rejects or cannot say."""
    assert compile_unary_tests(tests, names=["limit"]).matches(tested, {"limit": 9}) is expected


def test_a_mistake_names_line_and_column_in_both_languages() -> None:
    """The author sees where to look."""
    with pytest.raises(Problem) as caught:
        compile_expression("1 +\n  * 2")

    assert caught.value.code == "ENG-0101"
    assert (caught.value.params["line"], caught.value.params["column"]) == (2, 3)
    assert "line 2, column 3" in caught.value.title("en")
    assert "السطر 2 العمود 3" in caught.value.title("ar")


def test_the_length_of_a_text_is_bounded() -> None:
    """At the bound it is read, one beyond it is refused."""
    assert value("1" + " " * (limits.FEEL_TEXT_CHARS - 1)) == 1
    assert code("1" + " " * limits.FEEL_TEXT_CHARS) == "ENG-0102"


def test_nesting_is_bounded() -> None:
    """At the bound it is read, one beyond it is refused."""
    deepest = limits.FEEL_NESTING - 1

    assert value("(" * deepest + "1" + ")" * deepest) == 1
    assert code("(" * (deepest + 1) + "1" + ")" * (deepest + 1)) == "ENG-0103"


def test_the_height_of_a_tree_is_bounded() -> None:
    """At the bound it is evaluated, one beyond it is refused."""
    assert value("+".join(["1"] * limits.FEEL_HEIGHT)) == limits.FEEL_HEIGHT
    assert code("+".join(["1"] * (limits.FEEL_HEIGHT + 1))) == "ENG-0103"


def test_steps_are_bounded() -> None:
    """A loop inside a loop ends."""
    assert code("count(for i in 1..100000 return count(for j in 1..100 return j))") == "ENG-0104"


def test_the_items_of_a_list_are_bounded() -> None:
    """At the bound a list is made, one beyond it is refused."""
    assert value(f"count(for i in 1..{limits.FEEL_LIST_ITEMS} return i)") == limits.FEEL_LIST_ITEMS
    assert code(f"for i in 1..{limits.FEEL_LIST_ITEMS + 1} return i") == "ENG-0105"


def test_the_characters_of_a_string_are_bounded() -> None:
    """At the bound a string is made, one beyond it is refused."""
    half = "a" * (limits.FEEL_STRING_CHARS // 2)

    assert value("string length(x + x)", x=half) == limits.FEEL_STRING_CHARS
    assert code('x + x + "a"', x=half) == "ENG-0105"


def test_calls_are_bounded() -> None:
    """A function that calls itself for ever ends."""
    assert code("{f: function(n, g) g(n, g), r: f(1, f)}.r") == "ENG-0103"


def test_the_depth_of_a_given_value_is_bounded() -> None:
    """At the bound a value is adopted, one beyond it is refused."""

    def nested(depth: int) -> list[Any]:
        result: list[Any] = []
        for _ in range(depth):
            result = [result]
        return result

    assert value("count(x)", x=nested(limits.FEEL_VALUE_DEPTH)) == 1
    assert code("count(x)", x=nested(limits.FEEL_VALUE_DEPTH + 1)) == "ENG-0103"


def test_the_items_of_a_value_are_bounded_even_if_its_parts_are_shared() -> None:
    """Doubling a list sixty times is refused, whatever is done with it."""
    doubling = ", ".join(["a0: [1]", *(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 60))])

    for use in ("a59", "a59 = a59", "flatten(a59)", "string(a59)", "a59 instance of list<Any>"):
        assert code(f"{{{doubling}, r: {use}}}.r") == "ENG-0105"


@pytest.mark.slow
@pytest.mark.parametrize("use", ["i in L", "L = L", "list contains(L, 0)", "L.a", "union(L, L)"])
def test_walking_a_long_list_again_and_again_ends(use: str) -> None:
    """The size of a list is paid for with steps."""
    assert code(f"{{L: for i in 1..50000 return i, r: for i in L return {use}}}.r") == "ENG-0104"


def test_long_strings_cost_steps() -> None:
    """The size of a string is paid for with steps."""
    assert code('for i in 1..50000 return x + "a"', x="a" * 100_000) == "ENG-0104"
