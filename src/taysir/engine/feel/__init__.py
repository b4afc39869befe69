"""FEEL, the Friendly Enough Expression Language of DMN 1.5: grammar, compiler, functions, types.

Texts become trees (``lexer``, ``parser``), trees become closures (``compiler``), closures run on
values (``values``, ``temporal``, ``operators``, ``functions``). Nothing here reads a clock, a file
or Python code; ``docs/reference/feel.md`` describes the language for authors.
"""

from __future__ import annotations

from taysir.engine.feel.expression import (
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from taysir.engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from taysir.engine.feel.values import Context, Function, Range, Value, from_feel, to_feel

__all__ = [
    "Context",
    "Date",
    "DateTime",
    "DaysTime",
    "Expression",
    "Function",
    "Range",
    "Time",
    "UnaryTests",
    "Value",
    "YearsMonths",
    "compile_expression",
    "compile_unary_tests",
    "from_feel",
    "to_feel",
]
