"""Every text of the screens: Arabic in the source, English beside it in the app's ``en.toml``.

The Arabic sentence is the key. Each app keeps ``locale/en.toml``::

    "جدّد رخصتك" = "Renew your licence"
    "مرحبا {name}" = "Welcome {name}"

    [plurals.days.ar]
    zero = "لا أيام"
    one = "يوم واحد"
    two = "يومان"
    few = "{n} أيام"
    many = "{n} يومًا"
    other = "{n} يوم"

    [plurals.days.en]
    one = "{n} day"
    other = "{n} days"

Templates write ``{{ _("جدّد رخصتك") }}`` and ``{{ plural(count, "days") }}``; code writes
:func:`translate`, :func:`lazy` (evaluated when shown) or :func:`mark` (only names a text that is
translated later from a variable). A test extracts all of them and fails on a text without English
and on an entry that nobody uses. The current language is Django's; no request is needed.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from babel import Locale
from django.utils.functional import lazy as django_lazy
from django.utils.translation import get_language
from markupsafe import escape

from taysir.kernel.errors import Language

LANGUAGES: Final[tuple[Language, ...]] = ("ar", "en")
LANGUAGE_NAMES: Final[MappingProxyType[Language, str]] = MappingProxyType(
    {"ar": "العربية", "en": "English"}
)
DIRECTIONS: Final[MappingProxyType[Language, str]] = MappingProxyType({"ar": "rtl", "en": "ltr"})
PACKAGE: Final = Path(__file__).parents[1]

Forms = Mapping[Language, Mapping[str, str]]


class ClashingText(ValueError):
    """Two apps give the same Arabic text different English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The English texts and the plural forms of all apps together."""

    english: Mapping[str, str]
    plurals: Mapping[str, Forms]

    @classmethod
    def load(cls, files: list[Path]) -> Catalogue:
        """Read and join the files; raises ClashingText where they contradict each other."""
        english: dict[str, str] = {}
        plurals: dict[str, Forms] = {}
        for file in files:
            content = tomllib.loads(file.read_text("utf-8"))
            for name, forms in content.pop("plurals", {}).items():
                if plurals.setdefault(name, forms) != forms:
                    raise ClashingText(f"{file}: plurals.{name}")
            for arabic, text in content.items():
                if english.setdefault(arabic, text) != text:
                    raise ClashingText(f"{file}: {arabic}")
        return cls(english=MappingProxyType(english), plurals=MappingProxyType(plurals))


def catalogue_files(root: Path = PACKAGE) -> list[Path]:
    """Return every app's file of English texts."""
    return sorted(root.rglob("locale/en.toml"))


@functools.cache
def catalogue() -> Catalogue:
    """Return the catalogue of this installation; read once."""
    return Catalogue.load(catalogue_files())


def current_language() -> Language:
    """Return the language of this request (or of ``translation.override``); Arabic by default."""
    return "en" if (get_language() or "ar").startswith("en") else "ar"


def translate(text: str, language: Language | None = None, **values: object) -> str:
    """Return the text in a language (the current one by default), with its values filled in.

    A text without English stays Arabic: seeing it is better than a blank, and the test of the
    catalogue keeps it from being released. Values that are safe markup stay markup; the text and
    the other values are then escaped.
    """
    chosen = language or current_language()
    found = text if chosen == "ar" else catalogue().english.get(text, text)
    return _fill(found, values)


def _fill(text: str, values: Mapping[str, object]) -> str:
    if not values:
        return text
    if any(hasattr(value, "__html__") for value in values.values()):
        return escape(text).format(**values)
    return text.format(**values)


def mark(text: str) -> str:
    """Name a text for the catalogue without translating it yet."""
    return text


def _translate_now(text: str) -> str:
    return translate(text)


lazy = django_lazy(_translate_now, str)
"""``lazy("نص")`` is translated when it is shown: for labels of forms and models."""


def plural(
    count: int, forms: Forms | str, language: Language | None = None, **values: object
) -> str:
    """Return the form for a count, with ``{n}`` as the number.

    ``forms`` is a mapping language -> CLDR category -> text, or the name of a ``[plurals.NAME]``
    table. Arabic has six categories (zero, one, two, few, many, other), English two.
    """
    chosen = language or current_language()
    tables = catalogue().plurals[forms] if isinstance(forms, str) else forms
    table = tables[chosen]
    category = Locale.parse(chosen).plural_form(abs(count))
    return _fill(table.get(category, table["other"]), {"n": f"{count:,}", **values})


def choose(texts: Mapping[Language, str], language: Language | None = None) -> str:
    """Return one text of an ``{"ar": …, "en": …}`` mapping, as packs and errors hold them."""
    return texts.get(language or current_language()) or texts["ar"]


__all__ = [
    "DIRECTIONS", "LANGUAGES", "LANGUAGE_NAMES", "Catalogue", "ClashingText", "Forms",
    "catalogue", "catalogue_files", "choose", "current_language", "lazy", "mark",
    "plural", "translate",
]  # fmt: skip
