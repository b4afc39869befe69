"""A flow is drawn as BPMN 2.0 that common tools open, and read back as the same flow."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.bpmn import export_bpmn, import_bpmn
from taysir.engine.bpmn.branches import targets_of
from taysir.engine.bpmn.drawing import ROLE_NAMES
from taysir.engine.bpmn.names import BPMN, BPMN_DI
from taysir.engine.definition import Flow, Pack, Role, Stage
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.engine.findings import Place
from taysir.engine.flow_text import flow_text, flow_value
from taysir.engine.pack import load_pack
from taysir.engine.source import read_yaml
from tests.engine.conftest import PACK_PATH
from tests.engine.flows import as_yaml, flow_from, flow_of, raw_flows
from tests.engine.test_flow_branches import PERMIT
from tests.examples import examples

RENEWAL = load_pack(PACK_PATH)
SERVICES = sorted(file.parent for file in PACK_PATH.parent.glob("*/service.yaml"))
SMALL = flow_of(PERMIT)[0]
NODES = {
    "startEvent", "endEvent", "boundaryEvent", "userTask", "serviceTask", "exclusiveGateway",
    "parallelGateway", "complexGateway",
}  # fmt: skip


def exported(flow: Flow) -> bytes:
    pack: Pack = replace(RENEWAL, flow=flow)
    return export_bpmn(pack)


def everything(element: Element) -> list[Element]:
    found = [element]
    for child in element.children:
        found.extend(everything(child))
    return found


def bounds(shape: Element) -> tuple[float, float, float, float]:
    box = shape.first("Bounds")
    assert box is not None
    x, y, width, height = (float(box.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def assert_sound(data: bytes) -> None:
    """The structural rules: unique ids, references that resolve, a place for every element."""
    root = parse_xml(data, file="out.bpmn")
    elements = everything(root)
    ids = [item.get("id") for item in elements if item.get("id")]
    assert len(ids) == len(set(ids))
    nodes = {item.get("id"): item for item in elements if item.name in NODES}
    flows = {item.get("id"): item for item in elements if item.name == "sequenceFlow"}
    for flow in flows.values():
        assert {flow.get("sourceRef"), flow.get("targetRef")} <= set(nodes)
    for node_id, node in nodes.items():
        assert node.get("attachedToRef", node_id) in nodes
        assert node.get("default", "w") in {"w", *flows}
        for name, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            listed = {child.text for child in node.all(name)}
            assert listed == {key for key, flow in flows.items() if flow.get(end) == node_id}
    lanes = [item for item in elements if item.name == "lane"]
    placed = [reference.text for lane in lanes for reference in lane.all("flowNodeRef")]
    assert sorted(placed) == sorted(nodes)
    shapes = {item.get("bpmnElement"): item for item in elements if item.name == "BPMNShape"}
    lines = {item.get("bpmnElement"): item for item in elements if item.name == "BPMNEdge"}
    lane_ids = {lane.get("id") for lane in lanes}
    pool = {item.get("id") for item in elements if item.name == "participant"}
    assert set(shapes) == {*nodes, *lane_ids, *pool}
    assert set(lines) == set(flows)
    assert all(len(line.all("waypoint")) >= 2 for line in lines.values())
    assert_apart(nodes, shapes)
    assert_inside(lanes, shapes)
    assert_free(flows, lines, {name: bounds(shapes[name]) for name in nodes})


def assert_apart(nodes: dict[str, Element], shapes: dict[str, Element]) -> None:
    """No shape covers another, but for events on the border of their task."""
    boxes = {name: bounds(shapes[name]) for name in nodes}
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        if other == nodes[one].get("attachedToRef") or one == nodes[other].get("attachedToRef"):
            assert a[0] < b[2]
            assert b[0] < a[2]
            assert a[1] <= b[3]
            assert b[1] <= a[3]
        else:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, other)


def assert_free(
    flows: dict[str, Element],
    lines: dict[str, Element],
    boxes: dict[str, tuple[float, float, float, float]],
) -> None:
    """No way crosses a shape other than its two ends, and every way turns at right angles."""
    for name, line in lines.items():
        points = [(float(p.get("x")), float(p.get("y"))) for p in line.all("waypoint")]
        ends = {flows[name].get("sourceRef"), flows[name].get("targetRef")}
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2, name
            for other, (left, top, right, bottom) in boxes.items():
                apart = max(x1, x2) <= left or min(x1, x2) >= right
                apart = apart or max(y1, y2) <= top or min(y1, y2) >= bottom
                assert apart or other in ends or is_host(other, ends), (name, other)


def is_host(task: str, ends: set[str]) -> bool:
    """Whether one of the ends is an event on the border of a task."""
    return any(end.startswith(f"{task}.") for end in ends)


def assert_inside(lanes: list[Element], shapes: dict[str, Element]) -> None:
    """Every node is drawn in the lane of its role."""
    for lane in lanes:
        left, top, right, bottom = bounds(shapes[lane.get("id")])
        for reference in lane.all("flowNodeRef"):
            box = bounds(shapes[reference.text])
            assert left <= box[0]
            assert top <= box[1]
            assert box[2] <= right
            assert box[3] <= bottom


@examples(25)
@given(raw_flows())
def test_any_flow_is_drawn_soundly_and_read_back_as_it_was(raw: dict[str, Any]) -> None:
    flow, _ = flow_of(as_yaml(raw))
    data = exported(flow)
    assert_sound(data)
    read = import_bpmn(data, file="out.bpmn")
    assert read.findings == ()
    assert read.value == flow_value(flow)
    again, _ = flow_of(flow_text(flow_value(flow)))
    assert without_places(again) == without_places(flow)


def without_places(flow: Flow) -> list[Stage]:
    return [replace(stage, place=Place("flow.yaml")) for stage in flow.stages.values()]


@pytest.mark.parametrize("flow", [RENEWAL.flow, SMALL])
def test_a_flow_read_back_and_written_as_a_file_is_the_same_flow(flow: Flow) -> None:
    """Compared member by member, so that a new member of a stage cannot be forgotten here."""
    read = import_bpmn(exported(flow), file="out.bpmn")
    assert read.value is not None
    again, found = flow_from(read_yaml(flow_text(read.value).encode(), file="flow.yaml"))
    assert found == []
    assert without_places(again) == without_places(flow)
    assert (again.start, again.enclosing) == (flow.start, flow.enclosing)


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_every_sample_service_is_drawn_soundly_and_read_back(path: Path) -> None:
    pack = load_pack(path)
    data = export_bpmn(pack)
    assert_sound(data)
    assert import_bpmn(data, file="out.bpmn").value == flow_value(pack.flow)


def test_every_role_has_a_lane() -> None:
    assert set(ROLE_NAMES) == set(Role)


@examples(30)
@given(st.text(min_size=1), st.text(min_size=1))
def test_texts_and_conditions_survive_exactly(arabic: str, english: str) -> None:
    """Quotes, line breaks, spaces at the ends; what XML cannot hold becomes a mark."""
    stage = replace(SMALL.stages["draft"], title={"ar": arabic, "en": english})
    flow = replace(SMALL, stages={**SMALL.stages, "draft": stage})
    read = import_bpmn(exported(flow), file="out.bpmn")
    assert read.value is not None
    kept = read.value["stages"]["draft"]["title"]
    for given_text, read_text in ((arabic, kept["ar"]), (english, kept["en"])):
        assert all(b in (a, "�") for a, b in zip(given_text, read_text, strict=True))


def test_the_drawing_speaks_both_languages_and_bpmn() -> None:
    root = parse_xml(exported(RENEWAL.flow), file="out.bpmn")
    assert (root.name, root.namespace) == ("definitions", BPMN)
    named = {item.get("id"): item.get("name") for item in everything(root)}
    assert named["review"] == "لدى موظف المعالجة\nWith an officer"
    assert named["lane.supervisor"] == "المشرف\nSupervisor"
    plane = next(item for item in everything(root) if item.name == "BPMNPlane")
    assert plane.namespace == BPMN_DI
    times = [item.text for item in everything(root) if item.name == "timeDuration"]
    assert "P30D" in times


def test_parallel_gateways_get_one_way_in_for_each_branch() -> None:
    """Other engines wait at a parallel gateway for every way in, also for two of one branch."""
    root = parse_xml(exported(flow_of(PERMIT)[0]), file="out.bpmn")
    (join,) = [item for item in everything(root) if item.get("id") == "together"]
    assert join.name == "parallelGateway"
    assert len(join.all("incoming")) == 2


def test_a_join_for_the_first_branch_is_a_complex_gateway() -> None:
    text = PERMIT.replace("fork: opinions, to", "fork: opinions, wait_for: any, to")
    root = parse_xml(exported(flow_of(text)[0]), file="out.bpmn")
    (join,) = [item for item in everything(root) if item.get("id") == "together"]
    assert join.name == "complexGateway"
    assert join.child_text("activationCondition") == "activationCount >= 1"


def without_extensions(data: bytes) -> bytes:
    """Return a drawing as a tool saves it that drops what it does not know."""
    bare = re.sub(
        rb"\s*<bpmn:extensionElements>.*?</bpmn:extensionElements>", b"", data, flags=re.S
    )
    assert b"<taysir:" not in bare
    return bare


def shape_of(stages: dict[str, Any]) -> list[tuple[set[int], list[list[int]], str]]:
    """Return a flow without names: where each stage leads, its branches, its end."""
    place = {name: number for number, name in enumerate(stages)}
    return [
        (
            {place[name] for name in targets_of(stage)},
            sorted(sorted(place[n] for n in names) for names in stage.get("fork", {}).values()),
            stage.get("final", ""),
        )
        for stage in stages.values()
    ]


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_the_drawing_alone_says_where_a_case_goes(path: Path) -> None:
    """Roles' powers, notices and texts are lost without our extensions; stages and ways are not."""
    flow = load_pack(path).flow
    read = import_bpmn(without_extensions(exported(flow)), file="out.bpmn")
    assert read.value is not None, [item.in_words() for item in read.findings]
    assert shape_of(read.value["stages"]) == shape_of(flow_value(flow)["stages"])


def test_branches_are_found_again_without_the_extensions() -> None:
    read = import_bpmn(without_extensions(exported(SMALL)), file="out.bpmn")
    assert read.value is not None
    assert shape_of(read.value["stages"]) == shape_of(flow_value(SMALL)["stages"])
