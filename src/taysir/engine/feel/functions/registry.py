"""How the built-in functions are declared, and how arguments find their parameters.

A function has one or more signatures, e.g. ``"string: string, start: number, length?: number"``.
A parameter with ``?`` after its name may be left out; a type with ``?`` accepts null; ``*`` before
a name takes all remaining arguments. An argument of a wrong type makes the result null. The
singleton conversions of DMN 1.5 clause 10.3.2.9.4 are applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from taysir.engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from taysir.engine.feel.values import Context, Function, Range, Test, Value

_BAD = object()


class Caller(Protocol):
    """The running evaluation, for functions that call functions or ask for the time."""

    now: DateTime | None

    def step(self, count: int = 1) -> None:
        """Take steps of the budget."""

    def invoke(self, function: Value, arguments: Sequence[Value]) -> Value:
        """Invoke a function."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature; no kinds at all means any."""

    name: str
    kinds: tuple[type, ...]
    optional: bool
    nullable: bool
    rest: bool

    def accept(self, value: Value) -> Value:
        """Return the argument as this parameter takes it, or the mark for a bad one."""
        if value is None:
            return None if self.nullable else _BAD
        if not self.kinds or type(value) in self.kinds:
            return value
        if list in self.kinds:
            return [value]
        if type(value) is list and len(value) == 1:
            return self.accept(value[0]) if type(value[0]) is not list else _BAD
        return _BAD


@dataclass(frozen=True, slots=True)
class Signature:
    """One way of calling a function."""

    parameters: tuple[Parameter, ...]
    function: Callable[..., Value]
    calls_back: bool

    def positional(self, arguments: Sequence[Value]) -> list[Value] | None:
        """Return the arguments of the Python function, or None if they do not fit."""
        out: list[Value] = []
        for index, parameter in enumerate(self.parameters):
            if parameter.rest:
                out.append([parameter.accept(each) for each in arguments[index:]])
                return None if _BAD in out[-1] or not out[-1] else out
            if index < len(arguments):
                out.append(parameter.accept(arguments[index]))
                if out[-1] is _BAD:
                    return None
            elif not parameter.optional:
                return None
        return out if len(arguments) <= len(self.parameters) else None

    def named(self, arguments: Mapping[str, Value]) -> list[Value] | None:
        """Return the arguments of the Python function, or None if they do not fit."""
        out: list[Value] = []
        seen = 0
        for parameter in self.parameters:
            if parameter.rest:
                return None
            if parameter.name in arguments:
                seen += 1
                out.append(parameter.accept(arguments[parameter.name]))
            elif parameter.optional:
                out.append(None)
            else:
                return None
            if out[-1] is _BAD:
                return None
        return out if seen == len(arguments) else None


class Builtin:
    """A built-in function with its signatures."""

    __slots__ = ("name", "signatures")

    def __init__(self, name: str, signatures: tuple[Signature, ...]) -> None:
        self.name = name
        self.signatures = signatures

    def call(self, arguments: Sequence[Value], back: Caller) -> Value:
        """Call with positional arguments."""
        for signature in self.signatures:
            bound = signature.positional(arguments)
            if bound is not None:
                return _run(signature, bound, back)
        return None

    def call_named(self, arguments: Mapping[str, Value], back: Caller) -> Value:
        """Call with named arguments."""
        for signature in self.signatures:
            bound = signature.named(arguments)
            if bound is not None:
                return _run(signature, bound, back)
        return None


def _run(signature: Signature, bound: list[Value], back: Caller) -> Value:
    try:
        if signature.calls_back:
            return signature.function(*bound, back=back)
        return signature.function(*bound)
    except ArithmeticError:
        # A result that decimal numbers cannot hold: FEEL calls it null.
        return None


KINDS: dict[str, tuple[type, ...]] = {
    "any": (),
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "list": (list,),
    "context": (Context,),
    "range": (Range, Test),
    "function": (Function, Builtin),
    "date": (Date,),
    "time": (Time,),
    "date and time": (DateTime,),
    "moment": (Date, DateTime),
    "clock": (Time, DateTime),
    "duration": (DaysTime, YearsMonths),
    "days and time duration": (DaysTime,),
    "point": (Decimal, str, Date, Time, DateTime, DaysTime, YearsMonths),
}


def _parameter(text: str) -> Parameter:
    name, _, kind = (part.strip() for part in text.partition(":"))
    rest, optional, nullable = name.startswith("*"), name.endswith("?"), kind.endswith("?")
    return Parameter(
        name=name.strip("*?"),
        kinds=tuple(k for part in kind.rstrip("?").split("|") for k in KINDS[part]),
        optional=optional,
        nullable=nullable or kind == "any",
        rest=rest,
    )


def parse_parameters(text: str) -> tuple[Parameter, ...]:
    """Read the parameters of a signature."""
    return tuple(_parameter(part) for part in text.split(",") if part.strip())


class Table:
    """The functions of one module, filled by a decorator."""

    def __init__(self) -> None:
        self.functions: dict[str, Builtin] = {}

    def add(
        self, name: str, parameters: str, *, calls_back: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare one signature of a function; the first that fits is called."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            signature = Signature(parse_parameters(parameters), function, calls_back)
            known = self.functions.get(name)
            signatures = (*known.signatures, signature) if known else (signature,)
            self.functions[name] = Builtin(name, signatures)
            return function

        return declare
