"""Reads a BPMN 2.0 file into its nodes and sequence flows, and names what it cannot take over.

Elements that only inform are left out with a warning; elements that would move a case in a way
that flows do not know are errors. Every finding has the line of its element. What the nodes mean
as a flow is for ``interpreting.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from taysir.engine.bpmn import names
from taysir.engine.bpmn.errors import (
    ENG_BPMN_LEFT_OUT,
    ENG_BPMN_REFERENCE,
    ENG_BPMN_STRUCTURE,
    ENG_BPMN_UNSUPPORTED,
)
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.engine.findings import Finding, Place, Severity, finding
from taysir.kernel.errors import ErrorKind
from taysir.kernel.limits import BPMN_ELEMENTS

_SILENT: Final = frozenset(
    {"documentation", "BPMNDiagram", "extensionElements", "incoming", "outgoing"}
)
_DEFINITIONS: Final = frozenset(
    {"message", "signal", "error", "escalation", "resource", "interface", "import"}
)
"""What processes may refer to: it does nothing by itself."""

_PARTS: Final = {
    "endEvent": {"terminateEventDefinition"},
    "boundaryEvent": {"timerEventDefinition"},
    "intermediateCatchEvent": {"timerEventDefinition"},
    "complexGateway": {"activationCondition"},
    "sequenceFlow": {"conditionExpression"},
}
"""The parts of a node or flow that are taken over."""


@dataclass(slots=True, kw_only=True)
class SequenceFlow:
    """A way from one node to the next; ``own`` is what our own export says about it."""

    id: str
    name: str
    source: str
    target: str
    condition: str
    own: Element | None
    place: Place

    def kept(self, name: str) -> str:
        """Return what our own export kept under a name; empty in drawings of other tools."""
        return self.own.get(name) if self.own is not None else ""


@dataclass(slots=True, kw_only=True)
class BpmnNode:
    """A node with the ways out of it and into it; ``own`` is what our own export says about it."""

    id: str
    kind: str
    name: str
    lane: str
    element: Element
    own: Element | None
    place: Place
    out: list[SequenceFlow] = field(default_factory=list)
    into: list[SequenceFlow] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """How a finding calls the node."""
        return " ".join(self.name.split()) or self.id

    def kept(self, name: str) -> str:
        """Return what our own export kept under a name; empty in drawings of other tools."""
        return self.own.get(name) if self.own is not None else ""


@dataclass(slots=True)
class Diagram:
    """The nodes of the one process of a file, by id."""

    nodes: dict[str, BpmnNode]
    findings: list[Finding]


def read_bpmn(data: bytes, *, file: str) -> Diagram:
    """Read a file; raises ENG-0121 or ENG-0122 if it is not XML that may be read."""
    return _Reader(file).read(parse_xml(data, file=file))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes: dict[str, BpmnNode] = {}
        self.flows: list[SequenceFlow] = []
        self.lanes: dict[str, str] = {}
        self.findings: list[Finding] = []

    def read(self, root: Element) -> Diagram:
        """Read everything below the root."""
        if root.name != "definitions" or root.namespace != names.BPMN:
            self._structure(root, what="definitions", count=0)
            return Diagram({}, self.findings)
        self._beside_processes(root)
        processes = [item for item in root.all("process") if item.children]
        for process in processes:
            self._process(process)
        if len(processes) != 1:
            self._structure(root, what="process", count=len(processes))
        if len(self.nodes) + len(self.flows) > BPMN_ELEMENTS:
            self._structure(root, what=f"> {BPMN_ELEMENTS}", count=len(self.nodes))
            return Diagram({}, self.findings)
        self._connect()
        return Diagram(self.nodes, self.findings)

    def _beside_processes(self, root: Element) -> None:
        for child in root.children:
            if child.name == "collaboration":
                self._collaboration(child)
            elif child.name in _DEFINITIONS:
                self._left_out(child)
            elif child.name != "process":
                self._other(child)

    def _collaboration(self, collaboration: Element) -> None:
        for child in collaboration.children:
            if child.name != "participant":
                self._other(child)
            elif not child.get("processRef"):
                self._left_out(child)

    def _process(self, process: Element) -> None:
        for child in process.children:
            if child.name == "laneSet":
                self._lane_set(child)
        for child in process.children:
            if child.name in names.NODES:
                self._node(child)
            elif child.name == "sequenceFlow":
                self._flow(child)
            elif child.name != "laneSet":
                self._other(child)

    def _lane_set(self, lane_set: Element) -> None:
        for lane in lane_set.all("lane"):
            label = f"{lane.get('id')}\n{lane.get('name')}"
            for reference in lane.all("flowNodeRef"):
                self.lanes[reference.text.strip()] = label
            for inner in lane.all("childLaneSet"):
                self._lane_set(inner)

    def _node(self, element: Element) -> None:
        node_id = element.get("id")
        place = self._place(element)
        if not node_id or node_id in self.nodes:
            self._structure(element, what=f"id “{node_id}”", count=2 if node_id else 0)
            return
        self._parts(element)
        self.nodes[node_id] = BpmnNode(
            id=node_id,
            kind=element.name,
            name=element.get("name").strip(),
            lane=self.lanes.get(node_id, ""),
            element=element,
            own=_own(element),
            place=place,
        )

    def _flow(self, element: Element) -> None:
        self._parts(element)
        self.flows.append(
            SequenceFlow(
                id=element.get("id"),
                name=element.get("name").strip(),
                source=element.get("sourceRef"),
                target=element.get("targetRef"),
                condition=element.child_text("conditionExpression").removeprefix("=").strip(),
                own=_own(element),
                place=self._place(element),
            )
        )

    def _parts(self, element: Element) -> None:
        """Name the parts of an element that are not taken over."""
        taken = _PARTS.get(element.name, set())
        for child in element.children:
            if child.name not in taken:
                self._other(child)
        for extension in element.all("extensionElements"):
            for child in extension.children:
                if child.namespace != names.TAYSIR:
                    self._left_out(child)

    def _connect(self) -> None:
        for flow in self.flows:
            for reference in (flow.source, flow.target):
                if reference not in self.nodes:
                    name = " ".join(flow.name.split()) or flow.id
                    self.findings.append(
                        finding(ENG_BPMN_REFERENCE, flow.place, name=name, reference=reference)
                    )
                    break
            else:
                self.nodes[flow.source].out.append(flow)
                self.nodes[flow.target].into.append(flow)

    def _other(self, element: Element) -> None:
        if element.name in _SILENT:
            return
        if element.name in names.NOTES or element.namespace != names.BPMN:
            self._left_out(element)
        else:
            self._found(ENG_BPMN_UNSUPPORTED, element, Severity.ERROR)

    def _left_out(self, element: Element) -> None:
        self._found(ENG_BPMN_LEFT_OUT, element, Severity.WARNING)

    def _found(self, kind: ErrorKind, element: Element, severity: Severity) -> None:
        name = " ".join(element.get("name").split()) or element.get("id") or element.name
        place = self._place(element)
        self.findings.append(
            finding(kind, place, severity=severity, element=element.name, name=name)
        )

    def _structure(self, element: Element, *, what: str, count: int) -> None:
        place = self._place(element)
        self.findings.append(finding(ENG_BPMN_STRUCTURE, place, what=what, count=count))

    def _place(self, element: Element) -> Place:
        return Place(self.file, element.line, 1)


def own_elements(element: Element, name: str) -> Iterator[Element]:
    """Yield the elements of our own namespace with a name, in the extensions of an element."""
    for extension in element.all("extensionElements"):
        for child in extension.children:
            if child.namespace == names.TAYSIR and child.name == name:
                yield child


def _own(element: Element) -> Element | None:
    name = {"sequenceFlow": "action", "boundaryEvent": "timer"}.get(element.name, "stage")
    own = next(own_elements(element, name), None)
    return own or next(own_elements(element, "way"), None)
