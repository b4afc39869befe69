"""How fast a service is decided: the renewal of a licence, a flow step, a page of thirty fields.

Everything runs on the sample pack and on a page built beside it; the figures are the best of
many short rounds, because other programs on the machine only add time.
"""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import taysir.country.services
from taysir.engine.definition import Pack, Page, Role
from taysir.engine.explain import explain
from taysir.engine.flow import Token, start_token, transition
from taysir.engine.pack import build_pack, load_pack, read_pack_files
from taysir.engine.pages import validate_answers
from taysir.engine.rules import decide
from taysir.engine.scenarios import read_scenarios, scenario_facts

ROUNDS = 200
PACK = Path(taysir.country.services.__path__[0]) / "licence_renewal"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
UNITS = {"ms": 1e3, "µs": 1e6}


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    pack = load_pack(PACK)
    rows = [_row("loading the pack", lambda: load_pack(PACK), "ms", 100)]
    rows.extend(_decisions(pack))
    rows.extend(_flow(pack))
    rows.extend(_page())
    return rows


def _decisions(pack: Pack) -> list[dict[str, Any]]:
    scenarios = read_scenarios(pack.files)
    granted = next(item for item in scenarios if item.expect.get("outcome") == "granted")
    refused = next(item for item in scenarios if item.expect.get("outcome") == "refused")
    rows = []
    for name, scenario in (("granted", granted), ("refused", refused)):
        facts, _ = scenario_facts(pack, scenario)

        def told(facts: Any = facts, scenario: Any = scenario) -> object:
            decision = decide(pack, facts, on=scenario.on, at=scenario.at)
            return explain(decision, audience="auditor", language="ar")

        rows.append(_row(f"renewal {name}, with explanation", told, "ms", 1))
    return rows


def _flow(pack: Pack) -> list[dict[str, Any]]:
    """Measure a step with loading and storing the token, fresh and after a thousand steps."""
    token = start_token(pack, at=NOW)
    fresh = transition(pack, token, "submit", role=Role.APPLICANT, at=NOW)
    old = fresh
    for _ in range(500):
        old = transition(pack, old, "wait", role=Role.SYSTEM, at=NOW)
        old = transition(pack, old, "recheck", role=Role.SYSTEM, at=NOW)

    def step(stored: bytes) -> Callable[[], object]:
        def take() -> object:
            at = NOW + timedelta(seconds=1)
            loaded = Token.from_json(stored)
            return transition(pack, loaded, "wait", role=Role.SYSTEM, at=at).to_json()

        return take

    size = len(old.to_json())
    return [
        _row("flow step, fresh case", step(fresh.to_json()), "µs", 1000),
        _row("flow step, after 1,000 steps", step(old.to_json()), "µs", 1000),
        {
            "name": "stored state after 1,000 steps",
            "value": size,
            "unit": "bytes",
            "target": 2048,
            "met": size <= 2048,
        },
    ]


def _page() -> list[dict[str, Any]]:
    page = thirty_fields()
    good = {
        q.field: {"integer": "42", "date": "31/1/2026"}.get(q.fact.type, "word")
        for q in page.questions
    }
    bad = {
        q.field: {"integer": "142", "date": "soon"}.get(q.fact.type, "w" * 21)
        for q in page.questions
    }
    return [
        _row("page of 30 fields, valid", lambda: validate_answers(page, good), "µs", 50),
        _row("page of 30 fields, 30 errors", lambda: validate_answers(page, bad), "µs", 50),
    ]


def thirty_fields() -> Page:
    """Return a page with texts, numbers and dates, built as a page of the sample pack."""
    files = read_pack_files(PACK)
    notes = {
        "label": {"ar": "بيان", "en": "Item"},
        "source": "typed",
        "sensitivity": "public",
        "retention": "P1Y",
    }
    kinds: list[dict[str, Any]] = [
        {"type": "integer", "minimum": 0, "maximum": 99},
        {"type": "string", "maxLength": 20},
        {"type": "string", "maxLength": 20},
        {"type": "string", "format": "date"},
        {"type": "string", "maxLength": 20},
        {"type": "string", "maxLength": 20},
    ]
    schema = json.loads(files["facts.schema.json"])
    fields = {f"f{n}": {**kinds[n % 6], "taysir": notes} for n in range(30)}
    schema["properties"]["extra"] = {"type": "object", "properties": fields}
    asked = "".join(f"      - fact: extra.{name}\n" for name in fields)
    page = "  - id: more\n    title: {ar: مزيد, en: More}\n    questions:\n" + asked
    files["facts.schema.json"] = json.dumps(schema).encode()
    files["pages.yaml"] += page.encode()
    return build_pack(files).pages[-1]


def _row(name: str, action: Callable[[], object], unit: str, target: float) -> dict[str, Any]:
    timer = timeit.Timer(action)
    count, _ = timer.autorange()
    count = max(1, count // 100)
    best = min(timer.repeat(ROUNDS, count)) / count
    value = round(best * UNITS[unit], 2)
    return {"name": name, "value": value, "unit": unit, "target": target, "met": value <= target}
