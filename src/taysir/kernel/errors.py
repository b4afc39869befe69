"""One family of errors with stable codes, so that every part fails in the same words.

A part declares its errors in its own ``errors.py`` by calling :func:`declare`; raising one means
``raise Problem(EXC_GRANT_MISSING, consumer="…")``. Every error says in Arabic and English what
happened, who can mend it and how, and whether to try again. On the wire an error is an RFC 9457
problem document. The parameter ``reason`` and its kin hold English words in ``params``; in an
Arabic sentence they are put into Arabic by :mod:`taysir.kernel.reasons`. This module does not log,
translate anything else, or know any part.

The family::

    TaysirError            anything Taysir lets out of a layer
    └── Problem            an ErrorKind with its parameters
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from taysir.kernel.reasons import REASON_PARAMETERS, phrases, reason_in_arabic
from taysir.kernel.reasons_arabic import KERNEL_REASONS
from taysir.kernel.reasons_readers_arabic import READERS_REASONS

phrases(KERNEL_REASONS)
phrases(READERS_REASONS)

Language = Literal["ar", "en"]


class Retry(StrEnum):
    """Whether the same request may succeed if it is sent again."""

    NEVER = "never"
    AFTER_MENDING = "after-mending"
    LATER = "later"
    NOW = "now"


class Mender(StrEnum):
    """Who can mend the cause of an error."""

    CALLER = "caller"
    PROVIDER = "provider"
    OPERATOR = "operator"
    AUTHORITY = "authority"
    AUTHOR = "author"
    PERSON = "person"
    TAYSIR = "taysir"


MENDER_NAMES: Final = MappingProxyType(
    {
        Mender.CALLER: {"ar": "الجهة الطالبة", "en": "the requesting agency"},
        Mender.PROVIDER: {"ar": "الجهة المصدر", "en": "the source agency"},
        Mender.OPERATOR: {"ar": "مشغّل النظام", "en": "the operator of this installation"},
        Mender.AUTHORITY: {"ar": "مكتب البرنامج", "en": "the programme office"},
        Mender.AUTHOR: {"ar": "كاتب تعريف الخدمة", "en": "the author of the definition"},
        Mender.PERSON: {"ar": "المستفيد", "en": "the person using the service"},
        Mender.TAYSIR: {"ar": "مطوّرو تيسير", "en": "the developers of Taysir"},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """One entry of the error catalogue.

    ``code`` is stable for ever: three letters of the part and four digits, e.g. ``EXC-0103``.
    ``status`` is the HTTP status on the wire. The texts may hold ``{parameters}``.
    """

    code: str
    status: int
    title: dict[Language, str]
    remedy: dict[Language, str]
    mender: Mender
    retry: Retry = Retry.NEVER


CATALOGUE: dict[str, ErrorKind] = {}


def declare(
    code: str,
    *,
    status: int,
    ar: str,
    en: str,
    remedy_ar: str,
    remedy_en: str,
    mender: Mender,
    retry: Retry = Retry.NEVER,
) -> ErrorKind:
    """Add one kind of error to the catalogue and return it; a code may be declared once."""
    if code in CATALOGUE:
        raise ValueError(f"error code declared twice: {code}")
    kind = ErrorKind(
        code=code,
        status=status,
        title={"ar": ar, "en": en},
        remedy={"ar": remedy_ar, "en": remedy_en},
        mender=mender,
        retry=retry,
    )
    CATALOGUE[code] = kind
    return kind


class TaysirError(Exception):
    """The root of everything that Taysir raises on purpose."""


@dataclass(eq=False)
class Problem(TaysirError):
    """An error of a declared kind, with the values that fill its texts.

    The inner cause, if any, is the exception chained with ``raise … from``: it is logged, never
    sent. ``params`` must never hold personal data, because they go to logs and to the wire.
    """

    kind: ErrorKind
    params: dict[str, str | int] = field(default_factory=dict)

    def __init__(self, kind: ErrorKind, **params: str | int) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.params = params

    @property
    def code(self) -> str:
        """The stable code, e.g. ``EXC-0103``."""
        return self.kind.code

    def title(self, language: Language = "en") -> str:
        """What happened, in one sentence."""
        return worded(self.kind.title, language, self.params)

    def remedy(self, language: Language = "en") -> str:
        """What the named party can do about it."""
        return worded(self.kind.remedy, language, self.params)

    def __str__(self) -> str:
        return f"{self.code}: {self.title('en')} {self.remedy('en')}"

    def as_problem(self, *, instance: str = "") -> dict[str, object]:
        """Return the RFC 9457 problem document, in both languages.

        Source: RFC 9457 clause 3; the members beyond the standard are extensions of Taysir.
        """
        kind = self.kind
        return {
            "type": f"urn:taysir:error:{kind.code}",
            "title": self.title("en"),
            "status": kind.status,
            "detail": self.remedy("en"),
            "instance": instance,
            "code": kind.code,
            "title_ar": self.title("ar"),
            "detail_ar": self.remedy("ar"),
            "responsible": kind.mender.value,
            "retry": kind.retry.value,
            "params": dict(self.params),
        }


class _Lenient(dict[str, "str | int"]):
    """Leave an unknown placeholder visible instead of failing while reporting a failure."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def worded(
    texts: Mapping[Language, str], language: Language, params: Mapping[str, str | int]
) -> str:
    """Fill a text of an error with its values, the reasons in the language of the text."""
    if language == "ar":
        params = {
            name: _arabic(value) if name in REASON_PARAMETERS else value
            for name, value in params.items()
        }
    return texts[language].format_map(_Lenient(params))


_NESTED: Final = re.compile(r"([A-Z]{3}-[0-9]{4}): (.*)", re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\\{(\w+)\\}")


def _arabic(reason: str | int) -> str | int:
    """Return a reason in Arabic; that of another error, as :meth:`Problem.__str__` says it, too."""
    if isinstance(reason, int):
        return reason
    nested = _NESTED.match(reason)
    kind = CATALOGUE.get(nested[1]) if nested else None
    if nested is None or kind is None:
        return reason_in_arabic(reason)
    title = _PLACEHOLDER.sub(r"(?P<\1>.+?)", re.escape(kind.title["en"]))
    found = re.match(title, nested[2], re.DOTALL)
    if found is None:  # cut to a bound on its way
        return f"الخطأ {kind.code}"
    return worded(kind.title, "ar", found.groupdict()).removesuffix(".")
