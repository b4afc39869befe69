"""How fast rules are: a condition, a decision table with its explanation, compiling a text.

The figures are the best of many short rounds, because other programs on the machine only add time.

With ``TAYSIR_BENCH_PEERS`` naming a Python interpreter that has them, other engines from PyPI are
asked the same in turn with ours, round by round, and each answer is compared with the right one:
``python -m venv peers && peers/bin/pip install pySFeel bkflow-feel SpiffWorkflow zen-engine
cel-python common-expression-language``. They run in a process of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import timeit
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bench._rule_cases import CASES, TABLE
from taysir.engine.dmn import load_dmn
from taysir.engine.feel import compile_expression, compile_unary_tests, to_feel

ROUNDS = 40
_REPEATS = 50
SIMPLE = "if area < 50 then 100 else 250"
CONDITION = (
    'applicant.age >= 18 and applicant.status = "alive" and licence.category in ("B", "C")'
    ' and licence.expires_on < date("2027-01-01") and fines.unpaid_total = 0'
)
FIELDS = {f"field_{n}": n for n in range(25)}
CONTEXT: dict[str, Any] = {
    "area": 40,
    "applicant": {"age": 42, "status": "alive", "name": "سعد", **FIELDS},
    "licence": {"category": "B", "expires_on": date(2026, 12, 1), "number": "123"},
    "fines": {"unpaid_total": 0, "unpaid_count": 0},
}


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    simple, condition = compile_expression(SIMPLE), compile_expression(CONDITION)
    adopted = to_feel(CONTEXT)
    cell = compile_unary_tests("[18..65]")
    table = load_dmn(table_xml(21).encode(), file="bench.dmn")
    given = {"age": 42, "category": "B", "fee": 20}
    return [
        _row("condition, one comparison", lambda: simple.evaluate(adopted), "µs", 10),
        _row("condition, five clauses", lambda: condition.evaluate(adopted), "µs", 10),
        _row("condition, five clauses, plain dicts", lambda: condition.evaluate(CONTEXT), "µs", 25),
        _row("unary tests of one cell", lambda: cell.matches(42, {}), "µs", 10),
        _row("table of 21 rules with trace", lambda: table.decide("due", given), "µs", 100),
        _row("compiling the condition", lambda: compile_expression(CONDITION), "ms", 5),
        _row("loading the table", lambda: load_dmn(table_xml(21).encode(), file="b"), "ms", 50),
        *_peers(),
    ]


def _row(name: str, action: Callable[[], object], unit: str, target: float) -> dict[str, Any]:
    timer = timeit.Timer(action)
    count, _ = timer.autorange(lambda _number, _taken: None)
    count = max(1, count // 4)
    best = min(timer.repeat(ROUNDS, count)) / count
    value = round(best * {"µs": 1e6, "ms": 1e3}[unit], 2)
    return {"name": name, "value": value, "unit": unit, "target": target, "met": value <= target}


def table_xml(rules: int) -> str:
    """Return a model with one table of three inputs and so many rules."""
    inputs = "".join(
        f'<input id="i_{name}"><inputExpression><text>{name}</text></inputExpression></input>'
        for name in ("age", "category", "fee")
    )
    data = "".join(
        f'<inputData id="{name}" name="{name}"><variable name="{name}"/></inputData>'
        for name in ("age", "category", "fee")
    )
    needs = "".join(
        f'<informationRequirement><requiredInput href="#{name}"/></informationRequirement>'
        for name in ("age", "category", "fee")
    )
    rows = "".join(
        f'<rule id="r{n}"><inputEntry><text>[{n * 4}..{n * 4 + 4})</text></inputEntry>'
        f'<inputEntry><text>"A", "B", "C"</text></inputEntry>'
        f"<inputEntry><text>&lt;= 100</text></inputEntry>"
        f"<outputEntry><text>fee + {n}</text></outputEntry>"
        f"<annotationEntry><text>article {n}</text></annotationEntry></rule>"
        for n in range(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="bench"'
        f' namespace="urn:bench">{data}<decision id="d" name="due"><variable name="due"/>{needs}'
        f'<decisionTable id="t" hitPolicy="UNIQUE">{inputs}<output id="o"/>'
        f'<annotation name="article"/>{rows}</decisionTable></decision></definitions>'
    )


# --- other engines -------------------------------------------------------------------------------


def _peers() -> list[dict[str, Any]]:
    """Return how many answers each engine has right, and how long the three timed cases take."""
    interpreter = os.environ.get("TAYSIR_BENCH_PEERS", "")
    if not interpreter:
        return []
    peers = Peers(interpreter)
    rows: list[dict[str, Any]] = []
    try:
        names = ["taysir", *(name for name in peers.versions)]
        right = {name: sum(peers.right(name, case) for case in CASES) for name in names}
        for name in names:
            title = f"{name} {peers.versions.get(name, '')}".strip()
            if any(peers.answer(name, case, 1).get("error") is None for case in CASES):
                rows.append(_figure(f"{title}: right answers of {len(CASES)}", right[name], ""))
        for case in (CASES[0], CASES[1], TABLE):
            rows.extend(
                _figure(f"{case['name']}: {name}", value, "µs")
                for name, value in _interleaved(peers, names, case).items()
            )
    finally:
        peers.close()
    return rows


def _figure(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": None, "met": None}


def _interleaved(peers: Peers, names: list[str], case: dict[str, Any]) -> dict[str, float]:
    """Time the engines that answer a case rightly, in turns; the best round of each counts."""
    able = [name for name in names if peers.right(name, case)]
    best = dict.fromkeys(able, float("inf"))
    for _ in range(ROUNDS):
        for name in able:
            seconds = peers.answer(name, case, _REPEATS)["seconds"] / _REPEATS
            best[name] = min(best[name], seconds)
    return {name: round(seconds * 1e6, 2) for name, seconds in best.items()}


class Peers:
    """The process of the other engines, and ours behind the same questions."""

    def __init__(self, interpreter: str) -> None:
        self._process = subprocess.Popen(
            [interpreter, str(Path(__file__).with_name("_rule_peers.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._ours: dict[str, Callable[[], Any]] = {}
        self.versions: dict[str, str] = self._ask({"versions": True})

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def right(self, name: str, case: dict[str, Any]) -> bool:
        """Whether an engine answers a case as FEEL does."""
        answer = self.answer(name, case, 1)
        return "error" not in answer and answer["value"] == case["right"]

    def answer(self, name: str, case: dict[str, Any], count: int) -> dict[str, Any]:
        """Ask an engine so many times; returns the value and the seconds, or the error."""
        if name != "taysir":
            return self._ask({"peer": name, "case": case, "count": count})
        run = self._ours.setdefault(case["name"], _ours(case))
        value = run()
        started = time.perf_counter()
        for _ in range(count):
            run()
        return {"value": value, "seconds": time.perf_counter() - started}

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process of the other engines has no pipes")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _ours(case: dict[str, Any]) -> Callable[[], Any]:
    """Return our own answer to a case; a table leaves its whole trace."""
    given = case["given"]
    if "rules" in case:
        table = load_dmn(table_xml(len(case["rules"])).encode(), file="bench.dmn")
        return lambda: table.decide("due", given).value
    compiled = compile_expression(case["feel"], names=given)
    return lambda: compiled.evaluate(given)
