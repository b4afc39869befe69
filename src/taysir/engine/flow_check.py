"""Looks through a flow for what would strand a case: no way in, no way out, no end in time.

``check_flow`` runs over a flow that was built, so its blocks are sound (``flow_building.py``);
what it finds keeps the pack from being published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from taysir.engine.definition import Flow, Role, Stage, WaitFor
from taysir.engine.errors import ENG_CHECK_DEAD_END, ENG_CHECK_DEADLINE, ENG_CHECK_UNREACHABLE
from taysir.engine.findings import Finding, Severity, finding
from taysir.engine.flow_errors import (
    ENG_CHECK_CIRCLE,
    ENG_CHECK_GUARD,
    ENG_CHECK_JOIN,
    ENG_CHECK_SYSTEM_STEP,
    ENG_CHECK_TOKEN,
    ENG_CHECK_WITHDRAW,
)
from taysir.kernel.limits import TOKEN_BYTES

_TOKEN_FIXED: Final = 420
"""The token's own members at their longest: hash, counters, clocks, two moments."""

_POSITION_FIXED: Final = 120
"""A position without the names in it: its keys, a moment, two counters."""

PAID: Final = "paid"
ISSUED: Final = "issued"
"""The actions that the system takes once a bill is paid and once documents are made."""

_FIRST_FIXED: Final = 36
"""One moment of first entry without the name of its stage."""


def check_flow(flow: Flow) -> Iterator[Finding]:
    """Yield what keeps a flow from being published, and warnings."""
    yield from _ways(flow)
    for stage in flow.stages.values():
        yield from _in_time(stage)
        yield from _system_steps(stage)
    yield from _joins(flow)
    yield from _circles(flow)
    yield from _withdrawal(flow)
    if (size := token_bytes_at_most(flow)) > TOKEN_BYTES:
        place = flow.stages[flow.start].place
        yield finding(ENG_CHECK_TOKEN, place, bytes=size, limit=TOKEN_BYTES)


def token_bytes_at_most(flow: Flow) -> int:
    """Return a bound on the stored state of any case of a flow, however it moves."""
    longest = max(len(name) for name in flow.stages)
    outside = [name for name in flow.stages if name not in flow.enclosing]
    timers = [name for name, stage in flow.stages.items() if stage.timer]
    first = sum(_FIRST_FIXED + len(name) for name in timers)
    return _TOKEN_FIXED + first + _widest(flow, outside, longest)


def _widest(flow: Flow, stages: Iterable[str], longest: int) -> int:
    """Return the bytes of the positions that one position among these stages may bring along."""
    return max(
        _POSITION_FIXED
        + len(name)
        + longest
        + sum(_widest(flow, branch, longest) for branch in flow.stages[name].fork.values())
        for name in stages
    )


def _ways(flow: Flow) -> Iterator[Finding]:
    """Every stage can be reached, and from every stage the case can end."""
    forward = {name: set(stage.targets) for name, stage in flow.stages.items()}
    backward = _reversed(forward)
    reached = _closure({flow.start}, forward)
    ending = _closure({name for name, stage in flow.stages.items() if stage.final}, backward)
    for name, stage in flow.stages.items():
        if name not in reached:
            yield finding(ENG_CHECK_UNREACHABLE, stage.place, name=name)
        if name not in ending:
            yield finding(ENG_CHECK_DEAD_END, stage.place, stage=name)


def _in_time(stage: Stage) -> Iterator[Finding]:
    """Nobody waits for ever, and what the clock does is not in doubt."""
    if stage.waits and stage.deadline is None:
        yield finding(ENG_CHECK_DEADLINE, stage.place, stage=stage.name)
    for timer in (stage.deadline, stage.timer):
        if timer is not None and stage.actions[timer.action].when is not None:
            yield finding(ENG_CHECK_GUARD, stage.place, action=timer.action, stage=stage.name)


def _system_steps(stage: Stage) -> Iterator[Finding]:
    """What the platform does at a stage by itself ends in the action that it takes then."""
    for needed, action in ((bool(stage.bill), PAID), (bool(stage.documents), ISSUED)):
        taken = stage.actions.get(action)
        if needed and (taken is None or Role.SYSTEM not in taken.roles):
            yield finding(ENG_CHECK_SYSTEM_STEP, stage.place, stage=stage.name, action=action)


def _joins(flow: Flow) -> Iterator[Finding]:
    """Every branch leads to its join; where the first arrival is enough, at least one does."""
    for stage in flow.stages.values():
        join = stage.join
        if join is None:
            continue
        branches = flow.stages[join.fork].fork
        lost = [
            branch for branch, names in branches.items() if not _arrives(flow, names, stage.name)
        ]
        if lost and (join.wait_for is WaitFor.ALL or len(lost) == len(branches)):
            for branch in lost:
                yield finding(ENG_CHECK_JOIN, stage.place, join=stage.name, branch=branch)


def _arrives(flow: Flow, names: tuple[str, ...], join: str) -> bool:
    """Whether a branch leads from its first stage to a join without being left."""
    within = {*_with_inner(flow, names), join}
    edges = {name: set(flow.stages[name].targets) & within for name in within}
    edges[join] = set()
    return join in _closure({names[0]}, edges)


def _with_inner(flow: Flow, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the stages of a branch and of all branches inside it."""
    for name in names:
        yield name
        for branch in flow.stages[name].fork.values():
            yield from _with_inner(flow, branch)


def _circles(flow: Flow) -> Iterator[Finding]:
    """No circle consists only of stages that are passed without stopping."""
    passed = {
        name for name, stage in flow.stages.items() if stage.fork or stage.join or stage.choose
    }
    edges = {name: set(flow.stages[name].targets) & passed for name in passed}
    for name in flow.stages:
        if name in passed and name in _closure(edges[name], edges):
            yield finding(ENG_CHECK_CIRCLE, flow.stages[name].place, stage=name)


def _withdrawal(flow: Flow) -> Iterator[Finding]:
    """While people wait for other people, they can take their application back."""
    for name, stage in flow.stages.items():
        leaving = any(
            Role.APPLICANT in action.roles and flow.stages[action.to].final == "withdrawn"
            for action in stage.actions.values()
        )
        if stage.waits and stage.role is not Role.SYSTEM and not leaving:
            yield finding(ENG_CHECK_WITHDRAW, stage.place, severity=Severity.WARNING, stage=name)


def _reversed(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    back: dict[str, set[str]] = {name: set() for name in edges}
    for name, targets in edges.items():
        for target in targets:
            back[target].add(name)
    return back


def _closure(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached = set(start)
    waiting = list(reached)
    while waiting:
        for target in edges[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)
    return reached
