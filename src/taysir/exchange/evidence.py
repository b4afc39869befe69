"""The evidence package: one exchange for a third party, in one file, verifiable without us.

A package is a ZIP with fixed order and times, so the same exchange always gives the same bytes. It
holds the signed statements, bodies and headers, the signed agreement, the federation document with
the certificates, and a summary for people in Arabic and English. ``manifest.json`` lists the digest
of each file; the statements are bound to each other and to the bodies by their own digests.
Verification lives in ``verifier.py``.

Source: docs/reference/evidence.md.
"""

from __future__ import annotations

import hashlib
import html
import io
import zipfile
from datetime import UTC, datetime
from typing import Final

from taysir.exchange.contracts import SignedAgreement, write_agreement
from taysir.exchange.model import Direction, StoredExchange
from taysir.kernel.canonical import canonical_json

FORMAT: Final = "taysir-evidence/1"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def package_evidence(
    records: list[StoredExchange],
    *,
    agreement: SignedAgreement | None,
    federation: bytes,
    authority: bytes,
) -> bytes:
    """Return the package of one exchange from what one node holds of it.

    Args:
        records: this node's records of the exchange, oldest first; at least one.
        agreement: the signed agreement that the statements name, unless the call had none.
        federation: the signed federation document in force.
        authority: the authority's certificate (DER).
    """
    sides = _one_a_side(records)
    files: dict[str, bytes] = {}
    for record in sides:
        files.update(_side(record))
    if agreement is not None:
        files["agreement.json"] = write_agreement(agreement)
    files["federation.jws"] = federation
    files["authority.der"] = authority
    files["summary.html"] = summary(sides[-1], agreement=agreement)
    manifest = {
        "format": FORMAT,
        "exchange": sides[0].exchange_id,
        "files": {
            name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())
        },
    }
    return _zip({"manifest.json": canonical_json(manifest), **dict(sorted(files.items()))})


def _one_a_side(records: list[StoredExchange]) -> list[StoredExchange]:
    """Return the most complete record of each side, the consumer's first."""
    best: dict[Direction, StoredExchange] = {}
    for record in records:
        if record.response or record.direction not in best:
            best[record.direction] = record
    return [best[side] for side in Direction if side in best]


def _side(record: StoredExchange) -> dict[str, bytes]:
    """Return the files of one side of the exchange."""
    side = record.direction.value
    journal = {
        "position": record.position,
        "recorded_at_ms": record.recorded_at_ms,
        "outcome": record.outcome.value,
        "error": record.error_code,
        "status": record.status,
    }
    return {
        f"{side}/request.jws": record.request,
        f"{side}/request.headers": record.request_headers,
        f"{side}/request.body": record.request_body,
        f"{side}/response.jws": record.response,
        f"{side}/response.headers": record.response_headers,
        f"{side}/response.body": record.response_body,
        f"{side}/journal.json": canonical_json(journal),
    }


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


def summary(record: StoredExchange, *, agreement: SignedAgreement | None) -> bytes:
    """Return the summary for people: both languages, no script, nothing but the proof."""
    at = datetime.fromtimestamp(record.recorded_at_ms / 1000, UTC).isoformat(timespec="seconds")
    title = agreement.terms.title if agreement else {"ar": "لا توجد", "en": "none"}
    rows = (
        ("رقم التبادل", "Exchange", record.exchange_id),
        ("الوقت", "Time", at),
        ("السائل", "Asked by", record.consumer),
        ("الخدمة", "Service", record.service),
        ("الغرض", "Purpose", record.purpose),
        ("الاتفاقية", "Agreement", f"{title['ar']} / {title['en']} ({record.agreement})"),
        ("السند النظامي", "Legal basis", agreement.terms.legal_basis if agreement else "-"),
        ("العملية", "Operation", f"{record.method} {record.path.partition('?')[0]}"),
        ("النتيجة", "Outcome", f"{record.outcome.value}, {record.status}"),
    )
    cells = "".join(
        f'<tr><th lang="ar" dir="rtl">{html.escape(ar)}</th><th>{html.escape(en)}</th>'
        f"<td>{html.escape(value)}</td></tr>"
        for ar, en, value in rows
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Evidence · إثبات</title>'
        '<h1>Evidence of an exchange · <span lang="ar" dir="rtl">إثبات تبادل</span></h1>'
        f"<table>{cells}</table>"
        "<p>This page is for reading. The proof is in the signed files: taysir verify FILE.zip</p>"
        '<p lang="ar" dir="rtl">هذه الصفحة للقراءة. الإثبات في الملفات الموقعة: '
        "taysir verify FILE.zip</p></html>"
    )
    return page.encode("utf-8")
