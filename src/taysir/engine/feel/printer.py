"""Write a syntax tree as FEEL again: reading the text gives the same tree.

Used by editors and by the comparison of two versions of a pack. Operands that are not atoms stand
in parentheses, so no precedence has to be known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from taysir.engine.feel import syntax
from taysir.engine.feel.lexer import WORD, escape
from taysir.engine.feel.syntax import Node
from taysir.engine.feel.text import write_value
from taysir.engine.feel.type_text import write_type

_WORD = re.compile(WORD)
_ATOMS = (
    syntax.Literal,
    syntax.AtLiteral,
    syntax.Name,
    syntax.Input,
    syntax.ListOf,
    syntax.ContextOf,
    syntax.RangeOf,
    syntax.Comparison,
)


def write_node(node: Node) -> str:
    """Return the text of an expression."""
    return _WRITERS[type(node)](node)


def write_tests(tests: syntax.Tests) -> str:
    """Return the text of unary tests."""
    if not tests.tests:
        return "-"
    inner = ", ".join(map(_test, tests.tests))
    return f"not({inner})" if tests.negated else inner


def _test(node: Node) -> str:
    if isinstance(node, syntax.Comparison):
        return f"{node.operator} {_operand(node.operand)}"
    return write_node(node)


def _operand(node: Node) -> str:
    text = write_node(node)
    return text if isinstance(node, _ATOMS) else f"({text})"


def _literal(node: syntax.Literal) -> str:
    return escape(node.value) if type(node.value) is str else write_value(node.value)


def _call(node: syntax.Call) -> str:
    arguments = [write_node(each) for each in node.arguments]
    if node.names:
        arguments = [f"{n}: {a}" for n, a in zip(node.names, arguments, strict=True)]
    return f"{_operand(node.function)}({', '.join(arguments)})"


def _binary(node: syntax.Binary) -> str:
    return f"{_operand(node.left)} {node.operator} {_operand(node.right)}"


def _in(node: syntax.In) -> str:
    return f"{_operand(node.value)} in ({', '.join(map(_test, node.tests))})"


def _between(node: syntax.Between) -> str:
    return f"{_operand(node.value)} between {_operand(node.low)} and {_operand(node.high)}"


def _iterators(iterators: tuple[syntax.Iterator, ...]) -> str:
    return ", ".join(
        f"{each.name} in {_operand(each.source)}"
        + (f"..{_operand(each.end)}" if each.end is not None else "")
        for each in iterators
    )


def _quantified(node: syntax.Quantified) -> str:
    word = "every" if node.every else "some"
    return f"{word} {_iterators(node.iterators)} satisfies {_operand(node.test)}"


def _if(node: syntax.If) -> str:
    then, otherwise = _operand(node.then), _operand(node.otherwise)
    return f"if {_operand(node.condition)} then {then} else {otherwise}"


def _context(node: syntax.ContextOf) -> str:
    entries = (
        f"{name if _WORD.fullmatch(name) else escape(name)}: {write_node(each)}"
        for name, each in node.entries
    )
    return "{" + ", ".join(entries) + "}"


def _range(node: syntax.RangeOf) -> str:
    low, high = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{low}{_operand(node.low)} .. {_operand(node.high)}{high}"


def _function(node: syntax.FunctionOf) -> str:
    parameters = ", ".join(
        name if kind is None else f"{name}: {write_type(kind)}" for name, kind in node.parameters
    )
    external = "external " if node.external else ""
    return f"function({parameters}) {external}{_operand(node.body)}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    syntax.Literal: _literal,
    syntax.AtLiteral: lambda node: "@" + escape(node.text),
    syntax.Name: lambda node: str(node.name),
    syntax.Input: lambda _node: "?",
    syntax.Path: lambda node: f"{_operand(node.target)}.{node.name}",
    syntax.Filter: lambda node: f"{_operand(node.target)}[{write_node(node.test)}]",
    syntax.Call: _call,
    syntax.Negate: lambda node: f"-{_operand(node.operand)}",
    syntax.Binary: _binary,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.InstanceOf: lambda node: f"{_operand(node.value)} instance of {write_type(node.kind)}",
    syntax.If: _if,
    syntax.For: lambda node: f"for {_iterators(node.iterators)} return {_operand(node.result)}",
    syntax.Quantified: _quantified,
    syntax.ListOf: lambda node: "[" + ", ".join(map(write_node, node.items)) + "]",
    syntax.ContextOf: _context,
    syntax.RangeOf: _range,
    syntax.Comparison: lambda node: f"({_test(node)})",
    syntax.FunctionOf: _function,
}
