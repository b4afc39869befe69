"""Gives every element of a drawing its place on the page, so that common tools open it.

Stages stand in columns by their distance from the start and in the lane of their role. The order
of reading is that of BPMN tools, left to right, in both languages; nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from taysir.engine.bpmn.drawing import Drawing, Edge, Node
from taysir.engine.definition import Flow, Role

_LEFT: Final = 280
_TOP: Final = 80
_POOL_X: Final = 130
_LANE_X: Final = 160
_TASK_WIDTH: Final = 120
_TASK_HEIGHT: Final = 80
_GATEWAY: Final = 50
_EVENT: Final = 36
_STEP: Final = 42
"""From one event on a border to the next."""
_ROW: Final = 270
_GAP: Final = 150
"""Between the widest task of a column and the next column: room for the gateway."""


@dataclass(frozen=True, slots=True)
class Box:
    """The bounds of a shape."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle_x(self) -> int:
        """The centre from left to right."""
        return self.x + self.width // 2

    @property
    def middle_y(self) -> int:
        """The centre from top to bottom."""
        return self.y + self.height // 2

    @property
    def right(self) -> int:
        """The right border."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The lower border."""
        return self.y + self.height


Points = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The bounds of every node, lane and the pool, and the points of every sequence flow."""

    pool: Box
    lanes: Mapping[Role, Box]
    nodes: Mapping[str, Box]
    edges: Mapping[str, Points]


def lay_out(flow: Flow, drawing: Drawing) -> Layout:
    """Place the elements of a drawing."""
    columns = _columns(flow)
    borders: dict[str, int] = {}
    for node in drawing.nodes:
        if node.host:
            borders[node.host] = borders.get(node.host, 0) + 1
    widest = max(_TASK_WIDTH, *(_task_width(count) for count in borders.values()), 0)
    pitch = widest + _GAP + _GATEWAY
    cells, rows = _cells(flow, columns)
    lanes = _lanes(rows, width=(max(columns.values()) + 1) * pitch + _LEFT - _LANE_X)
    corners = {
        name: (_LEFT + column * pitch, lanes[role].y + 50 + row * _ROW)
        for name, (column, role, row) in cells.items()
    }
    nodes: dict[str, Box] = {}
    seen: dict[str, int] = {}
    for node in drawing.nodes:
        nodes[node.id] = _box(node, corners[node.cell], borders, seen, nodes)
    last = max(lanes.values(), key=lambda box: box.bottom)
    pool = Box(_POOL_X, _TOP, last.width + _LANE_X - _POOL_X, last.bottom - _TOP)
    bordering = {node.id for node in drawing.nodes if node.host}
    edges = {edge.id: _points(edge, nodes, bordering) for edge in drawing.edges}
    return Layout(pool, lanes, nodes, edges)


def _columns(flow: Flow) -> dict[str, int]:
    """Return how far each stage is from the start; what cannot be reached comes last."""
    columns = {flow.start: 0}
    waiting = [flow.start]
    for name in waiting:
        for target in flow.stages[name].targets:
            if target not in columns:
                columns[target] = columns[name] + 1
                waiting.append(target)
    last = max(columns.values()) + 1
    return {name: columns.get(name, last) for name in flow.stages}


def _cells(
    flow: Flow, columns: Mapping[str, int]
) -> tuple[dict[str, tuple[int, Role, int]], dict[Role, int]]:
    """Return column, lane and row of each stage, and how many rows each lane has."""
    taken: dict[tuple[int, Role], int] = {}
    cells = {}
    for name, stage in flow.stages.items():
        place = (columns[name], stage.role)
        taken[place] = taken.get(place, 0) + 1
        cells[name] = (*place, taken[place] - 1)
    rows = {
        role: max(count for (_, other), count in taken.items() if other is role)
        for role in Role
        if any(other is role for _, other in taken)
    }
    return cells, rows


def _lanes(rows: Mapping[Role, int], *, width: int) -> dict[Role, Box]:
    lanes, top = {}, _TOP
    for role, count in rows.items():
        lanes[role] = Box(_LANE_X, top, width, count * _ROW)
        top += count * _ROW
    return lanes


def _task_width(borders: int) -> int:
    return max(_TASK_WIDTH, borders * _STEP + 10)


def _box(
    node: Node,
    corner: tuple[int, int],
    borders: Mapping[str, int],
    seen: dict[str, int],
    placed: Mapping[str, Box],
) -> Box:
    x, y = corner
    middle = y + _TASK_HEIGHT // 2
    if node.host:
        number = seen[node.host] = seen.get(node.host, 0) + 1
        left = x + 5 + (number - 1) * _STEP
        return Box(left, y + _TASK_HEIGHT - _EVENT // 2, _EVENT, _EVENT)
    if node.kind == "startEvent":
        return Box(x - 70, middle - _EVENT // 2, _EVENT, _EVENT)
    if node.kind == "endEvent" and node.id != node.cell:
        event = placed[node.id.removesuffix(".end")]
        return Box(event.x, event.bottom + 30, _EVENT, _EVENT)
    if node.kind == "endEvent":
        return Box(x + 42, middle - _EVENT // 2, _EVENT, _EVENT)
    if node.id.startswith(f"{node.cell}.in"):
        number = seen[node.cell] = seen.get(node.cell, 0) + 1
        column, row = (number - 1) % 2, (number - 1) // 2
        return Box(x - 52 - 53 * column, middle - 25 + 53 * (row - 1), _GATEWAY, _GATEWAY)
    if node.kind.endswith("Gateway"):
        own = node.id == node.cell
        width = _task_width(borders.get(node.cell, 0))
        left = x + (_TASK_WIDTH - _GATEWAY) // 2 if own else x + width + 40
        return Box(left, middle - _GATEWAY // 2, _GATEWAY, _GATEWAY)
    return Box(x, y, _task_width(borders.get(node.id, 0)), _TASK_HEIGHT)


def _points(edge: Edge, nodes: Mapping[str, Box], bordering: set[str]) -> Points:
    """Return a way of right angles from one shape to the next."""
    source, target = nodes[edge.source], nodes[edge.target]
    start: Points
    if edge.source in bordering:
        if target.middle_x == source.middle_x and target.y > source.bottom:
            return ((source.middle_x, source.bottom), (target.middle_x, target.y))
        start = ((source.middle_x, source.bottom), (source.middle_x, source.bottom + 15))
        level = source.bottom + 15
    elif target.x > source.right:
        start, level = ((source.right, source.middle_y),), source.middle_y
    else:
        level = source.middle_y + 190
        start = (
            (source.right, source.middle_y),
            (source.right + 20, source.middle_y),
            (source.right + 20, level),
        )
    turn = target.x - 20
    way = (*start, (turn, level), (turn, target.middle_y), (target.x, target.middle_y))
    return tuple(point for index, point in enumerate(way) if index == 0 or point != way[index - 1])
