"""Works out which stages of a drawing lie in which branch of a parallel gateway.

A flow is built of blocks, a drawing is not: here the join of each fork is found as the gateway at
which all of its branches meet. Stages that can also be reached around the fork lie outside of it,
and a way to one of them ends the other branches. Drawings whose branches overlap or do not meet
are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taysir.engine.bpmn.errors import ENG_BPMN_BRANCH
from taysir.engine.findings import Finding, Place, finding
from taysir.kernel.limits import BPMN_NESTING

Stages = dict[str, dict[str, Any]]


def assign_branches(
    stages: Stages, start: str, *, places: Mapping[str, Place], found: list[Finding]
) -> None:
    """Complete the forks and joins that do not know their other half."""
    finder = _Finder(stages, start)
    for name, raw in stages.items():
        if "_begins" in raw and not finder.block(name, depth=0):
            found.append(finding(ENG_BPMN_BRANCH, places[name], name=name))
    for name, raw in stages.items():
        raw.pop("_begins", None)
        if "join" in raw and not raw["join"]["fork"] and name not in finder.lost:
            finder.lost.add(name)
            found.append(finding(ENG_BPMN_BRANCH, places[name], name=name))


@dataclass(slots=True)
class _Finder:
    """``blocks`` holds, for each fork that is done, its join and every stage inside it."""

    stages: Stages
    start: str
    blocks: dict[str, tuple[str, set[str]] | None] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def block(self, fork: str, *, depth: int) -> tuple[str, set[str]] | None:
        """Return the join of a fork and the stages inside it, or None if it is not a block."""
        if fork not in self.blocks:
            self.blocks[fork] = None  # a fork inside itself is not a block
            if depth < BPMN_NESTING:
                self.blocks[fork] = self._find(fork, depth)
        return self.blocks[fork]

    def _find(self, fork: str, depth: int) -> tuple[str, set[str]] | None:
        outside = self._outside(fork)
        branches: dict[str, list[str]] = {}
        inside: set[str] = set()
        joins: set[str] = set()
        for first in self.stages[fork]["_begins"]:
            walked = self._walk(first, outside, depth)
            if walked is None or first in branches or not inside.isdisjoint(walked[1]):
                return None
            own, everything, met = walked
            branches[first] = own
            inside |= everything
            joins |= met
        if len(joins) != 1 or not all(branches.values()):
            return None
        (join,) = joins
        self.stages[join]["join"]["fork"] = fork
        self.stages[fork]["fork"] = branches
        return join, inside

    def _walk(
        self, first: str, outside: set[str], depth: int
    ) -> tuple[list[str], set[str], set[str]] | None:
        """Follow a branch: its own stages, all stages inside it, and the joins it meets."""
        own: list[str] = []
        everything: set[str] = set()
        joins: set[str] = set()
        waiting = [first]
        while waiting:
            name = waiting.pop()
            raw = self.stages[name]
            if name in everything or name in outside or "final" in raw:
                continue
            if "join" in raw:
                joins.add(name)
                continue
            own.append(name)
            everything.add(name)
            if "fork" not in raw:
                waiting.extend(reversed(targets_of(raw)))
                continue
            inner = self.block(name, depth=depth + 1)
            if inner is None:
                return None
            own.append(inner[0])
            everything |= {inner[0], *inner[1]}
            waiting.append(self.stages[inner[0]]["join"]["to"])
        return own, everything, joins

    def _outside(self, fork: str) -> set[str]:
        """Return the stages that a case can reach without passing the fork."""
        reached: set[str] = set()
        waiting = [self.start]
        while waiting:
            name = waiting.pop()
            if name not in reached and name != fork and name in self.stages:
                reached.add(name)
                waiting.extend(targets_of(self.stages[name]))
        return reached


def targets_of(raw: dict[str, Any]) -> list[str]:
    """Return every stage to which one step leads."""
    after_join = [raw["join"]["to"]] if "join" in raw else []
    return [
        *(action["to"] for action in raw.get("actions", {}).values()),
        *(way["to"] for way in raw.get("choose", [])),
        *(names[0] for names in raw.get("fork", {}).values()),
        *raw.get("_begins", []),
        *after_join,
    ]
