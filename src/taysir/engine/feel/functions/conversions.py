"""``number``, ``string`` and ``range``: from one kind of value to another."""

from __future__ import annotations

import re
from decimal import Decimal

from taysir.engine.feel import syntax
from taysir.engine.feel.functions.registry import Table
from taysir.engine.feel.functions.temporals import (
    date_from_text,
    date_time_from_text,
    duration,
    time_from_text,
)
from taysir.engine.feel.operators import bounded, compare, negate
from taysir.engine.feel.parser import parse_expression
from taysir.engine.feel.temporal_text import parse_temporal
from taysir.engine.feel.text import write_value
from taysir.engine.feel.values import ARITHMETIC, Range, Value
from taysir.kernel.errors import Problem

TABLE = Table()

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_GROUPS = (None, " ", ",", ".")
_POINTS = (None, ".", ",")


@TABLE.add("number", "from: string")
def number(text: str) -> Decimal | None:
    """Read a number."""
    return ARITHMETIC.create_decimal(text) if _NUMBER.fullmatch(text) else None


@TABLE.add("number", "from: string, grouping separator: string?, decimal separator: string?")
def number_grouped(text: str, group: str | None, point: str | None) -> Decimal | None:
    """Read a number written with separators."""
    if group not in _GROUPS or point not in _POINTS:
        return None
    if group is not None and group == point:
        return None
    plain = text.replace(group, "") if group else text
    if point and point != ".":
        if "." in plain:
            return None
        plain = plain.replace(point, ".")
    return ARITHMETIC.create_decimal(plain) if _NUMBER.fullmatch(plain) else None


@TABLE.add("string", "from: any")
def string(value: Value) -> str | None:
    """Write a value."""
    return None if value is None else bounded(write_value(value))


@TABLE.add("range", "from: string")
def make_range(text: str) -> Range | None:
    """Read a range whose ends are literals."""
    try:
        node = parse_expression(text)
    except Problem:
        # The text is data here: a text that is no range is null, as in all conversions.
        return None
    if not isinstance(node, syntax.RangeOf):
        return None
    low, high = _literal(node.low), _literal(node.high)
    if low is None or high is None or compare(low, high) not in (-1, 0):
        return None
    return Range(low, high, node.low_closed, node.high_closed)


_CONSTRUCTORS = {
    "date": date_from_text,
    "time": time_from_text,
    "date and time": date_time_from_text,
    "duration": duration,
}


def _literal(node: syntax.Node) -> Value:
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.AtLiteral):
        return parse_temporal(node.text)
    if isinstance(node, syntax.Negate):
        return negate(_literal(node.operand))
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name):
        constructor = _CONSTRUCTORS.get(node.function.name)
        argument = node.arguments[0] if len(node.arguments) == 1 else None
        if constructor and isinstance(argument, syntax.Literal) and type(argument.value) is str:
            return constructor(argument.value)
    return None
