"""``taysir service``: check, test and explain a service pack from the command line.

Parses, calls the engine, prints; with ``--json`` for programs. Ends with 0 when all is well, 1 when
there are findings or failures, 2 when the pack cannot be read at all.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from taysir.engine.check import check_pack
from taysir.engine.definition import Pack
from taysir.engine.explain import Audience, explain
from taysir.engine.facts import CaseFacts
from taysir.engine.findings import Finding, PackErrors, Severity
from taysir.engine.pack import load_pack
from taysir.engine.rules import decide
from taysir.engine.scenarios import Scenario, ScenarioResult, read_scenarios, run_scenario
from taysir.kernel.errors import Language, Problem

_SERVICES = Path(__file__).parents[1] / "country" / "services"

PackArgument = Annotated[
    str,
    typer.Argument(metavar="PACK", help="Directory of the pack, or the name of a sample service"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="ar or en")]


def register(app: typer.Typer) -> None:
    """Add the verb ``service`` to the command line."""
    service = typer.Typer(no_args_is_help=True, help="Check, test and explain a service pack")
    service.command("check")(check)
    service.command("test")(test)
    service.command("explain")(explain_case)
    app.add_typer(service, name="service")


def check(
    pack: PackArgument,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
    on: Annotated[str, typer.Option("--on", help="Day of the check, e.g. 2026-11-24")] = "",
) -> None:
    """Say everything that keeps a pack from being published."""
    day = date.fromisoformat(on) if on else datetime.now(UTC).date()
    try:
        loaded = load_pack(_locate(pack))
    except PackErrors as error:
        _report_findings(error.findings, _language(language), pack=pack, as_json=as_json)
        raise typer.Exit(2) from error
    findings = check_pack(loaded, on=day)
    _report_findings(
        findings, _language(language), pack=pack, as_json=as_json, pack_hash=loaded.hash
    )
    raise typer.Exit(1 if any(item.severity is Severity.ERROR for item in findings) else 0)


def test(pack: PackArgument, as_json: JsonOption = False, language: LanguageOption = "en") -> None:
    """Run the pack's own tests."""
    loaded, scenarios = _load(pack, _language(language), as_json=as_json)
    started = time.perf_counter()
    results = [run_scenario(loaded, scenario) for scenario in scenarios]
    elapsed_ms = (time.perf_counter() - started) * 1000
    failed = [result for result in results if not result.passed]
    if as_json:
        _print_json(
            {
                "pack": pack,
                "hash": loaded.hash,
                "passed": len(results) - len(failed),
                "total": len(results),
                "elapsed_ms": round(elapsed_ms, 1),
                "failures": [_failure(result) for result in failed],
            }
        )
    else:
        for result in failed:
            print(f"{result.scenario.place}: {result.scenario.name}")
            for item in result.differences:
                print(f"    {item.part}: expected {item.expected!r}, found {item.found!r}")
        print(f"{len(results) - len(failed)} of {len(results)} passed in {elapsed_ms:.0f} ms")
    raise typer.Exit(1 if failed or not results else 0)


def explain_case(
    pack: PackArgument,
    *,
    case: Annotated[str, typer.Option("--case", help="Name, or part of it, of a test case")] = "",
    facts: Annotated[Path | None, typer.Option("--facts", help="Stored facts of a case")] = None,
    on: Annotated[str, typer.Option("--on", help="Day of the decision, with --facts")] = "",
    audience: Annotated[Audience, typer.Option("--audience")] = Audience.OFFICER,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Decide a test case, or a stored one, and tell how and why."""
    spoken = _language(language)
    loaded, scenarios = _load(pack, spoken, as_json=as_json)
    try:
        if facts is not None:
            day = date.fromisoformat(on) if on else datetime.now(UTC).date()
            decision = decide(loaded, CaseFacts.from_json(facts.read_bytes()), on=day)
        else:
            decision = run_scenario(loaded, _find(scenarios, case)).decision
    except Problem as error:
        print(f"{error.code}: {error.title(spoken)} {error.remedy(spoken)}")
        raise typer.Exit(2) from error
    if as_json:
        print(decision.to_json().decode())
    else:
        print(explain(decision, audience=audience, language=spoken).as_text())


def _locate(pack: str) -> Path:
    path = Path(pack)
    if not path.exists() and (named := _SERVICES / pack.replace("-", "_")).is_dir():
        return named
    return path


def _language(name: str) -> Language:
    if name == "ar":
        return "ar"
    if name == "en":
        return "en"
    raise typer.BadParameter("ar, en", param_hint="--language")


def _load(pack: str, language: Language, *, as_json: bool) -> tuple[Pack, tuple[Scenario, ...]]:
    try:
        loaded = load_pack(_locate(pack))
        return loaded, read_scenarios(loaded.files)
    except PackErrors as error:
        _report_findings(error.findings, language, pack=pack, as_json=as_json)
        raise typer.Exit(2) from error


def _find(scenarios: tuple[Scenario, ...], name: str) -> Scenario:
    for scenario in scenarios:
        if name.casefold() in scenario.name.casefold():
            return scenario
    listed = "\n".join(f"  {scenario.name}" for scenario in scenarios)
    raise typer.BadParameter(
        f"no test case of that name; there are:\n{listed}", param_hint="--case"
    )


def _report_findings(
    findings: tuple[Finding, ...],
    language: Language,
    *,
    pack: str,
    as_json: bool,
    pack_hash: str = "",
) -> None:
    if as_json:
        _print_json(
            {"pack": pack, "hash": pack_hash, "findings": [item.as_json() for item in findings]}
        )
        return
    for item in findings:
        print(f"{item.severity.value}: {item.in_words(language)}")
    if not findings:
        print(f"{pack}: nothing to mend ({pack_hash[:12]})")


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


def _print_json(value: dict[str, Any]) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
