"""Turns ``flow.yaml`` into a :class:`Flow` and checks that cases could run on it.

Stages in, frozen stages out, with the fork around each stage worked out. A flow is built of
blocks: a branch is entered only by its fork and ends at the fork's join or by a step to a stage
outside, so a case never loses or doubles a branch whatever happens to it. What would break the
blocks is refused here; what is merely unwise is for ``flow_check.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any

from taysir.engine.definition import (
    Action,
    ClockCause,
    Escalation,
    Flow,
    Join,
    Role,
    Stage,
    StageTimer,
    WaitFor,
    Way,
)
from taysir.engine.durations import parse_duration
from taysir.engine.errors import ENG_REFERENCE
from taysir.engine.expressions import Condition
from taysir.engine.findings import Finding, finding
from taysir.engine.flow_errors import (
    ENG_FLOW_ARRIVE,
    ENG_FLOW_BACK,
    ENG_FLOW_BRANCH,
    ENG_FLOW_DEFAULT,
    ENG_FLOW_JOIN,
    ENG_FLOW_JUMP,
    ENG_FLOW_KIND,
    ENG_FLOW_WAIT,
)
from taysir.engine.source import Path, Source

ReadCondition = Callable[[dict[str, Any], Path, Source], Condition | None]
"""Compiles the ``when`` of a value, or notes what is wrong with it."""


def build_flow(
    source: Source,
    *,
    names: Mapping[str, Mapping[str, Any]],
    condition: ReadCondition,
    found: list[Finding],
) -> Flow:
    """Build the flow of a file of the right shape; mistakes go to ``found``.

    ``names`` holds the notices and the reasons of the pack by the file that defines them.
    """
    raw = source.value
    reader = _Reader(source=source, names=names, condition=condition, found=found)
    stages = {name: reader.stage(name, item) for name, item in raw["stages"].items()}
    reader.known(raw["start"], stages, ("start",), "stages")
    flow = Flow(
        start=raw["start"],
        stages=MappingProxyType(stages),
        enclosing=MappingProxyType(enclosing_forks(stages)),
    )
    if not reader.lost:
        found.extend(structure_findings(flow))
    return flow


def enclosing_forks(stages: Mapping[str, Stage]) -> dict[str, str]:
    """Return the fork in whose branch each stage lies; stages outside of branches are left out."""
    return {
        name: fork.name
        for fork in stages.values()
        for branch in fork.fork.values()
        for name in branch
    }


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads the stages of one file; ``lost`` holds once a name led nowhere."""

    source: Source
    names: Mapping[str, Mapping[str, Any]]
    condition: ReadCondition
    found: list[Finding]
    lost: bool = False

    def known(self, name: str, names: Any, path: Path, where: str) -> None:
        """Note a name that is not one of the names."""
        if name not in names:
            self.lost = self.lost or where == "stages"
            place = self.source.at(path)
            self.found.append(finding(ENG_REFERENCE, place, name=name, where=where))

    def stage(self, name: str, raw: dict[str, Any]) -> Stage:
        """Build one stage."""
        path: Path = ("stages", name)
        role = Role(raw["role"])
        stopped = raw.get("clock_stopped_by")
        return Stage(
            name=name,
            title=raw["title"],
            role=role,
            actions=MappingProxyType(
                {
                    code: self._action(code, item, (*path, "actions", code), role)
                    for code, item in raw.get("actions", {}).items()
                }
            ),
            stopped_by=ClockCause(stopped) if stopped else None,
            deadline=self._timer(raw, "deadline", path),
            timer=self._timer(raw, "timer", path),
            escalations=self._escalations(raw, path),
            final=raw.get("final", ""),
            documents=tuple(raw.get("documents", [])),
            bill=raw.get("bill", ""),
            choose=self._ways(raw, path),
            fork=self._fork(raw, path),
            join=self._join(raw, path),
            place=self.source.at(path),
        )

    def _to(self, name: str, path: Path) -> str:
        self.known(name, self.source.value["stages"], path, "stages")
        return name

    def _action(self, code: str, raw: dict[str, Any], path: Path, role: Role) -> Action:
        if "notice" in raw:
            self.known(raw["notice"], self.names["notices.yaml"], path, "notices.yaml")
        for reason in raw.get("reasons", []):
            self.known(reason, self.names["reasons.yaml"], path, "reasons.yaml")
        return Action(
            name=code,
            label=raw["label"],
            to=self._to(raw["to"], path),
            roles=tuple(Role(name) for name in raw.get("roles", [role.value])),
            notice=raw.get("notice", ""),
            needs_reason=raw.get("needs_reason", False),
            reasons=tuple(raw.get("reasons", [])),
            when=self.condition(raw, path, self.source),
            returns=raw.get("returns", False),
            back=raw.get("back", False),
            refund=raw.get("refund", ""),
        )

    def _timer(self, raw: dict[str, Any], key: str, path: Path) -> StageTimer | None:
        item = raw.get(key)
        if item is None:
            return None
        place = (*path, key)
        self.known(item["action"], raw.get("actions", {}), (*place, "action"), "actions")
        self._one_time(item, place, str(path[-1]))
        return StageTimer(
            after=_duration(item.get("after")) or timedelta(0),
            action=item["action"],
            every=_duration(item.get("every")),
            working_days=item.get("working_days", 0),
        )

    def _escalations(self, raw: dict[str, Any], path: Path) -> tuple[Escalation, ...]:
        made = []
        for index, item in enumerate(raw.get("escalations", [])):
            place = (*path, "escalations", index)
            self._one_time(item, place, str(path[-1]))
            if "notice" in item:
                self.known(item["notice"], self.names["notices.yaml"], place, "notices.yaml")
            made.append(
                Escalation(
                    role=Role(item["role"]),
                    after=_duration(item.get("after")) or timedelta(0),
                    working_days=item.get("working_days", 0),
                    notice=item.get("notice", ""),
                )
            )
        return tuple(made)

    def _one_time(self, item: dict[str, Any], path: Path, stage: str) -> None:
        both = ("after" in item) == ("working_days" in item)
        if both or ("every" in item and "working_days" in item):
            self.found.append(finding(ENG_FLOW_WAIT, self.source.at(path), stage=stage))

    def _ways(self, raw: dict[str, Any], path: Path) -> tuple[Way, ...]:
        made = []
        for index, item in enumerate(raw.get("choose", [])):
            place = (*path, "choose", index)
            made.append(
                Way(
                    to=self._to(item["to"], place),
                    when=self.condition(item, place, self.source),
                    label=item.get("label"),
                )
            )
        if made and ["when" in item for item in raw["choose"]] != [True] * (len(made) - 1) + [
            False
        ]:
            place = (*path, "choose")
            self.found.append(finding(ENG_FLOW_DEFAULT, self.source.at(place), stage=str(path[-1])))
        return tuple(made)

    def _fork(self, raw: dict[str, Any], path: Path) -> Mapping[str, tuple[str, ...]]:
        branches = raw.get("fork", {})
        for branch, names in branches.items():
            for index, name in enumerate(names):
                self._to(name, (*path, "fork", branch, index))
        return MappingProxyType({branch: tuple(names) for branch, names in branches.items()})

    def _join(self, raw: dict[str, Any], path: Path) -> Join | None:
        item = raw.get("join")
        if item is None:
            return None
        return Join(
            fork=self._to(item["fork"], (*path, "join", "fork")),
            wait_for=WaitFor(item.get("wait_for", "all")),
            to=self._to(item["to"], (*path, "join", "to")),
        )


