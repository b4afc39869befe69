"""Where a person pays: the bill, what the imaginary bank shall answer, and the result.

Server-rendered, without scripts, Arabic first. The way back leads only to the address that the
biller registered with the bill through the exchange, never to one from the link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from taysir.country.treasury.errors import CTY_BILL_UNKNOWN
from taysir.country.treasury.store import Attempt, StoredBill, TreasuryStore
from taysir.exchange.http import Request, Response
from taysir.kernel.errors import Language, Problem
from taysir.ui.formats import format_date, format_money

_TEMPLATES = Path(__file__).parent / "templates"

_FORM_BYTES = 2048

OUTCOMES: tuple[tuple[Attempt, str, str], ...] = (
    (Attempt.PAID, "يقبل المصرف السداد", "The bank accepts the payment"),
    (Attempt.DECLINED, "يرفض المصرف السداد", "The bank declines the payment"),
    (Attempt.TIMEOUT, "لا يجيب المصرف", "The bank does not answer"),
    (Attempt.TWICE, "يُسدد المبلغ مرتين خطأ", "The amount is paid twice by mistake"),
    (Attempt.LATE, "يُقبل السداد ويتأخر الإشعار", "Accepted, and the notice comes late"),
)


def show(
    request: Request,
    *,
    number: str,
    store: TreasuryStore,
    now: datetime,
    token: Callable[[], str],
) -> Response:
    """Answer ``GET /pay/{number}``: the bill with the form, or that it is paid."""
    bill = store.find(number, now=now, everything=True)
    language = _language(request)
    if bill is None:
        return _page("unknown.html", language=language, status=404, number=number[:24], bill=None)
    return _page("pay.html", language=language, bill=bill, attempt=token(), outcomes=OUTCOMES)


def pay(request: Request, *, number: str, store: TreasuryStore, now: datetime) -> Response:
    """Answer ``POST /pay/{number}``: carry the attempt out, then send the person on."""
    form = _form(request)
    language = _language(request)
    outcome = _outcome(form.get("outcome", ""))
    name = form.get("attempt", "")
    if outcome is None or not 8 <= len(name) <= 64:
        return _to(f"/pay/{number}" if number.isdigit() else "/")
    if not store.attempt(number, name=name, outcome=outcome, now=now):
        raise Problem(CTY_BILL_UNKNOWN)
    bill = store.find(number, now=now, everything=True)
    if bill is None:
        raise Problem(CTY_BILL_UNKNOWN)
    if outcome in {Attempt.PAID, Attempt.TWICE, Attempt.LATE}:
        return _to(bill.return_url)
    return _page("failed.html", language=language, bill=bill, outcome=outcome.value)


def font(name: str) -> Response:
    """Answer ``GET /fonts/…`` with the typeface that the portal also uses."""
    file = _font_files().get(name)
    if file is None:
        raise Problem(CTY_BILL_UNKNOWN)
    headers = ((b"content-type", b"font/woff2"), (b"cache-control", b"public, max-age=31536000"))
    return Response(headers=headers, body=file.read_bytes())


@cache
def _font_files() -> dict[str, Path]:
    folder = Path(__file__).parents[2] / "ui" / "static"
    return {file.name: file for file in folder.rglob("*.woff2")}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["fonts"] = sorted(_font_files())
    return environment


def _page(
    template: str, *, language: Language, bill: StoredBill | None, status: int = 200, **context: Any
) -> Response:
    amount = format_money(bill.amount_minor, language) if bill else ""
    due = format_date(date.fromisoformat(bill.due), language) if bill else ""
    html = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            direction="ltr" if language == "en" else "rtl",
            t=lambda ar, en: en if language == "en" else ar,
            bill=bill,
            amount=amount,
            due=due,
            **context,
        )
    )
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(bill.return_url)) if bill else "'self'"
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {origin}"
    )
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode("ascii", "replace")),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Response(status=status, headers=headers, body=html.encode())


def _to(address: str) -> Response:
    headers = ((b"location", address.encode("ascii")), (b"cache-control", b"no-store"))
    return Response(status=303, headers=headers)


def _form(request: Request) -> dict[str, str]:
    text = request.body[:_FORM_BYTES].decode("utf-8", "replace")
    return {key: values[0] for key, values in parse_qs(text).items()}


def _outcome(text: str) -> Attempt | None:
    return Attempt(text) if text in set(Attempt) else None


def _language(request: Request) -> Language:
    """Follow the portal's language cookie, else Arabic; ``?language=en`` shows English."""
    asked = request.query.get("language", "")
    try:
        cookie = SimpleCookie(request.header(b"cookie"))
    except CookieError:
        cookie = SimpleCookie()
    kept = cookie["taysir_language"].value if "taysir_language" in cookie else ""
    return "en" if (asked or kept) == "en" else "ar"
