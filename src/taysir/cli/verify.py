"""``taysir verify FILE``: check an evidence package or a sealed document without any connection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from taysir.cli.output import console, print_json, report_problem, say
from taysir.exchange.errors import EXC_EVIDENCE_UNREADABLE
from taysir.exchange.verifier import verify_evidence
from taysir.kernel.errors import Problem


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="An evidence package (.zip).")],
    anchor: Annotated[
        Path | None, typer.Option(help="The authority's certificate (PEM), got independently.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Verify a file: 0 when it is valid, 1 when it is not, 2 when it cannot be read."""
    try:
        verdict = verify_evidence(_read(file), anchor_der=_anchor(anchor))
    except Problem as problem:
        report_problem(problem, as_json=as_json)
        raise typer.Exit(2 if problem.kind is EXC_EVIDENCE_UNREADABLE else 1) from problem
    if as_json:
        print_json({"ok": True, **verdict.as_json()})
    else:
        _print(verdict.as_json())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason=str(error.strerror)) from error


def _anchor(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason=f"{file} is not a certificate") from error
    return certificate.public_bytes(Encoding.DER)


def _print(verdict: dict[str, Any]) -> None:
    say("الإثبات صحيح.", "The evidence is valid.")
    for step in verdict["steps"]:
        console.print(f"  [green]✓[/] {step}")
    for label in ("exchange_id", "consumer", "service", "purpose", "agreement", "asked_at"):
        console.print(f"  {label:<12} {verdict[label]}", soft_wrap=True)
    if not verdict["anchor_given"]:
        say(
            f"  أُخذت جهة الاعتماد من الحزمة نفسها؛ قارن بصمتها: {verdict['authority']}",
            "  The authority was taken from the package itself; compare its thumbprint: "
            + verdict["authority"],
        )
