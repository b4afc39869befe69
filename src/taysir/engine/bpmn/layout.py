"""Gives every element of a drawing its place on the page, so that common tools open it.

Stages stand in columns by their distance from the start and in the lane of their role. Between two
columns run the ways that go up and down, a track for each place they lead to; below each row of a
lane run the ways that go further or back. So nothing overlaps and no way crosses a shape. The
order of reading is that of BPMN tools, left to right, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from taysir.engine.bpmn.drawing import Drawing, Edge, Node
from taysir.engine.definition import Flow, Role

_TOP: Final = 80
_POOL_X: Final = 130
_LANE_X: Final = 160
_TASK_WIDTH: Final = 120
_TASK_HEIGHT: Final = 80
_GATEWAY: Final = 50
_EVENT: Final = 36
_STEP: Final = 42
"""From one event on a border to the next."""
_MARGIN: Final = 40
_TRACK: Final = 14
"""Between two ways side by side."""
_LEVEL: Final = 32
"""Between two ways above each other, with room for a name in two lines."""
_MERGE_STEP: Final = 53


@dataclass(frozen=True, slots=True)
class Box:
    """The bounds of a shape or a name."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The bounds of nodes, lanes and pool, the points of every way and the place of its name."""

    pool: Box
    lanes: Mapping[Role, Box]
    nodes: Mapping[str, Box]
    edges: Mapping[str, Points]
    labels: Mapping[str, Box]


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where a stage stands: its column, and its row counted over all lanes."""

    column: int
    row: int


def lay_out(flow: Flow, drawing: Drawing) -> Layout:
    """Place the elements of a drawing."""
    cells, lanes = _cells(flow)
    plan = _Plan(drawing=drawing, cells=cells)
    nodes = {node.id: plan.box(node) for node in drawing.nodes}
    routes = {edge.id: plan.route(edge, nodes) for edge in drawing.edges}
    width = plan.width - _LANE_X
    boxes = {
        role: Box(
            _LANE_X, plan.row_y[rows[0]], width, plan.row_y[rows[-1] + 1] - plan.row_y[rows[0]]
        )
        for role, rows in lanes.items()
    }
    pool = Box(_POOL_X, _TOP, width + _LANE_X - _POOL_X, plan.row_y[-1] - _TOP)
    return Layout(
        pool=pool,
        lanes=boxes,
        nodes=nodes,
        edges={name: points for name, (points, _) in routes.items()},
        labels={name: label for name, (_, label) in routes.items() if label},
    )


def _cells(flow: Flow) -> tuple[dict[str, _Cell], dict[Role, list[int]]]:
    """Return the cell of each stage, and the rows of each lane."""
    columns = _columns(flow)
    taken: dict[tuple[int, Role], int] = {}
    places = {}
    for name, stage in flow.stages.items():
        place = (columns[name], stage.role)
        places[name] = (*place, taken.get(place, 0))
        taken[place] = taken.get(place, 0) + 1
    lanes: dict[Role, list[int]] = {}
    first = 0
    for role in Role:
        count = max((n for (_, other), n in taken.items() if other is role), default=0)
        if count:
            lanes[role] = list(range(first, first + count))
            first += count
    cells = {name: _Cell(column, lanes[role][row]) for name, (column, role, row) in places.items()}
    return cells, lanes


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


@dataclass(slots=True, kw_only=True)
class _Plan:
    """The places of columns, rows and tracks, from which boxes and ways follow."""

    drawing: Drawing
    cells: Mapping[str, _Cell]
    borders: dict[str, int] = field(default_factory=dict)
    column_x: list[int] = field(default_factory=list)
    row_y: list[int] = field(default_factory=list)
    exit_x: list[int] = field(default_factory=list)
    tracks: dict[str, int] = field(default_factory=dict)
    levels: dict[tuple[int, str], int] = field(default_factory=dict)
    width: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _nodes: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._nodes = {node.id: node for node in self.drawing.nodes}
        for node in self.drawing.nodes:
            if node.host:
                self.borders[node.host] = self.borders.get(node.host, 0) + 1
        far = [edge for edge in self.drawing.edges if self._leaves_cell(edge)]
        self._place_columns(sorted({edge.target for edge in far}, key=self._row_of))
        self._place_rows([edge for edge in far if not self._is_direct(edge)])

    # --- columns and rows ---

    def _cell(self, node: str) -> _Cell:
        return self.cells[self._nodes[node].cell]

    def _row_of(self, node: str) -> tuple[int, str]:
        return self._cell(node).row, node

    def _leaves_cell(self, edge: Edge) -> bool:
        return self._nodes[edge.source].cell != self._nodes[edge.target].cell or (
            self._nodes[edge.source].kind != "startEvent" and self._returns(edge)
        )

    def _returns(self, edge: Edge) -> bool:
        """Whether a way leads from a stage back to itself."""
        source, target = self._nodes[edge.source], self._nodes[edge.target]
        own = target.id == target.cell and source.id != f"{target.cell}.in"
        merged = target.id.startswith(f"{target.cell}.in")
        return (own or merged) and not source.id.startswith(f"{target.cell}.in")

    def _is_direct(self, edge: Edge) -> bool:
        """Whether a way leads into the next column, so that nothing stands between."""
        ahead = self._cell(edge.target).column - self._cell(edge.source).column
        return ahead == 1 and not self._nodes[edge.source].host

    def _place_columns(self, targets: Sequence[str]) -> None:
        """Give each column its place: first the tracks that lead to it, then its merges."""
        right = _LANE_X + _MARGIN + _EVENT + 20
        for column in range(max(cell.column for cell in self.cells.values()) + 1):
            members = [name for name, cell in self.cells.items() if cell.column == column]
            led_to = [name for name in targets if self._cell(name).column == column]
            for number, name in enumerate(led_to):
                self.tracks[name] = right + number * _TRACK
            merges = any(
                self._is_merge(node) for node in self.drawing.nodes if node.cell in members
            )
            left = right + len(led_to) * _TRACK + (_MERGE_STEP if merges else 0) + 15
            self.column_x.append(left)
            widest = max((self._task_width(name) for name in members), default=_TASK_WIDTH)
            self.exit_x.append(left + widest + 40 + _GATEWAY + 15)
            right = self.exit_x[-1] + 100
        self.width = right

    def _place_rows(self, low: Sequence[Edge]) -> None:
        """Give each row its height: its shapes, then a level for each place that ways lead to."""
        y = _TOP
        for row in range(max(cell.row for cell in self.cells.values()) + 1):
            self.row_y.append(y)
            base = y + 60 + self._shapes_height(row)
            ways = [edge for edge in low if self._cell(edge.source).row == row]
            places = sorted({edge.target for edge in ways}, key=lambda name: self.tracks[name])
            for number, target in enumerate(places):
                self.levels[row, target] = base + (number + 1) * _LEVEL
            y = base + len(places) * _LEVEL + 20
        self.row_y.append(y)

    def _shapes_height(self, row: int) -> int:
        members = {name for name, cell in self.cells.items() if cell.row == row}
        own = [node for node in self.drawing.nodes if node.cell in members]
        escalates = any(node.kind == "endEvent" and node.id != node.cell for node in own)
        merges = [node.cell for node in own if self._is_merge(node)]
        most = max((merges.count(name) for name in members), default=0)
        shapes = _TASK_HEIGHT + (120 if escalates else 55)
        return max(shapes, (most + 1) * _MERGE_STEP)

    def _is_merge(self, node: Node) -> bool:
        return node.id.startswith(f"{node.cell}.in")

    def _task_width(self, name: str) -> int:
        return max(_TASK_WIDTH, self.borders.get(name, 0) * _STEP + 10)

    # --- shapes ---

    def box(self, node: Node) -> Box:
        """Return the bounds of a node."""
        cell = self.cells[node.cell]
        x, y = self.column_x[cell.column], self.row_y[cell.row] + 40
        middle = y + _TASK_HEIGHT // 2
        if node.host:
            number = self._count(f"{node.host} border")
            return Box(x + 5 + number * _STEP, y + _TASK_HEIGHT - _EVENT // 2, _EVENT, _EVENT)
        if node.kind == "startEvent":
            return Box(_LANE_X + _MARGIN, middle - _EVENT // 2, _EVENT, _EVENT)
        if node.kind == "endEvent" and node.id != node.cell:
            host = node.id.removesuffix(".end")
            number = [n.id for n in self.drawing.nodes if n.host == node.cell].index(host)
            return Box(x + 5 + number * _STEP, y + _TASK_HEIGHT + 48, _EVENT, _EVENT)
        if node.kind == "endEvent":
            return Box(x + 42, middle - _EVENT // 2, _EVENT, _EVENT)
        if self._is_merge(node) or node.kind.endswith("Gateway"):
            return self._gateway_box(node, x, y)
        return Box(x, y, self._task_width(node.id), _TASK_HEIGHT)

    def _gateway_box(self, node: Node, x: int, y: int) -> Box:
        """Return the bounds of a gateway in a cell that begins at a point."""
        if self._is_merge(node):
            number = self._count(f"{node.cell} merge")
            # The middle stays free for a way that leads straight to the gateway.
            down = _MERGE_STEP * number - 25 if number == 0 else _MERGE_STEP * number + 7
            return Box(x - _MERGE_STEP, y + down, _GATEWAY, _GATEWAY)
        own = node.id == node.cell
        left = (_TASK_WIDTH - _GATEWAY) // 2 if own else self._task_width(node.cell) + 40
        return Box(x + left, y + (_TASK_HEIGHT - _GATEWAY) // 2, _GATEWAY, _GATEWAY)

    def _count(self, what: str) -> int:
        """Return how many of these came before."""
        self._seen[what] = self._seen.get(what, 0) + 1
        return self._seen[what] - 1

    # --- ways ---

    def route(self, edge: Edge, nodes: Mapping[str, Box]) -> tuple[Points, Box | None]:
        """Return the points of a way, at right angles, and the place of its name."""
        source, target = nodes[edge.source], nodes[edge.target]
        if not self._leaves_cell(edge):
            return self._within(edge, source, target), None
        track = self.tracks[edge.target]
        end = ((track, target.middle_y), (target.x, target.middle_y))
        if self._is_direct(edge):
            start = ((source.right, source.middle_y), (track, source.middle_y))
            if source.middle_y == target.middle_y:
                label = Box(source.right + 4, source.middle_y - 32, 90, 28)
            else:
                label = Box(track + 4, (source.middle_y + target.middle_y) // 2 - 14, 90, 28)
            return _straight((*start, *end)), label if edge.name else None
        cell = self._cell(edge.source)
        level = self.levels[cell.row, edge.target]
        if self._nodes[edge.source].host:
            start = ((source.middle_x, source.bottom), (source.middle_x, level))
            return _straight((*start, (track, level), *end)), None
        out = self.exit_x[cell.column]
        bend = ((source.right, source.middle_y), (out, source.middle_y), (out, level))
        label = Box(out + 5, level - 29, 90, 28)
        return _straight((*bend, (track, level), *end)), label if edge.name else None

    def _within(self, edge: Edge, source: Box, target: Box) -> Points:
        """Return a way between two shapes of one stage."""
        if self._nodes[edge.source].host:
            return ((source.middle_x, source.bottom), (target.middle_x, target.y))
        if source.middle_y == target.middle_y:
            return ((source.right, source.middle_y), (target.x, target.middle_y))
        turn = target.x - 5
        return _straight(
            (
                (source.right, source.middle_y),
                (turn, source.middle_y),
                (turn, target.middle_y),
                (target.x, target.middle_y),
            )
        )


def _straight(points: Points) -> Points:
    """Return a way without the points at which it does not turn."""
    kept: list[tuple[int, int]] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and _on_one_line(kept[-2], kept[-1], point):
            kept[-1] = point
        else:
            kept.append(point)
    return tuple(kept)


def _on_one_line(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]
