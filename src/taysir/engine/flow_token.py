"""The stored state of a case's flow: where it is, since when, and the time spent so far.

A :class:`Token` is the whole state, and its size does not depend on how many steps were taken. A
:class:`Position` is one place at which a case is: a case without running branches has one, a case
in a fork has one for the fork and one for each branch that still runs. Nothing here moves a case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from taysir.engine.definition import ClockCause, Flow, Stage
from taysir.engine.errors import ENG_TIME_BACKWARDS, ENG_TOKEN_FORM
from taysir.kernel.errors import Problem
from taysir.kernel.limits import TOKEN_BYTES


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place at which a case is.

    ``level`` counts the escalations that have taken place; ``asked_by`` is the stage that sent
    the case back here to be corrected.
    """

    stage: str
    since: datetime
    timer_runs: int = 0
    level: int = 0
    asked_by: str = ""


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time spent so far, by who was being waited for; the present stage is not in it yet."""

    running_ms: int = 0
    applicant_ms: int = 0
    other_agency_ms: int = 0
    payment_ms: int = 0

    def plus(self, cause: ClockCause | None, *, elapsed_ms: int) -> Clock:
        """Return the clock with time added to one cause, or to the running time."""
        name = "running_ms" if cause is None else f"{cause.value}_ms"
        return msgspec.structs.replace(self, **{name: getattr(self, name) + elapsed_ms})

    @property
    def gross_ms(self) -> int:
        """All of the time: what the person felt."""
        return self.running_ms + self.applicant_ms + self.other_agency_ms + self.payment_ms


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of one case in the flow of the pack with hash ``pack``.

    ``stage`` is where the case as a whole is; while it is at a fork, ``branches`` are the
    positions of the branches that still run. ``first`` holds when stages with a timer were first
    entered: a check that leaves such a stage and comes back must not start its deadline anew.
    There are as many as such stages, no more. ``last`` is the time of the last step if it was
    taken in a branch.
    """

    pack: str
    stage: str
    since: datetime
    seq: int = 0
    first: dict[str, datetime] = {}
    timer_runs: int = 0
    clock: Clock = Clock()
    level: int = 0
    asked_by: str = ""
    branches: tuple[Position, ...] = ()
    last: datetime | None = None

    @property
    def stepped_at(self) -> datetime:
        """When the last step was taken."""
        return self.last or self.since

    @property
    def positions(self) -> tuple[Position, ...]:
        """Every position, that of the case as a whole first."""
        whole = Position(self.stage, self.since, self.timer_runs, self.level, self.asked_by)
        return (whole, *self.branches)

    def to_json(self) -> bytes:
        """Encode the token."""
        return _ENCODER.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Token:
        """Decode a token; raises ENG-1203."""
        if len(data) > TOKEN_BYTES:
            raise Problem(ENG_TOKEN_FORM, detail=f"> {TOKEN_BYTES} bytes")
        try:
            return _DECODER.decode(data)
        except msgspec.DecodeError as error:
            raise Problem(ENG_TOKEN_FORM, detail=str(error)) from error

    def elapsed_ms(self, at: datetime) -> int:
        """Return the time since the last step; raises ENG-1204 if it is negative."""
        elapsed = (at - self.stepped_at) // timedelta(milliseconds=1)
        if elapsed < 0:
            raise Problem(ENG_TIME_BACKWARDS)
        return elapsed


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Token)


def stage_named(flow: Flow, name: str) -> Stage:
    """Return a stage that a token names; raises ENG-1203 if the flow has none such."""
    stage = flow.stages.get(name)
    if stage is None:
        raise Problem(ENG_TOKEN_FORM, detail=name)
    return stage
