"""Writes the flow of a pack as a BPMN 2.0 file with diagram, for common tools to open.

One pool, a lane for each role, names in Arabic and English. What each element becomes is in
``drawing.py``, where it stands in ``layout.py``.
"""

from __future__ import annotations

from typing import Final

from taysir.engine.bpmn import names
from taysir.engine.bpmn.drawing import ROLE_NAMES, Drawing, Edge, Node, both, draw
from taysir.engine.bpmn.layout import Box, Layout, Points, lay_out
from taysir.engine.bpmn.markup import Tag, tag, write_xml
from taysir.engine.definition import Pack

_PROCESS: Final = "process.flow"
_POOL: Final = "pool"


def export_bpmn(pack: Pack) -> bytes:
    """Return the flow of a pack as a BPMN 2.0 file."""
    drawing = draw(pack.flow)
    layout = lay_out(pack.flow, drawing)
    title = both(pack.service.title)
    participant = tag("bpmn:participant", id=_POOL, name=title, processRef=_PROCESS)
    attributes = {
        "xmlns:bpmn": names.BPMN,
        "xmlns:bpmndi": names.BPMN_DI,
        "xmlns:dc": names.DC,
        "xmlns:di": names.DI,
        "xmlns:xsi": names.XSI,
        "xmlns:taysir": names.TAYSIR,
        "id": "definitions",
        "targetNamespace": f"urn:taysir:service:{pack.service.code}",
        "expressionLanguage": names.FEEL,
        "exporter": "Taysir",
    }
    return write_xml(
        Tag(
            "bpmn:definitions",
            attributes,
            (
                tag("bpmn:collaboration", participant, id="collaboration"),
                _process(drawing, layout, title),
                _diagram(layout),
            ),
        )
    )


def _process(drawing: Drawing, layout: Layout, title: str) -> Tag:
    lanes = (
        tag(
            "bpmn:lane",
            *(tag("bpmn:flowNodeRef", text=node.id) for node in drawing.nodes if node.role is role),
            id=f"lane.{role.value}",
            name=both(ROLE_NAMES[role]),
        )
        for role in layout.lanes
    )
    return tag(
        "bpmn:process",
        tag("bpmn:laneSet", *lanes, id="lanes"),
        *(_node(node, drawing) for node in drawing.nodes),
        *(_edge(edge) for edge in drawing.edges),
        id=_PROCESS,
        name=title,
        isExecutable="true",
    )


def _node(node: Node, drawing: Drawing) -> Tag:
    """Return a node; the schema wants extensions, then its flows, then what it does."""
    flows = (
        *(tag("bpmn:incoming", text=edge.id) for edge in drawing.edges if edge.target == node.id),
        *(tag("bpmn:outgoing", text=edge.id) for edge in drawing.edges if edge.source == node.id),
    )
    extensions = tuple(item for item in node.content if item.name == "bpmn:extensionElements")
    rest = tuple(item for item in node.content if item.name != "bpmn:extensionElements")
    attributes = {
        "id": node.id,
        **({"name": node.name} if node.name else {}),
        **dict(node.attributes),
    }
    return Tag(f"bpmn:{node.kind}", attributes, (*extensions, *flows, *rest))


def _edge(edge: Edge) -> Tag:
    made = tag("bpmn:sequenceFlow", id=edge.id, name=edge.name)
    attributes = {**made.attributes, "sourceRef": edge.source, "targetRef": edge.target}
    return Tag(made.name, attributes, edge.content)


def _diagram(layout: Layout) -> Tag:
    shapes = [_shape(_POOL, layout.pool, horizontal=True)]
    shapes += [
        _shape(f"lane.{role.value}", box, horizontal=True) for role, box in layout.lanes.items()
    ]
    shapes += [_shape(name, box) for name, box in layout.nodes.items()]
    edges = [_line(name, points, layout.labels.get(name)) for name, points in layout.edges.items()]
    plane = tag("bpmndi:BPMNPlane", *shapes, *edges, id="plane", bpmnElement="collaboration")
    return tag("bpmndi:BPMNDiagram", plane, id="diagram")


def _shape(element: str, box: Box, *, horizontal: bool = False) -> Tag:
    return tag(
        "bpmndi:BPMNShape",
        _bounds(box),
        id=f"{element}.shape",
        bpmnElement=element,
        isHorizontal="true" if horizontal else "",
    )


def _line(element: str, points: Points, label: Box | None) -> Tag:
    waypoints = (tag("di:waypoint", x=str(x), y=str(y)) for x, y in points)
    name = tag("bpmndi:BPMNLabel", _bounds(label)) if label else None
    return tag("bpmndi:BPMNEdge", *waypoints, name, id=f"{element}.line", bpmnElement=element)


def _bounds(box: Box) -> Tag:
    return tag(
        "dc:Bounds", x=str(box.x), y=str(box.y), width=str(box.width), height=str(box.height)
    )
