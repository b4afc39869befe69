"""The description beside a document's template: what the document says, and to whom.

``licence.yaml`` lies beside ``licence.typ``. It names the values of the case that the document may
use (nothing else of the case reaches it), how each is written, and which of them anyone who holds
the verification code may see. Reading and rendering are pure; the values come from the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from taysir.kernel import limits
from taysir.kernel.errors import Language, Problem
from taysir.kernel.money import Money
from taysir.kernel.reasons import reason_of
from taysir.transactions.documents.errors import (
    TRX_DOCUMENT_DESCRIPTION,
    TRX_DOCUMENT_VALUE_MISSING,
)
from taysir.ui.formats import format_date

LANGUAGES: tuple[Language, Language] = ("ar", "en")

NAME_PARTS = ("first", "father", "grandfather", "family")
_COMMA: Final[dict[Language, str]] = {"ar": "، ", "en": ", "}


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    ar: str
    en: str


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of the document: where it comes from and how it is written.

    Attributes:
        fact: the name of the value in the case; or
        ar: the name of its Arabic form, together with
        en: the name of its English form.
        type: ``text``, ``name`` (a text or the four parts), ``date``, ``codes`` (a list) or
            ``money`` (minor units).
        labels: the words for codes, in both languages.
        optional: whether the document can do without it.
    """

    fact: str = ""
    ar: str = ""
    en: str = ""
    type: Literal["text", "name", "date", "codes", "money"] = "text"
    labels: dict[str, Bilingual] = {}
    optional: bool = False


class PublicRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the public verification page."""

    value: str
    label: Bilingual


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    title: Bilingual
    issuer: Bilingual
    values: dict[str, Value]
    public: list[PublicRow]


class Rendered(msgspec.Struct, frozen=True):
    """A value as it is printed, with the raw value for machines."""

    ar: str
    en: str
    raw: Any


def load_description(file: Path) -> Description:
    """Read and check a description; raises TRX-0601 naming the file and the finding."""
    try:
        text = file.read_bytes()[: limits.DOCUMENT_DESCRIPTION_BYTES + 1]
        if len(text) > limits.DOCUMENT_DESCRIPTION_BYTES:
            raise Problem(TRX_DOCUMENT_DESCRIPTION, file=file.name, finding="too large")
        found = msgspec.convert(yaml.safe_load(text), Description)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        finding = reason_of(error)
        raise Problem(TRX_DOCUMENT_DESCRIPTION, file=file.name, finding=finding) from error
    unknown = [row.value for row in found.public if row.value not in found.values]
    if unknown:
        finding = f"public.value {unknown[0]}"
        raise Problem(TRX_DOCUMENT_DESCRIPTION, file=file.name, finding=finding)
    return found


def render_values(description: Description, data: Mapping[str, Any]) -> dict[str, Rendered]:
    """Return the document's values from the case's; raises TRX-0604 for a missing one."""
    rendered = {}
    for name, value in description.values.items():
        sources = {lang: value.fact or getattr(value, lang) for lang in LANGUAGES}
        raw = {lang: look_up(data, source) for lang, source in sources.items()}
        if raw["ar"] is None or raw["en"] is None:
            if not value.optional:
                raise Problem(TRX_DOCUMENT_VALUE_MISSING, value=sources["ar"])
            rendered[name] = Rendered(ar="", en="", raw=None)
            continue
        texts = {lang: _written(value, raw[lang], language=lang) for lang in LANGUAGES}
        plain = raw["ar"] if value.fact else texts
        rendered[name] = Rendered(ar=texts["ar"], en=texts["en"], raw=_plain(plain))
    return rendered


def public_rows(
    description: Description, rendered: Mapping[str, Rendered]
) -> list[dict[str, dict[str, str]]]:
    """Return the lines of the verification page; empty values are left out."""
    return [
        {
            "label": {"ar": row.label.ar, "en": row.label.en},
            "value": {"ar": rendered[row.value].ar, "en": rendered[row.value].en},
        }
        for row in description.public
        if rendered[row.value].ar
    ]


def look_up(data: Mapping[str, Any], name: str) -> Any:
    """Find ``a.b.c`` as one dotted name or as nested mappings; None when it is not there."""
    if name in data:
        return data[name]
    head, _, rest = name.partition(".")
    inner = data.get(head)
    return look_up(inner, rest) if rest and isinstance(inner, Mapping) else None


def _written(value: Value, raw: Any, *, language: Language) -> str:
    if value.type == "date":
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw))
        return format_date(day, language)
    if value.type == "money":
        return Money(int(raw)).format(language)
    if value.type == "codes":
        return _COMMA[language].join(_word(value, str(code), language=language) for code in raw)
    if value.type == "name" and isinstance(raw, Mapping):
        return " ".join(str(raw[part]) for part in NAME_PARTS if raw.get(part))
    return _word(value, str(raw), language=language)


def _word(value: Value, code: str, *, language: Language) -> str:
    label = value.labels.get(code)
    return getattr(label, language) if label else code


def _plain(raw: Any) -> Any:
    """Reduce a value to what JSON can hold."""
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, (tuple, set, frozenset)):
        return [_plain(item) for item in raw]
    return raw if isinstance(raw, (str, int, bool, list, dict)) else str(raw)
