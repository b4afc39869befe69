"""A flow in which a case could get lost is not loaded; what could strand a case is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from taysir.engine.flow_check import check_flow, token_bytes_at_most
from taysir.engine.pack import load_pack
from taysir.kernel.limits import TOKEN_BYTES
from tests.examples import examples

from .conftest import PACK_PATH
from .flows import as_yaml, flow_of, raw_flows, words
from .test_flow_branches import PERMIT

STRUCTURE = [
    ("role: system\n    fork:", "role: system\n    final: granted\n    fork:", "ENG-1221"),
    ("      city: [city]", "      city: [city, police]", "ENG-1222"),
    ("      city: [city]", "      city: [city, granted]", "ENG-1222"),
    ("      city: [city]", "      city: [city, draft]", "ENG-1222"),
    ("      city: [city]", "      city: [city, opinions]", "ENG-1222"),
    ("send: {to: opinions", "send: {to: city", "ENG-1223"),
    ("redo: {to: draft", "redo: {to: police", "ENG-1223"),
    ("join: {fork: opinions", "join: {fork: draft", "ENG-1224"),
    ("      city: [city]", "      city: [city, together]", "ENG-1224"),
    ("send: {to: opinions", "send: {to: together", "ENG-1225"),
    ("      - {to: granted}", "      - {to: granted, when: x = 1}", "ENG-1226"),
    ("      - {to: granted}", "      - {to: granted}\n      - {to: refused}", "ENG-1226"),
    ("redo: {to: draft,", "redo: {to: draft, returns: true,", "ENG-1227"),
    ("deadline: {working_days: 3,", "deadline: {working_days: 3, after: P3D,", "ENG-1228"),
    ("deadline: {working_days: 3,", "deadline: {", "ENG-1228"),
    ("deadline: {working_days: 3,", "deadline: {working_days: 3, every: P1D,", "ENG-1228"),
    ("role: supervisor, after: P1D", "role: supervisor", "ENG-1228"),
    ("      city: [city]", "      city: [town]", "ENG-1015"),
    ("- {to: granted}", "- {to: nowhere}", "ENG-1015"),
]


@pytest.mark.parametrize(("old", "new", "code"), STRUCTURE)
def test_a_flow_without_a_defined_next_state_is_not_loaded(old: str, new: str, code: str) -> None:
    assert old in PERMIT
    _, found = flow_of(PERMIT.replace(old, new, 1))
    assert code in {item.code for item in found}
    assert all(item.place.line for item in found)


STRANDING = [
    ("agree: {to: together, label: {ar: موافقة, en: Agree}}\n      redo", "redo", "ENG-1341"),
    (
        "deadline: {after: P10D, action: refuse}",
        "deadline: {after: P10D, action: grant}",
        "ENG-1344",
    ),
    ("    deadline: {after: P30D, action: send}\n", "", "ENG-1306"),
    ("- {when: x > 10, to: board,", "- {when: x > 10, to: granted,", "ENG-1305"),
    ("withdraw: {to: withdrawn", "withdraw: {to: refused", "ENG-1345"),
]


@pytest.mark.parametrize(("old", "new", "code"), STRANDING)
def test_what_would_strand_a_case_is_named(old: str, new: str, code: str) -> None:
    assert old in PERMIT
    text = PERMIT.replace(old, new, 1).replace(
        "working_days: 3, action: agree", "working_days: 3, action: redo"
    )
    before, _ = flow_of(PERMIT)
    flow, found = flow_of(text)
    assert found == []
    places = {item.place for item in check_flow(before) if item.code == code}
    assert {item.place for item in check_flow(flow) if item.code == code} - places


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      paid:", "      settled:"),
        ("      issued:", "      made:"),
        ("        roles: [system]\n      withdraw:", "      withdraw:"),
    ],
)
def test_a_stage_that_bills_or_issues_has_the_step_that_the_system_takes(
    old: str, new: str
) -> None:
    text = (PACK_PATH / "flow.yaml").read_text(encoding="utf-8")
    assert old in text
    sound, _ = flow_of(text)
    assert "ENG-1346" not in {item.code for item in check_flow(sound)}
    flow, _ = flow_of(text.replace(old, new, 1))
    assert "ENG-1346" in {item.code for item in check_flow(flow)}


def test_only_one_branch_need_arrive_where_the_first_is_enough() -> None:
    lost = PERMIT.replace(
        "agree: {to: together, label: {ar: موافقة, en: Agree}}\n      redo", "redo"
    )
    text = lost.replace("working_days: 3, action: agree", "working_days: 3, action: redo")
    first, _ = flow_of(text.replace("fork: opinions, to", "fork: opinions, wait_for: any, to"))
    assert "ENG-1341" not in {item.code for item in check_flow(first)}


def test_the_renewal_has_nothing_to_mend() -> None:
    assert list(check_flow(load_pack(PACK_PATH).flow)) == []


def wide(branches: int) -> str:
    """Return a flow with so many branches beside each other."""
    names = [f"opinion{number}" for number in range(branches)]
    stages = {
        "draft": waiting("split"),
        "split": passed(fork={name: [name] for name in names}),
        **{name: waiting("joined") for name in names},
        "joined": passed(join={"fork": "split", "to": "granted"}),
        "granted": passed(final="granted"),
    }
    return as_yaml({"start": "draft", "stages": stages})


def waiting(to: str) -> dict[str, Any]:
    """Return a stage with one way on."""
    actions = {"go": {"to": to, "label": words("go")}}
    return passed(actions=actions, deadline={"after": "P1D", "action": "go"})


def passed(**more: Any) -> dict[str, Any]:
    """Return a stage of the system."""
    return {"title": words("stage"), "role": "system", **more}


def test_a_flow_whose_state_could_outgrow_its_bound_is_named() -> None:
    below, above = flow_of(wide(10))[0], flow_of(wide(11))[0]
    assert token_bytes_at_most(below) <= TOKEN_BYTES < token_bytes_at_most(above)
    assert "ENG-1342" not in {item.code for item in check_flow(below)}
    assert "ENG-1342" in {item.code for item in check_flow(above)}


@examples(25)
@given(raw_flows())
def test_flows_built_of_blocks_are_sound(raw: dict[str, object]) -> None:
    flow, found = flow_of(as_yaml(raw))
    assert found == []
    codes = {item.code for item in check_flow(flow)}
    assert codes <= {"ENG-1305", "ENG-1342", "ENG-1345", "ENG-1346"}
