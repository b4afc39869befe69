"""``taysir tour``: real cases through the running country, each step with its time and proof."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from taysir.cli.output import console, errors, print_json
from taysir.country import folder, running
from taysir.country.folder import UpOptions
from taysir.country.layout import CountryLayout
from taysir.country.tour import Step, Tour

TEMPORARY_PORT: Final = 8700
TEMPORARY_POPULATION: Final = 500


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(tour)


def tour(
    data: Annotated[Path | None, typer.Option("--data", help="The country's folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Carry three renewals through the country and verify the evidence; 0 only if all held."""
    with _country(running.data_folder(data), quiet=as_json) as layout:
        evidence = layout.root / "tour" / "evidence.zip"
        show = (lambda _step: None) if as_json else _print_step
        walk = Tour(layout=layout, evidence=evidence, on_step=show)
        ok = walk.run()
    steps = [step.as_json() for step in walk.steps]
    if as_json:
        print_json({"ok": ok, "steps": steps, "evidence": str(evidence)})
    raise typer.Exit(0 if ok else 1)


@contextmanager
def _country(root: Path, *, quiet: bool) -> Iterator[CountryLayout]:
    """Give the running country, or a temporary one that is stopped afterwards."""
    if running.is_running(root):
        yield running.find(root).layout
        return
    with tempfile.TemporaryDirectory(prefix="taysir-tour-") as place:
        layout = CountryLayout(root=Path(place), base_port=TEMPORARY_PORT)
        if not quiet:
            errors.print("No country runs; starting a small one for the tour…")
        options = UpOptions(population=TEMPORARY_POPULATION)
        folder.prepare(layout, options=options, progress=lambda _step, _share: None)
        running.start_detached(layout)
        try:
            yield layout
        finally:
            running.stop(layout.root)


def _print_step(step: Step) -> None:
    mark = "[green]✓[/]" if step.ok else "[red]✗[/]"
    console.print(f"{mark} {step.name} [dim]({step.elapsed_ms:,.0f} ms)[/]")
    for name, value in step.proof.items():
        if name == "exchanges":
            for row in value:
                _print_exchange(row)
        elif name == "steps":
            for line in value:
                console.print(f"    · {line}", soft_wrap=True)
        else:
            console.print(f"    {name}: {value}", soft_wrap=True)


def _print_exchange(row: dict[str, Any]) -> None:
    signed = "signed" if row["answer_signed"] else "no answer"
    console.print(
        f"    {row['asked_by']} → {row['asked_of']}: {row['outcome']}, {signed}, "
        f"agreement {row['agreement'][:12]}, journal {row['journal_position']}",
        soft_wrap=True,
    )
