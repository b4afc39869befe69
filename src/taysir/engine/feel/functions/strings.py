"""Functions on strings; positions count Unicode code points."""

from __future__ import annotations

from decimal import Decimal

from taysir.engine.feel.functions.registry import Caller, Table
from taysir.engine.feel.operators import bounded
from taysir.engine.feel.pattern_parser import find_pattern
from taysir.engine.feel.patterns import Pattern
from taysir.engine.feel.values import Value

TABLE = Table()


@TABLE.add("substring", "string: string, start position: number, length?: number")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """Return a part; a negative position counts from the end."""
    begin = int(start) if abs(start) <= len(string) else 0
    if not begin or (length is not None and length < 1):
        return None
    index = begin - 1 if begin > 0 else len(string) + begin
    if length is None:
        return string[index:]
    return string[index : index + int(min(length, Decimal(len(string))))]


@TABLE.add("string length", "string: string")
def string_length(string: str) -> Decimal:
    """Return the number of code points."""
    return Decimal(len(string))


@TABLE.add("upper case", "string: string")
def upper_case(string: str) -> str:
    """Return the string in capitals."""
    return bounded(string.upper())


@TABLE.add("lower case", "string: string")
def lower_case(string: str) -> str:
    """Return the string in small letters."""
    return bounded(string.lower())


@TABLE.add("substring before", "string: string, match: string")
def substring_before(string: str, match: str) -> str:
    """Return what stands before a match."""
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@TABLE.add("substring after", "string: string, match: string")
def substring_after(string: str, match: str) -> str:
    """Return what stands after a match."""
    return string.partition(match)[2] if match else string


@TABLE.add("contains", "string: string, match: string")
def contains(string: str, match: str) -> bool:
    """Whether a string holds another."""
    return match in string


@TABLE.add("starts with", "string: string, match: string")
def starts_with(string: str, match: str) -> bool:
    """Whether a string begins with another."""
    return string.startswith(match)


@TABLE.add("ends with", "string: string, match: string")
def ends_with(string: str, match: str) -> bool:
    """Whether a string ends with another."""
    return string.endswith(match)


@TABLE.add("matches", "input: string, pattern: string, flags?: string?", calls_back=True)
def matches(string: str, pattern: str, flags: str | None = None, *, back: Caller) -> bool | None:
    """Whether a pattern occurs in a string; a pattern that is wrong gives null."""
    compiled = find_pattern(pattern, flags or "")
    if compiled is None:
        return None
    return compiled.search(string, 0, back) is not None


@TABLE.add(
    "replace",
    "input: string, pattern: string, replacement: string, flags?: string?",
    calls_back=True,
)
def replace(
    string: str, pattern: str, replacement: str, flags: str | None = None, *, back: Caller
) -> str | None:
    """Replace what a pattern matches; ``$1`` stands for a group."""
    compiled = find_pattern(pattern, flags or "")
    if compiled is None or compiled.search("", 0, back) is not None:
        return None
    pieces = [replacement] if compiled.literal else _pieces(replacement, compiled.groups)
    if pieces is None:
        return None
    out: list[str] = []
    position = 0
    while (found := compiled.search(string, position, back)) is not None:
        out.append(string[position : found[0]])
        out.extend(
            piece if isinstance(piece, str) else _group(string, found, piece) for piece in pieces
        )
        position = found[1]
    return bounded("".join([*out, string[position:]]))


def _group(string: str, found: tuple[int, ...], number: int) -> str:
    start, end = found[2 * number], found[2 * number + 1]
    return string[start:end] if start >= 0 and end >= 0 else ""


def _pieces(replacement: str, groups: int) -> list[str | int] | None:
    """Split a replacement into texts and group numbers; None if it is wrong."""
    out: list[str | int] = []
    index = 0
    while index < len(replacement):
        char = replacement[index]
        after = replacement[index + 1 : index + 2]
        if char == "\\":
            if after not in ("\\", "$") or not after:
                return None
            out.append(after)
            index += 2
        elif char == "$":
            if not (after.isascii() and after.isdigit()):
                return None
            number, index = _group_number(replacement, index + 1, groups)
            out.append(number if number <= groups else "")
        else:
            out.append(char)
            index += 1
    return out


def _group_number(replacement: str, start: int, groups: int) -> tuple[int, int]:
    """Read the number of a group, as many digits as there are such groups, and where it ends."""
    number, index = int(replacement[start]), start + 1
    while index < len(replacement) and replacement[index] in "0123456789":
        wider = number * 10 + int(replacement[index])
        if wider > groups:
            break
        number, index = wider, index + 1
    return number, index


@TABLE.add("split", "string: string, delimiter: string", calls_back=True)
def split(string: str, delimiter: str, *, back: Caller) -> list[Value] | None:
    """Split at each match of a pattern."""
    compiled = find_pattern(delimiter, "")
    if compiled is None:
        return None
    return list(_parts(string, compiled, back))


def _parts(string: str, pattern: Pattern, back: Caller) -> list[str]:
    parts: list[str] = []
    position = start = 0
    while (found := pattern.search(string, position, back)) is not None:
        if found[1] == found[0]:
            position = found[1] + 1
            if position > len(string):
                break
            continue
        parts.append(string[start : found[0]])
        position = start = found[1]
    return [*parts, string[start:]]


@TABLE.add("string join", "list: list, delimiter?: string?")
def string_join(items: list[Value], delimiter: str | None = None) -> str | None:
    """Join strings; null items are left out."""
    if any(type(item) is not str and item is not None for item in items):
        return None
    return bounded((delimiter or "").join(item for item in items if item is not None))
