"""What an expression refers to: used to check packs, to order decisions and to compile filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from taysir.engine.feel import syntax
from taysir.engine.feel.syntax import Node


def children(node: object) -> Iterator[object]:
    """Yield the nodes directly below a node."""
    if not is_dataclass(node):
        return
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, tuple):
            yield from _flatten(value)
        elif is_dataclass(value):
            yield value


def _flatten(values: tuple[object, ...]) -> Iterator[object]:
    for value in values:
        if isinstance(value, tuple):
            yield from _flatten(value)
        elif is_dataclass(value):
            yield value


def walk(node: object) -> Iterator[object]:
    """Yield a node and all below it."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


def height(node: object) -> int:
    """Return how many operations stand one above the other."""
    level, tallest = [node], 0
    while level:
        tallest += 1
        level = [child for each in level for child in children(each)]
    return tallest


def uses_input(node: Node) -> bool:
    """Whether ``?`` occurs."""
    return any(isinstance(each, syntax.Input) for each in walk(node))


def all_names(node: Node) -> frozenset[str]:
    """Return every name that occurs, bound or free."""
    return frozenset(each.name for each in walk(node) if isinstance(each, syntax.Name))


def references(node: object, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the free names with the paths taken from them, e.g. ``applicant.birth_date``."""
    found: set[str] = set()
    stack: list[tuple[object, frozenset[str]]] = [(node, bound)]
    while stack:
        top, known = stack.pop()
        path = dotted(top)
        if path is not None:
            if path.partition(".")[0] not in known:
                found.add(path)
            continue
        stack.extend((child, known | _binds(top)) for child in children(top))
    return frozenset(found)


def dotted(node: object) -> str | None:
    """Return ``a.b.c`` for a path of names, else None."""
    parts: list[str] = []
    while isinstance(node, syntax.Path):
        parts.append(node.name)
        node = node.target
    if not isinstance(node, syntax.Name):
        return None
    return ".".join([node.name, *reversed(parts)])


def _binds(node: object) -> frozenset[str]:
    if isinstance(node, syntax.For):
        return frozenset({each.name for each in node.iterators} | {"partial"})
    if isinstance(node, syntax.Quantified):
        return frozenset(each.name for each in node.iterators)
    if isinstance(node, syntax.FunctionOf):
        return frozenset(name for name, _ in node.parameters)
    if isinstance(node, syntax.ContextOf):
        return frozenset(name for name, _ in node.entries)
    return frozenset({"item"}) if isinstance(node, syntax.Filter) else frozenset()
