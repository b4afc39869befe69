"""Reads the exchange journal about one person and words it for that person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from taysir.exchange.client import Read
from taysir.kernel import limits
from taysir.kernel.identifiers import ServiceId
from taysir.transactions.cases.exchange import agencies
from taysir.transactions.cases.models import Case
from taysir.transactions.catalogue.packs import offers
from taysir.transactions.identity.models import Person
from taysir.ui.texts import choose, mark, translate

_AGENCIES = {
    "CIV": mark("وكالة الأحوال المدنية"),
    "HLT": mark("وزارة الصحة"),
    "TRF": mark("الإدارة العامة للمرور"),
    "COM": mark("وزارة التجارة"),
    "MUN": mark("الأمانات والبلديات"),
    "JUS": mark("وزارة العدل"),
    "SOC": mark("صندوق الحماية الاجتماعية"),
    "EMP": mark("التأمينات الاجتماعية"),
    "PST": mark("العنوان الوطني"),
    "INS": mark("مكتب التأمين والفحص"),
    "PAY": mark("بوابة المدفوعات"),
    "PRG": mark("برنامج التعاملات الإلكترونية"),
}
_OUTCOMES = {
    "answered": mark("أجيب"),
    "refused": mark("رُفض السؤال"),
    "failed": mark("لم يصل جواب"),
    "accepted": mark("استُلم السؤال"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadShown:
    """One question about the person, in the person's words."""

    at: datetime
    asked_by: str
    asked_of: str
    what: str
    purpose: str
    outcome: str
    case_number: str
    exchange_id: str
    agreement: str


def reads_of(person: Person) -> list[ReadShown]:
    """Return who asked about a person, newest first; raises OSError if the node is silent."""
    reads = agencies().reads_about(person.national_id, limit=limits.READS_SHOWN)
    own = set(
        Case.objects.filter(person_ref=person.ref, number__in={r.issue for r in reads}).values_list(
            "number", flat=True
        )
    )
    unique = {read.exchange_id: read for read in reversed(reads)}
    newest = sorted(unique.values(), key=lambda read: read.at, reverse=True)
    return [_shown(read, own=own) for read in newest]


def _shown(read: Read, *, own: set[str]) -> ReadShown:
    return ReadShown(
        at=read.at,
        asked_by=agency_name(read.consumer.member),
        asked_of=agency_name(read.service.member),
        what=_what(read.service),
        purpose=_purpose(read.purpose),
        outcome=translate(_OUTCOMES[read.outcome]),
        case_number=read.issue if read.issue in own else "",
        exchange_id=read.exchange_id,
        agreement=read.agreement,
    )


def agency_name(member: str) -> str:
    """Return an agency's name in the person's language; an unknown one keeps its code."""
    return translate(_AGENCIES[member]) if member in _AGENCIES else member


def _what(service: ServiceId) -> str:
    for offer in offers():
        for lookup in offer.pack.lookups:
            if lookup.service == service:
                return choose(lookup.label)
        registration = offer.pack.service.registration
        if registration is not None and registration.service == service:
            return choose(registration.label)
    return str(service)


def _purpose(purpose: str) -> str:
    for offer in offers():
        if any(lookup.purpose == purpose for lookup in offer.pack.lookups):
            return choose(offer.pack.service.title)
    return purpose
