"""Functions that look into lists or make new ones."""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key

from taysir.engine.feel.functions.registry import Caller, Table
from taysir.engine.feel.operators import compare, equal
from taysir.engine.feel.temporal import Date
from taysir.engine.feel.values import Value

TABLE = Table()

_HASHED = frozenset({Decimal, str, bool, Date})
"""Kinds whose equality in FEEL is that of Python, so that a set can find them."""


def _index(position: Decimal, length: int) -> int | None:
    """Return the Python index of a FEEL position, if it points into the list."""
    if position != position.to_integral_value() or not position or abs(position) > length:
        return None
    return int(position) - 1 if position > 0 else length + int(position)


def same(left: Value, right: Value) -> bool:
    """Whether two items count as the same."""
    return equal(left, right) is True


@TABLE.add("list contains", "list: list, element: any")
def list_contains(items: list[Value], element: Value) -> bool:
    """Whether an element is in the list."""
    return any(same(item, element) for item in items)


@TABLE.add("sublist", "list: list, start position: number, length?: number")
def sublist(items: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    """Return a part of the list."""
    index = _index(start, len(items))
    if index is None:
        return None
    if length is None:
        return items[index:]
    size = int(length)
    return items[index : index + size] if 0 < size <= len(items) - index else None


@TABLE.add("append", "list: list, *item: any")
def append(items: list[Value], added: list[Value]) -> Value:
    """Return the list with items added at its end."""
    return [*items, *added]


@TABLE.add("concatenate", "*list: list")
def concatenate(lists: list[list[Value]]) -> Value:
    """Return all items of all lists."""
    return [item for items in lists for item in items]


@TABLE.add("union", "*list: list", calls_back=True)
def union(lists: list[list[Value]], *, back: Caller) -> Value:
    """Return all items of all lists, each once."""
    return distinct([item for items in lists for item in items], back=back)


@TABLE.add("distinct values", "list: list", calls_back=True)
def distinct(items: list[Value], *, back: Caller) -> Value:
    """Return each item once."""
    kept: list[Value] = []
    seen: set[Value] = set()
    others: list[Value] = []
    for item in items:
        back.step(len(others) >> 2)
        if type(item) in _HASHED:
            if (type(item), item) in seen:
                continue
            seen.add((type(item), item))
        elif any(same(item, each) for each in others):
            continue
        else:
            others.append(item)
        kept.append(item)
    return kept


@TABLE.add("flatten", "list: list")
def flatten(items: list[Value]) -> Value:
    """Return the items of nested lists as one list."""
    flat: list[Value] = []
    stack = list(reversed(items))
    while stack:
        item = stack.pop()
        if type(item) is list:
            stack.extend(reversed(item))
        else:
            flat.append(item)
    return flat


@TABLE.add("reverse", "list: list")
def reverse(items: list[Value]) -> Value:
    """Return the list backwards."""
    return items[::-1]


@TABLE.add("index of", "list: list, match: any")
def index_of(items: list[Value], match: Value) -> Value:
    """Return the positions of an element."""
    return [Decimal(n) for n, item in enumerate(items, 1) if same(item, match)]


@TABLE.add("insert before", "list: list, position: number, newItem: any")
def insert_before(items: list[Value], position: Decimal, new: Value) -> Value:
    """Return the list with an item put in."""
    index = _index(position, len(items))
    return None if index is None else [*items[:index], new, *items[index:]]


@TABLE.add("remove", "list: list, position: number")
def remove(items: list[Value], position: Decimal) -> Value:
    """Return the list without the item at a position."""
    index = _index(position, len(items))
    return None if index is None else [*items[:index], *items[index + 1 :]]


@TABLE.add("list replace", "list: list, position: number, newItem: any")
def replace_at(items: list[Value], position: Decimal, new: Value) -> Value:
    """Return the list with the item at a position replaced."""
    index = _index(position, len(items))
    return None if index is None else [*items[:index], new, *items[index + 1 :]]


@TABLE.add("list replace", "list: list, match: function, newItem: any", calls_back=True)
def replace_matching(items: list[Value], match: Value, new: Value, *, back: Caller) -> Value:
    """Return the list with the items replaced for which ``match(item, new)`` holds."""
    out: list[Value] = []
    for item in items:
        found = back.invoke(match, [item, new])
        if type(found) is not bool:
            return None
        out.append(new if found else item)
    return out


@TABLE.add("sort", "list: list, precedes: function", calls_back=True)
def sort(items: list[Value], precedes: Value, *, back: Caller) -> Value:
    """Return the list in the order of a function that says which item comes first."""

    def order(left: Value, right: Value) -> int:
        if back.invoke(precedes, [left, right]) is True:
            return -1
        return 1 if back.invoke(precedes, [right, left]) is True else 0

    return sorted(items, key=cmp_to_key(order))


@TABLE.add("sort", "list: list")
def sort_naturally(items: list[Value]) -> Value:
    """Return the list in ascending order."""
    if any(compare(items[0], item) is None for item in items):
        return None
    return sorted(items, key=cmp_to_key(lambda a, b: compare(a, b) or 0))
