"""How fast a case moves and how much its state takes, after one step and after a thousand.

The figures are the best of several rounds, because other programs on the machine only add time.
"""

from __future__ import annotations

import timeit
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from taysir.engine.definition import Pack, Role
from taysir.engine.flow import Token, due_action, start_token, transition
from taysir.engine.flow_check import check_flow, token_bytes_at_most
from taysir.engine.pack import load_pack

ROUNDS: Final = 7
START: Final = datetime(2026, 11, 24, 9, tzinfo=UTC)
PACK: Final = Path(__file__).parents[1] / "src/taysir/country/services/licence_renewal"


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    pack = load_pack(PACK)
    rows = []
    for steps in (10, 1_000):
        token = walked(pack, steps)
        rows.append(_time(f"step with load and save, {steps} steps past", pack, token))
        size = len(token.to_json())
        rows.append(_row(f"stored state, {steps} steps past", size, "bytes", 2048))
    packs = [load_pack(file.parent) for file in sorted(PACK.parent.glob("*/service.yaml"))]
    bound = max(token_bytes_at_most(each.flow) for each in packs)
    rows.append(
        _row(f"stored state, bound for any case of {len(packs)} services", bound, "bytes", 2048)
    )
    token = walked(pack, 3)
    due = _best(lambda: due_action(pack, token, at=START + timedelta(days=90)))
    rows.append(_row("what is due", round(due * 1e6, 2), "µs", 1000))
    checked = _best(lambda: list(check_flow(pack.flow)))
    rows.append(_row("checking the flow", round(checked * 1e3, 3), "ms", 50))
    return rows


def walked(pack: Pack, steps: int) -> Token:
    """Return a case that waits for another agency after so many steps back and forth."""
    token, at = start_token(pack, at=START), START
    token = transition(pack, token, "submit", role=Role.APPLICANT, at=at)
    for number in range(steps - 1):
        at += timedelta(minutes=1)
        action = "recheck" if number % 2 else "wait"
        token = transition(pack, token, action, role=Role.SYSTEM, at=at)
    if token.stage == "waiting":
        token = transition(pack, token, "recheck", role=Role.SYSTEM, at=at)
    return token


def _time(name: str, pack: Pack, token: Token) -> dict[str, Any]:
    stored, at = token.to_json(), token.since + timedelta(minutes=1)

    def step() -> bytes:
        read = Token.from_json(stored)
        return transition(pack, read, "wait", role=Role.SYSTEM, at=at).to_json()

    return _row(name, round(_best(step) * 1e6, 2), "µs", 1000)


def _best(action: Any) -> float:
    timer = timeit.Timer(action)
    count, _ = timer.autorange()
    count = max(1, count // 10)
    return min(timer.repeat(ROUNDS, count)) / count


def _row(name: str, value: float, unit: str, target: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "met": value <= target}
