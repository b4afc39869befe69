"""Flows for tests: from YAML text, and drawn at random in blocks of branches."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from taysir.engine.definition import Flow, Role
from taysir.engine.expressions import Condition, condition
from taysir.engine.findings import Finding
from taysir.engine.flow_building import build_flow
from taysir.engine.source import Path, Source, read_yaml

NAMES = ("x",)
"""The only variable in the conditions of these flows."""


def flow_of(text: str) -> tuple[Flow, list[Finding]]:
    """Build a flow from YAML; notices and reasons are whatever the flow names."""
    return flow_from(read_yaml(text.encode(), file="flow.yaml"))


def flow_from(source: Source) -> tuple[Flow, list[Finding]]:
    """Build a flow from a file that was read."""
    found: list[Finding] = []
    flow = build_flow(source, names=_Anything.both(), condition=_condition, found=found)
    return flow, found


def _condition(raw: dict[str, Any], _path: Path, _source: Source) -> Condition | None:
    return condition(raw["when"], names=NAMES) if "when" in raw else None


class _Anything(dict[str, Any]):
    """A set of names that holds every name."""

    def __contains__(self, name: object) -> bool:
        return True

    @classmethod
    def both(cls) -> dict[str, dict[str, Any]]:
        """Return the notices and reasons of a pack that has all of them."""
        return {"notices.yaml": cls(), "reasons.yaml": cls()}


def words(text: str) -> dict[str, str]:
    """Return a pair of texts."""
    return {"ar": f"نص {text}", "en": f"Text {text}"}


ROLES = tuple(role.value for role in Role)
ENDS = {"granted": "granted", "refused": "refused", "withdrawn": "withdrawn"}


class _Drawing:
    """One flow while it is drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.stages: dict[str, Any] = {}
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def region(self, *, after: str, outside: list[str], depth: int) -> list[str]:
        """Draw stages in a row that lead to ``after``; some steps lead elsewhere."""
        kinds = self.draw(
            st.lists(st.sampled_from("wwcf" if depth < 2 else "wwc"), min_size=1, max_size=3)
        )
        blocks = [
            (kind, self.name({"w": "stage", "c": "choice", "f": "fork"}[kind])) for kind in kinds
        ]
        if depth == 0:
            blocks.insert(0, ("w", self.name("stage")))
        waiting = [name for kind, name in blocks if kind == "w"]
        aside = [*waiting, *outside]
        names: list[str] = []
        for index, (kind, name) in enumerate(blocks):
            following = blocks[index + 1][1] if index + 1 < len(blocks) else after
            names.append(name)
            if kind == "w":
                self.waiting(name, following, aside, waiting)
            elif kind == "c":
                self.choice(name, following, aside)
            else:
                names.append(self.fork(name, following, aside, depth))
        return names

    def waiting(self, name: str, following: str, aside: list[str], near: list[str]) -> None:
        role = self.draw(st.sampled_from(ROLES))
        stage: dict[str, Any] = {"title": words(name), "role": role}
        actions: dict[str, Any] = {"go": {"to": following, "label": words("go")}}
        for number in range(self.draw(st.integers(0, 2))):
            actions[f"aside{number}"] = self.action(aside, number)
        if self.draw(st.booleans()):
            actions["ask"] = {
                "to": self.draw(st.sampled_from(near)),
                "label": words("ask"),
                "returns": True,
            }
        if self.draw(st.booleans()):
            actions["answer"] = {"to": following, "label": words("answer"), "back": True}
        stage["actions"] = actions
        stage["deadline"] = {"after": self.draw(st.sampled_from(["P3D", "PT1H"])), "action": "go"}
        if self.draw(st.booleans()):
            stage["deadline"] = {"working_days": 3, "action": "go"}
        if self.draw(st.booleans()):
            stage["timer"] = {"after": "PT1M", "every": "PT15M", "action": "go"}
        if self.draw(st.booleans()):
            stage["escalations"] = [
                {"role": "supervisor", "after": "P1D"},
                {"role": "officer", "working_days": 2, "notice": "late"},
            ]
        if self.draw(st.booleans()):
            stage["clock_stopped_by"] = self.draw(
                st.sampled_from(["applicant", "payment", "other_agency"])
            )
        if self.draw(st.booleans()):
            stage |= {"documents": ["licence"], "bill": "renewal.fee_minor"}
        self.stages[name] = stage

    def action(self, aside: list[str], number: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "to": self.draw(st.sampled_from(aside)),
            "label": words(f"aside {number}"),
        }
        if self.draw(st.booleans()):
            made["when"] = "x > 0"
        if self.draw(st.booleans()):
            made["roles"] = self.draw(
                st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True)
            )
        if self.draw(st.booleans()):
            made |= {"notice": "told", "needs_reason": True, "reasons": ["why", "because"]}
        return made

    def choice(self, name: str, following: str, aside: list[str]) -> None:
        ways: list[dict[str, Any]] = []
        for number in range(self.draw(st.integers(0, 2))):
            ways.append({"to": self.draw(st.sampled_from(aside)), "when": f"x = {number}"})
            if self.draw(st.booleans()):
                ways[-1]["label"] = words(f"way {number}")
        self.stages[name] = {
            "title": words(name),
            "role": "system",
            "choose": [*ways, {"to": following}],
        }

    def fork(self, name: str, following: str, aside: list[str], depth: int) -> str:
        join = self.name("join")
        self.stages[name] = {"title": words(name), "role": "system"}
        count = self.draw(st.integers(2, 3))
        self.stages[name]["fork"] = {
            f"branch{number}": self.region(after=join, outside=aside, depth=depth + 1)
            for number in range(count)
        }
        wait_for = self.draw(st.sampled_from(["all", "any"]))
        self.stages[join] = {
            "title": words(join),
            "role": "system",
            "join": {"fork": name, "wait_for": wait_for, "to": following},
        }
        return join


@st.composite
def raw_flows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a flow as the value of its file: stages, choices, forks in forks, steps out of them."""
    drawing = _Drawing(draw)
    first, *_ = drawing.region(after="granted", outside=list(ENDS), depth=0)
    for name, final in ENDS.items():
        drawing.stages[name] = {"title": words(name), "role": "system", "final": final}
    return {"start": first, "stages": drawing.stages}


def as_yaml(raw: dict[str, Any]) -> str:
    """Write a drawn flow as a file."""
    return yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)
