"""The pages of the sample identity provider: server-rendered, Arabic first, without scripts.

They use the same components and styles as the portal, under another product name.
"""

from __future__ import annotations

import mimetypes
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from taysir.country.personas import PERSONAS
from taysir.exchange.http import Request, Response
from taysir.kernel.errors import Language

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STATIC: Final = Path(__file__).parents[2] / "ui" / "static"
_CARRIED: Final = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope")


def sign_in(request: Request, *, given: dict[str, str], back: str, fault: str = "") -> Response:
    """Return the sign-in page; ``fault`` is ``person``, ``password`` or nothing."""
    carried = {name: given[name] for name in _CARRIED if given.get(name)}
    language = language_of(request)
    other: Language = "en" if language == "ar" else "ar"
    return _page(
        "sign_in.html",
        language=language,
        status=200 if not fault else 422,
        back=back,
        carried=carried,
        chosen=given.get("national_id", ""),
        fault=fault,
        personas=PERSONAS,
        switch="/authorize?" + urlencode({**carried, "language": other}),
    )


def unknown(request: Request) -> Response:
    """Return the page for addresses and relying parties that are not known."""
    return _page("unknown.html", language=language_of(request), status=404, back="")


def static_file(name: str) -> Response:
    """Return one of the shared style and font files."""
    file = (_STATIC / name).resolve()
    if not file.is_relative_to(_STATIC) or not file.is_file():
        return Response(status=404)
    kind = mimetypes.guess_type(file.name)[0] or "font/woff2"
    headers = (
        (b"content-type", kind.encode()),
        (b"cache-control", b"public, max-age=86400"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Response(headers=headers, body=file.read_bytes())


def language_of(request: Request) -> Language:
    """Follow ``?language=``, else the portal's cookie, else Arabic."""
    try:
        cookie = SimpleCookie(request.header(b"cookie"))
    except CookieError:
        cookie = SimpleCookie()
    kept = cookie["taysir_language"].value if "taysir_language" in cookie else ""
    return "en" if request.query.get("language", kept) == "en" else "ar"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(
    template: str, *, language: Language, status: int, back: str, **context: object
) -> Response:
    html = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            direction="ltr" if language == "en" else "rtl",
            t=lambda ar, en: en if language == "en" else ar,
            **context,
        )
    )
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(back)) if back else "'self'"
    policy = (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none';"
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
