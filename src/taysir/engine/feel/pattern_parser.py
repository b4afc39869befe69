"""Write the program of an XPath regular expression; see ``patterns`` for the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from taysir.engine.feel.character_classes import (
    MULTI_ESCAPES,
    SINGLE_ESCAPES,
    Accepts,
    fold_case,
    negated,
    property_class,
    union_of,
)
from taysir.engine.feel.patterns import (
    BACK,
    CHAR,
    JUMP,
    LOOP,
    MARK,
    MATCH,
    SAVE,
    SPLIT,
    TEST,
    Instruction,
    Pattern,
    Place,
)

_REPEAT_MAX = 1000
_PROGRAM_MAX = 20_000
_NESTING_MAX = 40
_META = frozenset("\\|.?*+(){}[]^$")


class BadPattern(ValueError):
    """The pattern is not one; callers turn it into null."""


@dataclass(slots=True)
class _Writer:
    """The position in the pattern and the program so far."""

    text: str
    flags: str
    at: int = 0
    groups: int = 0
    marks: int = 0
    depth: int = 0
    closed: set[int] = field(default_factory=set)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise BadPattern(self.text)
        self.at += 1
        return char

    def accept(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # Programs are lists of instructions with targets relative to the start of their list.

    def choice(self) -> list[Instruction]:
        """``a|b|c``."""
        program = self.branch()
        while self.accept("|"):
            other = self.branch()
            program = [
                (SPLIT, 1, len(program) + 2),
                *_shift(program, 1),
                (JUMP, None, len(program) + 2 + len(other)),
                *_shift(other, len(program) + 2),
            ]
        return program

    def branch(self) -> list[Instruction]:
        """Pieces one after the other."""
        program: list[Instruction] = []
        while self.peek() and self.peek() not in "|)":
            program += _shift(self.piece(), len(program))
            if len(program) > _PROGRAM_MAX:
                raise BadPattern(self.text)
        return program

    def piece(self) -> list[Instruction]:
        """An atom and its quantifier."""
        atom = self.atom()
        least, most = self.quantifier()
        if (least, most) == (1, 1):
            return atom
        lazy = self.accept("?")
        program: list[Instruction] = []
        for _ in range(least):
            program += _shift(atom, len(program))
        if most is None:
            program += _shift(self.loop(atom, lazy=lazy), len(program))
        else:
            program += _shift(_options(atom, most - least, lazy=lazy), len(program))
        if len(program) > _PROGRAM_MAX:
            raise BadPattern(self.text)
        return program

    def quantifier(self) -> tuple[int, int | None]:
        """Return how often the atom comes."""
        char = self.peek()
        simple = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(char)
        if simple is not None:
            self.at += 1
            return simple
        return self.counted() if char == "{" else (1, 1)

    def counted(self) -> tuple[int, int | None]:
        """``{2}``, ``{2,}`` or ``{2,5}``."""
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, 0)].partition(",")
        if not _digits(low) or (high and not _digits(high)):
            raise BadPattern(self.text)
        self.at = end + 1
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if least > _REPEAT_MAX or (most is not None and not least <= most <= _REPEAT_MAX):
            raise BadPattern(self.text)
        return least, most

    def loop(self, atom: list[Instruction], *, lazy: bool) -> list[Instruction]:
        """``a*``: rounds that end when one of them did not move on."""
        mark = self.marks
        self.marks += 1
        size = len(atom)
        out = size + 4
        head: Instruction = (SPLIT, out, 1) if lazy else (SPLIT, 1, out)
        return [
            head,
            (MARK, None, mark),
            *_shift(atom, 2),
            (LOOP, None, mark),
            (JUMP, None, 0),
        ]

    def atom(self) -> list[Instruction]:
        """One character, class, place, group or reference."""
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            return self.one(self.character_class())
        if char == ".":
            return self.one((lambda _c: True) if "s" in self.flags else (lambda c: c not in "\n\r"))
        if char in "^$":
            return [(TEST, _place(char, "m" in self.flags), 0)]
        if char == "\\":
            return self.escaped()
        if char in _META:
            raise BadPattern(self.text)
        return self.one(lambda c: c == char)

    def one(self, accepts: Accepts) -> list[Instruction]:
        """One character of a class."""
        return [(CHAR, fold_case(accepts) if "i" in self.flags else accepts, 0)]

    def group(self) -> list[Instruction]:
        """``(a)`` or ``(?:a)``."""
        self.depth += 1
        if self.depth > _NESTING_MAX:
            raise BadPattern(self.text)
        number = 0
        if not self.accept("?:"):
            self.groups += 1
            number = self.groups
        body = self.choice()
        if not self.accept(")"):
            raise BadPattern(self.text)
        self.depth -= 1
        if not number:
            return body
        self.closed.add(number)
        return [(SAVE, None, 2 * number), *_shift(body, 1), (SAVE, None, 2 * number + 1)]

    def escaped(self) -> list[Instruction]:
        """An escape outside a class."""
        if self.peek() in "123456789" and self.peek():
            number = int(self.take())
            while _digits(self.peek()) and number * 10 + int(self.peek()) <= self.groups:
                number = number * 10 + int(self.take())
            if number not in self.closed:
                raise BadPattern(self.text)
            return [(BACK, None, number)]
        return self.one(self.escape())

    def escape(self) -> Accepts:
        """Return the class of an escape."""
        char = self.take()
        if char in SINGLE_ESCAPES:
            wanted = SINGLE_ESCAPES[char]
            return lambda c: c == wanted
        if char in MULTI_ESCAPES:
            return MULTI_ESCAPES[char]
        if char not in "pP" or not self.accept("{"):
            raise BadPattern(self.text)
        end = self.text.find("}", self.at)
        found = property_class(self.text[self.at : max(end, self.at)])
        if found is None:
            raise BadPattern(self.text)
        self.at = end + 1
        return negated(found) if char == "P" else found

    def character_class(self) -> Accepts:
        """``[a-z-[aeiou]]``, after its bracket."""
        self.depth += 1
        if self.depth > _NESTING_MAX:
            raise BadPattern(self.text)
        inverse = self.accept("^")
        parts: list[Accepts] = []
        subtracted: Accepts | None = None
        while not self.accept("]"):
            if self.accept("-["):
                subtracted = self.character_class()
                if not parts or not self.accept("]"):
                    raise BadPattern(self.text)
                break
            parts.append(self.class_part(first=not parts))
        if not parts:
            raise BadPattern(self.text)
        self.depth -= 1
        whole = union_of(parts)
        if inverse:
            whole = negated(whole)
        if subtracted is None:
            return whole
        return lambda c: whole(c) and not subtracted(c)

    def class_part(self, *, first: bool) -> Accepts:
        """A character, a range or an escape inside a class."""
        low = self.class_character(first=first)
        if not isinstance(low, str):
            return low
        ahead = self.text[self.at : self.at + 2]
        if not ahead.startswith("-") or ahead in ("-]", "-["):
            return lambda c: c == low
        self.at += 1
        high = self.class_character(first=False)
        if not isinstance(high, str) or high < low:
            raise BadPattern(self.text)
        return lambda c: low <= c <= high

    def class_character(self, *, first: bool) -> str | Accepts:
        """Return one character, or the class of an escape."""
        char = self.take()
        if char == "\\":
            if self.peek() in SINGLE_ESCAPES and self.peek():
                return SINGLE_ESCAPES[self.take()]
            return self.escape()
        if char == "[" or (char == "-" and not first and self.peek() != "]"):
            raise BadPattern(self.text)
        return char


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _shift(program: list[Instruction], by: int) -> list[Instruction]:
    """Move a program to a later place."""
    out: list[Instruction] = []
    for code, argument, target in program:
        if code == SPLIT and isinstance(argument, int):
            out.append((code, argument + by, target + by))
        elif code == JUMP:
            out.append((code, argument, target + by))
        else:
            out.append((code, argument, target))
    return out


def _options(atom: list[Instruction], times: int, *, lazy: bool) -> list[Instruction]:
    """Up to so many atoms."""
    program: list[Instruction] = []
    end = times * (len(atom) + 1)
    for _ in range(times):
        start = len(program) + 1
        program.append((SPLIT, end, start) if lazy else (SPLIT, start, end))
        program += _shift(atom, start)
    return program


def _place(char: str, multiline: bool) -> Place:
    if char == "^":
        if multiline:
            return lambda text, at: at == 0 or text[at - 1] == "\n"
        return lambda _text, at: at == 0
    if multiline:
        return lambda text, at: at == len(text) or text[at] == "\n"
    return lambda text, at: at == len(text)


def _without_spaces(text: str) -> str:
    """Remove white space outside character classes, as the flag ``x`` asks for."""
    out: list[str] = []
    depth = 0
    escaped = False
    for char in text:
        if not depth and not escaped and char in " \t\n\r":
            continue
        if not escaped:
            depth += (char == "[") - (char == "]")
        escaped = char == "\\" and not escaped
        out.append(char)
    return "".join(out)


def _literal(text: str, *, fold: bool) -> list[Instruction]:
    def accepts(char: str) -> Callable[[str], bool]:
        return lambda c: c == char

    return [(CHAR, fold_case(accepts(c)) if fold else accepts(c), 0) for c in text]


@lru_cache(maxsize=512)
def find_pattern(text: str, flags: str) -> Pattern | None:
    """Return the compiled pattern, or None if it is not one."""
    if set(flags) - set("smixq"):
        return None
    fold = "i" in flags
    if "q" in flags:
        program = [*_literal(text, fold=fold), (MATCH, None, 0)]
        return Pattern(tuple(program), 0, 0, fold, True)
    if "x" in flags:
        text = _without_spaces(text)
    writer = _Writer(text, flags)
    try:
        body = writer.choice()
    except BadPattern:
        return None
    if writer.at < len(text):
        return None
    return Pattern((*body, (MATCH, None, 0)), writer.groups, writer.marks, fold, False)
