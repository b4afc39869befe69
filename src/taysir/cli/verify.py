"""``taysir verify``: check an evidence package or a sealed document, offline.

Exit codes: 0 valid, 1 not valid, 2 unreadable.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress

from taysir.cli.output import console, errors, print_json, report_problem, say, speaks_arabic
from taysir.exchange.keyfiles import certificate_der
from taysir.exchange.verifier import Report, verify_package
from taysir.exchange.verifier_case import Step
from taysir.exchange.verifier_range import RangeReport, is_range, verify_range
from taysir.kernel.errors import Language, Mender, Problem, declare
from taysir.kernel.log import silence_library

CLI_UNREADABLE = declare(
    "CLI-0511",
    status=422,
    ar="لا يمكن قراءة الملف {file}: {reason}.",
    en="The file {file} cannot be read: {reason}.",
    remedy_ar="اطلب الملف من الجهة التي أصدرته مرة أخرى.",
    remedy_en="Ask the agency that issued the file for it again.",
    mender=Mender.CALLER,
)
_NOT_VALID: Final = 1
_UNREADABLE: Final = 2


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("verify")(verify)


def verify(
    file: Annotated[
        Path,
        typer.Argument(help="Evidence of one or many exchanges (.zip), or a sealed PDF."),
    ],
    anchor: Annotated[
        Path | None,
        typer.Option(
            envvar="TAYSIR_ANCHOR",
            help="The authority's certificate (PEM), had from elsewhere than the package.",
        ),
    ] = None,
    stamped: Annotated[
        bool,
        typer.Option("--stamped", help="Not valid while a third party's time is still pending."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check evidence or a sealed document: 0 valid, 1 not valid, 2 unreadable."""
    try:
        trusted = _read_anchor(anchor)
        data = file.read_bytes()
        if data.startswith(b"%PDF-"):
            valid = _verify_pdf(file, data, anchor=trusted, as_json=as_json)
        elif is_range(data):
            found = _check_range(data, anchor=trusted, as_json=as_json)
            valid = found.valid and (found.state == "stamped" or not stamped)
            _print_range(found, as_json=as_json)
        else:
            report = verify_package(data, anchor=trusted)
            valid = report.valid and (report.state == "stamped" or not stamped)
            _print_report(report, as_json=as_json)
    except Problem as problem:
        report_problem(problem, as_json=as_json)
        raise typer.Exit(_UNREADABLE) from problem
    if not valid:
        raise typer.Exit(_NOT_VALID)


def _read_anchor(anchor: Path | None) -> bytes | None:
    if anchor is None:
        return None
    try:
        return certificate_der(anchor.read_bytes())
    except ValueError as error:
        raise Problem(CLI_UNREADABLE, file=str(anchor), reason="not a certificate") from error


def _print_report(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(report))
        return
    language: Language = "ar" if speaks_arabic() else "en"
    for step in report.steps:
        _print_step(step, language)
    fingerprint = report.authority_fingerprint
    if not report.anchor_given:
        say(
            "[yellow]شهادة السلطة مأخوذة من الحزمة نفسها. قارن بصمتها بمصدر مستقل:[/] "
            f"{fingerprint}",
            "[yellow]The authority's certificate came from the package itself. Compare its "
            f"fingerprint with an independent source:[/] {fingerprint}",
        )
    if report.valid and report.state == "stamped":
        say(
            "[bold green]الإثبات صحيح، وتشهد له أطراف ثالثة.[/]",
            "[bold green]The evidence is valid, and third parties vouch for it.[/]",
        )
    elif report.valid:
        say(
            "[bold yellow]الإثبات صحيح، ولم تكتمل شهادة الأطراف الثالثة بعد: pending.[/]",
            "[bold yellow]The evidence is valid; third parties' word is still pending.[/]",
        )
    else:
        say("[bold red]الإثبات غير صحيح.[/]", "[bold red]The evidence is not valid.[/]")


def _print_step(step: Step, language: Language) -> None:
    mark = "[green]✓[/]" if step.ok else "[bold red]✗[/]"
    if step.pending is not None:
        mark = "[yellow]…[/]"
    console.print(f"{mark} {step.number:>2}. {step.title[language]}")
    for finding in step.findings:
        place = "" if finding.file in finding.text[language] else f" ({finding.file})"
        console.print(f"      [red]{finding.text[language]}[/]{place}")
    if step.pending is not None:
        console.print(f"      [yellow]{step.pending[language]}[/]")


