"""Reads the timers of a drawing: deadlines, repeating checks, escalations and plain waiting."""

from __future__ import annotations

from typing import Any, Final

from taysir.engine.bpmn import wording
from taysir.engine.bpmn.errors import ENG_BPMN_TIME, ENG_BPMN_UNSUPPORTED
from taysir.engine.bpmn.reading import BpmnNode, Diagram
from taysir.engine.definition import Role
from taysir.engine.dmn.xml_tree import Element
from taysir.engine.findings import finding

_OVER: Final = {"ar": "انقضت المدة", "en": "Time is over"}


class TimerReader:
    """Adds what the timer events of one task say to its stage."""

    def __init__(self, diagram: Diagram, *, file: str) -> None:
        self._diagram, self._file = diagram, file

    def wait(self, node: BpmnNode, raw: dict[str, Any], actions: dict[str, Any]) -> None:
        """Make a timer event between two stages a stage that time alone moves on."""
        name, action = next(iter(actions.items()))
        del actions[name]
        action |= {"label": dict(_OVER), "roles": [Role.SYSTEM.value]}
        actions["overdue"] = action
        raw["deadline"] = self._time(node) | {"action": "overdue"}

    def border(self, event: BpmnNode, raw: dict[str, Any], action: str) -> None:
        """Add a deadline or a timer."""
        if event.element.get("cancelActivity") == "false":
            self._unsupported(event)
            return
        time = self._time(event)
        repeats = "every" in time or "deadline" in raw
        kind = event.kept("kind") or ("timer" if repeats else "deadline")
        if kind in raw or kind not in ("deadline", "timer"):
            self._unsupported(event)
            return
        raw[kind] = time | {"action": action}

    def escalation(self, event: BpmnNode, raw: dict[str, Any]) -> None:
        """Add an escalation."""
        made: dict[str, Any] = {"role": Role.SUPERVISOR.value}
        time = self._time(event)
        if "every" in time:
            self._wrong(event, time["every"])
        if event.own is not None:
            made = {"role": event.own.get("role")}
            if notice := event.own.get("notice"):
                time["notice"] = notice
        raw.setdefault("escalations", []).append(made | time)

    def _time(self, event: BpmnNode) -> dict[str, Any]:
        """Return the time of an event as a pack writes it."""
        if (days := event.kept("working_days")).isdigit():
            return {"working_days": int(days)}
        definition = event.element.first("timerEventDefinition")
        if definition is None:
            self._unsupported(event)
            return {"after": "P0D"}
        text, after, every = _written(definition)
        if after is None:
            self._wrong(event, text)
            return {"after": "P0D"}
        every = event.kept("every") or every
        return {"after": after, "every": every} if every else {"after": after}

    def _wrong(self, event: BpmnNode, text: str) -> None:
        self._diagram.findings.append(
            finding(ENG_BPMN_TIME, event.place, name=event.shown, time=text)
        )

    def _unsupported(self, event: BpmnNode) -> None:
        self._diagram.findings.append(
            finding(ENG_BPMN_UNSUPPORTED, event.place, element=event.kind, name=event.shown)
        )


def _written(definition: Element) -> tuple[str, str | None, str | None]:
    """Return the text of a timer, after how long it runs out, and how often it does again."""
    if duration := definition.child_text("timeDuration"):
        return duration, wording.duration_from(duration), None
    if cycle := definition.child_text("timeCycle"):
        every = wording.cycle_from(cycle)
        return cycle, every, every
    return definition.child_text("timeDate"), None, None
