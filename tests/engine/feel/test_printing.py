"""A tree that is printed and read again is the same tree, and no text breaks the engine."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.feel import compile_expression, compile_unary_tests
from taysir.engine.feel.parser import parse_expression, parse_tests
from taysir.engine.feel.printer import write_node, write_tests
from taysir.engine.feel.syntax import (
    AtLiteral,
    Between,
    Binary,
    Call,
    Comparison,
    ContextOf,
    Filter,
    For,
    FunctionOf,
    If,
    In,
    InstanceOf,
    Iterator,
    ListOf,
    Literal,
    Name,
    Negate,
    Path,
    Quantified,
    RangeOf,
    Tests,
)
from taysir.engine.feel.types import ContextType, FunctionType, ListType, SimpleType
from taysir.kernel.errors import Problem
from tests.engine.feel.own_errors import own_error
from tests.examples import examples

NAMES = ("a", "b", "الرسم", "late fee", "applicant's age", "x-y")
OPERATORS = ("+", "-", "*", "/", "**", "and", "or", "=", "!=", "<", "<=", ">", ">=")

names = st.sampled_from(NAMES)
numbers = st.decimals(
    min_value=Decimal(0),
    max_value=Decimal(10) ** 9,
    allow_nan=False,
    allow_infinity=False,
    places=3,
)
types = st.recursive(
    st.sampled_from([SimpleType("number"), SimpleType("date and time"), SimpleType("Any")]),
    lambda inner: st.one_of(
        st.builds(ListType, inner),
        st.builds(lambda t: ContextType((("a", t),)), inner),
        st.builds(lambda p, r: FunctionType((p,), r), inner, inner),
    ),
    max_leaves=3,
)
atoms = st.one_of(
    st.builds(Literal, st.one_of(numbers, st.text(max_size=6), st.booleans(), st.none())),
    st.builds(Name, names),
    st.just(AtLiteral("2026-01-31")),
)


def _compound(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    pairs = st.tuples(inner, inner)
    iterators = st.builds(lambda n, s: (Iterator(n, s),), names, inner)
    return st.one_of(
        st.builds(lambda o, p: Binary(o, *p), st.sampled_from(OPERATORS), pairs),
        st.builds(Negate, inner),
        st.builds(Path, inner, names),
        st.builds(Filter, inner, inner),
        st.builds(lambda f, a: Call(f, tuple(a)), inner, st.lists(inner, max_size=2)),
        st.builds(lambda f, a: Call(f, (a,), ("late fee",)), inner, inner),
        st.builds(Between, inner, inner, inner),
        st.builds(lambda v, t: In(v, tuple(t)), inner, st.lists(inner, min_size=1, max_size=2)),
        st.builds(InstanceOf, inner, types),
        st.builds(If, inner, inner, inner),
        st.builds(For, iterators, inner),
        st.builds(Quantified, st.booleans(), iterators, inner),
        st.builds(lambda items: ListOf(tuple(items)), st.lists(inner, max_size=3)),
        st.builds(lambda v: ContextOf((("a", v), ("late fee", v))), inner),
        st.builds(RangeOf, inner, inner, st.booleans(), st.booleans()),
        st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), inner),
        st.builds(lambda b, t: FunctionOf((("a", None), ("b", t)), b), inner, types),
    )


trees = st.recursive(atoms, _compound, max_leaves=8)


@examples(200)
@given(trees)
def test_printing_and_reading_a_tree_gives_the_same_tree(tree: object) -> None:
    """parse(print(tree)) == tree."""
    text = write_node(tree)  # type: ignore[arg-type]

    assert parse_expression(text, names=NAMES) == tree


@examples(100)
@given(st.lists(trees, max_size=3), st.booleans())
def test_printing_and_reading_tests_gives_the_same_tests(
    nodes: list[object], negated: bool
) -> None:
    """parse(print(tests)) == tests."""
    tests = Tests(tuple(nodes), negated and bool(nodes))  # type: ignore[arg-type]

    assert parse_tests(write_tests(tests), names=NAMES) == tests


@examples(200)
@given(trees, st.dictionaries(names, st.one_of(st.integers(), st.text(), st.dates(), st.none())))
def test_evaluating_any_tree_gives_a_value_or_an_own_error(
    tree: object, context: dict[str, object]
) -> None:
    """No expression makes the evaluator raise anything of Python's own."""
    expression = compile_expression(write_node(tree), names=NAMES)  # type: ignore[arg-type]

    try:
        expression.evaluate(context)
    except Problem as problem:
        own_error(problem)


@examples(200)
@given(st.text(alphabet='ab1 .,()[]{}<>=!+-*/"?@:\\ifthenelsorforinreturnnot', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser or the evaluator raise anything of Python's own."""
    for compile_text in (compile_expression, compile_unary_tests):
        try:
            compiled = compile_text(text)
            if compile_text is compile_expression:
                compiled.evaluate({"a": 1})  # type: ignore[union-attr]
            else:
                compiled.matches(1, {"a": 1})  # type: ignore[union-attr]
        except Problem as problem:
            own_error(problem)
