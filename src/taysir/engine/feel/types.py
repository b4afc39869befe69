"""The types of FEEL: which values belong to them, and how a value is coerced to them.

Source: DMN 1.5 clauses 10.3.2.9 (semantic domains) and 10.3.2.9.4 (implicit conversions). Item
definitions of DMN become the same types with a constraint on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

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
        if kind.name in named:
            return named[kind.name]
        name = ALIASES.get(kind.name, kind.name)
        return SimpleType(name) if name in BUILT_IN else None
    if isinstance(kind, ListType | RangeType):
        item = resolve(kind.item, named)
        return None if item is None else type(kind)(item)
    if isinstance(kind, ContextType):
        entries = [(name, resolve(each, named)) for name, each in kind.entries]
        known = tuple((name, each) for name, each in entries if each is not None)
        return ContextType(known) if len(known) == len(entries) else None
    if isinstance(kind, FunctionType):
        parameters = [resolve(each, named) for each in kind.parameters]
        known_parameters = tuple(each for each in parameters if each is not None)
        result = resolve(kind.result, named)
        if result is None or len(known_parameters) < len(parameters):
            return None
        return FunctionType(known_parameters, result)
    return kind


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
    if isinstance(kind, SimpleType):
        return _is_simple(value, kind.name)
    if isinstance(kind, ConstrainedType):
        return is_instance(value, kind.base) and kind.allows(value)
    if isinstance(kind, ListType):
        return type(value) is list and all(conforms(item, kind.item) for item in value)
    if isinstance(kind, RangeType):
        return _is_range(value, kind)
    if isinstance(kind, ContextType):
        return type(value) is Context and all(
            name in value and conforms(value[name], each) for name, each in kind.entries
        )
    return _is_function(value, kind)


def _is_simple(value: Value, name: str) -> bool:
    if name == "Any":
        return True
    if name == "range":
        return type(value) in (Range, Test)
    if name == "duration":
        return type(value) in (DaysTime, YearsMonths)
    return type(value) is KINDS.get(name)


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


def type_conforms(narrow: FeelType, wide: FeelType) -> bool:
    """Whether every value of the first type is one of the second."""
    if wide == ANY or narrow in (wide, NULL):
        return True
    if isinstance(narrow, ConstrainedType):
        return type_conforms(narrow.base, wide)
    if isinstance(narrow, ListType) and isinstance(wide, ListType):
        return type_conforms(narrow.item, wide.item)
    if isinstance(narrow, RangeType) and isinstance(wide, RangeType):
        return type_conforms(narrow.item, wide.item)
    if isinstance(narrow, ContextType) and isinstance(wide, ContextType):
        have = dict(narrow.entries)
        return all(name in have and type_conforms(have[name], t) for name, t in wide.entries)
    if isinstance(narrow, FunctionType) and isinstance(wide, FunctionType):
        return (
            len(narrow.parameters) == len(wide.parameters)
            and all(map(type_conforms, wide.parameters, narrow.parameters))
            and type_conforms(narrow.result, wide.result)
        )
    return False


def coerce(value: Value, kind: FeelType) -> Value:
    """Return the value as one of the type by the implicit conversions, or null."""
    if value is None or kind is ANY:
        return value
    if type(kind) is SimpleType and type(value) is KINDS.get(kind.name):
        return value
    if is_instance(value, kind):
        return value
    base: FeelType = kind
    while isinstance(base, ConstrainedType):
        base = base.base
    if isinstance(base, ListType):
        if type(value) is not list and is_instance([value], kind):
            return [value]
        return None
    if type(value) is list and len(value) == 1:
        return value[0] if is_instance(value[0], kind) else None
    if type(value) is Date and base == SimpleType("date and time"):
        moment = DateTime(value, Time(0, 0))
        return moment if is_instance(moment, kind) else None
    return None
