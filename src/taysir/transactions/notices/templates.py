"""Reads and fills the texts of notices. Pure but for reading the file once.

A text is filled by replacing ``{name}`` with a value and nothing else: no attribute access, no
format specification, so that a value can never reach into the program.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from taysir.kernel import limits
from taysir.kernel.errors import Language, Problem
from taysir.transactions.notices.errors import TRX_NOTICE_TEMPLATE, TRX_NOTICE_VALUE

MESSAGES = Path(__file__).parent / "messages.toml"

_HOLE = re.compile(r"\{([a-z_]+)\}")


class NoticeTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of notice in both languages, with the values that it needs."""

    needs: list[str]
    subject_ar: str
    subject_en: str
    body_ar: str
    body_en: str


class Filled(msgspec.Struct, frozen=True):
    """A notice ready to be stored."""

    subject_ar: str
    subject_en: str
    body_ar: str
    body_en: str


@cache
def notice_templates() -> dict[str, NoticeTemplate]:
    """Return every kind of notice by its name."""
    return msgspec.convert(tomllib.loads(MESSAGES.read_text("utf-8")), dict[str, NoticeTemplate])


def fill(name: str, *, case_number: str, values: Mapping[str, Any]) -> Filled:
    """Return the notice in both languages; raises TRX-0801 or TRX-0802.

    A value is a text for both languages, or a mapping ``{"ar": …, "en": …}``.
    """
    known = notice_templates()
    if name not in known:
        raise Problem(TRX_NOTICE_TEMPLATE, template=name[:64], known=", ".join(sorted(known)))
    template = known[name]
    arabic = _values(name, template, case_number=case_number, values=values, language="ar")
    english = _values(name, template, case_number=case_number, values=values, language="en")
    return Filled(
        subject_ar=_fill(template.subject_ar, arabic),
        subject_en=_fill(template.subject_en, english),
        body_ar=_fill(template.body_ar, arabic),
        body_en=_fill(template.body_en, english),
    )


def _values(
    name: str,
    template: NoticeTemplate,
    *,
    case_number: str,
    values: Mapping[str, Any],
    language: Language,
) -> dict[str, str]:
    texts = {"case_number": case_number}
    for needed in template.needs:
        given = values.get(needed)
        text = given.get(language) if isinstance(given, Mapping) else given
        if text is None or len(str(text)) > limits.NOTICE_VALUE_CHARS:
            raise Problem(TRX_NOTICE_VALUE, value=needed, template=name)
        texts[needed] = str(text)
    return texts


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: values[hole[1]], text)
