"""``taysir service``: check, test and explain a service pack from the command line.

Parses, calls the engine, prints; with ``--json`` for programs. Ends with 0 when all is well, 1 when
there are findings or failures, 2 when the pack cannot be read at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from taysir.cli.output import print_json
from taysir.cli.service_bpmn import bpmn, import_drawing
from taysir.cli.service_changes import diff, law, replay
from taysir.cli.service_new import new
from taysir.cli.service_packs import (
    JsonOption,
    LanguageOption,
    PackArgument,
    day,
    load,
    locate,
    report_findings,
    siblings,
    spoken,
)
from taysir.cli.service_strength import strength
from taysir.engine.check import check_pack, holdings_of
from taysir.engine.decision import Decision
from taysir.engine.explain import Audience, explain
from taysir.engine.facts import CaseFacts
from taysir.engine.findings import PackErrors, Severity
from taysir.engine.generated import boundary_cases, broken_cases
from taysir.engine.law import read_register
from taysir.engine.pack import load_pack
from taysir.engine.rules import decide
from taysir.engine.scenarios import Scenario, ScenarioResult, run_scenario
from taysir.kernel.errors import Language, Problem

_GENERATED: Final = {"ar": "حالة مولّدة", "en": "generated"}
_DIFFERENCE: Final = {
    "ar": "{part}: المتوقع {expected}، والواقع {found}",
    "en": "{part}: expected {expected}, found {found}",
}
_TESTED: Final = {
    "ar": "نجح {passed} من {total}، وصحّ {held} من {tried} حالة مولّدة، في {elapsed_ms} م.ث",
    "en": "{passed} of {total} passed, {held} of {tried} generated cases hold, in {elapsed_ms} ms",
}


def register(app: typer.Typer) -> None:
    """Add the verb ``service`` to the command line."""
    service = typer.Typer(
        no_args_is_help=True, help="Write, check, test, compare and explain services."
    )
    service.command("new")(new)
    service.command("check")(check)
    service.command("test")(test)
    service.command("strength")(strength)
    service.command("explain")(explain_case)
    service.command("diff")(diff)
    service.command("replay")(replay)
    service.command("law")(law)
    service.command("bpmn")(bpmn)
    service.command("import-bpmn")(import_drawing)
    app.add_typer(service, name="service")


def check(
    pack: PackArgument,
    *,
    as_json: JsonOption = False,
    language: LanguageOption = "",
    on: Annotated[
        date | None, typer.Option("--on", parser=day, help="Day of the check, e.g. 2026-11-24")
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option("--beside", help="Directory of packs whose lookups show what registries hold"),
    ] = None,
    register: Annotated[
        Path | None, typer.Option("--register", help="The country's register of articles")
    ] = None,
) -> None:
    """Say everything that keeps a pack from being published."""
    try:
        loaded = load_pack(locate(pack))
        named = register.name if register else ""
        articles = read_register(register.read_bytes(), file=named) if register else None
    except PackErrors as error:
        report_findings(error.findings, spoken(language), pack=pack, as_json=as_json)
        raise typer.Exit(2) from error
    findings = check_pack(
        loaded,
        on=on or datetime.now(UTC).date(),
        holdings=holdings_of(siblings(beside)) if beside else None,
        register=articles,
    )
    report_findings(findings, spoken(language), pack=pack, as_json=as_json, pack_hash=loaded.hash)
    raise typer.Exit(1 if any(item.severity is Severity.ERROR for item in findings) else 0)


def test(pack: PackArgument, as_json: JsonOption = False, language: LanguageOption = "") -> None:
    """Run the pack's own tests, and cases generated around every threshold of its rules."""
    words = spoken(language)
    loaded, scenarios = load(pack, words, as_json=as_json)
    started = time.perf_counter()
    results = [run_scenario(loaded, scenario) for scenario in scenarios]
    tried, broken = broken_cases(loaded, boundary_cases(loaded, scenarios))
    elapsed_ms = (time.perf_counter() - started) * 1000
    failed = [result for result in results if not result.passed]
    if as_json:
        print_json(
            {
                "pack": pack,
                "hash": loaded.hash,
                "passed": len(results) - len(failed),
                "total": len(results),
                "elapsed_ms": round(elapsed_ms, 1),
                "failures": [_failure(result) for result in failed],
                "generated": {
                    "total": tried,
                    "broken": [{"case": each.case.name, "detail": each.detail} for each in broken],
                },
            }
        )
    else:
        _print_failures(failed, words)
        for each in broken:
            print(f"{_GENERATED[words]}: {each.case.name}: {each.detail}")
        counts = {
            "passed": len(results) - len(failed),
            "total": len(results),
            "held": tried - len(broken),
            "tried": tried,
            "elapsed_ms": round(elapsed_ms),
        }
        print(_TESTED[words].format_map(counts))
    raise typer.Exit(1 if failed or broken or not results else 0)


