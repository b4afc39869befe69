"""A visitor without a browser: opens pages, fills the forms it finds, follows links.

The tour and the portal's benchmark use it to do what a person does, over HTTP, without JavaScript:
what is not in the page cannot be clicked. It understands forms and links, not layout.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from taysir.kernel import limits

_VOID_INPUTS: Final = frozenset({"submit", "button", "image", "reset", "file"})


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, its filled fields and what its choices offer."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def offer(self, name: str, value: str, *, chosen: bool) -> None:
        """Take in one of the values that a field offers."""
        self.choices.setdefault(name, []).append(value)
        if chosen:
            self.values[name] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as the visitor sees it."""

    url: str
    status: int
    body: bytes
    media_type: str
    elapsed_ms: float
    server_ms: float
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...]
    text: str

    def form(self, *, action: str = "", field_name: str = "") -> Form:
        """Return the first form whose action or field matches; raises LookupError."""
        for form in self.forms:
            named = not field_name or field_name in {*form.values, *form.choices}
            if action in form.action and named:
                return form
        raise LookupError(f"{self.url} has no form to …{action}… with “{field_name}”")

    def link(self, part: str) -> str:
        """Return the first link whose address holds this part; raises LookupError."""
        for address, _text in self.links:
            if part in address:
                return address
        raise LookupError(f"{self.url} has no link to …{part}…")


class Visitor:
    """One person's visit: keeps cookies, follows redirects, notes how long pages take."""

    def __init__(self) -> None:
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def open(self, url: str, *, data: dict[str, str] | None = None, referer: str = "") -> Page:
        """Open an address; with data it is posted as a form."""
        headers = {"User-Agent": "taysir-visitor", "Accept": "text/html,*/*"}
        if referer:
            headers["Referer"] = referer
        body = urlencode(data).encode() if data is not None else None
        request = Request(url, data=body, headers=headers)  # noqa: S310 - our own loopback pages
        started = time.perf_counter()
        try:
            answer = self._opener.open(request, timeout=limits.VISITOR_TIMEOUT_S)
        except HTTPError as error:
            answer = error
        with answer:
            content = answer.read()
        reader = _Reader()
        media_type = answer.headers.get_content_type()
        if media_type == "text/html":
            reader.feed(content.decode("utf-8", "replace"))
        here = answer.geturl()
        return Page(
            url=here,
            status=answer.status or 0,
            body=content,
            media_type=media_type,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            server_ms=_server_ms(answer.headers.get("Server-Timing", "")),
            forms=tuple(_absolute(form, here) for form in reader.forms),
            links=tuple((urljoin(here, address), text) for address, text in reader.links),
            text=" ".join(" ".join(reader.words).split()),
        )

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Send a form of a page with its own values and these."""
        data = {**form.values, **values}
        if form.method == "get":
            return self.open(f"{form.action}?{urlencode(data)}", referer=page.url)
        return self.open(form.action, data=data, referer=page.url)


def _server_ms(timing: str) -> float:
    """Return the time that the server says it took, in milliseconds; 0 if it says nothing."""
    return float(timing.partition("dur=")[2] or 0)


def _absolute(form: Form, here: str) -> Form:
    form.action = urljoin(here, form.action)
    return form


class _Reader(HTMLParser):
    """Collects forms, links and words of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._silent = 0
        self._link: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag in {"script", "style"}:
            self._silent += 1
        elif tag == "a" and "href" in given:
            self._link = (given["href"], [])
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.offer(self._select, given.get("value", ""), chosen="selected" in given)
        elif tag == "input" and name:
            self._input(form, name, given)
        elif tag == "textarea" and name:
            form.values.setdefault(name, "")

    def _input(self, form: Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        value = given.get("value", "")
        if kind in {"radio", "checkbox"}:
            form.offer(name, value, chosen="checked" in given)
        elif kind not in _VOID_INPUTS:
            form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag in {"script", "style"}:
            self._silent -= 1
        elif tag == "a" and self._link is not None:
            address, words = self._link
            self.links.append((address, " ".join(words)))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._silent or not data.strip():
            return
        self.words.append(data)
        if self._link is not None:
            self._link[1].append(data.strip())
