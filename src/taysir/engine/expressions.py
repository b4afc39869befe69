"""FEEL conditions of a pack: compiled once when it is loaded, evaluated over a case's facts.

A condition holds only if it evaluates to true; null, an unknown fact or another type is "no".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taysir.engine.feel import Expression, compile_expression


@dataclass(frozen=True, slots=True)
class Condition:
    """A FEEL expression with its source text."""

    text: str
    expression: Expression = field(repr=False, compare=False)

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Whether the condition is true for these values."""
        return self.expression.evaluate(context) is True


def condition(text: str, *, names: Iterable[str]) -> Condition:
    """Compile a condition; raises the FEEL error with line and column in ``text``."""
    return Condition(text, compile_expression(text, names=tuple(names)))
