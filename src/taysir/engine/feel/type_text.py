"""Read and write the types of FEEL: ``list<number>``, ``context<a: string>``, ``function<…> -> T``.

Source: DMN 1.5 clause 10.3.1.2, grammar rule 52.
"""

from __future__ import annotations

from taysir.engine.feel.names import key_at, normalise
from taysir.engine.feel.reader import TokenReader
from taysir.engine.feel.types import (
    ANY,
    ConstrainedType,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    RangeType,
    SimpleType,
)


def read_type(reader: TokenReader) -> FeelType:
    """Read a type at the present place."""
    reader.descend()
    kind = _read(reader)
    reader.depth -= 1
    return kind


def _read(reader: TokenReader) -> FeelType:
    name = _type_name(reader)
    if not reader.at("<") or name not in ("list", "range", "context", "function"):
        return ListType(ANY) if name == "list" else SimpleType(name)
    reader.take()
    if name == "context":
        return _context(reader)
    if name == "function":
        return _function(reader)
    item = read_type(reader)
    reader.expect(">")
    return ListType(item) if name == "list" else RangeType(item)


def _type_name(reader: TokenReader) -> str:
    name = reader.long_name()
    if name is None:
        if reader.token.kind != "name":
            raise reader.error("a type")
        name = reader.take().text
    while reader.accept("."):
        name += "." + (reader.long_name() or reader.take().text)
    return normalise(name)


def _context(reader: TokenReader) -> FeelType:
    entries: list[tuple[str, FeelType]] = []
    while not reader.at(">"):
        if entries:
            reader.expect(",")
        key = key_at(reader.text, reader.token.start)
        if key is None:
            raise reader.error("the name of an entry")
        reader.move(key[1])
        entries.append((key[0], read_type(reader)))
    reader.take()
    return ContextType(tuple(entries))


def _function(reader: TokenReader) -> FeelType:
    parameters: list[FeelType] = []
    while not reader.at(">"):
        if parameters:
            reader.expect(",")
        parameters.append(read_type(reader))
    reader.take()
    reader.expect("->")
    return FunctionType(tuple(parameters), read_type(reader))


def write_type(kind: FeelType) -> str:
    """Return the text of a type."""
    if isinstance(kind, SimpleType):
        return kind.name
    if isinstance(kind, ConstrainedType):
        return kind.text or write_type(kind.base)
    if isinstance(kind, ListType):
        return f"list<{write_type(kind.item)}>"
    if isinstance(kind, RangeType):
        return f"range<{write_type(kind.item)}>"
    if isinstance(kind, ContextType):
        inner = ", ".join(f"{name}: {write_type(each)}" for name, each in kind.entries)
        return f"context<{inner}>"
    inner = ", ".join(write_type(each) for each in kind.parameters)
    return f"function<{inner}> -> {write_type(kind.result)}"
