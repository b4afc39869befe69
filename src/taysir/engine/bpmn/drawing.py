"""Turns a flow into the elements of a BPMN process: nodes, sequence flows, lanes.

A stage at which a case waits is a task; its actions are the ways out of the gateway behind it;
its deadline, timer and escalations are events on its border. What BPMN has no word for travels in
extension elements of our namespace, so that reading the drawing gives the same flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from taysir.engine.bpmn.markup import Tag, tag
from taysir.engine.definition import Action, Escalation, Flow, Role, Stage, StageTimer, WaitFor, Way
from taysir.engine.durations import format_duration
from taysir.engine.expressions import Condition
from taysir.engine.findings import Text

ROLE_NAMES: Final[dict[Role, Text]] = {
    Role.APPLICANT: {"ar": "مقدم الطلب", "en": "Applicant"},
    Role.SYSTEM: {"ar": "النظام", "en": "System"},
    Role.OFFICER: {"ar": "موظف المعالجة", "en": "Officer"},
    Role.SUPERVISOR: {"ar": "المشرف", "en": "Supervisor"},
    Role.REGISTRY: {"ar": "جهة أخرى", "en": "Other agency"},
    Role.PARTNER: {"ar": "الشريك", "en": "Partner"},
}
"""What a role is called in a drawing."""

_START: Final[Text] = {"ar": "البداية", "en": "Start"}
_WHICH: Final[Text] = {"ar": "أي إجراء؟", "en": "Which action?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node to be drawn: ``host`` is the task on whose border it sits, ``cell`` its stage."""

    id: str
    kind: str
    name: str = ""
    role: Role
    cell: str
    host: str = ""
    content: tuple[Tag, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A sequence flow to be drawn."""

    id: str
    source: str
    target: str
    name: str = ""
    content: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything of a process but its places on the page."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def draw(flow: Flow) -> Drawing:
    """Return the elements of a flow."""
    start = flow.stages[flow.start]
    begin = both(_START)
    nodes = [
        Node(id="start.event", kind="startEvent", name=begin, role=start.role, cell=flow.start)
    ]
    edges = [Edge(id="flow.start", source="start.event", target=flow.start)]
    terminate = any(stage.fork for stage in flow.stages.values())
    for stage in flow.stages.values():
        for part in _stage(stage, terminate=terminate):
            if isinstance(part, Node):
                nodes.append(part)
            else:
                edges.append(part)
    return _merged(flow, nodes, edges)


def _merged(flow: Flow, nodes: list[Node], edges: list[Edge]) -> Drawing:
    """Bring ways together before a parallel gateway, which would wait for each of them.

    A fork gets one way in, a join one for each branch.
    """
    ways: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        stage = flow.stages.get(edge.target)
        if stage is not None and (stage.fork or stage.join):
            ways.setdefault((edge.target, _branch(flow, stage, edge.source)), []).append(edge)
    for (target, branch), together in ways.items():
        if len(together) < 2:
            continue
        stage = flow.stages[target]
        merge = f"{target}.in.{branch}" if branch else f"{target}.in"
        nodes.append(Node(id=merge, kind="exclusiveGateway", role=stage.role, cell=target))
        edges = [replace(edge, target=merge) if edge in together else edge for edge in edges]
        edges.append(Edge(id=f"flow.{merge}", source=merge, target=target))
    return Drawing(tuple(nodes), tuple(edges))


def _branch(flow: Flow, stage: Stage, source: str) -> str:
    """Return the branch in which a way to a join begins; empty for a way to a fork."""
    if stage.join is None:
        return ""
    # What belongs to a stage is named after it with a dot, which no stage has in its name.
    name = source.split(".", 1)[0]
    while flow.enclosing.get(name) != stage.join.fork:
        name = flow.enclosing[name]
    branches = flow.stages[stage.join.fork].fork.items()
    return next(branch for branch, names in branches if name in names)


def both(text: Text | None) -> str:
    """Write a text in both languages, each on its line, so that directions do not mix."""
    return f"{text['ar']}\n{text['en']}" if text else ""


def _stage(stage: Stage, *, terminate: bool) -> Iterator[Node | Edge]:
    if stage.final:
        event = tag("bpmn:terminateEventDefinition", id=f"{stage.name}.ends") if terminate else None
        yield _node(stage, "endEvent", *((event,) if event else ()), final=stage.final)
    elif stage.choose:
        yield from _choice(stage)
    elif stage.fork:
        yield from _fork(stage)
    elif stage.join:
        yield from _join(stage)
    else:
        yield from _task(stage)


def _node(stage: Stage, kind: str, *content: Tag, extra: tuple[Tag, ...] = (), **more: str) -> Node:
    """Return the node of a stage with everything about it that BPMN has no word for."""
    own = tag(
        "taysir:stage",
        tag("taysir:ar", text=stage.title["ar"]),
        tag("taysir:en", text=stage.title["en"]),
        *extra,
        role=stage.role.value,
        clock_stopped_by=stage.stopped_by.value if stage.stopped_by else "",
        documents=" ".join(stage.documents),
        bill=stage.bill,
        actions=" ".join(stage.actions),
        **{key: value for key, value in more.items() if key not in ("default", "tool")},
    )
    attributes = (("default", more["default"]),) if "default" in more else ()
    return Node(
        id=stage.name,
        kind=kind,
        name=both(stage.title),
        role=stage.role,
        cell=stage.name,
        content=(tag("bpmn:extensionElements", own), *content),
        attributes=attributes,
    )


def _choice(stage: Stage) -> Iterator[Node | Edge]:
    last = f"flow.{stage.name}.{len(stage.choose)}"
    yield _node(stage, "exclusiveGateway", default=last)
    for number, way in enumerate(stage.choose, start=1):
        yield _way(stage, way, number)


def _way(stage: Stage, way: Way, number: int) -> Edge:
    own = tag("taysir:way", *_words(way.label), when=way.when.text if way.when else "")
    return Edge(
        id=f"flow.{stage.name}.{number}",
        source=stage.name,
        target=way.to,
        name=both(way.label) or (way.when.text if way.when else ""),
        content=(*_extension(own), *_when(way.when)),
    )


def _fork(stage: Stage) -> Iterator[Node | Edge]:
    branches = tuple(
        tag("taysir:branch", name=branch, stages=" ".join(names))
        for branch, names in stage.fork.items()
    )
    yield _node(stage, "parallelGateway", extra=branches)
    for branch, names in stage.fork.items():
        yield Edge(id=f"flow.{stage.name}.{branch}", source=stage.name, target=names[0])


def _join(stage: Stage) -> Iterator[Node | Edge]:
    join = stage.join
    if join is None:
        return
    if join.wait_for is WaitFor.ALL:
        yield _node(stage, "parallelGateway", fork=join.fork)
    else:
        # The standard's "discriminator": go on with the first token that arrives.
        first = _expression("bpmn:activationCondition", "activationCount >= 1")
        yield _node(stage, "complexGateway", first, fork=join.fork)
    yield Edge(id=f"flow.{stage.name}", source=stage.name, target=join.to)


def _task(stage: Stage) -> Iterator[Node | Edge]:
    people = stage.role not in (Role.SYSTEM, Role.REGISTRY)
    yield _node(stage, "userTask" if people else "serviceTask")
    hidden = _by_time_only(stage)
    offered = [action for action in stage.actions.values() if action.name not in hidden]
    if len(offered) == 1:
        yield _taken(stage, offered[0], source=stage.name)
    elif offered:
        gateway = f"{stage.name}.out"
        yield Node(
            id=gateway,
            kind="exclusiveGateway",
            name=both(_WHICH),
            role=stage.role,
            cell=stage.name,
        )
        yield Edge(id=f"flow.{stage.name}.out", source=stage.name, target=gateway)
        for action in offered:
            yield _taken(stage, action, source=gateway)
    for kind, timer in (("deadline", stage.deadline), ("timer", stage.timer)):
        if timer is not None:
            yield from _border(stage, kind, timer, hidden)
    for number, escalation in enumerate(stage.escalations, start=1):
        yield from _escalation(stage, escalation, number)


def _by_time_only(stage: Stage) -> set[str]:
    """Return the actions that nobody takes by hand: only the event on the border shows them."""
    timers = [timer.action for timer in (stage.deadline, stage.timer) if timer]
    hidden = {
        name
        for name in timers
        if stage.role is not Role.SYSTEM
        and stage.actions[name].roles == (Role.SYSTEM,)
        and timers.count(name) == 1
        and stage.actions[name].when is None
    }
    return hidden if len(hidden) < len(stage.actions) else set()


def _taken(stage: Stage, action: Action, *, source: str) -> Edge:
    condition = _when(action.when) if source == stage.name else (_chosen(action),)
    return Edge(
        id=f"way.{stage.name}.{action.name}",
        source=source,
        target=action.to,
        name=both(action.label),
        content=(*_extension(_action(action)), *condition),
    )


def _chosen(action: Action) -> Tag:
    text = f'action = "{action.name}"'
    if action.when is not None:
        text = f"{text} and ({action.when.text})"
    return _expression("bpmn:conditionExpression", text)


def _action(action: Action) -> Tag:
    return tag(
        "taysir:action",
        *_words(action.label),
        name=action.name,
        roles=" ".join(role.value for role in action.roles),
        notice=action.notice,
        reasons=" ".join(action.reasons),
        needs_reason="true" if action.needs_reason else "",
        returns="true" if action.returns else "",
        back="true" if action.back else "",
        refund=action.refund,
        when=action.when.text if action.when else "",
    )


def _border(stage: Stage, kind: str, timer: StageTimer, hidden: set[str]) -> Iterator[Node | Edge]:
    action = stage.actions[timer.action]
    own = tag(
        "taysir:timer",
        kind=kind,
        action=timer.action,
        working_days=str(timer.working_days) if timer.working_days else "",
        every=format_duration(timer.every) if timer.every else "",
    )
    yield _timer_event(stage, kind, timer, own, name=both(action.label))
    yield Edge(
        id=f"flow.{stage.name}.by.{kind}",
        source=f"{stage.name}.{kind}",
        target=action.to,
        content=_extension(_action(action)) if timer.action in hidden else (),
    )


def _escalation(stage: Stage, escalation: Escalation, number: int) -> Iterator[Node | Edge]:
    kind = f"escalation.{number}"
    own = tag(
        "taysir:timer",
        kind="escalation",
        role=escalation.role.value,
        notice=escalation.notice,
        working_days=str(escalation.working_days) if escalation.working_days else "",
    )
    name = both(ROLE_NAMES[escalation.role])
    event = _timer_event(stage, kind, escalation, own, name=name)
    end = f"{stage.name}.{kind}.end"
    yield event
    yield Node(id=end, kind="endEvent", name=name, role=stage.role, cell=stage.name)
    yield Edge(id=f"flow.{stage.name}.{kind}", source=event.id, target=end)


def _timer_event(
    stage: Stage, kind: str, wait: StageTimer | Escalation, own: Tag, *, name: str
) -> Node:
    # BPMN knows no working days; other tools then count calendar days, and ours reads its own.
    time = f"P{wait.working_days}D" if wait.working_days else format_duration(wait.after)
    definition = tag(
        "bpmn:timerEventDefinition",
        _expression("bpmn:timeDuration", time),
        id=f"{stage.name}.{kind}.time",
    )
    return Node(
        id=f"{stage.name}.{kind}",
        kind="boundaryEvent",
        name=name,
        role=stage.role,
        cell=stage.name,
        host=stage.name,
        content=(tag("bpmn:extensionElements", own), definition),
        attributes=(
            ("attachedToRef", stage.name),
            ("cancelActivity", "true" if isinstance(wait, StageTimer) else "false"),
        ),
    )


def _words(text: Text | None) -> tuple[Tag, ...]:
    if text is None:
        return ()
    return tag("taysir:ar", text=text["ar"]), tag("taysir:en", text=text["en"])


def _extension(own: Tag) -> tuple[Tag, ...]:
    return (tag("bpmn:extensionElements", own),) if own.attributes or own.children else ()


def _when(condition: Condition | None) -> tuple[Tag, ...]:
    if condition is None:
        return ()
    return (_expression("bpmn:conditionExpression", condition.text),)


def _expression(name: str, text: str) -> Tag:
    return Tag(name, {"xsi:type": "bpmn:tFormalExpression"}, (), text)
