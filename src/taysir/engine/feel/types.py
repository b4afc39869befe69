"""The types of FEEL: which values belong to them, and how a value is coerced to them.

Source: DMN 1.5 clauses 10.3.2.9 (semantic domains) and 10.3.2.9.4 (implicit conversions). Item
definitions of DMN become the same types with a constraint on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from taysir.engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from taysir.engine.feel.values import Context, Function, Range, Test, Value


@dataclass(frozen=True, slots=True)
class SimpleType:
    """A built-in type, or the name of one that is defined elsewhere."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose items are of one type."""

    item: FeelType


@dataclass(frozen=True, slots=True)
class RangeType:
    """A range whose ends are of one type."""

    item: FeelType


@dataclass(frozen=True, slots=True)
class ContextType:
    """A context with at least these entries."""

    entries: tuple[tuple[str, FeelType], ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function from parameters to a result."""

    parameters: tuple[FeelType, ...]
    result: FeelType


@dataclass(frozen=True, slots=True)
class ConstrainedType:
    """A type of an item definition whose values must also pass a test."""

    base: FeelType
    allows: Callable[[Value], bool] = field(compare=False)
    text: str = ""


FeelType = SimpleType | ListType | RangeType | ContextType | FunctionType | ConstrainedType

ANY = SimpleType("Any")
NULL = SimpleType("Null")

KINDS: dict[str, type] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "date": Date,
    "time": Time,
    "date and time": DateTime,
    "days and time duration": DaysTime,
    "years and months duration": YearsMonths,
    "list": list,
    "context": Context,
    "function": Function,
}
ALIASES: dict[str, str] = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "any": "Any",
}
BUILT_IN = frozenset({*KINDS, "Any", "Null", "range", "duration"})


def resolve(kind: FeelType, named: Mapping[str, FeelType]) -> FeelType | None:
    """Replace the names of defined types by their definitions; None if one is unknown."""
    if isinstance(kind, SimpleType):
        return named.get(kind.name) or _built_in(kind.name)
    if isinstance(kind, ListType | RangeType):
        item = resolve(kind.item, named)
        return None if item is None else type(kind)(item)
    if isinstance(kind, ContextType):
        entries = dict(kind.entries)
        known = _resolve_all([*entries.values()], named)
        return None if known is None else ContextType(tuple(zip(entries, known, strict=True)))
    if isinstance(kind, FunctionType):
        signature = _resolve_all([*kind.parameters, kind.result], named)
        return None if signature is None else FunctionType(signature[:-1], signature[-1])
    return kind


def _built_in(name: str) -> FeelType | None:
    name = ALIASES.get(name, name)
    return SimpleType(name) if name in BUILT_IN else None


def _resolve_all(
    kinds: Sequence[FeelType], named: Mapping[str, FeelType]
) -> tuple[FeelType, ...] | None:
    """Resolve several types; None if any of them is unknown."""
    known = [found for each in kinds if (found := resolve(each, named)) is not None]
    return tuple(known) if len(known) == len(kinds) else None


def unconstrained(kind: FeelType) -> FeelType:
    """Return the type without allowed values, as ``instance of`` sees it."""
    if isinstance(kind, ConstrainedType):
        return unconstrained(kind.base)
    if isinstance(kind, ListType | RangeType):
        return type(kind)(unconstrained(kind.item))
    if isinstance(kind, ContextType):
        return ContextType(tuple((name, unconstrained(each)) for name, each in kind.entries))
    return kind


def conforms(value: Value, kind: FeelType) -> bool:
    """Whether a value may stand where the type is asked for; null conforms to all of them."""
    return value is None or is_instance(value, kind)


def is_instance(value: Value, kind: FeelType) -> bool:
    """Whether a value is of a type; null is of no type but Null."""
    if value is None:
        return isinstance(kind, SimpleType) and kind.name == "Null"
    return _BELONGS[type(kind)](value, kind)


def _is_simple(value: Value, kind: SimpleType) -> bool:
    name = kind.name
    if name == "Any":
        return True
    if name == "range":
        return type(value) in (Range, Test)
    if name == "duration":
        return type(value) in (DaysTime, YearsMonths)
    return type(value) is KINDS.get(name)


def _is_allowed(value: Value, kind: ConstrainedType) -> bool:
    return is_instance(value, kind.base) and kind.allows(value)


def _is_list(value: Value, kind: ListType) -> bool:
    return type(value) is list and all(conforms(item, kind.item) for item in value)


def _is_context(value: Value, kind: ContextType) -> bool:
    return type(value) is Context and all(
        name in value and conforms(value[name], each) for name, each in kind.entries
    )


def _is_range(value: Value, kind: RangeType) -> bool:
    if type(value) is Range:
        return conforms(value.low, kind.item) and conforms(value.high, kind.item)
    return type(value) is Test and conforms(value.operand, kind.item)


def _is_function(value: Value, kind: FunctionType) -> bool:
    if type(value) is not Function or len(value.parameters) != len(kind.parameters):
        return False
    given = value.types or (ANY,) * len(value.parameters)
    if any(
        not type_conforms(want, have) for want, have in zip(kind.parameters, given, strict=True)
    ):
        return False
    return type_conforms(value.result_type or ANY, kind.result)


_BELONGS: Final[dict[type, Callable[[Value, Any], bool]]] = {
    SimpleType: _is_simple,
    ConstrainedType: _is_allowed,
    ListType: _is_list,
    RangeType: _is_range,
    ContextType: _is_context,
    FunctionType: _is_function,
}
"""How a value, not null, is held against each kind of type."""


def type_conforms(narrow: FeelType, wide: FeelType) -> bool:
    """Whether every value of the first type is one of the second."""
    if wide == ANY or narrow in (wide, NULL):
        return True
    if isinstance(narrow, ConstrainedType):
        return type_conforms(narrow.base, wide)
    if type(narrow) is not type(wide) or isinstance(narrow, SimpleType):
        return False
    return _NARROWER[type(narrow)](narrow, wide)


def _item_conforms(narrow: ListType | RangeType, wide: ListType | RangeType) -> bool:
    return type_conforms(narrow.item, wide.item)


def _entries_conform(narrow: ContextType, wide: ContextType) -> bool:
    have = dict(narrow.entries)
    return all(name in have and type_conforms(have[name], each) for name, each in wide.entries)


def _signature_conforms(narrow: FunctionType, wide: FunctionType) -> bool:
    """A function may take more and give less than is asked for."""
    return (
        len(narrow.parameters) == len(wide.parameters)
        and all(map(type_conforms, wide.parameters, narrow.parameters))
        and type_conforms(narrow.result, wide.result)
    )


_NARROWER: Final[dict[type, Callable[[Any, Any], bool]]] = {
    ListType: _item_conforms,
    RangeType: _item_conforms,
    ContextType: _entries_conform,
    FunctionType: _signature_conforms,
}
"""How two types of one form are held against each other."""


def coerce(value: Value, kind: FeelType) -> Value:
    """Return the value as one of the type by the implicit conversions, or null."""
    if value is None or kind is ANY:
        return value
    if type(kind) is SimpleType and type(value) is KINDS.get(kind.name):
        return value
    if is_instance(value, kind):
        return value
    converted = _converted(value, kind)
    return converted if is_instance(converted, kind) else None


def _converted(value: Value, kind: FeelType) -> Value:
    """Return what the implicit conversion towards a type makes of a value; null without one."""
    base: FeelType = kind
    while isinstance(base, ConstrainedType):
        base = base.base
    if isinstance(base, ListType):
        return None if type(value) is list else [value]
    if type(value) is list:
        return value[0] if len(value) == 1 else None
    if type(value) is Date and base == SimpleType("date and time"):
        return DateTime(value, Time(0, 0))
    return None