def structure_findings(flow: Flow) -> Iterator[Finding]:
    """Yield what would leave a case without a defined next state."""
    for stage in flow.stages.values():
        yield from _kind(stage)
    misplaced = list(_branches(flow))
    yield from misplaced
    if misplaced:
        return  # where a step leads from a stage in two branches cannot be said
    for stage in flow.stages.values():
        yield from _steps(flow, stage)
        yield from _returns(flow, stage)


def _kind(stage: Stage) -> Iterator[Finding]:
    kinds = bool(stage.fork) + bool(stage.join) + bool(stage.choose)
    own = bool(stage.actions or stage.deadline or stage.timer or stage.escalations or stage.final)
    if kinds + own > 1 and kinds:
        yield finding(ENG_FLOW_KIND, stage.place, stage=stage.name)


def _branches(flow: Flow) -> Iterator[Finding]:
    """Every stage lies in one branch at most, and every fork has one join beside it."""
    taken: set[str] = set()
    for fork in flow.stages.values():
        for name in chain.from_iterable(fork.fork.values()):
            if name in taken or _may_not_hold(flow, fork, name):
                yield finding(ENG_FLOW_BRANCH, fork.place, stage=name, fork=fork.name)
            taken.add(name)
        if fork.fork:
            yield from _join_beside(flow, fork)
    for stage in flow.stages.values():
        if stage.join and not flow.stages[stage.join.fork].fork:
            yield finding(ENG_FLOW_JOIN, stage.place, fork=stage.join.fork, count=0)


