"""Turn a syntax tree into Python closures: ``compile_node(node)(scope)`` is the value.

No text is ever given to Python's own compiler, so an expression can reach nothing but the values in
its scope and the built-in functions. Loops, filters and functions are in ``compiler_scopes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from taysir.engine.feel import syntax
from taysir.engine.feel.analysis import height, uses_input
from taysir.engine.feel.errors import ENG_FEEL_DEPTH
from taysir.engine.feel.functions import BUILTINS
from taysir.engine.feel.input_tests import (
    FAST,
    UnaryTest,
    accepts_input,
    compares_constant,
    equals_constant,
    holds_for_input,
    in_constant_range,
    matches_result,
)
from taysir.engine.feel.operators import (
    ARITHMETICS,
    COMPARE,
    both,
    greater_or_equal,
    less_or_equal,
    negate,
)
from taysir.engine.feel.properties import read_property
from taysir.engine.feel.runtime import BUDGET, HEAVY, INPUT, Budget, Run, Scope
from taysir.engine.feel.syntax import Node
from taysir.engine.feel.temporal_text import parse_temporal
from taysir.engine.feel.types import FeelType, is_instance, resolve, unconstrained
from taysir.engine.feel.values import Context, Range, Test, Value
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class Compiler:
    """Compiles nodes; ``types`` are the defined types that ``instance of`` may name."""

    def __init__(self, *, types: Mapping[str, FeelType]) -> None:
        self.types = types

    def compile(self, node: Node) -> Run:
        """Return the closure of a node."""
        return _COMPILERS[type(node)](self, node)

    def literal(self, node: syntax.Literal) -> Run:
        """A constant."""
        value = node.value
        return lambda _scope: value

    def at_literal(self, node: syntax.AtLiteral) -> Run:
        """A temporal constant."""
        value = parse_temporal(node.text)
        return lambda _scope: value

    def name(self, node: syntax.Name) -> Run:
        """A variable, or a built-in function if there is no such variable."""
        name = node.name
        builtin = BUILTINS.get(name)
        if builtin is None:
            return lambda scope: scope.get(name)

        def run(scope: Scope) -> Value:
            return scope.get(name, builtin)

        return run

    def input(self, _node: syntax.Input) -> Run:
        """The value under test."""
        return lambda scope: scope.get(INPUT)

    def path(self, node: syntax.Path) -> Run:
        """A member of a context, a property of a value, or both for each item of a list."""
        target, name = self.compile(node.target), node.name

        def run(scope: Scope) -> Value:
            value = target(scope)
            if type(value) is Context:
                return value.get(name)
            if type(value) is list:
                scope[BUDGET].charge(value)
            return read_property(value, name)

        return run

    def call(self, node: syntax.Call) -> Run:
        """An invocation; a constant such as ``date("2026-01-31")`` is made once."""
        constant = _constant_call(node)
        if constant is None:
            return self.invocation(node)
        name, value = constant
        slow = self.invocation(node)
        return lambda scope: value if name not in scope else slow(scope)

    def invocation(self, node: syntax.Call) -> Run:
        """An invocation that is done each time."""
        function = self.compile(node.function)
        arguments = [self.compile(each) for each in node.arguments]
        names = node.names
        if names:
            named = tuple(zip(names, arguments, strict=True))
            return lambda scope: scope[BUDGET].invoke_named(
                function(scope), {name: each(scope) for name, each in named}
            )
        return lambda scope: scope[BUDGET].invoke(
            function(scope), [each(scope) for each in arguments]
        )

    def negate(self, node: syntax.Negate) -> Run:
        """A minus sign."""
        operand = self.compile(node.operand)
        if isinstance(node.operand, syntax.Literal):
            value = negate(node.operand.value)
            return lambda _scope: value
        return lambda scope: negate(operand(scope))

    def binary(self, node: syntax.Binary) -> Run:
        """An operator with two operands."""
        if node.operator in ("and", "or"):
            return self.logic(node)
        operator = ARITHMETICS.get(node.operator) or COMPARE[node.operator]
        left, right = self.compile(node.left), self.compile(node.right)
        bound = _constant_number(node.right)
        if node.operator in FAST and bound is not None:
            return _compare_constant(node.operator, left, bound)
        if node.operator in _CHARGED:
            return _charged(operator, left, right)
        return lambda scope: operator(left(scope), right(scope))

    def logic(self, node: syntax.Binary) -> Run:
        """A chain of ``and`` or of ``or``."""
        operands: list[Run] = []
        top: Node = node
        while isinstance(top, syntax.Binary) and top.operator == node.operator:
            operands.append(self.compile(top.right))
            top = top.left
        operands.append(self.compile(top))
        operands.reverse()
        decisive = node.operator == "or"

        def run(scope: Scope) -> Value:
            result: bool | None = not decisive
            for operand in operands:
                value = operand(scope)
                if value is decisive:
                    return decisive
                if value is not True and value is not False:
                    result = None
            return result

        return run

    def between(self, node: syntax.Between) -> Run:
        """``between``: both ends are in."""
        value, low, high = (self.compile(n) for n in (node.value, node.low, node.high))

        def run(scope: Scope) -> Value:
            tested = value(scope)
            return both(greater_or_equal(tested, low(scope)), less_or_equal(tested, high(scope)))

        return run

    def within(self, node: syntax.In) -> Run:
        """``in``: one of the tests holds."""
        value = self.compile(node.value)
        tests = [self.test(each) for each in node.tests]
        if len(tests) == 1:
            only = tests[0]
            return lambda scope: only(value(scope), scope)

        def run(scope: Scope) -> Value:
            tested = value(scope)
            return any(test(tested, scope) is True for test in tests)

        return run

    def test(self, node: Node) -> UnaryTest:
        """Return a unary test as a function of the value and the scope."""
        if isinstance(node, syntax.Comparison):
            bound = _constant_number(node.operand)
            if node.operator in FAST and bound is not None:
                return compares_constant(node.operator, bound)
            operator, operand = COMPARE[node.operator], self.compile(node.operand)
            return lambda value, scope: operator(value, operand(scope))
        if isinstance(node, syntax.Literal):
            return equals_constant(node.value)
        run = self.compile(node)
        if isinstance(node, syntax.RangeOf) and _is_number_range(node):
            return in_constant_range(run({}))
        if not uses_input(node):
            return matches_result(run)
        return holds_for_input(run) if _is_condition(node) else accepts_input(run)

    def instance_of(self, node: syntax.InstanceOf) -> Run:
        """``instance of``; an unknown type gives null."""
        value, kind = self.compile(node.value), resolve(node.kind, self.types)
        if kind is None:
            return lambda _scope: None
        plain = unconstrained(kind)

        def run(scope: Scope) -> Value:
            tested = value(scope)
            if type(tested) in HEAVY:
                scope[BUDGET].charge(tested)
            return is_instance(tested, plain)

        return run

    def condition(self, node: syntax.If) -> Run:
        """``if``; anything but true takes the other way."""
        condition = self.compile(node.condition)
        then, otherwise = self.compile(node.then), self.compile(node.otherwise)
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def list_of(self, node: syntax.ListOf) -> Run:
        """A list."""
        items = [self.compile(each) for each in node.items]
        return lambda scope: [item(scope) for item in items]

    def range_of(self, node: syntax.RangeOf) -> Run:
        """A range; its ends must be of one kind that has an order."""
        low, high = self.compile(node.low), self.compile(node.high)
        low_closed, high_closed = node.low_closed, node.high_closed

        def run(scope: Scope) -> Value:
            start, end = low(scope), high(scope)
            if start is not None and end is not None and type(start) is not type(end):
                return None
            return Range(start, end, low_closed, high_closed)

        return run

    def comparison(self, node: syntax.Comparison) -> Run:
        """``(< 10)`` as a value."""
        operator, operand = node.operator, self.compile(node.operand)
        return lambda scope: Test(operator, operand(scope))


_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration", "number"})


def _constant_call(node: syntax.Call) -> tuple[str, Value] | None:
    """Return the function and value of a constructor called with constants only."""
    function, arguments = node.function, node.arguments
    if not isinstance(function, syntax.Name) or function.name not in _CONSTRUCTORS or node.names:
        return None
    values = [each.value for each in arguments if isinstance(each, syntax.Literal)]
    if len(values) < len(arguments):
        return None
    return function.name, Budget().invoke(BUILTINS[function.name], values)


def _constant_number(node: Node) -> Decimal | None:
    if isinstance(node, syntax.Literal) and type(node.value) is Decimal:
        return node.value
    return None


_CHARGED = frozenset({"+", "=", "!="})
"""The operators whose time or result grows with the size of their operands."""


def _charged(operator: Callable[[Value, Value], Value], left: Run, right: Run) -> Run:
    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) in HEAVY:
            scope[BUDGET].charge(first)
            if type(second) in HEAVY:
                scope[BUDGET].charge(second)
        return operator(first, second)

    return run


def _compare_constant(operator: str, left: Run, bound: Decimal) -> Run:
    """Compare with a constant number without a table of kinds: most conditions do."""
    slow, fast = COMPARE[operator], FAST[operator]

    def run(scope: Scope) -> Value:
        value = left(scope)
        return fast(value, bound) if type(value) is Decimal else slow(value, bound)

    return run


def _is_number_range(node: syntax.RangeOf) -> bool:
    return _constant_number(node.low) is not None and _constant_number(node.high) is not None


def _is_condition(node: Node) -> bool:
    return isinstance(
        node, syntax.Binary | syntax.In | syntax.Between | syntax.Quantified | syntax.InstanceOf
    ) and not (isinstance(node, syntax.Binary) and node.operator in ARITHMETICS)


def compile_node(node: Node, *, types: Mapping[str, FeelType] | None = None) -> Run:
    """Return the closure of a whole tree."""
    if height(node) > limits.FEEL_HEIGHT:
        raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_HEIGHT)
    return Compiler(types=types or {}).compile(node)


def compile_test(node: Node, *, types: Mapping[str, FeelType] | None = None) -> UnaryTest:
    """Return one unary test of a whole tree."""
    if height(node) > limits.FEEL_HEIGHT:
        raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_HEIGHT)
    return Compiler(types=types or {}).test(node)


_COMPILERS: dict[type, Callable[[Compiler, Any], Run]] = {
    syntax.Literal: Compiler.literal,
    syntax.AtLiteral: Compiler.at_literal,
    syntax.Name: Compiler.name,
    syntax.Input: Compiler.input,
    syntax.Path: Compiler.path,
    syntax.Call: Compiler.call,
    syntax.Negate: Compiler.negate,
    syntax.Binary: Compiler.binary,
    syntax.Between: Compiler.between,
    syntax.In: Compiler.within,
    syntax.InstanceOf: Compiler.instance_of,
    syntax.If: Compiler.condition,
    syntax.ListOf: Compiler.list_of,
    syntax.RangeOf: Compiler.range_of,
    syntax.Comparison: Compiler.comparison,
}


def compiler_of(kind: type, function: Callable[[Compiler, Any], Run]) -> None:
    """Add the compiler of one more kind of node."""
    _COMPILERS[kind] = function
