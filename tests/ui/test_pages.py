"""The shared pages: escaping, landmarks, budgets, and the rules of the style sheet."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from jinja2 import UndefinedError, nodes

from taysir.ui import gallery
from taysir.ui.jinja import environment
from taysir.ui.texts import PACKAGE

UI_TEMPLATES = Path(gallery.__file__).parent / "jinja2" / "ui"
STATIC = Path(gallery.__file__).parent / "static" / "ui"
CSS = (STATIC / "taysir.css").read_text("utf-8")
PHYSICAL = re.compile(
    r"(?:margin|padding|border|inset|scroll-(?:margin|padding))-(?:left|right|top|bottom)\b"
    r"|(?<![-\w])(?:left|right|top|bottom)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?<![-\w])(?:min-|max-)?(?:width|height)\s*:"
)
VOID = {"meta", "link", "input", "br", "img", "rect", "path", "circle"}


def render(name: str, **context: object) -> str:
    """Render a template of the Jinja2 back end."""
    return engines["jinja2"].get_template(name).render(context, RequestFactory().get("/a?b=1"))


def macro(source: str, **context: object) -> str:
    """Render a line of template that uses the components."""
    names = re.findall(r"\b(\w+)\(", source)
    text = f'{{% from "ui/macros.html" import {names[0]} %}}{source}'
    return engines["jinja2"].from_string(text).render(context)


class Balance(HTMLParser):
    """Collects ids, headings, and checks that elements close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.styled: list[str] = []
        self.references: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element."""
        values = dict(attrs)
        self.ids += [values["id"]] if values.get("id") else []
        self.styled += [tag for name in values if name == "style" or name.startswith("on")]
        for name in ("for", "aria-describedby"):
            self.references.update((values.get(name) or "").split())
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost element closes."""
        if tag not in VOID:
            assert self.open.pop() == tag, self.getpos()


def test_the_style_sheet_is_logical() -> None:
    """No physical side or axis outside media queries: the layout mirrors by itself."""
    plain = re.sub(r"@media[^{]*\{|/\*.*?\*/", "", CSS, flags=re.S)
    assert PHYSICAL.findall(plain) == []


def test_the_weight_of_a_cold_page_is_within_its_budget() -> None:
    """Style, script, icon and fonts of one page together, before its HTML."""
    small = [STATIC / name for name in ("taysir.css", "taysir.js", "emblem.svg")]
    packed = sum(len(brotli.compress(f.read_bytes())) for f in small)
    fonts = sum(f.stat().st_size for f in (STATIC / "fonts").glob("*.woff2"))
    assert packed <= 12_000
    assert fonts <= 60_000
    assert (STATIC / "fonts" / "OFL.txt").exists()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_gallery_is_well_formed(language: str) -> None:
    """Elements close in order, ids are unique, and every reference finds its element."""
    with translation.override(language):
        page = gallery.show(RequestFactory().get("/ui/gallery/")).content.decode()
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))
    assert balance.references <= set(balance.ids)
    assert balance.styled == []
    assert "<script>" not in page
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page


