"""``taysir tour``: real cases through the running country, each step with its time and proof."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from taysir.cli.output import console, errors, print_json, speaks_arabic
from taysir.country import folder, running
from taysir.country.folder import UpOptions
from taysir.country.layout import CountryLayout
from taysir.country.tour import Step, Tour

TEMPORARY_PORT: Final = 8700
TEMPORARY_POPULATION: Final = 500

_STEPS_AR: Final = {
    "a renewal is granted": "تجديد مقبول",
    "a renewal is refused, with its article": "تجديد مرفوض، مع ذكر المادة",
    "a registry is down and nothing is lost": "سجل متوقف، ولا شيء يضيع",
    "the figures of the programme follow": "مؤشرات البرنامج تتبع",
    "the evidence is verified offline": "الإثبات يُتحقق منه دون اتصال",
    "one changed byte is found": "تغيير بايت واحد يُكتشف",
}
_WORDS_AR: Final = {
    "case": "المعاملة",
    "article": "المادة",
    "pdf_bytes": "حجم الوثيقة بالبايت",
    "completed_after_ms": "اكتملت بعد (م.ث)",
    "measures": "المؤشرات",
    "file": "الملف",
    "bytes": "الحجم بالبايت",
    "changed_byte": "البايت المغيّر",
    "failed": "لم يتحقق",
}
_FINDINGS_SHOWN: Final = 3


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
            notice = "لا تعمل دولة؛ تُشغَّل دولة صغيرة للجولة…"
            english = "No country runs; starting a small one for the tour…"
            errors.print(notice if speaks_arabic() else english)
        options = UpOptions(population=TEMPORARY_POPULATION)
        folder.prepare(layout, options=options, progress=lambda _step, _share: None)
        running.start_detached(layout)
        try:
            yield layout
        finally:
            running.stop(layout.root)


def _print_step(step: Step) -> None:
    mark = "[green]✓[/]" if step.ok else "[red]✗[/]"
    name = _STEPS_AR.get(step.name, step.name) if speaks_arabic() else step.name
    console.print(f"{mark} {name} [dim]({step.elapsed_ms:,.0f} ms)[/]", soft_wrap=True)
    for key, value in step.proof.items():
        if key == "exchanges":
            for row in value:
                _print_exchange(row)
        elif isinstance(value, dict):
            shares = (f"{each} {count}/{of}" for each, (count, of) in value.items())
            _print_line(" · ".join(shares))
        elif isinstance(value, list):
            _print_lines(value, most=len(value) if key == "steps" else _FINDINGS_SHOWN)
        else:
            _print_line(f"{_word(key)}: {value}")


def _print_exchange(row: dict[str, Any]) -> None:
    who = f"{row['asked_by']} → {row['asked_of']}: {row['outcome']}"
    agreement, position = row["agreement"][:12], row["journal_position"]
    if speaks_arabic():
        signed = "موقَّع" if row["answer_signed"] else "بلا جواب"
        _print_line(f"{who}، {signed}، الاتفاقية {agreement}، القيد {position}")
    else:
        signed = "signed" if row["answer_signed"] else "no answer"
        _print_line(f"{who}, {signed}, agreement {agreement}, journal {position}")


def _print_lines(lines: list[str], *, most: int) -> None:
    for line in lines[:most]:
        _print_line(f"· {line}")
    if more := len(lines) - most:
        _print_line(f"· … +{more}")


def _print_line(text: str) -> None:
    console.print(f"    {text}", soft_wrap=True, markup=False)


def _word(key: str) -> str:
    """Return the name of a proof for people."""
    return _WORDS_AR.get(key, key) if speaks_arabic() else key.replace("_", " ")
