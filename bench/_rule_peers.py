"""Other rule engines for Python, behind one small protocol: runs in an environment of its own.

``bench/rules.py`` starts this file with the interpreter named in ``TAYSIR_BENCH_PEERS`` and sends
one JSON object a line: which peer, which case, how often. The answer is the value and the seconds
it took, or why not. Nothing of Taysir is imported here, and nothing here is part of the product
(pySFeel is under the GPL). A peer that is not installed says so and is left out.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any

Make = Callable[[dict[str, Any]], Callable[[], Any]]


def pysfeel(case: dict[str, Any]) -> Callable[[], Any]:
    """pySFeel: parses each time; variables are assigned first."""
    parser = import_module("pySFeel").SFeelParser()
    for name, value in case["given"].items():
        status, _ = parser.sFeelParse(f"{name} <- {json.dumps(value, ensure_ascii=False)}")
        if "errors" in status:
            raise ValueError(status["errors"][0])

    def run() -> Any:
        status, value = parser.sFeelParse(case["feel"])
        if "errors" in status:
            raise ValueError(status["errors"][0])
        return value

    return run


def bkflow(case: dict[str, Any]) -> Callable[[], Any]:
    """bkflow-feel: parses each time."""
    parse = import_module("bkflow_feel.api").parse_expression
    return lambda: parse(case["feel"], case["given"])


def zen(case: dict[str, Any]) -> Callable[[], Any]:
    """zen-engine: its own expression language, compiled; tables in its own JSON."""
    engine = import_module("zen")
    if "rules" in case:
        decision = engine.ZenEngine().create_decision(json.dumps(_zen_table(case)))
        given = case["given"]
        return lambda: decision.evaluate(given, {"trace": True})["result"]["due"]
    compiled = engine.compile_expression(case["zen"])
    return lambda: compiled.evaluate(case["given"])


def _zen_table(case: dict[str, Any]) -> dict[str, Any]:
    rules = [
        {"_id": f"r{n}", "age": row[0], "category": row[1], "fee": row[2], "due": row[3]}
        for n, row in enumerate(case["rules"])
    ]
    columns = [{"id": name, "name": name, "field": name} for name in ("age", "category", "fee")]
    place = {"x": 0, "y": 0}
    content = {
        "hitPolicy": "first",
        "inputs": columns,
        "outputs": [{"id": "due", "name": "due", "field": "due"}],
        "rules": rules,
    }
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": place},
            {"id": "t", "type": "decisionTableNode", "name": "t", "position": place}
            | {"content": content},
            {"id": "out", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "t", "type": "edge"},
            {"id": "2", "sourceId": "t", "targetId": "out", "type": "edge"},
        ],
    }


def spiff(case: dict[str, Any]) -> Callable[[], Any]:
    """SpiffWorkflow: its decision-table engine, whose cells are Python."""
    if "rules" not in case:
        raise NotImplementedError("tables only")
    model = import_module("SpiffWorkflow.dmn.specs.model")
    scripts = import_module("SpiffWorkflow.bpmn.script_engine").PythonScriptEngine()
    table = model.DecisionTable("t", "t", "UNIQUE")
    columns = [model.Input(n, n, n, n, "") for n in ("age", "category", "fee")]
    output = model.Output("due", "due", "due", "")
    for number, row in enumerate(case["spiff_rules"]):
        rule = model.Rule(f"r{number}")
        for column, cell in zip(columns, row, strict=False):
            entry = model.InputEntry(column.id, column)
            entry.lhs.append(cell)
            rule.inputEntries.append(entry)
        made = model.OutputEntry("due", output)
        made.text = row[3]
        rule.outputEntries.append(made)
        table.rules.append(rule)
    workflow = SimpleNamespace(script_engine=scripts)
    task = SimpleNamespace(data=dict(case["given"]), workflow=workflow)
    engine = import_module("SpiffWorkflow.dmn.engine.DMNEngine").DMNEngine(table)
    return lambda: engine.result(task)["due"]


def celpy(case: dict[str, Any]) -> Callable[[], Any]:
    """cel-python: CEL, compiled."""
    cel = import_module("celpy")
    environment = cel.Environment()
    program = environment.program(environment.compile(case["cel"]))
    given = {name: cel.json_to_cel(value) for name, value in case["given"].items()}
    return lambda: program.evaluate(given)


def common_cel(case: dict[str, Any]) -> Callable[[], Any]:
    """common-expression-language: CEL in Rust, compiled."""
    program = import_module("cel").compile(case["cel"])
    return lambda: program.execute(case["given"])


PEERS: dict[str, tuple[str, Make]] = {
    "pySFeel": ("pySFeel", pysfeel),
    "bkflow-feel": ("bkflow-feel", bkflow),
    "zen-engine": ("zen-engine", zen),
    "SpiffWorkflow": ("SpiffWorkflow", spiff),
    "cel-python": ("cel-python", celpy),
    "common-expression-language": ("common-expression-language", common_cel),
}


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return bool(value) if type(value).__name__ == "BoolType" else repr(value)


def main() -> None:
    """Answer requests until the input ends."""
    ready: dict[tuple[str, str], Callable[[], Any]] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "versions" in asked:
            print(json.dumps(_versions()), flush=True)
            continue
        key = (asked["peer"], asked["case"]["name"])
        try:
            if key not in ready:
                ready[key] = PEERS[asked["peer"]][1](asked["case"])
            run = ready[key]
            value = run()
            started = time.perf_counter()
            for _ in range(asked["count"]):
                run()
            answer = {"value": _plain(value), "seconds": time.perf_counter() - started}
        except BaseException as error:  # noqa: BLE001 - what a peer raises is one of its figures
            answer = {"error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(answer), flush=True)


def _versions() -> dict[str, str]:
    found = {}
    for name, (package, _) in PEERS.items():
        try:
            found[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
