"""The public face of FEEL: compile a text once, evaluate it often.

``compile_expression(text, names=…)`` gives an Expression, ``compile_unary_tests`` the tests of a
cell of a decision table. Both raise ``Problem`` with line and column for a text they cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taysir.engine.feel import compiler_scopes as _compiler_scopes  # noqa: F401
from taysir.engine.feel.analysis import references
from taysir.engine.feel.compiler import compile_node, compile_test
from taysir.engine.feel.errors import ENG_FEEL_DEPTH
from taysir.engine.feel.input_tests import UnaryTest
from taysir.engine.feel.parser import parse_expression, parse_tests
from taysir.engine.feel.runtime import BUDGET, Budget, Run, Scope, weigh
from taysir.engine.feel.syntax import Node, Tests
from taysir.engine.feel.types import FeelType
from taysir.engine.feel.values import Context, Value, from_feel, to_feel
from taysir.kernel import limits
from taysir.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; ``references`` are the names and paths it reads."""

    text: str
    node: Node = field(repr=False)
    run: Run = field(repr=False, compare=False)
    references: frozenset[str] = field(repr=False)
    roots: tuple[str, ...] = field(repr=False)

    def evaluate(self, context: Mapping[str, Any], *, now: Any = None) -> Any:
        """Return the value for a context, as Python's own kinds where they can hold it."""
        scope: Scope = {BUDGET: Budget(now=to_feel(now))}
        for name in self.roots:
            if name in context:
                scope[name] = to_feel(context[name])
        return give_back(guarded(self.run, scope))


def give_back(value: Value) -> Any:
    """Return a result as Python's own kinds; refuse one that is too large."""
    if type(value) is list or type(value) is Context:
        weigh(value)
    return from_feel(value)


def guarded(run: Run, scope: Scope) -> Value:
    """Run a closure; a Python stack that ends counts as too deep."""
    try:
        return run(scope)
    except RecursionError as error:
        raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_CALL_DEPTH) from error


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """The compiled tests of one cell."""

    text: str
    node: Tests = field(repr=False)
    tests: tuple[UnaryTest, ...] = field(repr=False, compare=False)
    references: frozenset[str] = field(repr=False)
    roots: tuple[str, ...] = field(repr=False)

    @property
    def is_any(self) -> bool:
        """Whether the cell is ``-`` and accepts everything."""
        return not self.tests

    @property
    def check(self) -> UnaryTest | None:
        """Return the quickest form of ``passes``; None if everything passes."""
        if not self.tests:
            return None
        return self.tests[0] if len(self.tests) == 1 and not self.node.negated else self.passes

    def matches(self, value: Any, context: Mapping[str, Any], *, now: Any = None) -> bool | None:
        """Whether a value passes; null if that cannot be said."""
        if not self.tests:
            return True
        scope: Scope = {BUDGET: Budget(now=to_feel(now))}
        for name in self.roots:
            if name in context:
                scope[name] = to_feel(context[name])
        tested = to_feel(value)
        result = guarded(lambda inner: self.passes(tested, inner), scope)
        return result if isinstance(result, bool) else None

    def passes(self, value: Value, scope: Scope) -> bool | None:
        """Whether a FEEL value passes, in a scope that is ready."""
        tests = self.tests
        if not tests:
            return True
        result: bool | None = False
        for test in tests:
            found = test(value, scope)
            if found is True:
                result = True
                break
            if found is None:
                result = None
        if self.node.negated:
            return None if result is None else not result
        return result


def _roots(found: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({path.partition(".")[0] for path in found}))


def compile_expression(
    text: str, *, names: Iterable[str] = (), types: Mapping[str, FeelType] | None = None
) -> Expression:
    """Compile an expression; ``names`` are those in scope, ``types`` those that are defined."""
    node = parse_expression(text, names=names)
    found = references(node)
    return Expression(text, node, compile_node(node, types=types), found, _roots(found))


def compile_unary_tests(
    text: str, *, names: Iterable[str] = (), types: Mapping[str, FeelType] | None = None
) -> UnaryTests:
    """Compile the tests of a cell."""
    node = parse_tests(text, names=names)
    tests = tuple(compile_test(each, types=types) for each in node.tests)
    found = frozenset().union(*(references(each) for each in node.tests))
    return UnaryTests(text, node, tests, found, _roots(found))
