"""What a compiled expression needs while it runs: the scope, its budget, and invocation.

A scope is a plain dict from names to values. Two keys that no name can spell carry the value under
test (``?``) and the budget of the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from taysir.engine.feel.errors import ENG_FEEL_DEPTH, ENG_FEEL_SIZE, ENG_FEEL_STEPS
from taysir.engine.feel.functions.registry import Builtin
from taysir.engine.feel.temporal import DateTime
from taysir.engine.feel.types import coerce
from taysir.engine.feel.values import Context, Function, Value
from taysir.kernel import limits
from taysir.kernel.errors import Problem

Scope = dict[str, Value]
Run = Callable[[Scope], Value]

INPUT = "?"
BUDGET = "\0"


class Budget:
    """How far an evaluation may still go; ``now`` is what ``now()`` and ``today()`` tell."""

    __slots__ = ("depth", "now", "steps")

    def __init__(self, *, now: DateTime | None = None) -> None:
        self.steps = limits.FEEL_STEPS
        self.depth = 0
        self.now = now

    def step(self, count: int = 1) -> None:
        """Take steps."""
        self.steps -= count
        if self.steps < 0:
            raise Problem(ENG_FEEL_STEPS, steps=limits.FEEL_STEPS)

    def charge(self, value: Value) -> None:
        """Take steps for walking through a value: time and memory follow its size."""
        if type(value) is str:
            self.step(len(value) >> 8)
        elif type(value) in HEAVY:
            self.step(weigh(value) >> 4)

    def invoke(self, function: Value, arguments: Sequence[Value]) -> Value:
        """Invoke a function with positional arguments; null for anything that is not one."""
        if isinstance(function, Builtin):
            self.step()
            for argument in arguments:
                if type(argument) in HEAVY:
                    self.charge(argument)
            return function.call(arguments, self)
        if type(function) is not Function or len(arguments) != len(function.parameters):
            return None
        values = list(arguments)
        for index, kind in enumerate(function.types):
            if values[index] is not None:
                values[index] = coerce(values[index], kind)
                if values[index] is None:
                    return None
        return self._enter(function, values)

    def _enter(self, function: Function, values: list[Value]) -> Value:
        self.step()
        self.depth += 1
        if self.depth > limits.FEEL_CALL_DEPTH:
            raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_CALL_DEPTH)
        result = function.call(values, self)
        self.depth -= 1
        return result

    def invoke_named(self, function: Value, given: Mapping[str, Value]) -> Value:
        """Invoke a function with named arguments."""
        if isinstance(function, Builtin):
            self.step()
            for argument in given.values():
                if type(argument) in HEAVY:
                    self.charge(argument)
            return function.call_named(given, self)
        if type(function) is not Function or given.keys() != set(function.parameters):
            return None
        return self.invoke(function, [given[name] for name in function.parameters])


HEAVY = frozenset({list, Context, str})
"""The kinds whose values can be large."""


def weigh(value: Value) -> int:
    """Return the number of items and entries inside a value; refuse one that has too many."""
    total = 0
    stack = [value]
    while stack:
        top = stack.pop()
        total += len(top)
        if total > limits.FEEL_VALUE_ITEMS:
            raise Problem(ENG_FEEL_SIZE, size=limits.FEEL_VALUE_ITEMS)
        inside = top.values() if type(top) is Context else top
        stack.extend(each for each in inside if type(each) is list or type(each) is Context)
    return total


def check_items(count: int) -> None:
    """Refuse a list that is too long."""
    if count > limits.FEEL_LIST_ITEMS:
        raise Problem(ENG_FEEL_SIZE, size=limits.FEEL_LIST_ITEMS)
