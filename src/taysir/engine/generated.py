"""Cases around every threshold of a pack, and what must be true of each whatever the law says.

Each case takes one that the pack's own tests describe and moves one fact to a boundary value
(``boundaries.py``). Nobody wrote down what it should give; but no case may break a rule, refuse
without an article and a way to object, grant without its values, or end without words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from taysir.engine.boundaries import samples
from taysir.engine.decision import Decision, Outcome
from taysir.engine.definition import Pack
from taysir.engine.explain import Audience, explain
from taysir.engine.facts import CaseFacts, FactSource, FactValue, Json
from taysir.engine.rules import decide
from taysir.engine.scenarios import Scenario, scenario_facts
from taysir.engine.wording import LANGUAGES
from taysir.kernel.errors import Problem
from taysir.kernel.limits import BOUNDARY_CASES

_PLACEHOLDER: Final = re.compile(r"\{[a-z_.]*\}")


@dataclass(frozen=True, slots=True)
class BoundaryCase:
    """A case of the pack's tests with one fact moved to a boundary value."""

    base: str
    fact: str
    value: Json
    facts: CaseFacts
    on: date

    @property
    def name(self) -> str:
        """The case in a line; boundary values are the law's, not a person's."""
        return f"{self.base}; {self.fact} = {self.value}" if self.fact else self.base


@dataclass(frozen=True, slots=True)
class Broken:
    """A generated case of which something is not true that must be."""

    case: BoundaryCase
    detail: str


def boundary_cases(pack: Pack, scenarios: Iterable[Scenario]) -> Iterator[BoundaryCase]:
    """Yield the cases of a pack's tests, each fact moved to each of its boundary values.

    The first test of each outcome is moved; the others stand as they are.
    """
    return islice(_cases(pack, scenarios), BOUNDARY_CASES)


def _cases(pack: Pack, scenarios: Iterable[Scenario]) -> Iterator[BoundaryCase]:
    moved: set[str] = set()
    for scenario in scenarios:
        facts, _ = scenario_facts(pack, scenario)
        yield BoundaryCase(scenario.name, "", None, facts, scenario.on)
        outcome = str(scenario.expect.get("outcome", ""))
        if outcome in moved:
            continue
        moved.add(outcome)
        yield from _moved(pack, scenario, facts)


def _moved(pack: Pack, scenario: Scenario, facts: CaseFacts) -> Iterator[BoundaryCase]:
    for name, values in samples(pack, on=scenario.on).items():
        known = facts.get(name)
        if known is None or pack.facts[name].source is FactSource.COMPUTED:
            continue
        for value in values:
            if value != known.value:
                changed = facts.with_values({name: FactValue(value, known.provenance)})
                yield BoundaryCase(scenario.name, name, value, changed, scenario.on)


def broken_cases(pack: Pack, cases: Iterable[BoundaryCase]) -> tuple[int, tuple[Broken, ...]]:
    """Decide every case; return how many there were, and those of which something is not true."""
    count = 0
    broken: list[Broken] = []
    for case in cases:
        count += 1
        if detail := _broken(pack, case):
            broken.append(Broken(case, detail))
    return count, tuple(broken)


def _broken(pack: Pack, case: BoundaryCase) -> str:
    try:
        decision = decide(pack, case.facts, on=case.on)
    except Problem as problem:
        return f"{problem.code}: {problem.title('en')}"
    return _unlawful(pack, decision) or _untold(decision)


def _unlawful(pack: Pack, decision: Decision) -> str:
    if not decision.reasons:
        return "no reason"
    if decision.outcome is Outcome.REFUSED:
        bare = [reason.code for reason in decision.reasons if not reason.article]
        return f"refused without an article: {', '.join(bare)}" if bare else ""
    if decision.outcome is Outcome.GRANTED:
        wrong = [
            name
            for name in pack.plan.values
            if not pack.facts[name].accepts(decision.values.get(name))
        ]
        return f"granted without: {', '.join(wrong)}" if wrong else ""
    return ""


def _untold(decision: Decision) -> str:
    """Say what readers would miss: every audience in both languages, before and after storage."""
    if Decision.from_json(decision.to_json()) != decision:
        return "changed by storing"
    for language in LANGUAGES:
        text = explain(decision, audience=Audience.AUDITOR, language=language).as_text()
        if found := _PLACEHOLDER.search(text):
            return f"left unfilled in the text: {found.group()}"
    return ""
