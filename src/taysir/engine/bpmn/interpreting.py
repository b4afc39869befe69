"""Makes a flow of the nodes of a BPMN process: tasks become stages, ways out become actions.

``import_bpmn`` takes a file and returns the value of a ``flow.yaml`` with everything worth knowing
about it: errors that keep it from being used, and warnings of what was left out or assumed. A file
that this product wrote gives back exactly the flow it was written from; in drawings of other tools
roles come from lanes, texts and codes from names. Which stages lie in which branch is worked out
in ``branches.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from taysir.engine.bpmn import wording
from taysir.engine.bpmn.branches import assign_branches
from taysir.engine.bpmn.errors import (
    ENG_BPMN_ASSUMED,
    ENG_BPMN_CONDITION,
    ENG_BPMN_STRUCTURE,
    ENG_BPMN_WAYS,
)
from taysir.engine.bpmn.names import TASKS
from taysir.engine.bpmn.reading import BpmnNode, Diagram, SequenceFlow, own_elements, read_bpmn
from taysir.engine.bpmn.timers import TimerReader
from taysir.engine.definition import Role
from taysir.engine.errors import ENG_EXPRESSION
from taysir.engine.feel import compile_expression
from taysir.engine.findings import Finding, Place, Severity, finding, problem_finding
from taysir.kernel.errors import Problem

_CHOSEN: Final = re.compile(r'action\s*=\s*"([^"]*)"(?:\s+and\s+\((.*)\))?', re.DOTALL)
_DONE: Final = {"ar": "تم", "en": "Done"}
_ROLES: Final = frozenset(role.value for role in Role)
_WAITING: Final = TASKS | {"intermediateCatchEvent"}


@dataclass(frozen=True, slots=True)
class Imported:
    """The value of a ``flow.yaml``, or None if ``findings`` holds an error."""

    value: dict[str, Any] | None
    findings: tuple[Finding, ...]


def import_bpmn(data: bytes, *, file: str) -> Imported:
    """Read a BPMN file as a flow; raises ENG-0121 or ENG-0122 if it is not XML to be read."""
    diagram = read_bpmn(data, file=file)
    value = None
    if not _errors(diagram.findings):
        value = _Interpreter(diagram, file).flow()
    found = tuple(sorted(diagram.findings, key=lambda item: item.place))
    return Imported(None if _errors(diagram.findings) else value, found)


def _errors(findings: list[Finding]) -> bool:
    return any(item.severity is Severity.ERROR for item in findings)


@dataclass(slots=True)
class _Interpreter:
    """Reads one diagram; ``codes`` are the names of the stages by the id of their node."""

    diagram: Diagram
    file: str
    codes: dict[str, str] = field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def flow(self) -> dict[str, Any] | None:
        """Return the value of the flow."""
        nodes = self.diagram.nodes.values()
        starts = [node for node in nodes if node.kind == "startEvent"]
        if len(starts) != 1 or not any(node.kind == "endEvent" for node in nodes):
            self._structure("startEvent", len(starts))
            return None
        steps = [node for node in nodes if self._is_stage(node)]
        self._name(steps)
        for node in steps:
            self.stages[self.codes[node.id]] = self._stage(node)
        if _errors(self.diagram.findings):
            return None
        start = self._single(starts[0])
        places = {self.codes[node.id]: node.place for node in steps}
        assign_branches(self.stages, start, places=places, found=self.diagram.findings)
        return {"start": start, "stages": self.stages}

    def _name(self, steps: list[BpmnNode]) -> None:
        """Give every stage its code; the ways between stages are told by them."""
        taken: set[str] = set()
        for node in steps:
            code = wording.code_from(
                node.id if node.own is not None else "",
                wording.english_of(node.name),
                node.id,
                taken=taken,
                otherwise="stage",
            )
            taken.add(code)
            self.codes[node.id] = code

    # --- what a node is ----------------------------------------------------------------------

    def _is_stage(self, node: BpmnNode) -> bool:
        if node.kind == "endEvent":
            return not self._ends_escalation(node)
        if node.kind == "exclusiveGateway":
            return node.own is not None or not (self._merges(node) or self._offers(node))
        if node.kind in ("parallelGateway", "complexGateway"):
            return node.own is not None or not self._merges(node) or len(node.into) > 1
        return node.kind in _WAITING

    def _merges(self, node: BpmnNode) -> bool:
        """Whether a gateway only brings ways together."""
        return len(node.out) == 1 and not node.out[0].condition and node.own is None

    def _offers(self, node: BpmnNode) -> bool:
        """Whether a gateway holds the actions of the one task before it."""
        if len(node.into) != 1 or node.own is not None:
            return False
        task = self.diagram.nodes[node.into[0].source]
        conditions = [flow.condition for flow in node.out if flow.condition]
        chosen = all(_CHOSEN.fullmatch(text) for text in conditions)
        return task.kind in TASKS and len(task.out) == 1 and chosen

    def _ends_escalation(self, node: BpmnNode) -> bool:
        return len(node.into) == 1 and self.escalates(self.diagram.nodes[node.into[0].source])

    def escalates(self, node: BpmnNode) -> bool:
        """Whether an event on a border lets the task go on and leads nowhere else."""
        return (
            node.kind == "boundaryEvent"
            and node.element.get("cancelActivity") == "false"
            and len(node.out) == 1
            and self.diagram.nodes[node.out[0].target].kind == "endEvent"
        )

    # --- stages ------------------------------------------------------------------------------

    def _stage(self, node: BpmnNode) -> dict[str, Any]:
        raw: dict[str, Any] = {
            "title": self._texts(node.own, node.name or node.id, node.place),
            "role": self._role(node).value,
        }
        if stopped := node.kept("clock_stopped_by"):
            raw["clock_stopped_by"] = stopped
        if documents := node.kept("documents").split():
            raw["documents"] = documents
        if bill := node.kept("bill"):
            raw["bill"] = bill
        if node.kind == "endEvent":
            raw["final"] = self._outcome(node)
        elif node.kind == "exclusiveGateway":
            raw["choose"] = self._ways(node)
        elif node.kind in ("parallelGateway", "complexGateway"):
            raw |= self._parallel(node)
        else:
            self._waiting(node, raw)
        return raw

    def _role(self, node: BpmnNode) -> Role:
        if node.kept("role") in _ROLES:
            return Role(node.kept("role"))
        if node.kind in TASKS:
            return wording.role_from(node.lane, kind=node.kind)
        return Role.SYSTEM

    def _texts(self, own: Any, name: str, place: Place) -> dict[str, str]:
        if texts := wording.own_texts(own):
            return texts
        texts, assumed = wording.texts_from(name)
        if assumed:
            self._assumed(place, " ".join(name.split()), "ar = en", texts["en"])
        return texts

    def _outcome(self, node: BpmnNode) -> str:
        if final := node.kept("final"):
            return final
        outcome = wording.outcome_from(node.name, node.id)
        if not outcome:
            self._assumed(node.place, node.shown, "final", "granted")
        return outcome or "granted"

    def _ways(self, node: BpmnNode) -> list[dict[str, Any]]:
        default = node.element.get("default")
        unconditioned = [flow for flow in node.out if not flow.condition]
        if len(unconditioned) != 1 or default not in ("", unconditioned[0].id):
            self.diagram.findings.append(finding(ENG_BPMN_CONDITION, node.place, name=node.shown))
            return []
        return [self._way(flow) for flow in sorted(node.out, key=lambda item: not item.condition)]

    def _way(self, flow: SequenceFlow) -> dict[str, Any]:
        """Return one way out of a choice; the one without a condition is taken otherwise."""
        way: dict[str, Any] = {}
        if flow.condition:
            way["when"] = self._condition(flow.kept("when") or flow.condition, flow.place)
        way["to"] = self._target(flow)
        label = wording.own_texts(flow.own)
        if flow.own is None and flow.name and flow.name != flow.condition:
            label = self._texts(None, flow.name, flow.place)
        if label:
            way["label"] = label
        return way

    def _parallel(self, node: BpmnNode) -> dict[str, Any]:
        """Return a fork or a join whose other half ``assign_branches`` finds."""
        if node.kind == "parallelGateway" and len(node.into) < 2 and len(node.out) > 1:
            branches = list(own_branches(node))
            if branches:
                return {"fork": dict(branches)}
            return {"fork": {}, "_begins": [self._target(flow) for flow in node.out]}
        if len(node.out) != 1:
            self._wrong_ways(node)
            return {}
        wait_for = "any" if node.kind == "complexGateway" else "all"
        return {"join": {"fork": node.kept("fork"), "wait_for": wait_for, "to": self._single(node)}}

    # --- tasks -------------------------------------------------------------------------------

    def _waiting(self, node: BpmnNode, raw: dict[str, Any]) -> None:
        """Add the actions, timers and escalations of a task."""
        events = self._on_border(node)
        if len(node.out) > 1 or not (node.out or events):
            self._wrong_ways(node)
            return
        actions: dict[str, Any] = {}
        for flow in self._offered(node):
            code, action = self._action(flow, raw["role"], actions)
            actions[code] = action
        timers = TimerReader(self.diagram, file=self.file)
        if node.kind == "intermediateCatchEvent":
            timers.wait(node, raw, actions)
        for event in events:
            if self.escalates(event):
                timers.escalation(event, raw)
            elif len(event.out) != 1:
                self._wrong_ways(event)
            else:
                timers.border(event, raw, self._timed(event, actions))
        raw["actions"] = _in_order(actions, node.kept("actions").split())

    def _on_border(self, node: BpmnNode) -> list[BpmnNode]:
        return [
            event
            for event in self.diagram.nodes.values()
            if event.kind == "boundaryEvent" and event.element.get("attachedToRef") == node.id
        ]

    def _offered(self, node: BpmnNode) -> list[SequenceFlow]:
        if not node.out:
            return []
        following = self.diagram.nodes[node.out[0].target]
        offers = following.kind == "exclusiveGateway" and following.id not in self.codes
        if offers and len(following.out) > 1 and self._offers(following):
            return following.out
        return node.out

    def _action(
        self, flow: SequenceFlow, role: str, taken: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return the action that a way out stands for."""
        own = flow.own
        match = _CHOSEN.fullmatch(flow.condition)
        guard = (match.group(2) or "") if match else flow.condition
        code = wording.code_from(
            flow.kept("name"),
            match.group(1) if match else "",
            wording.english_of(flow.name),
            taken=taken,
            otherwise="done",
        )
        label = wording.own_texts(own)
        if label is None:
            label = self._texts(None, flow.name, flow.place) if flow.name else dict(_DONE)
        action: dict[str, Any] = {"to": self._target(flow), "label": label}
        if own is not None:
            action |= own_action(own, role)
            guard = own.get("when")
        if guard:
            action["when"] = self._condition(guard, flow.place)
        return code, action

    def _timed(self, event: BpmnNode, actions: dict[str, Any]) -> str:
        """Return the action that an event on a border takes, adding it if it has no other way."""
        flow = event.out[0]
        named = event.kept("action")
        if named in actions:
            return named
        label = flow.name or event.name
        if not (named or label) and flow.own is None:
            target = self._target(flow)
            if same := [name for name, item in actions.items() if item["to"] == target]:
                return same[0]
        code, action = self._action(flow, "", actions)
        if flow.own is None:
            label = label or "انقضت المدة\nTime is over"
            code = wording.code_from(
                named, wording.english_of(label), taken=actions, otherwise="overdue"
            )
            action["label"] = self._texts(None, label, event.place)
            action["roles"] = [Role.SYSTEM.value]
        actions[code] = action
        return code

    # --- ways --------------------------------------------------------------------------------

    def _single(self, node: BpmnNode) -> str:
        if len(node.out) != 1:
            self._wrong_ways(node)
            return ""
        return self._target(node.out[0])

    def _target(self, flow: SequenceFlow) -> str:
        """Return the stage to which a way leads, through gateways that only merge."""
        passed: set[str] = set()
        node = self.diagram.nodes[flow.target]
        while node.id not in self.codes:
            if len(node.out) != 1 or node.id in passed:
                self._wrong_ways(node)
                return ""
            passed.add(node.id)
            node = self.diagram.nodes[node.out[0].target]
        return self.codes[node.id]

    def _condition(self, text: str, place: Place) -> str:
        try:
            compile_expression(text, names=())
        except Problem as error:
            self.diagram.findings.append(problem_finding(ENG_EXPRESSION, place, error))
        return text

    # --- findings ----------------------------------------------------------------------------

    def _wrong_ways(self, node: BpmnNode) -> None:
        self.diagram.findings.append(
            finding(
                ENG_BPMN_WAYS, node.place, element=node.kind, name=node.shown, count=len(node.out)
            )
        )

    def _structure(self, what: str, count: int) -> None:
        self.diagram.findings.append(
            finding(ENG_BPMN_STRUCTURE, Place(self.file), what=what, count=count)
        )

    def _assumed(self, place: Place, name: str, what: str, value: str) -> None:
        self.diagram.findings.append(
            finding(
                ENG_BPMN_ASSUMED,
                place,
                severity=Severity.WARNING,
                name=name,
                what=what,
                value=value,
            )
        )


def _in_order(actions: dict[str, Any], order: list[str]) -> dict[str, Any]:
    """Return the actions in the order our own export kept, if it names just these."""
    if sorted(order) != sorted(actions):
        return actions
    return {name: actions[name] for name in order}


def own_branches(node: BpmnNode) -> list[tuple[str, list[str]]]:
    """Return the branches that our own export names at a fork."""
    return [
        (branch.get("name"), branch.get("stages").split())
        for own in own_elements(node.element, "stage")
        for branch in own.all("branch")
    ]


def own_action(own: Any, role: str) -> dict[str, Any]:
    """Return what our own export says about an action beyond its way and words."""
    made: dict[str, Any] = {}
    roles = own.get("roles").split()
    if roles and roles != [role]:
        made["roles"] = roles
    for name in ("notice", "refund"):
        if value := own.get(name):
            made[name] = value
    if reasons := own.get("reasons").split():
        made["reasons"] = reasons
    for flag in ("needs_reason", "returns", "back"):
        if own.get(flag) == "true":
            made[flag] = True
    return made