def _check_range(data: bytes, *, anchor: bytes | None, as_json: bool) -> RangeReport:
    """Check a range under a bar that shows how far it is."""
    with Progress(console=errors, transient=True, disable=as_json) as bar:
        task = bar.add_task("✓", total=None)
        return verify_range(
            data,
            anchor=anchor,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _print_range(found: RangeReport, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "ok": found.valid,
                "kind": "evidence-range",
                "state": found.state,
                "start": found.start,
                "records": found.records,
                "exchanges": found.exchanges,
                "pending": found.pending,
                "stamped_at": found.stamped_at.isoformat() if found.stamped_at else None,
                "authority_sha256": found.authority_fingerprint,
                "anchor": "given" if found.anchor_given else "from-package",
                "findings": [{"file": f.file, "text": f.text} for f in found.findings],
            }
        )
        return
    language: Language = "ar" if speaks_arabic() else "en"
    last = found.start + found.records - 1
    say(
        f"السجلات {found.start} إلى {last}: {found.exchanges} تبادلا.",
        f"Records {found.start} to {last}: {found.exchanges} exchanges.",
    )
    for finding in found.findings:
        console.print(f"[red]{finding.file}: {finding.text[language]}[/]")
    if found.pending:
        say(f"لم يكتمل: {'، '.join(found.pending)}", f"Pending: {', '.join(found.pending)}")
    if not found.anchor_given:
        say(
            f"[yellow]شهادة السلطة من الملف نفسه؛ قارن بصمتها:[/] {found.authority_fingerprint}",
            f"[yellow]The authority came from the file; compare:[/] {found.authority_fingerprint}",
        )
    if found.valid:
        say("[bold green]كل التبادلات صحيحة.[/]", "[bold green]Every exchange is valid.[/]")
    else:
        say("[bold red]لا تصح كلها.[/]", "[bold red]Not all of them are valid.[/]")


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "ok": report.valid,
        "kind": "evidence",
        "state": report.state,
        "exchange": report.exchange_id,
        "authority_sha256": report.authority_fingerprint,
        "anchor": "given" if report.anchor_given else "from-package",
        "steps": [
            {
                "number": step.number,
                "name": step.name,
                "title": step.title,
                "ok": step.ok,
                "pending": step.pending,
                "findings": [{"file": f.file, "text": f.text} for f in step.findings],
            }
            for step in report.steps
        ],
    }


def _verify_pdf(file: Path, data: bytes, *, anchor: bytes | None, as_json: bool) -> bool:
    """Check every seal of a PDF; a document without one, or changed since, is not valid."""
    # Imported here so that checking evidence does not pay for the PDF library.
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    silence_library("pyhanko")
    roots = [asn1_x509.Certificate.load(anchor)] if anchor else []
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    try:
        signatures = PdfFileReader(io.BytesIO(data)).embedded_signatures
        seals = [_seal(validate_pdf_signature(each, context)) for each in signatures]
    except (PdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(CLI_UNREADABLE, file=str(file), reason=type(error).__name__) from error
    valid = bool(seals) and all(
        seal["intact"] and seal["whole_document"] and (seal["trusted"] or anchor is None)
        for seal in seals
    )
    _print_seals(seals, valid=valid, anchor_given=anchor is not None, as_json=as_json)
    return valid


def _seal(status: Any) -> dict[str, Any]:
    """Return what the library found of one seal."""
    return {
        "by": status.signing_cert.subject.human_friendly,
        "certificate_sha256": hashlib.sha256(status.signing_cert.dump()).hexdigest(),
        "intact": bool(status.intact and status.valid),
        "whole_document": bool(status.coverage and status.coverage.value >= 3),
        "trusted": bool(status.trusted),
    }


def _print_seals(
    seals: list[dict[str, Any]], *, valid: bool, anchor_given: bool, as_json: bool
) -> None:
    if as_json:
        anchor = "given" if anchor_given else "none"
        print_json({"ok": valid, "kind": "sealed-document", "anchor": anchor, "seals": seals})
        return
    for seal in seals:
        say(f"الختم: {seal['by']}", f"Seal: {seal['by']}")
        say(f"بصمة الشهادة: {seal['certificate_sha256']}", f"SHA-256: {seal['certificate_sha256']}")
    if not seals:
        say("لا يحمل المستند ختما.", "The document carries no seal.")
    elif not anchor_given:
        say(
            "[yellow]لم تُعطَ شهادة سلطة؛ قارن بصمة شهادة الختم بمصدر مستقل.[/]",
            "[yellow]No authority was given; compare the seal's fingerprint elsewhere.[/]",
        )
    if valid:
        say("[bold green]المستند لم يتغير منذ ختمه.[/]", "[bold green]Unchanged since sealed.[/]")
    else:
        say("[bold red]المستند غير صحيح.[/]", "[bold red]The document is not valid.[/]")
