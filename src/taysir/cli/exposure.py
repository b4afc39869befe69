"""``taysir exposure``: whose data a key touched in a period, when it was stolen."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from taysir.cli.output import console, errors, print_json, say
from taysir.cli.thumbprints import ThumbprintCommand
from taysir.exchange.exposure import Exposure, fields_of_agreements, touches
from taysir.exchange.journal_move import open_database
from taysir.exchange.keys.service import read_certificate
from taysir.exchange.settings import read_settings
from taysir.kernel.errors import Mender, Problem, declare
from taysir.kernel.signature import thumbprint

CLI_PERIOD = declare(
    "CLI-0911",
    status=400,
    ar="الفترة غير صحيحة: {given}.",
    en="The period is not right: {given}.",
    remedy_ar="اكتب الوقت مثل 2026-11-24 أو 2026-11-24T09:00:00Z، والبداية قبل النهاية.",
    remedy_en="Write times like 2026-11-24 or 2026-11-24T09:00:00Z, the first before the last.",
    mender=Mender.CALLER,
)
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("exposure", cls=ThumbprintCommand)(exposure)


def exposure(
    *,
    key: Annotated[str, typer.Argument(help="The certificate's thumbprint, or its file (PEM).")],
    settings: Annotated[
        Path, typer.Option("--settings", envvar="TAYSIR_SETTINGS", help="The node's settings file.")
    ],
    begin: Annotated[str, typer.Option("--from", help="The first moment or day (UTC).")],
    end: Annotated[str, typer.Option("--to", help="The last moment, or the last day.")] = "",
    lines: Annotated[
        bool, typer.Option("--lines", help="Print every exchange, a line each.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List whose data a key touched: subjects, services, fields, exchanges and times."""
    given = read_settings(settings)
    name = thumbprint(read_certificate(key)) if Path(key).is_file() else key
    from_ms, until_ms = _period(begin, end)
    started = time.monotonic()
    found = touches(
        Path(given.folder),
        thumbprint=name,
        from_ms=from_ms,
        until_ms=until_ms,
        fields_of=fields_of_agreements(Path(given.agreements)),
        store=open_database(given.journal, writing=False) if given.journal else None,
    )
    if lines:
        for touch in found:
            sys.stdout.write(msgspec.json.encode(touch).decode("utf-8") + "\n")
        return
    gathered = Exposure()
    with errors.status("…"):
        gathered.add_all(found)
    report = {
        "key": name,
        "node": given.name,
        "from_ms": from_ms,
        "until_ms": until_ms,
        **gathered.report(),
    }
    if as_json:
        print_json({"ok": True, **report})
    else:
        _print(report, seconds=time.monotonic() - started)


def _period(begin: str, end: str) -> tuple[int, int]:
    first = _moment(begin, last=False)
    until = _moment(end, last=True) if end else datetime.now(UTC)
    if until <= first:
        raise Problem(CLI_PERIOD, given=f"{begin} … {end}")
    return int(first.timestamp() * 1000), int(until.timestamp() * 1000)


def _moment(text: str, *, last: bool) -> datetime:
    """Read a moment; a day stands for its beginning, or as the last one for its end."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise Problem(CLI_PERIOD, given=text[:40]) from cause
    if last and len(text) == len("2026-11-24"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_000)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(report: dict[str, Any], *, seconds: float) -> None:
    say(
        f"المفتاح {report['key']} في سجل العقدة {report['node']}: {report['exchanges']:,} تبادلا، "
        f"منها {report['refused']:,} مرفوضا، وبيانات {report['subjects']:,} شخصا "
        f"({seconds:.1f} ث).",
        f"The key {report['key']} in the journal of {report['node']}: {report['exchanges']:,} "
        f"exchanges, {report['refused']:,} of them refused, {report['subjects']:,} people's data "
        f"({seconds:.1f} s).",
    )
    for row in report["touched"][:_SHOWN]:
        console.print(f"[bold]{row['subject'] or '–'}[/]")
        for service in row["services"]:
            console.print(
                f"   {service['service']} × {service['exchanges']}  "
                f"{_time(service['first_ms'])} – {_time(service['last_ms'])}"
            )
            console.print(f"   {' '.join(service['fields']) or '–'}", soft_wrap=True)
    if len(report["touched"]) > _SHOWN or not report["complete"]:
        say("القائمة كاملة: --lines", "The whole list: --lines")


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
