"""Runs a pack's own tests: answers and registry replies in, pages, decision, fee and reasons out.

A test file under ``tests/`` has ``defaults`` and ``cases``; a case overlays the defaults, member by
member. A registry reply is a record or one of the words ``not_found``, ``unreachable``,
``declined`` and ``invalid``. ``age`` makes a reply older than the decision; ``reviewed`` says that
an officer has looked at what the rules refer to one. What ``expect`` does not name is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from taysir.engine.decision import Decision
from taysir.engine.definition import Lookup, Pack
from taysir.engine.durations import parse_duration
from taysir.engine.facts import Attested, CaseFacts, Dispute, EvidenceOutcome
from taysir.engine.findings import Finding, PackErrors, Place
from taysir.engine.lookups import (
    needed_lookups,
    path_facts_known,
    receive_answer,
    receive_outcome,
)
from taysir.engine.pages import apply_answers, validate_answers, visible_pages
from taysir.engine.rules import decide
from taysir.engine.shapes import shape_findings
from taysir.engine.source import read_yaml

_NOON: Final = time(9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One test case with the defaults overlaid."""

    name: str
    place: Place
    given: Mapping[str, Any]
    expect: Mapping[str, Any]

    @property
    def on(self) -> date:
        """The day of the decision."""
        return date.fromisoformat(self.given["on"])

    @property
    def at(self) -> datetime:
        """The moment of the decision: nine in the morning of its day."""
        return datetime.combine(self.on, _NOON)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of the result that is not as expected."""

    part: str
    expected: Any
    found: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """What running a scenario gave."""

    scenario: Scenario
    decision: Decision
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


def read_scenarios(files: Mapping[str, bytes]) -> tuple[Scenario, ...]:
    """Read ``tests/*.yaml`` of a pack's files; raises :class:`PackErrors`."""
    found: list[Scenario] = []
    findings: list[Finding] = []
    for name in sorted(files):
        if not (name.startswith("tests/") and name.endswith(".yaml")):
            continue
        source = read_yaml(files[name], file=name)
        wrong = shape_findings(source, "tests")
        findings.extend(wrong)
        if wrong:
            continue
        defaults = source.value.get("defaults", {})
        for index, case in enumerate(source.value["cases"]):
            given = _overlay(defaults, case)
            found.append(
                Scenario(
                    name=case["name"],
                    place=source.at(("cases", index)),
                    given=given,
                    expect=given["expect"],
                )
            )
    if findings:
        raise PackErrors(findings)
    return tuple(found)


def run_scenario(pack: Pack, scenario: Scenario) -> ScenarioResult:
    """Fill a case as the scenario says, decide it and compare."""
    facts, errors = scenario_facts(pack, scenario)
    reviewed = scenario.given.get("reviewed", False)
    decision = decide(pack, facts, on=scenario.on, at=scenario.at, reviewed=reviewed)
    found = {
        "outcome": decision.outcome.value,
        "reasons": list(decision.codes),
        "articles": list(decision.articles),
        "waiting": list(decision.waiting),
        "refresh": list(decision.refresh),
        "concerns": [reason.code for reason in decision.concerns],
        "unanswered": list(decision.unanswered),
        "pages": [page.id for page in visible_pages(pack, facts, on=scenario.on)],
        "errors": list(errors),
    }
    return ScenarioResult(
        scenario=scenario,
        decision=decision,
        differences=tuple(_differences(scenario.expect, found, decision.values)),
    )


def scenario_facts(pack: Pack, scenario: Scenario) -> tuple[CaseFacts, tuple[str, ...]]:
    """Return the case of a scenario, and the fields whose answers were not accepted."""
    given, at = scenario.given, scenario.at
    facts = CaseFacts()
    for name, value in given.get("facts", {}).items():
        facts = facts.with_value(name, value, provenance=Attested("test", at))
    errors: list[str] = []
    facts = _asked(pack, scenario, facts)
    raw = given.get("answers", {})
    for page in pack.pages:
        if page not in visible_pages(pack, facts, on=scenario.on):
            continue
        answers = validate_answers(page, raw, facts=facts, model=pack.facts, on=scenario.on)
        errors.extend(answers.errors)
        if answers.ok:
            facts = apply_answers(facts, answers, page=page, by="applicant", at=at)
            facts = _asked(pack, scenario, facts)
    for name in given.get("dispute", []):
        facts = facts.with_dispute(name, Dispute(at))
    return facts, tuple(errors)


def _asked(pack: Pack, scenario: Scenario, facts: CaseFacts) -> CaseFacts:
    """Ask what can be asked now, and again what an answer makes askable, as a running case does."""
    replies = scenario.given.get("registries", {})
    ages = scenario.given.get("age", {})
    for _round in pack.lookups:
        due = [
            lookup
            for lookup in needed_lookups(pack, facts, on=scenario.on)
            if lookup.name not in facts.evidence
            and lookup.name in replies
            and path_facts_known(lookup, facts)
        ]
        if not due:
            break
        for lookup in due:
            age = parse_duration(ages.get(lookup.name, "PT0S")) or timedelta(0)
            facts = _reply(pack, lookup, facts, replies[lookup.name], scenario.at - age)
    return facts


def _reply(pack: Pack, lookup: Lookup, facts: CaseFacts, reply: Any, at: datetime) -> CaseFacts:
    exchange = f"test-{lookup.name}"
    if isinstance(reply, str):
        outcome = EvidenceOutcome(reply)
        return receive_outcome(lookup, facts, outcome, exchange_id=exchange, at=at)
    return receive_answer(pack, lookup, facts, reply, agreement="test", exchange_id=exchange, at=at)


def _overlay(base: Any, over: Any) -> Any:
    """Lay one value over another: objects member by member, anything else replaces."""
    if isinstance(base, dict) and isinstance(over, dict):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = _overlay(base[key], value) if key in base else value
        return merged
    return over


def _differences(
    expect: Mapping[str, Any], found: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterable[Difference]:
    for part, expected in expect.items():
        if part == "values":
            for name, value in expected.items():
                if values.get(name) != value:
                    yield Difference(f"values.{name}", value, values.get(name))
        elif found[part] != expected:
            yield Difference(part, expected, found[part])
