"""The syntax tree of FEEL: plain frozen nodes, made by the parser, read by compiler and printer."""

from __future__ import annotations

from dataclasses import dataclass

from taysir.engine.feel.types import FeelType
from taysir.engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, string, boolean or null."""

    value: Value


@dataclass(frozen=True, slots=True)
class AtLiteral:
    """``@"2026-01-31"``."""

    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or built-in function."""

    name: str


@dataclass(frozen=True, slots=True)
class Input:
    """``?``: the value under test."""


@dataclass(frozen=True, slots=True)
class Path:
    """``target.name``."""

    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    """``target[condition or index]``."""

    target: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Call:
    """An invocation; ``names`` is empty for positional arguments."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negate:
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, ``and``, ``or``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between:
    """``value between low and high``."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    """``value in (tests)``."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """``value instance of type``."""

    value: Node
    kind: FeelType


@dataclass(frozen=True, slots=True)
class If:
    """``if … then … else …``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator:
    """``name in source``, or ``name in source..end``."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For:
    """``for iterators return result``."""

    iterators: tuple[Iterator, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    """``some`` or ``every`` … ``satisfies`` test."""

    every: bool
    iterators: tuple[Iterator, ...]
    test: Node


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf:
    """``{a: 1, b: a}``."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf:
    """``[low..high)``."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """``< 10`` as a unary test, ``(< 10)`` as a value."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class FunctionOf:
    """``function(a: number, b) body``; external ones have no implementation here."""

    parameters: tuple[tuple[str, FeelType | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Tests:
    """Unary tests: ``-`` is no tests at all; ``not(…)`` is negated."""

    __test__ = False

    tests: tuple[Node, ...]
    negated: bool = False


Node = (
    Literal
    | AtLiteral
    | Name
    | Input
    | Path
    | Filter
    | Call
    | Negate
    | Binary
    | Between
    | In
    | InstanceOf
    | If
    | For
    | Quantified
    | ListOf
    | ContextOf
    | RangeOf
    | Comparison
    | FunctionOf
)
