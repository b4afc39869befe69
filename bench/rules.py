"""How fast rules are: a condition, a decision table with its explanation, compiling a text.

The figures are the best of several rounds, because other programs on the machine only add time.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import date
from typing import Any

from taysir.engine.dmn import load_dmn
from taysir.engine.feel import compile_expression, compile_unary_tests, to_feel

ROUNDS = 7
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
    ]


def _row(name: str, action: Callable[[], object], unit: str, target: float) -> dict[str, Any]:
    timer = timeit.Timer(action)
    count, _ = timer.autorange(lambda _number, _taken: None)
    count = max(1, count // 10)
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
