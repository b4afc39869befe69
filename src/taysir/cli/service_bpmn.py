"""``taysir service bpmn | import-bpmn``: flows to and from the drawings of other tools.

``bpmn`` draws the flow of a pack; ``import-bpmn`` reads a drawing and writes a ``flow.yaml``. What
is wrong with a drawing, or was left out of it, goes to standard error, so that the file itself can
go on to a pipe. Ends with 0 when there is a flow, 1 when the drawing is refused.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import errors, print_json
from taysir.cli.service_packs import JsonOption, LanguageOption, PackArgument, load, spoken
from taysir.engine.bpmn import export_bpmn, import_bpmn
from taysir.engine.flow_text import flow_text

OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write, instead of standard output")
]


def bpmn(
    pack: PackArgument,
    output: OutputOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "",
) -> None:
    """Draw the flow of a pack as a BPMN 2.0 file."""
    loaded, _ = load(pack, spoken(language), as_json=as_json)
    data = export_bpmn(loaded)
    _write(data, output)
    if as_json and output is not None:
        stages = list(loaded.flow.stages)
        print_json({"pack": pack, "hash": loaded.hash, "file": str(output), "stages": stages})


def import_drawing(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A BPMN 2.0 file of any tool")],
    output: OutputOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "",
) -> None:
    """Read a BPMN 2.0 file as the flow of a pack and name everything that is not taken over."""
    words = spoken(language)
    imported = import_bpmn(file.read_bytes(), file=file.name)
    if as_json:
        findings = [item.as_json() for item in imported.findings]
        print_json({"file": str(file), "flow": imported.value, "findings": findings})
    else:
        for item in imported.findings:
            errors.print(f"{item.severity.value}: {item.in_words(words)}", soft_wrap=True)
    if imported.value is None:
        raise typer.Exit(1)
    if output is not None or not as_json:
        _write(flow_text(imported.value).encode(), output)


def _write(data: bytes, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(data)
    else:
        sys.stdout.write(data.decode())
