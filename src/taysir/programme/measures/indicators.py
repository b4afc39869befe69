"""The indicators, as pure functions of case events. ``docs/reference/indicators.md`` explains them.

Every figure names the events of its numerator and of its denominator, so that a page can open to
them and another program can compute it again. Order and repetition of the events do not matter:
they are first reduced to one copy each and put in the order of their cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from taysir.programme.measures.events import Event, Step

ELECTRONIC: Final = frozenset({"web", "app"})

Unit = Literal["share", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    A share is ``numerator`` ÷ ``denominator``; for a time, ``seconds`` holds it and the denominator
    counts the cases. ``above`` and ``below`` name the events behind the two.
    """

    key: str
    unit: Unit
    numerator: int
    denominator: int
    seconds: float | None = None
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        """Return the figure, or None if there is nothing to measure yet."""
        if self.unit == "seconds":
            return self.seconds
        return self.numerator / self.denominator if self.denominator else None


Cases = Mapping[tuple[str, str], list[Event]]


def by_case(events: Iterable[Event]) -> Cases:
    """Return one copy of each event, grouped by agency and case, in order."""
    once = {event.event_id: event for event in events}
    cases: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(once.values(), key=lambda e: (e.agency, e.case, e.seq, e.event_id)):
        cases.setdefault((event.agency, event.case), []).append(event)
    return cases


def compute(events: Iterable[Event]) -> dict[str, Figure]:
    """Return every figure by its key."""
    cases = by_case(events)
    return {key: measure(cases) for key, measure in MEASURES.items()}


def take_up(cases: Cases) -> Figure:
    """Applications sent by the person electronically, of all applications."""
    sent = [e for case in cases.values() if (e := _first(case, Step.SUBMITTED))]
    own = [e for e in sent if e.channel in ELECTRONIC and e.actor_role == "applicant"]
    return _share("take_up", above=own, below=sent)


def prefill(cases: Cases) -> Figure:
    """Fields filled from a registry and left so, of all fields filled in sent applications."""
    above: list[Event] = []
    below: list[Event] = []
    for case in cases.values():
        if _first(case, Step.SUBMITTED) is None:
            continue
        last: dict[str, Event] = {}
        disputed: set[str] = set()
        for event in case:
            if event.step in {Step.FIELD_PREFILLED, Step.FIELD_TYPED}:
                last[event.text("field")] = event
            elif event.step == Step.FIELD_DISPUTED:
                disputed.add(event.text("field"))
        below += last.values()
        above += [
            event
            for name, event in last.items()
            if event.step == Step.FIELD_PREFILLED and name not in disputed
        ]
    return _share("prefill", above=above, below=below)


def once_only(cases: Cases) -> Figure:
    """Requests to the person for what a connected registry holds, of all requests.

    What registries hold is not declared: it is every field that a data service filled in any case
    of the same service.
    """
    held: set[tuple[str, str]] = set()
    asked: list[Event] = []
    for case in cases.values():
        for event in case:
            if event.step == Step.FIELD_PREFILLED:
                held.add((event.service, event.text("field")))
            elif event.step in {Step.FIELD_TYPED, Step.DOCUMENT_REQUESTED}:
                asked.append(event)
    broken = [e for e in asked if (e.service, e.text("field") or e.text("element")) in held]
    return _share("once_only", above=broken, below=asked)


def straight_through(cases: Cases) -> Figure:
    """Decisions without an officer's action, of all decisions."""
    decided = [e for case in cases.values() if (e := _first(case, Step.DECIDED))]
    automatic = [
        event
        for event in decided
        if event.text("by") == "auto"
        and all(e.actor_role != "officer" for e in cases[event.agency, event.case])
    ]
    return _share("straight_through", above=automatic, below=decided)


def evidence(cases: Cases) -> Figure:
    """Questions to registries that can be proven: the exchange and the report of it have ids."""
    asked = [
        event for case in cases.values() for event in case if event.step == Step.EVIDENCE_REQUESTED
    ]
    proven = [event for event in asked if event.text("exchange") and event.exchange_id]
    return _share("evidence", above=proven, below=asked)


def _time(key: str, *, rank: float, net: bool) -> Callable[[Cases], Figure]:
    def measure(cases: Cases) -> Figure:
        durations = [found for case in cases.values() if (found := _duration(case, net=net))]
        durations.sort(key=lambda pair: (pair[0], pair[1].event_id))
        decisions = tuple(sorted(event.event_id for _, event in durations))
        place = nearest_rank(len(durations), rank)
        chosen = durations[place] if durations else None
        return Figure(
            key=key,
            unit="seconds",
            numerator=1 if chosen else 0,
            denominator=len(durations),
            seconds=chosen[0].total_seconds() if chosen else None,
            above=(chosen[1].event_id,) if chosen else (),
            below=decisions,
        )

    measure.__doc__ = "The time from sending to the decision at a rank among decided cases."
    return measure


def _duration(case: list[Event], *, net: bool) -> tuple[timedelta, Event] | None:
    """Return how long a case took from sending to its decision; None if it is not decided."""
    sent, decided = _first(case, Step.SUBMITTED), _first(case, Step.DECIDED)
    if sent is None or decided is None or decided.at < sent.at:
        return None
    taken = decided.at - sent.at
    if net:
        taken -= _stopped(case, since=sent.at, until=decided.at)
    return taken, decided


def nearest_rank(count: int, rank: float) -> int:
    """Return the index of a percentile by the nearest-rank method: always a case that exists."""
    return max(0, min(count - 1, -(-count * round(rank * 100) // 100) - 1))


def _stopped(case: list[Event], *, since: datetime, until: datetime) -> timedelta:
    """Return how long the clock stood between two moments; a stop that never ends lasts on."""
    total, begun = timedelta(), None
    for event in case:
        if event.step == Step.CLOCK_STOPPED and begun is None:
            begun = event.at
        elif event.step == Step.CLOCK_STARTED and begun is not None:
            total += _overlap(begun, event.at, since=since, until=until)
            begun = None
    if begun is not None:
        total += _overlap(begun, until, since=since, until=until)
    return total


def _overlap(start: datetime, end: datetime, *, since: datetime, until: datetime) -> timedelta:
    return max(timedelta(), min(end, until) - max(start, since))


def _first(case: list[Event], step: Step) -> Event | None:
    return next((event for event in case if event.step == step), None)


def _share(key: str, *, above: list[Event], below: list[Event]) -> Figure:
    return Figure(
        key=key,
        unit="share",
        numerator=len(above),
        denominator=len(below),
        above=tuple(sorted(event.event_id for event in above)),
        below=tuple(sorted(event.event_id for event in below)),
    )


MEASURES: Final[Mapping[str, Callable[[Cases], Figure]]] = {
    "take_up": take_up,
    "prefill": prefill,
    "once_only": once_only,
    "straight_through": straight_through,
    "evidence": evidence,
    "time_median_gross": _time("time_median_gross", rank=0.5, net=False),
    "time_p90_gross": _time("time_p90_gross", rank=0.9, net=False),
    "time_median_net": _time("time_median_net", rank=0.5, net=True),
    "time_p90_net": _time("time_p90_net", rank=0.9, net=True),
}
