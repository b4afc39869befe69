"""The readable summary of an evidence package, in Arabic and English, made from the proof alone.

The same statements give the same page, byte for byte: the verifier makes it again and compares, so
nobody can put other words beside valid signatures. No script, no outside reference.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from taysir.exchange.evidence_log import LogFacts
from taysir.exchange.federation import FederationDocument
from taysir.exchange.terms import Terms
from taysir.kernel.errors import Language
from taysir.kernel.identifiers import ServiceId, SubsystemId
from taysir.kernel.statement import Statement

_TEXTS: Final[dict[str, dict[Language, str]]] = {
    "title": {"ar": "إثبات تبادل بيانات", "en": "Evidence of a data exchange"},
    "intro": {
        "ar": "يلخّص هذا الملف ما تثبته التواقيع في هذه الحزمة. تحقّق منها بالأمر taysir verify.",
        "en": "This page sums up what the signatures in this package prove. "
        "Check them with taysir verify.",
    },
    "exchange": {"ar": "رقم التبادل", "en": "Exchange"},
    "consumer": {"ar": "الجهة الطالبة", "en": "Requesting agency"},
    "behalf": {"ar": "نيابة عن", "en": "On behalf of"},
    "provider": {"ar": "الجهة المصدر", "en": "Source agency"},
    "service": {"ar": "خدمة البيانات", "en": "Data service"},
    "request": {"ar": "ما طُلب", "en": "What was asked"},
    "purpose": {"ar": "الغرض", "en": "Purpose"},
    "asked_at": {"ar": "وقت الطلب", "en": "Asked at"},
    "answered_at": {"ar": "وقت الجواب", "en": "Answered at"},
    "status": {"ar": "الجواب", "en": "Answer"},
    "refused": {"ar": "رُفض الطلب", "en": "refused"},
    "answered": {"ar": "أُجيب", "en": "answered"},
    "none": {"ar": "لا جواب موقّع", "en": "no signed answer"},
    "agreement": {"ar": "اتفاقية المشاركة", "en": "Sharing agreement"},
    "basis": {"ar": "السند النظامي", "en": "Legal basis"},
    "fields": {"ar": "الحقول الممنوحة", "en": "Granted fields"},
    "all": {"ar": "كل الحقول", "en": "all fields"},
    "request_body": {"ar": "بصمة محتوى الطلب", "en": "Digest of the request body"},
    "response_body": {"ar": "بصمة محتوى الجواب", "en": "Digest of the answer body"},
    "log": {"ar": "سجل الشفافية", "en": "Transparency log"},
    "witnesses": {"ar": "الشهود", "en": "Witnesses"},
    "stamped_at": {"ar": "وقت الختم الزمني من طرف ثالث", "en": "Third party's time-stamp"},
    "pending": {"ar": "لم يكتمل بعد", "en": "pending"},
}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode's control, format, private and unassigned characters, and its separators of lines."""
_STYLE: Final = (
    "body{font-family:sans-serif;max-inline-size:50rem;margin:2rem auto;padding-inline:1rem;"
    "line-height:1.6}th{text-align:start;vertical-align:top;padding-inline-end:1.5rem}"
    "td{overflow-wrap:anywhere}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFacts:
    """What a summary is made from."""

    request: Statement
    response: Statement | None
    terms: Terms | None
    agreement: str
    federation: FederationDocument
    log: LogFacts | None = None


def summary_page(facts: SummaryFacts, *, language: Language) -> bytes:
    """Return the page in one language."""
    rows = "".join(
        f"<tr><th>{escape(_TEXTS[key][language])}</th><td><bdi>{escape(shown(value))}</bdi></td></tr>\n"
        for key, value in _rows(facts, language=language)
        if value
    )
    title, intro = (escape(_TEXTS[key][language]) for key in ("title", "intro"))
    direction = "rtl" if language == "ar" else "ltr"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<h1>{title}</h1>\n<p>{intro}</p>\n<table>\n{rows}</table>\n</body>\n</html>\n"
    ).encode()


def shown(text: str) -> str:
    """Return a text with what cannot be seen, or turns other text round, written as its code.

    A name with a direction mark would read as another name in court.
    """
    return "".join(f"\\u{ord(c):04X}" if unicodedata.category(c) in _UNSEEN else c for c in text)


def _rows(facts: SummaryFacts, *, language: Language) -> list[tuple[str, str]]:
    request, response, terms = facts.request, facts.response, facts.terms
    consumer = str(SubsystemId.parse(request.sender).owner)
    provider = str(ServiceId.parse(request.receiver).owner)
    fields = ""
    if terms is not None:
        fields = " ".join(terms.fields) or _TEXTS["all"][language]
    return [
        ("exchange", request.id),
        ("consumer", f"{_name(facts, consumer, language=language)} ({request.sender})"),
        ("behalf", request.behalf),
        ("provider", f"{_name(facts, provider, language=language)} ({provider})"),
        ("service", request.receiver),
        ("request", f"{request.method} {request.path}"),
        ("purpose", request.purpose),
        ("asked_at", _time(request.time_ms)),
        ("answered_at", _time(response.time_ms) if response else ""),
        ("status", _status(response, language=language)),
        ("agreement", facts.agreement if terms else ""),
        ("basis", terms.legal_basis if terms else ""),
        ("fields", fields),
        ("request_body", f"SHA-256 {request.body_digest}, {request.body_length}"),
        (
            "response_body",
            f"SHA-256 {response.body_digest}, {response.body_length}" if response else "",
        ),
        *_log_rows(facts.log, language=language),
    ]


def _log_rows(found: LogFacts | None, *, language: Language) -> list[tuple[str, str]]:
    """What third parties vouch for; what they do not yet is called pending."""
    pending = _TEXTS["pending"][language]
    if found is None:
        return [("log", pending), ("witnesses", pending), ("stamped_at", pending)]
    logged, at = found.logged, found.stamped_at
    signed = ", ".join(f"{w.name} {_time(w.at * 1000)}" for w in logged.witnesses)
    return [
        ("log", f"{logged.checkpoint.origin}, {logged.proof.index} / {logged.checkpoint.size}"),
        ("witnesses", signed if logged.witnessed else f"{signed} ({pending})".strip()),
        ("stamped_at", _time(int(at.timestamp() * 1000)) if at else pending),
    ]


def _name(facts: SummaryFacts, member: str, *, language: Language) -> str:
    for row in facts.federation.content.members:
        if row.id == member:
            return row.name.ar if language == "ar" else row.name.en
    return member


def _status(response: Statement | None, *, language: Language) -> str:
    if response is None:
        return _TEXTS["none"][language]
    word = "refused" if response.type == "refusal" else "answered"
    return f"{_TEXTS[word][language]} ({response.status}) {response.error}".strip()


def _time(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
