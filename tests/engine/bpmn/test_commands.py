"""``taysir service bpmn`` and ``import-bpmn`` draw a flow and read a drawing."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from taysir.cli.service import register
from taysir.engine.bpmn import import_bpmn
from taysir.engine.flow_text import flow_value
from taysir.engine.pack import load_pack
from tests.engine.conftest import PACK_PATH
from tests.engine.flows import flow_of

from .drawings import drawing, node
from .test_import import SIMPLE

APP = typer.Typer()
register(APP)
FLOW = load_pack(PACK_PATH).flow


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(APP, ["service", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_sample_service_is_drawn_and_read_back(tmp_path: Path) -> None:
    file, back = tmp_path / "flow.bpmn", tmp_path / "flow.yaml"
    assert run("bpmn", "licence-renewal", "-o", str(file)) == (0, "", "")
    assert run("import-bpmn", str(file), "-o", str(back)) == (0, "", "")
    flow, found = flow_of(back.read_text("utf-8"))
    assert found == []
    assert flow_value(flow) == flow_value(FLOW)


def test_the_drawing_goes_to_a_pipe_when_no_file_is_named() -> None:
    code, output, _ = run("bpmn", "licence-renewal")
    assert code == 0
    assert import_bpmn(output.encode(), file="out.bpmn").value == flow_value(FLOW)


def test_a_refused_drawing_is_told_by_name_and_line(tmp_path: Path) -> None:
    file = tmp_path / "in.bpmn"
    file.write_bytes(drawing(*SIMPLE, node("subProcess", "x", "Inspection")))
    code, output, told = run("import-bpmn", str(file), "--language", "ar")
    assert (code, output) == (1, "")
    assert "in.bpmn:8:1: ENG-1401" in told
    assert "Inspection" in told
    code, output, _ = run("import-bpmn", str(file), "--json")
    report = json.loads(output)
    assert (code, report["flow"]) == (1, None)
    assert {"ENG-1401"} <= {item["code"] for item in report["findings"]}


def test_programs_are_told_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "flow.bpmn"
    code, output, _ = run("bpmn", "licence-renewal", "-o", str(file), "--json")
    assert code == 0
    assert json.loads(output)["stages"] == list(FLOW.stages)
    code, output, _ = run("import-bpmn", str(file), "--json")
    assert json.loads(output) == {"file": str(file), "flow": flow_value(FLOW), "findings": []}
