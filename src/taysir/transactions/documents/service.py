"""Issues and withdraws sealed documents; the only writer of this app.

``issue`` is idempotent by case and kind: asked again, also at the same time or after a crash half
way, it returns the document that exists. The order is deliberate: the sealed bytes are on disk
before the record that names them is committed, so a record never lacks its file.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.transactions.documents import registry
from taysir.transactions.documents.codes import code_from, shown
from taysir.transactions.documents.description import (
    Description,
    Rendered,
    load_description,
    public_rows,
    render_values,
)
from taysir.transactions.documents.errors import TRX_DOCUMENT_NOT_FOUND
from taysir.transactions.documents.models import IssuedDocument
from taysir.transactions.documents.typesetting import qr_svg, set_pdf
from taysir.ui.formats import format_date

log = get_logger(__name__)


def issue(
    *,
    kind: str,
    template: Path,
    case_number: str,
    holder_ref: str,
    data: Mapping[str, Any],
    issued_at: datetime,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> IssuedDocument:
    """Make, seal and record a document, or return the one that was made before.

    Args:
        kind: what it is, e.g. ``licence``; one of a kind a case.
        template: the Typst file; its description lies beside it with the suffix ``.yaml``.
        case_number: the case it comes from.
        holder_ref: the person it is made for.
        data: the case's values by dotted name or nested; only those described are used.
        issued_at: the date of the document.
        entropy: the source of the verification code.

    Raises:
        Problem: TRX-0601, TRX-0602 and TRX-0604 for the author, TRX-0603 for the operator.
    """
    found = IssuedDocument.objects.filter(case_number=case_number, kind=kind).first()
    if found is not None:
        return found
    description = load_description(template.with_suffix(".yaml"))
    values = render_values(description, data)
    code = code_from(entropy(16))
    content = _content(
        description, values, kind=kind, case_number=case_number, code=code, issued_at=issued_at
    )
    pdf = set_pdf(template, data=content, at=issued_at)
    sealed = registry.sealer().seal(pdf, reason=f"{description.title.ar} {case_number}")
    record = IssuedDocument(
        kind=kind,
        case_number=case_number,
        holder_ref=holder_ref,
        code=code,
        title_ar=description.title.ar,
        title_en=description.title.en,
        issuer_ar=description.issuer.ar,
        issuer_en=description.issuer.en,
        public_rows=public_rows(description, values),
        digest=registry.store().put(sealed),
        size=len(sealed),
        issued_at=issued_at,
    )
    return _record_once(record)


def _record_once(record: IssuedDocument) -> IssuedDocument:
    """Save the record, or return the one that another worker saved in the meantime."""
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:
        return IssuedDocument.objects.get(case_number=record.case_number, kind=record.kind)
    log.info("document_issued", kind=record.kind, case=record.case_number, bytes=record.size)
    return record


def _content(
    description: Description,
    values: Mapping[str, Rendered],
    *,
    kind: str,
    case_number: str,
    code: str,
    issued_at: datetime,
) -> dict[str, Any]:
    """Return what the template reads; ``attachment`` is the part that machines read."""
    address = f"{registry.config().public_url}/verify/{code}"
    issued = {"raw": issued_at.isoformat(timespec="seconds"), **_day(issued_at)}
    attachment = {
        "type": kind,
        "title": {"ar": description.title.ar, "en": description.title.en},
        "issuer": {"ar": description.issuer.ar, "en": description.issuer.en},
        "case": case_number,
        "issued_at": issued["raw"],
        "verify": address,
        "values": {name: value.raw for name, value in values.items()},
    }
    return {
        "title": attachment["title"],
        "issuer": attachment["issuer"],
        "case": case_number,
        "issued": issued,
        "code": shown(code),
        "verify": address,
        "qr": qr_svg(address),
        "values": {name: {"ar": v.ar, "en": v.en} for name, v in values.items()},
        "attachment": attachment,
    }


def _day(moment: datetime) -> dict[str, str]:
    day = timezone.localdate(moment)
    return {"ar": format_date(day, "ar"), "en": format_date(day, "en")}


def revoke(document_id: UUID, *, reason_ar: str, reason_en: str, at: datetime) -> IssuedDocument:
    """Withdraw a document; the first withdrawal stands. Raises TRX-0605."""
    with transaction.atomic():
        document = IssuedDocument.objects.select_for_update().filter(pk=document_id).first()
        if document is None:
            raise Problem(TRX_DOCUMENT_NOT_FOUND)
        if document.revoked_at is None:
            document.revoked_at = at
            document.revoked_reason_ar = reason_ar
            document.revoked_reason_en = reason_en
            document.save(update_fields=["revoked_at", "revoked_reason_ar", "revoked_reason_en"])
            log.info("document_revoked", kind=document.kind, case=document.case_number)
    return document