@pytest.mark.parametrize("code", ["400", "403", "404", "500", "503"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_an_error_page_says_what_to_do(code: str, language: str) -> None:
    """Each has a title and a way on in its language, and tells nothing of the inside."""
    with translation.override(language):
        page = engines["jinja2"].get_template(f"{code}.html").render({})
    assert f'lang="{language}"' in page
    assert page.count("<h1") == 1
    assert code in page
    assert 'href="/"' in page


def test_the_language_switch_returns_to_this_page() -> None:
    """The link carries the address of the page with its query."""
    assert 'href="/language/en?next=/a%3Fb%3D1"' in render("ui/base.html")


def test_who_is_signed_in_is_shown() -> None:
    """The name, the unread messages and the way out; else the way in."""
    account = {"name": "سارة", "sign_out_url": "/out", "inbox_url": "/inbox/", "unread": 3}
    page = render("ui/base.html", account=account)
    assert "سارة" in page
    assert 'action="/out"' in page
    assert "/sign-in/" not in page
    assert "/sign-in/" in render("ui/base.html", account=None)


def test_a_title_says_that_there_are_errors() -> None:
    """A screen reader hears of the error before anything else."""
    assert "<title>خطأ: " in render("ui/base.html", errors={"name": "x"})
    assert "<title>خطأ: " not in render("ui/base.html", errors={})


def test_values_are_escaped() -> None:
    """A name that contains markup is shown as typed."""
    name = '"><script>alert(1)</script>'
    assert "<script>" not in macro('{{ text_input("a", name, value=name) }}', name=name)
    assert "<script>" not in macro('{{ summary_list([{"key": n, "value": n}]) }}', n=name)


def test_a_misspelt_variable_is_an_error() -> None:
    """A template that asks for an unknown name fails instead of leaving a blank."""
    with pytest.raises(UndefinedError):
        macro("{{ tag(mising) }}")


def test_an_error_is_tied_to_its_field() -> None:
    """The field is described by its hint and error and is marked invalid."""
    field = macro('{{ text_input("id", "L", hint="H", error="E") }}')
    assert 'aria-describedby="id-hint id-error"' in field
    assert 'aria-invalid="true"' in field
    assert 'href="#id"' in macro('{{ error_summary({"id": "E"}) }}')
    assert macro("{{ error_summary({}) }}").strip() == ""


def test_the_chosen_option_is_checked_whatever_its_type() -> None:
    """A number in the facts chooses the option of the same text."""
    options = [{"value": 2, "text": "a"}, {"value": 5, "text": "b"}]
    field = macro('{{ radios("y", "L", options, value=5) }}', options=options)
    assert re.search(r'value="5" checked', field)
    assert field.count("checked") == 1


@pytest.mark.parametrize(("page", "links"), [(1, 4), (4, 7), (12, 4)])
def test_pagination_shows_ends_and_neighbours(page: int, links: int) -> None:
    """Twelve pages need few links; one page needs none."""
    shown = macro('{{ pagination(page, 12, "?p={page}") }}', page=page)
    assert shown.count("<a ") == links
    assert macro('{{ pagination(1, 1, "?p={page}") }}').strip() == ""


def test_every_component_is_documented_and_shown() -> None:
    """A macro without a line in the reference or a place in the gallery is listed."""
    signatures = re.findall(
        r"macro ([a-z]\w*)(\(.*\)) -?%}", (UI_TEMPLATES / "macros.html").read_text("utf-8")
    )
    page = Path(__file__).parents[2] / "docs" / "reference" / "design-system.md"
    reference = page.read_text("utf-8")
    assert [] == [name + rest for name, rest in signatures if f"`{name}{rest}`" not in reference]
    shown = (UI_TEMPLATES / "gallery.html").read_text("utf-8") + (
        UI_TEMPLATES / "macros.html"
    ).read_text("utf-8")
    assert [] == [name for name, _ in signatures if len(re.findall(rf"\b{name}\(", shown)) < 2]


@pytest.mark.parametrize(
    "template",
    sorted(PACKAGE.rglob("jinja2/**/*.html")),
    ids=lambda file: file.relative_to(PACKAGE).as_posix(),
)
def test_every_template_asks_for_components_that_exist(template: Path) -> None:
    """A template of any app compiles, and imports only names that ui/ offers."""
    offered = {
        f"ui/{name}.html": set(
            re.findall(r"macro (\w+)", (UI_TEMPLATES / f"{name}.html").read_text("utf-8"))
        )
        for name in ("macros", "icons")
    }
    tree = environment().parse(template.read_text("utf-8"))
    for node in tree.find_all(nodes.FromImport):
        source = node.template.value if isinstance(node.template, nodes.Const) else ""
        names = {name if isinstance(name, str) else name[0] for name in node.names}
        assert names <= offered.get(source, names), source
    environment().compile(tree)
