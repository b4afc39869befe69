"""How a case moves from stage to stage: through choices, into branches, and out of them.

``Moves`` takes the positions of a case and a step, and leaves the positions after it. A stage
holds at most one position, because a branch is entered only by its fork and ends only at its join
or by a step out of the fork, which ends the other branches with it. Who may take a step, when it
is due and what is stored is for ``flow.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from taysir.engine.definition import Flow, Join, Stage, WaitFor
from taysir.engine.errors import ENG_TOKEN_FORM
from taysir.engine.flow_errors import ENG_FLOW_FACTS, ENG_FLOW_LOOP
from taysir.engine.flow_token import Position
from taysir.kernel.errors import Problem

Facts = Mapping[str, Any]
"""The facts of a case as nested FEEL values: ``pages.case_context`` makes them."""


@dataclass(slots=True, kw_only=True)
class Moves:
    """The positions of a case while one step is taken."""

    flow: Flow
    at: datetime
    first: dict[str, datetime]
    facts: Facts | None = None
    live: dict[str, Position] = field(default_factory=dict)
    _hops: int = 0

    @classmethod
    def of(
        cls, flow: Flow, positions: Iterable[Position], *, at: datetime, first: dict[str, datetime]
    ) -> Moves:
        """Start from the positions of a case."""
        return cls(
            flow=flow, at=at, first=dict(first), live={item.stage: item for item in positions}
        )

    def positions(self) -> tuple[Position, ...]:
        """Return the positions, that of the case as a whole first."""
        outer = self.flow.enclosing
        return tuple(sorted(self.live.values(), key=lambda item: item.stage in outer))

    def begin(self) -> None:
        """Enter the first stage of the flow."""
        self._settle((self.flow.start,))

    def move(self, source: str, target: str, *, asked_by: str = "") -> None:
        """Take the position at one stage to another, ending the branches that this leaves."""
        self._hops += 1
        if self._hops > 2 * len(self.flow.stages):
            raise Problem(ENG_FLOW_LOOP, stage=target)
        stage = self.flow.stages[target]
        if stage.choose:
            self.move(source, self._chosen(stage), asked_by=asked_by)
        elif stage.join:
            self._arrive(source, stage.join)
        else:
            self._end(self._outermost(source, target))
            self._enter(stage, asked_by)

    def _chosen(self, stage: Stage) -> str:
        for way in stage.choose:
            if way.when is None:
                return way.to
            if self.facts is None:
                raise Problem(ENG_FLOW_FACTS, stage=stage.name)
            if way.when.holds(self.facts):
                return way.to
        raise Problem(ENG_TOKEN_FORM, detail=stage.name)

    def _arrive(self, source: str, join: Join) -> None:
        """End a branch; the last one, or the first of a join that waits for any, goes on."""
        self._end(source)
        if join.wait_for is WaitFor.ANY or not self._inside(join.fork):
            self.move(join.fork, join.to)

    def _outermost(self, source: str, target: str) -> str:
        """Return the position that a step to the target takes along: the branch, or its fork."""
        outer = self.flow.enclosing
        while outer.get(source) != outer.get(target):
            if source not in outer:
                raise Problem(ENG_TOKEN_FORM, detail=target)
            source = outer[source]
        return source

    def _enter(self, stage: Stage, asked_by: str) -> None:
        self.live[stage.name] = Position(stage.name, self.at, asked_by=asked_by)
        if stage.timer is not None:
            self.first.setdefault(stage.name, self.at)
        if stage.fork:
            for name in [name for name in self.first if self._within(name, stage.name)]:
                del self.first[name]
            self._settle(tuple(names[0] for names in stage.fork.values()))

    def _settle(self, starts: tuple[str, ...]) -> None:
        """Enter stages side by side: all are there before the first of them moves on."""
        placed = {name: Position(name, self.at) for name in starts}
        self.live.update(placed)
        for name, position in placed.items():
            if self.live.get(name) is not position:
                continue  # a branch beside it has already ended the fork
            stage = self.flow.stages[name]
            if stage.choose:
                self.move(name, self._chosen(stage))
            else:
                self._enter(stage, "")

    def _end(self, name: str) -> None:
        """Remove a position and, if it is a fork, all of its branches."""
        for inner in self._inside(name):
            del self.live[inner]
        del self.live[name]

    def _inside(self, fork: str) -> list[str]:
        return [name for name in self.live if self._within(name, fork)]

    def _within(self, name: str, fork: str) -> bool:
        outer = self.flow.enclosing
        while name in outer:
            name = outer[name]
            if name == fork:
                return True
        return False
