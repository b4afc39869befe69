"""DMN 1.5: read models, take decisions, keep what is needed to explain them.

Files become element trees (``xml_tree``), trees become models (``loader``, ``boxed``, ``tables``),
models decide (``model``) and leave a trace (``trace``). ``docs/reference/dmn.md`` describes it.
"""

from __future__ import annotations

from taysir.engine.dmn.loader import load_dmn
from taysir.engine.dmn.model import Model
from taysir.engine.dmn.trace import DecisionTrace, InputTrace, Result, RowTrace, TableTrace

__all__ = [
    "DecisionTrace",
    "InputTrace",
    "Model",
    "Result",
    "RowTrace",
    "TableTrace",
    "load_dmn",
]
