"""A drawing of another tool becomes a flow, or every element that keeps it from it is named."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.bpmn import Imported, export_bpmn, import_bpmn
from taysir.engine.findings import Severity
from taysir.engine.flow_check import check_flow
from taysir.engine.flow_text import flow_text
from taysir.engine.pack import load_pack
from taysir.kernel.errors import Problem
from taysir.kernel.limits import BPMN_ELEMENTS, BPMN_NESTING, DMN_XML_BYTES, DMN_XML_DEPTH
from tests.engine.conftest import PACK_PATH
from tests.engine.flows import flow_of
from tests.examples import examples

from .drawings import drawing, lanes, node, timer, ways

RENEWAL = export_bpmn(load_pack(PACK_PATH))

SIMPLE = (
    node("startEvent", "s"),
    node("userTask", "apply", "قدم الطلب / Apply"),
    node("endEvent", "e", "تمت الموافقة / Granted"),
    *ways("s>apply", "apply>e"),
)


def read(*elements: str, **more: Any) -> Imported:
    return import_bpmn(drawing(*elements, **more), file="in.bpmn")


def stages(*elements: str) -> dict[str, Any]:
    imported = read(*elements)
    assert imported.value is not None, [item.in_words() for item in imported.findings]
    _, found = flow_of(flow_text(imported.value))
    assert found == []
    value: dict[str, Any] = imported.value["stages"]
    return value


def errors(imported: Imported) -> set[tuple[str, int]]:
    return {
        (item.code, item.place.line)
        for item in imported.findings
        if item.severity is Severity.ERROR
    }


def test_tasks_become_stages_and_ways_become_actions() -> None:
    found = stages(*SIMPLE)
    assert found["apply"]["title"] == {"ar": "قدم الطلب", "en": "Apply"}
    assert found["apply"]["actions"]["done"]["to"] == "granted"
    assert found["granted"]["final"] == "granted"


def test_the_gateway_behind_a_task_holds_its_actions() -> None:
    found = stages(
        lanes(The_officer="check", The_supervisor="look"),
        node("startEvent", "s"),
        node("userTask", "check", "تدقيق / Check"),
        node("exclusiveGateway", "g"),
        node("manualTask", "look", "نظر / Look"),
        node("exclusiveGateway", "merge"),
        node("endEvent", "yes", "موافقة / Approved"),
        node("endEvent", "no", "رفض / Rejected"),
        *ways("s>check", "check>g", "g>merge:Approve", "g>no:Reject", "g>look:Ask"),
        *[way.replace('id="w', 'id="x') for way in ways("look>merge", "merge>yes")],
    )
    actions = found["check"]["actions"]
    assert {name: item["to"] for name, item in actions.items()} == {
        "approve": "approved",
        "reject": "rejected",
        "ask": "look",
    }
    assert (found["check"]["role"], found["look"]["role"]) == ("officer", "supervisor")
    assert found["rejected"]["final"] == "refused"


def test_conditions_make_a_choice_and_the_default_comes_last() -> None:
    found = stages(
        node("startEvent", "s"),
        node("businessRuleTask", "fee", "حساب / Compute"),
        node("exclusiveGateway", "g", "مبلغ / Amount", default="w3"),
        node("endEvent", "yes", "موافقة / Granted"),
        node("endEvent", "no", "رفض / Refused"),
        *ways("s>fee", "fee>g", "g>no", "g>yes?x > 5"),
    )
    assert found["compute"]["role"] == "system"
    assert found["amount"]["choose"] == [{"when": "x > 5", "to": "granted"}, {"to": "refused"}]


def test_an_action_in_a_condition_names_the_action() -> None:
    found = stages(
        node("startEvent", "s"),
        node("userTask", "check", "تدقيق / Check"),
        node("exclusiveGateway", "g"),
        node("endEvent", "yes", "موافقة / Granted"),
        node("endEvent", "no", "رفض / Refused"),
        *ways(
            "s>check", "check>g", 'g>yes?action = "accept" and (x > 5)', 'g>no?action="turn_down"'
        ),
    )
    assert found["check"]["actions"]["accept"]["when"] == "x > 5"
    assert "turn_down" in found["check"]["actions"]


WARNING = {"attachedToRef": "check", "cancelActivity": "false"}


def test_timers_on_a_border_become_deadline_repeating_check_and_escalation() -> None:
    found = stages(
        node("startEvent", "s"),
        node("userTask", "check", "تدقيق / Check"),
        node("boundaryEvent", "late", "تأخر / Late", timer("P3D"), attachedToRef="check"),
        node("boundaryEvent", "again", "", timer("R/PT15M", "timeCycle"), attachedToRef="check"),
        node("boundaryEvent", "warn", "", timer('=duration("P1W")'), **WARNING),
        node("endEvent", "warned"),
        node("endEvent", "yes", "موافقة / Granted"),
        node("endEvent", "no", "انقضت / Lapsed"),
        *ways("s>check", "check>yes", "late>no", "again>check", "warn>warned"),
    )  # fmt: skip
    check = found["check"]
    assert check["deadline"] == {"after": "P3D", "action": "late"}
    assert check["actions"]["late"] == {
        "to": "lapsed", "label": {"ar": "تأخر", "en": "Late"}, "roles": ["system"],
    }  # fmt: skip
    assert check["timer"] == {"after": "PT15M", "every": "PT15M", "action": "time_is_over"}
    assert check["escalations"] == [{"role": "supervisor", "after": "P7D"}]
    assert "warned" not in found


def test_a_timer_between_two_stages_is_a_stage_that_time_moves_on() -> None:
    found = stages(
        node("startEvent", "s"),
        node("intermediateCatchEvent", "wait", "انتظار / Wait", timer("P2D")),
        node("endEvent", "yes", "موافقة / Granted"),
        *ways("s>wait", "wait>yes"),
    )
    assert found["wait"]["deadline"] == {"after": "P2D", "action": "overdue"}
    assert found["wait"]["actions"]["overdue"]["roles"] == ["system"]


PARALLEL = (
    node("startEvent", "s"),
    node("userTask", "apply", "طلب / Apply"),
    node("parallelGateway", "split", "تفرع / Split"),
    node("userTask", "a", "أ / A"),
    node("exclusiveGateway", "ga"),
    node("userTask", "a2", "أ ٢ / A two"),
    node("parallelGateway", "inner", "داخلي / Inner"),
    node("userTask", "b", "ب / B"),
    node("userTask", "c", "ج / C"),
    node("parallelGateway", "inner_in", "التقاء داخلي / Inner in"),
    node("parallelGateway", "together", "التقاء / Together"),
    node("endEvent", "yes", "موافقة / Granted"),
    node("endEvent", "no", "رفض / Refused"),
    *ways(
        "s>apply", "apply>split", "split>a", "split>inner", "a>ga", "ga>together:Agree",
        "ga>a2:More", "ga>no:Oppose", "ga>apply:Return", "a2>together", "inner>b", "inner>c",
        "b>inner_in", "c>inner_in", "inner_in>together", "together>yes",
    ),
)  # fmt: skip


def test_branches_are_found_where_all_of_them_meet() -> None:
    found = stages(*PARALLEL)
    assert found["split"]["fork"] == {"a": ["a", "a_two"], "inner": ["inner", "inner_in"]}
    assert found["inner"]["fork"] == {"b": ["b"], "c": ["c"]}
    assert found["together"]["join"] == {"fork": "split", "wait_for": "all", "to": "granted"}
    flow, _ = flow_of(flow_text({"start": "apply", "stages": found}))
    assert "ENG-1341" not in {item.code for item in check_flow(flow)}


def test_branches_that_do_not_meet_are_refused() -> None:
    apart = [way.replace('targetRef="together"', 'targetRef="yes"') for way in PARALLEL]
    assert ("ENG-1407", 5) in errors(read(*apart))
    crossed = [
        way.replace('sourceRef="a2" targetRef="together"', 'sourceRef="a2" targetRef="b"')
        for way in PARALLEL
    ]
    assert ("ENG-1407", 5) in errors(read(*crossed))


REFUSED = [
    (node("subProcess", "x", "فرعية / Sub"), "ENG-1401"),
    (node("scriptTask", "x", "نص / Script"), "ENG-1401"),
    (node("inclusiveGateway", "x"), "ENG-1401"),
    (node("eventBasedGateway", "x"), "ENG-1401"),
    (node("callActivity", "x"), "ENG-1401"),
    (node("intermediateThrowEvent", "x"), "ENG-1401"),
    (node("userTask", "x", "", "<bpmn:multiInstanceLoopCharacteristics/>"), "ENG-1401"),
    (node("endEvent", "x", "", "<bpmn:errorEventDefinition/>"), "ENG-1401"),
    (node("userTask", "x"), "ENG-1404"),
    (node("userTask", "apply"), "ENG-1402"),
    (node("exclusiveGateway", "x"), "ENG-1405"),
    (ways("apply>nowhere")[0], "ENG-1403"),
    (node("boundaryEvent", "x", "", timer("P1D"), attachedToRef="apply"), "ENG-1404"),
]


@pytest.mark.parametrize(("element", "code"), REFUSED)
def test_what_a_flow_does_not_know_is_named_with_its_line(element: str, code: str) -> None:
    assert (code, 8) in errors(read(*SIMPLE, element))


@pytest.mark.parametrize("time", ["P1M", "PT", "tomorrow", ""])
def test_a_time_of_no_fixed_length_is_refused(time: str) -> None:
    event = node("boundaryEvent", "x", "", timer(time), attachedToRef="apply")
    assert ("ENG-1406", 8) in errors(read(*SIMPLE, event, *ways("x>e")))


def test_a_timer_that_neither_ends_the_task_nor_only_warns_is_refused() -> None:
    event = node(
        "boundaryEvent", "x", "", timer("P1D"), attachedToRef="apply", cancelActivity="false"
    )
    assert ("ENG-1401", 8) in errors(read(*SIMPLE, event, *ways("x>apply")))


def test_a_broken_condition_is_refused_with_its_own_words() -> None:
    way = ways("apply>e?x >")[0].replace('id="w1"', 'id="w9"')
    imported = read(*SIMPLE[:-1], way)
    assert {code for code, _ in errors(imported)} == {"ENG-1012"}


def test_two_starts_and_no_end_are_refused() -> None:
    assert errors(read(*SIMPLE, node("startEvent", "s2"))) == {("ENG-1402", 0)}
    assert errors(read(SIMPLE[0], SIMPLE[1], SIMPLE[3])) == {("ENG-1402", 0)}
    other = '<bpmn:process id="q"><bpmn:userTask id="z"/></bpmn:process>'
    assert ("ENG-1402", 1) in errors(read(*SIMPLE, around=[other]))
    assert errors(import_bpmn(b"<x/>", file="in.bpmn")) == {("ENG-1402", 1)}


def test_what_only_informs_is_left_out_with_a_warning() -> None:
    foreign = "<bpmn:extensionElements><zeebe:formDefinition formId='f'/></bpmn:extensionElements>"
    imported = read(
        *SIMPLE,
        node("textAnnotation", "note", "", "<bpmn:text>x</bpmn:text>"),
        node("task", "t", "عمل / Work", foreign),
        *ways("t>e"),
        around=['<bpmn:message id="m" name="Letter"/>'],
    )
    assert imported.value is not None
    named = {item.message["en"].split("“")[1].split("”")[0] for item in imported.findings}
    assert {"note", "formDefinition", "Letter"} <= named
    assert {item.severity for item in imported.findings} == {Severity.WARNING}


def test_a_missing_language_and_outcome_are_assumed_aloud() -> None:
    imported = read(
        SIMPLE[0], node("userTask", "apply", "Apply"), node("endEvent", "e"), *SIMPLE[3:]
    )
    assert imported.value is not None
    assert [item.code for item in imported.findings].count("ENG-1409") >= 2


def test_a_document_type_is_refused() -> None:
    data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + drawing(*SIMPLE)
    with pytest.raises(Problem, match="ENG-0121"):
        import_bpmn(data, file="in.bpmn")


def test_size_and_depth_are_bounded() -> None:
    with pytest.raises(Problem, match="ENG-0122"):
        import_bpmn(b" " * (DMN_XML_BYTES + 1), file="in.bpmn")
    deep = "<a>" * DMN_XML_DEPTH + "</a>" * DMN_XML_DEPTH
    with pytest.raises(Problem, match="ENG-0122"):
        read(*SIMPLE, deep)


def chain(count: int) -> list[str]:
    """Return a process of so many nodes and sequence flows."""
    tasks = (count - 3) // 2
    names = ["s", *(f"t{number}" for number in range(tasks)), "e"]
    made = [node("startEvent", "s"), node("endEvent", "e", "موافقة / Granted")]
    made += [node("userTask", name, "ع / W") for name in names[1:-1]]
    return made + ways(*(f"{a}>{b}" for a, b in itertools.pairwise(names)))


def test_the_number_of_elements_is_bounded() -> None:
    at = chain(BPMN_ELEMENTS)
    assert len(at) in (BPMN_ELEMENTS - 1, BPMN_ELEMENTS)
    assert read(*at).value is not None
    assert ("ENG-1402", 1) in errors(read(*at, *chain(5)[2:]))


def nested(depth: int) -> list[str]:
    """Return forks inside each other, so deep."""
    made = [node("startEvent", "s"), node("endEvent", "e", "موافقة / Granted")]
    routes = ["s>f0"]
    for level in range(depth):
        made += [node("parallelGateway", f"{kind}{level}") for kind in "fj"]
        made += [node("userTask", f"t{level}"), node("userTask", f"u{level}")]
        deeper = f"f{level + 1}" if level + 1 < depth else f"u{level}"
        back = f"j{level + 1}" if level + 1 < depth else f"u{level}"
        routes += [
            f"f{level}>t{level}",
            f"f{level}>{deeper}",
            f"t{level}>j{level}",
            f"{back}>j{level}",
        ]
        if level + 1 < depth:
            made.pop()
    return [*made, *ways(*routes, "j0>e")]


def test_the_nesting_of_branches_is_bounded() -> None:
    assert read(*nested(BPMN_NESTING)).value is not None
    assert {code for code, _ in errors(read(*nested(BPMN_NESTING + 1)))} == {"ENG-1407"}


KINDS = (
    "task", "userTask", "serviceTask", "scriptTask", "startEvent", "endEvent", "boundaryEvent",
    "intermediateCatchEvent", "exclusiveGateway", "parallelGateway", "complexGateway",
    "inclusiveGateway", "subProcess", "transaction", "dataObject", "unheardOf",
)  # fmt: skip


EXTRAS = (
    "",
    "<foreign:x xmlns:foreign='urn:f'/>",
    "<bpmn:extensionElements><f xmlns='urn:f'><g/></f></bpmn:extensionElements>",
    timer("P1D"),
    timer("R/PT1H", "timeCycle"),
    "<bpmn:signalEventDefinition/>",
)


@st.composite
def any_drawings(draw: st.DrawFn) -> bytes:
    """Draw nodes of every kind, foreign extensions and ways in any direction."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=10))
    names = st.sampled_from([f"n{number}" for number in range(len(kinds))])
    made = []
    for number, kind in enumerate(kinds):
        more = {"attachedToRef": draw(names)} if kind == "boundaryEvent" else {}
        name = draw(st.sampled_from(["", "اسم", "A / ب"]))
        made.append(node(kind, f"n{number}", name, draw(st.sampled_from(EXTRAS)), **more))
    after = st.sampled_from(["", "?x = 1", ":go"])
    pairs = draw(st.lists(st.tuples(names, st.one_of(names, st.just("lost")), after), max_size=15))
    return drawing(*made, *ways(*(f"{a}>{b}{more}" for a, b, more in pairs)))


@examples(200)
@given(any_drawings())
def test_any_drawing_is_read_or_refused_by_name(data: bytes) -> None:
    imported = import_bpmn(data, file="in.bpmn")
    refused = errors(imported)
    assert (imported.value is None) == bool(refused)
    if imported.value is not None:
        flow_of(flow_text(imported.value))


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(RENEWAL)))
    length = data.draw(st.integers(0, 60))
    filled = data.draw(st.binary(max_size=20))
    damaged = RENEWAL[:cut] + filled + RENEWAL[cut + length :]
    outcome = read_or_refuse(damaged)
    if isinstance(outcome, Problem):
        assert outcome.code in ("ENG-0121", "ENG-0122")
    else:
        assert (outcome.value is None) == bool(errors(outcome))


def read_or_refuse(data: bytes) -> Imported | Problem:
    """Return what reading gives, or the problem that it raises."""
    try:
        return import_bpmn(data, file="in.bpmn")
    except Problem as problem:
        return problem
