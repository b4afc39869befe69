"""Regular expressions of XPath on a machine of our own, so that no pattern can hang the engine.

Source: W3C XPath and XQuery Functions and Operators 3.1, clause 5.6.1; XML Schema part 2, appendix
F. A pattern becomes a short program; the machine walks it with an explicit stack of choices and
counts its steps. ``pattern_parser`` writes the program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from taysir.engine.feel.errors import ENG_FEEL_STEPS
from taysir.kernel import limits
from taysir.kernel.errors import Problem

CHAR, SPLIT, JUMP, SAVE, BACK, TEST, MARK, LOOP, MATCH = range(9)
"""The instructions: a character class, a choice of two ways (the first is preferred), a jump, the
edge of a group, a back-reference, a place (``^``, ``$``), the start of a round of a loop, its end
if it moved on, and success."""

Instruction = tuple[int, Any, int]


class Steps(Protocol):
    """Who pays for the steps."""

    def step(self, count: int = 1) -> None:
        """Take steps."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    program: tuple[Instruction, ...]
    groups: int
    marks: int
    fold: bool
    literal: bool

    def search(self, text: str, start: int, payer: Steps) -> tuple[int, ...] | None:
        """Return the edges of the first match and its groups, from a position on."""
        steps = 0
        for position in range(start, len(text) + 1):
            found, steps = self._match(text, position, steps)
            if found is not None:
                break
        else:
            found = None
        payer.step(steps // 64)
        return found

    def _match(self, text: str, start: int, steps: int) -> tuple[tuple[int, ...] | None, int]:
        """Match at a position; also return how many steps were taken in all."""
        edges = (start, *(-1,) * (2 * self.groups + 1))
        stack = [(0, start, edges, (-1,) * self.marks)]
        program, size = self.program, len(text)
        while stack:
            pc, at, edges, marks = stack.pop()
            while True:
                steps += 1
                if steps > limits.FEEL_PATTERN_STEPS:
                    raise Problem(ENG_FEEL_STEPS, steps=limits.FEEL_PATTERN_STEPS)
                code, argument, target = program[pc]
                pc += 1
                if code == CHAR:
                    if at >= size or not argument(text[at]):
                        break
                    at += 1
                elif code == SPLIT:
                    stack.append((target, at, edges, marks))
                    pc = argument
                elif code == MATCH:
                    return (edges[0], at, *edges[2:]), steps
                else:
                    state = (pc, at, edges, marks)
                    moved = self._other((code, argument, target), text, state)
                    if moved is None:
                        break
                    pc, at, edges, marks = moved
        return None, steps

    def _other(self, instruction: Instruction, text: str, state: State) -> State | None:
        """Do one of the rarer instructions; None if the text does not go on like this."""
        code, argument, target = instruction
        pc, at, edges, marks = state
        if code == JUMP:
            return target, at, edges, marks
        if code == SAVE:
            return pc, at, (*edges[:target], at, *edges[target + 1 :]), marks
        if code == MARK:
            return pc, at, edges, (*marks[:target], at, *marks[target + 1 :])
        if code == LOOP:
            return None if marks[target] == at else state
        if code == TEST:
            place: Place = argument
            return state if place(text, at) else None
        length = self._repeated(text, at, edges[2 * target : 2 * target + 2])
        return None if length is None else (pc, at + length, edges, marks)

    def _repeated(self, text: str, at: int, group: tuple[int, ...]) -> int | None:
        """Return how long the text of a group is if it stands here again; None if it does not."""
        start, end = group
        piece = text[start:end] if start >= 0 and end >= 0 else ""
        there = text[at : at + len(piece)]
        same = there == piece or (self.fold and there.lower() == piece.lower())
        return len(piece) if same else None


Place = Callable[[str, int], bool]
State = tuple[int, int, tuple[int, ...], tuple[int, ...]]
"""The next instruction, the place in the text, the edges of the groups, the marks of the loops."""
