"""Decides a case of a sample service from a scenario of its own tests, with some values changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from taysir.country.sharing import SERVICES
from taysir.engine.decision import Decision
from taysir.engine.definition import Pack
from taysir.engine.findings import Place
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import Scenario, read_scenarios, run_scenario


@cache
def pack_named(folder: str) -> Pack:
    """Load a sample service."""
    return load_pack(SERVICES / folder)


@cache
def _first(folder: str) -> Scenario:
    return read_scenarios(pack_named(folder).files)[0]


def decided(folder: str, *, on: date | None = None, **given: Mapping[str, Any]) -> Decision:
    """Decide the pack's first test case with some of its registries, facts or answers overlaid."""
    made = _overlaid(_first(folder).given, given)
    if on is not None:
        made["on"] = on.isoformat()
    scenario = Scenario(name="made", place=Place("made"), given=made, expect={})
    return run_scenario(pack_named(folder), scenario).decision


def _overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in over if isinstance(base.get(key), dict) and isinstance(over[key], dict)}
    merged = {key: _overlaid(base[key], over[key]) for key in both}
    return {**base, **over, **merged}
