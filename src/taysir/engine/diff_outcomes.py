"""Shows what a new version of a pack does to cases, because a small change may decide differently.

The boundary cases of both versions are decided by both; what differs is told as a sentence, with
how many cases and one of them as an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from taysir.engine.applying import Brief
from taysir.engine.decision import Decision
from taysir.engine.definition import Pack
from taysir.engine.diff_rules import value_words
from taysir.engine.findings import Text
from taysir.engine.generated import BoundaryCase, boundary_cases
from taysir.engine.rules import decide
from taysir.engine.scenarios import read_scenarios
from taysir.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """Boundary cases that the new pack decides otherwise: what changes, how many, an example."""

    what: Text
    cases: int
    example: str

    def as_json(self) -> dict[str, object]:
        """Return the change for programs."""
        return {"what": dict(self.what), "cases": self.cases, "example": self.example}


def changed_outcomes(old: Pack, new: Pack) -> tuple[int, tuple[OutcomeChange, ...]]:
    """Decide the boundary cases of both packs by both; return how many, and what changes."""
    found: dict[str, list[tuple[Text, str]]] = {}
    count = 0
    for case in chain(_cases(old), _cases(new)):
        count += 1
        before, after = _outcome(old, case), _outcome(new, case)
        for what in _differences(old, new, before, after):
            found.setdefault(what["en"], []).append((what, case.name))
    changes = [OutcomeChange(each[0][0], len(each), each[0][1]) for each in found.values()]
    return count, tuple(sorted(changes, key=lambda change: -change.cases))


def _cases(pack: Pack) -> Iterator[BoundaryCase]:
    return boundary_cases(pack, read_scenarios(pack.files))


def _outcome(pack: Pack, case: BoundaryCase) -> Decision | str:
    try:
        return decide(pack, case.facts, on=case.on, brief=Brief())
    except Problem as problem:
        return problem.code


def _differences(
    old: Pack, new: Pack, before: Decision | str, after: Decision | str
) -> Iterator[Text]:
    was, now = _named_outcome(before), _named_outcome(after)
    if was != now:
        yield {
            "ar": f"القرار: كان {was} وصار {now}.",
            "en": f"Outcome: was {was}, now {now}.",
        }
        return
    if isinstance(before, str) or isinstance(after, str):
        return
    for name in dict.fromkeys((*before.values, *after.values)):
        one, two = before.values.get(name), after.values.get(name)
        if one != two:
            fact = new.facts.get(name) or old.facts[name]
            words = {lang: value_words(fact, (one, two), lang) for lang in ("ar", "en")}
            yield {
                "ar": f"{fact.label['ar']}: كان {words['ar'][0]} وصار {words['ar'][1]}.",
                "en": f"{fact.label['en']}: was {words['en'][0]}, now {words['en'][1]}.",
            }


def _named_outcome(decision: Decision | str) -> str:
    if isinstance(decision, str):
        return decision
    codes = ", ".join(decision.codes)
    return f"{decision.outcome.value} ({codes})"
