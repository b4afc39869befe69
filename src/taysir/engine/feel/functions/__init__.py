"""The built-in functions of FEEL: DMN 1.5 clause 10.3.4, one module a group."""

from __future__ import annotations

from typing import Final

from taysir.engine.feel.functions import (
    contexts,
    conversions,
    lists,
    numbers,
    ranges,
    statistics,
    strings,
    temporals,
)
from taysir.engine.feel.functions.registry import Builtin

_MODULES = (contexts, conversions, lists, numbers, ranges, statistics, strings, temporals)

BUILTINS: Final[dict[str, Builtin]] = {
    name: builtin for module in _MODULES for name, builtin in module.TABLE.functions.items()
}
