"""BPMN drawings as another tool writes them, for tests of reading."""

from __future__ import annotations

from collections.abc import Iterable

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
)


def drawing(*elements: str, around: Iterable[str] = ()) -> bytes:
    """Write a file with these elements in its process, one a line; the first is on line 3."""
    lines = [
        HEAD,
        '<bpmn:process id="p" isExecutable="true">',
        *elements,
        "</bpmn:process>",
        *around,
        "</bpmn:definitions>",
    ]
    return "\n".join(lines).encode()


def node(kind: str, node_id: str, name: str = "", content: str = "", **attributes: str) -> str:
    """Write a node."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    named = f' name="{name}"' if name else ""
    return f'<bpmn:{kind} id="{node_id}"{named}{more}>{content}</bpmn:{kind}>'


def ways(*pairs: str) -> list[str]:
    """Write sequence flows: ``a>b``, with a name ``a>b:name`` or a condition ``a>b?condition``."""
    made = []
    for number, pair in enumerate(pairs, start=1):
        route, _, condition = pair.partition("?")
        route, _, name = route.partition(":")
        source, _, target = route.partition(">")
        named = f' name="{name}"' if name else ""
        content = (
            f"<bpmn:conditionExpression>={condition}</bpmn:conditionExpression>"
            if condition
            else ""
        )
        made.append(
            f'<bpmn:sequenceFlow id="w{number}"{named} sourceRef="{source}"'
            f' targetRef="{target}">{content}</bpmn:sequenceFlow>'
        )
    return made


def timer(time: str, kind: str = "timeDuration") -> str:
    """Write the definition of a timer."""
    return (
        f"<bpmn:timerEventDefinition><bpmn:{kind}>{time}</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def lanes(**members: str) -> str:
    """Write lanes: the name of each and the ids in it."""
    made = "".join(
        f'<bpmn:lane id="l{number}" name="{name.replace("_", " ")}">'
        + "".join(f"<bpmn:flowNodeRef>{item}</bpmn:flowNodeRef>" for item in ids.split())
        + "</bpmn:lane>"
        for number, (name, ids) in enumerate(members.items())
    )
    return f"<bpmn:laneSet>{made}</bpmn:laneSet>"
