"""Reads a file of terms for ``taysir agreement``: a JSON object, judged by the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from taysir.exchange.trust_errors import EXC_AGREEMENT
from taysir.kernel.errors import Problem


def read_terms_file(file: Path) -> dict[str, Any]:
    """Return the members of a file of terms; raises EXC-0511 for what is no JSON object."""
    try:
        value = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as cause:
        raise Problem(EXC_AGREEMENT, reason=f"{file} is not a JSON file") from cause
    if not isinstance(value, dict):
        raise Problem(EXC_AGREEMENT, reason=f"{file} is not a JSON object")
    return value