def _may_not_hold(flow: Flow, fork: Stage, name: str) -> bool:
    """Whether a stage begins or ends cases or a fork lies in itself: no branch holds these."""
    if name in (flow.start, fork.name) or flow.stages[name].final:
        return True
    return fork.name in _around(flow, fork.name)


def _join_beside(flow: Flow, fork: Stage) -> Iterator[Finding]:
    joins = [each for each in flow.stages.values() if each.join and each.join.fork == fork.name]
    around = flow.enclosing.get(fork.name)
    beside = [each for each in joins if flow.enclosing.get(each.name) == around]
    if len(joins) != 1 or len(beside) != 1:
        yield finding(ENG_FLOW_JOIN, fork.place, fork=fork.name, count=len(beside))


def _around(flow: Flow, name: str) -> tuple[str, ...]:
    """Return the forks around a stage, innermost first; one that lies in itself is named twice."""
    around: list[str] = []
    while (name := flow.enclosing.get(name, "")) and name not in around:
        around.append(name)
    return tuple(around)


def _steps(flow: Flow, stage: Stage) -> Iterator[Finding]:
    """A step stays in its branch, leaves it for a stage outside, or ends it at its own join."""
    around = _branches_around(flow, stage.name)
    for to in () if stage.fork else stage.targets:
        join, branch = flow.stages[to].join, _branch_of(flow, to)
        if join:
            if not around or around[0][0] != join.fork:
                yield finding(ENG_FLOW_ARRIVE, stage.place, stage=stage.name, to=to)
        elif branch and branch not in around:
            yield finding(ENG_FLOW_JUMP, stage.place, stage=stage.name, to=to)
    for names in stage.fork.values():
        if flow.stages[names[0]].join:
            yield finding(ENG_FLOW_ARRIVE, stage.place, stage=stage.name, to=names[0])


def _branches_around(flow: Flow, name: str) -> list[tuple[str, str]]:
    """Return the branches that a stage lies in, innermost first, each with its fork."""
    around = []
    while branch := _branch_of(flow, name):
        around.append(branch)
        name = branch[0]
    return around


def _branch_of(flow: Flow, name: str) -> tuple[str, str] | None:
    fork = flow.enclosing.get(name)
    if fork is None:
        return None
    branches = flow.stages[fork].fork.items()
    return next((fork, branch) for branch, names in branches if name in names)


def _returns(flow: Flow, stage: Stage) -> Iterator[Finding]:
    for action in stage.actions.values():
        if action.returns and _branch_of(flow, action.to) != _branch_of(flow, stage.name):
            yield finding(ENG_FLOW_BACK, stage.place, action=action.name, stage=stage.name)


def _duration(text: str | None) -> timedelta | None:
    return None if text is None else parse_duration(text)