def _print_failures(failed: Iterable[ScenarioResult], words: Language) -> None:
    for result in failed:
        print(f"{result.scenario.place}: {result.scenario.name}")
        for item in result.differences:
            found, expected = repr(item.found), repr(item.expected)
            line = _DIFFERENCE[words].format(part=item.part, expected=expected, found=found)
            print(f"    {line}")


def explain_case(
    pack: Annotated[
        str, typer.Argument(metavar="PACK", help="The pack; not needed with --decision")
    ] = "",
    *,
    case: Annotated[str, typer.Option("--case", help="Name, or part of it, of a test case")] = "",
    facts: Annotated[Path | None, typer.Option("--facts", help="Stored facts of a case")] = None,
    decision: Annotated[
        Path | None, typer.Option("--decision", help="A stored decision, told from itself alone")
    ] = None,
    on: Annotated[
        date | None, typer.Option("--on", parser=day, help="Day of the decision, with --facts")
    ] = None,
    audience: Annotated[
        Audience, typer.Option("--audience", help="For whom it is told")
    ] = Audience.OFFICER,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide a test case or a stored one, or take a stored decision; tell how and why."""
    words = spoken(language)
    try:
        if decision is not None:
            made = Decision.from_json(decision.read_bytes())
        else:
            asked = _Asked(pack=pack, case=case, facts=facts, on=on)
            made = _decided(asked, words, as_json=as_json)
    except Problem as error:
        print(f"{error.code}: {error.title(words)} {error.remedy(words)}")
        raise typer.Exit(2) from error
    told = explain(made, audience=audience, language=words)
    if as_json and decision is not None:
        print_json(told.as_data())
    elif as_json:
        print(made.to_json().decode())
    else:
        print(told.as_text())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What to decide under a pack: a test case by its name, or stored facts on a day."""

    pack: str
    case: str
    facts: Path | None
    on: date | None


def _decided(asked: _Asked, language: Language, *, as_json: bool) -> Decision:
    loaded, scenarios = load(asked.pack, language, as_json=as_json)
    if asked.facts is None:
        return run_scenario(loaded, _find(scenarios, asked.case)).decision
    on = asked.on or datetime.now(UTC).date()
    return decide(loaded, CaseFacts.from_json(asked.facts.read_bytes()), on=on)


def _find(scenarios: tuple[Scenario, ...], name: str) -> Scenario:
    for scenario in scenarios:
        if name.casefold() in scenario.name.casefold():
            return scenario
    listed = "\n".join(f"  {scenario.name}" for scenario in scenarios)
    raise typer.BadParameter(
        f"no test case of that name; there are:\n{listed}", param_hint="--case"
    )


def _failure(result: ScenarioResult) -> dict[str, Any]:
    return {
        "name": result.scenario.name,
        "file": result.scenario.place.file,
        "line": result.scenario.place.line,
        "differences": [
            {"part": item.part, "expected": item.expected, "found": item.found}
            for item in result.differences
        ],
    }
