"""What a sharing agreement says: typed terms in one canonical JSON spelling, and their checks.

Terms are the content of an agreement; their SHA-256 is its name. Purpose and legal basis are codes
of the registers of purposes and regulations, so that programs can compare them; names for people
live in those registers. This module judges form only. Who signed, and whether an agreement is in
force, is decided in ``contracts``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from taysir.exchange.model import Classification, Mode, Period
from taysir.exchange.trust_errors import EXC_AGREEMENT
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId

FORMAT: Final = "taysir-agreement/2"

POINTER: Final = re.compile(r"(/([^~/]|~[01])*)+")
PURPOSE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BASIS: Final = re.compile(r"[A-Za-z0-9]+([._/:-][A-Za-z0-9]+)*")
_ZONE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CHARACTERS: Final = "[A-Za-z0-9._~!$&'()*+,;=:@%-]*"
_PATH: Final = re.compile(rf"(/{_CHARACTERS}(\{{[A-Za-z0-9_]+\}}{_CHARACTERS})?)+")
"""At most one parameter a segment: with several, trying where one ends and the next begins takes
time that grows with a power of the path's length, which anybody with the agreement may choose."""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says in which zone it is."""

_PART: Final = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def described(parts: int, *, optional: bool = False) -> msgspec.Meta:
    """Return how OpenAPI describes an identifier of so many parts; who reads it judges it."""
    pattern = f"{_PART}(/{_PART}){{{parts - 1}}}"
    return msgspec.Meta(
        extra_json_schema={"pattern": f"^({pattern})?$" if optional else f"^{pattern}$"}
    )


class Method(StrEnum):
    """The methods that an agreement can permit."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class OperationTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One permitted method and path pattern."""

    method: str
    path: str


class ZoneTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Residency: zones where the asking node, the answering node and the records may be.

    An empty list leaves its place free.
    """

    consumer: tuple[str, ...] = ()
    processing: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()


class QuotaTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many calls in a period (UTC); for one purpose, or for all together when it is empty."""

    calls: int
    per: Period
    purpose: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of an agreement. Times are RFC 3339 in UTC with whole seconds.

    Attributes:
        consumer: the information system that may ask.
        service: the data service that answers.
        behalf: the member for whom the consumer's owner acts (delegation); it signs too.
        purposes: codes of the register of purposes.
        legal_basis: an entry of the register of regulations.
        operations: the permitted methods and paths.
        request_fields: JSON Pointers that a request's body may hold; empty permits all.
        fields: JSON Pointers that an answer may hold; empty permits all.
        classification: the class of the data.
        zones: residency.
        retention_days: how long the consumer may keep the data.
        quotas: calls per period, for all purposes or for one.
        consent_required: whether each call must name a consent of the person.
        modes: how messages may travel.
        batch: whether one signature may cover a frame of messages.
        approver: a member whose approval the agreement needs besides the parties', or empty.
        valid_from: the first moment.
        valid_until: the first moment after it.
        counters: the proposal that this one answers with other terms, or empty.
        supersedes: the agreement that ends when this one takes effect, or empty.
    """

    consumer: Annotated[str, described(4)]
    service: Annotated[str, described(5)]
    behalf: Annotated[str, described(3, optional=True)] = ""
    purposes: tuple[str, ...]
    legal_basis: str
    operations: tuple[OperationTerms, ...]
    request_fields: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    classification: Classification = Classification.RESTRICTED
    zones: ZoneTerms = ZoneTerms()
    retention_days: int = 365
    quotas: tuple[QuotaTerms, ...] = ()
    consent_required: bool = False
    modes: tuple[Mode, ...] = (Mode.SYNC,)
    batch: bool = False
    approver: Annotated[str, described(3, optional=True)] = ""
    valid_from: Moment
    valid_until: Moment
    counters: str = ""
    supersedes: str = ""
    format: str = FORMAT


def terms_document(terms: Terms) -> bytes:
    """Return the canonical bytes of terms; raises EXC-0511 for terms nobody could act on."""
    check_terms(terms)
    return canonical_json(msgspec.to_builtins(terms))


def read_terms(document: bytes) -> Terms:
    """Read an agreement's canonical bytes; raises EXC-0511 and KRN-0202."""
    if len(document) > limits.SIGNED_DOCUMENT_BYTES:
        raise Problem(EXC_AGREEMENT, reason="too long")
    try:
        terms = msgspec.convert(parse_canonical(document), Terms)
    except msgspec.ValidationError as cause:
        raise Problem(EXC_AGREEMENT, reason=str(cause)[:200]) from cause
    check_terms(terms)
    if canonical_json(msgspec.to_builtins(terms)) != document:
        raise Problem(EXC_AGREEMENT, reason="a member is missing or spelled in another way")
    return terms


def parties(terms: Terms) -> tuple[str, ...]:
    """The members whose acceptance an agreement needs, the consumer's owner first.

    One if an agency serves itself; the delegating member and the approver come after the two.
    """
    owners = (str(consumer_of(terms)), str(provider_of(terms)), terms.behalf, terms.approver)
    return tuple(dict.fromkeys(owner for owner in owners if owner))


def consumer_of(terms: Terms) -> MemberId:
    """The member that owns the asking information system."""
    return SubsystemId.parse(terms.consumer).owner


def provider_of(terms: Terms) -> MemberId:
    """The member that owns the service."""
    return ServiceId.parse(terms.service).owner


def check_terms(terms: Terms) -> None:
    """Refuse terms that nobody could act on; raises EXC-0511 and KRN-0001."""
    _check_parties(terms)
    for holds, reason in (*_codes(terms), *_scope(terms), *_bounds(terms)):
        if not holds:
            raise Problem(EXC_AGREEMENT, reason=reason)
    length = terms.valid_until - terms.valid_from
    if not timedelta(0) < length <= timedelta(days=limits.AGREEMENT_VALIDITY_DAYS):
        raise Problem(EXC_AGREEMENT, reason="the validity is empty or too long")


def _check_parties(terms: Terms) -> None:
    SubsystemId.parse(terms.consumer)
    ServiceId.parse(terms.service)
    for member in (terms.behalf, terms.approver):
        if member:
            MemberId.parse(member)
    if terms.behalf == str(consumer_of(terms)):
        raise Problem(EXC_AGREEMENT, reason="the consumer acts for itself: leave behalf empty")


def _codes(terms: Terms) -> tuple[tuple[bool, str], ...]:
    zones = (*terms.zones.consumer, *terms.zones.processing, *terms.zones.storage)
    named = (terms.counters, terms.supersedes)
    return (
        (terms.format == FORMAT, "unknown format"),
        (bool(terms.purposes), "a purpose is missing"),
        (all(_code(p, PURPOSE) for p in terms.purposes), "a purpose is not a code"),
        (_code(terms.legal_basis, _BASIS), "the legal basis is not a code of the register"),
        (all(_code(z, _ZONE) for z in zones), "a zone is not a code"),
        (all(not n or _HASH.fullmatch(n) for n in named), "an agreement is named by its SHA-256"),
    )


def _code(text: str, form: re.Pattern[str]) -> bool:
    return len(text) <= limits.AGREEMENT_CODE_CHARACTERS and form.fullmatch(text) is not None


def _scope(terms: Terms) -> tuple[tuple[bool, str], ...]:
    methods = {method.value for method in Method}
    pointers = (*terms.fields, *terms.request_fields)
    return (
        (bool(terms.operations), "no operation is permitted"),
        (all(o.method in methods for o in terms.operations), "unknown method"),
        (all(o.path.startswith("/") for o in terms.operations), "a path must start with /"),
        (all(_PATH.fullmatch(o.path) for o in terms.operations), "a path is not a path pattern"),
        (all(POINTER.fullmatch(f) for f in pointers), "a field is not a JSON Pointer"),
        (bool(terms.modes), "no mode is permitted"),
    )


def _bounds(terms: Terms) -> tuple[tuple[bool, str], ...]:
    many = limits.AGREEMENT_FIELDS
    listed = (terms.fields, terms.request_fields, terms.operations, terms.purposes, terms.quotas)
    quotas = [(q.purpose, q.per) for q in terms.quotas]
    return (
        (all(len(items) <= many for items in listed), "too many fields"),
        (all(len(set(items)) == len(items) for items in listed), "something is listed twice"),
        (all(q.calls > 0 for q in terms.quotas), "the quota is not positive"),
        (len(set(quotas)) == len(quotas), "two quotas for the same period"),
        (
            all(not q.purpose or q.purpose in terms.purposes for q in terms.quotas),
            "a quota is for a purpose that is not agreed",
        ),
        (terms.retention_days >= 0, "the retention is negative"),
        (is_whole(terms.valid_from, terms.valid_until), "times must be UTC, whole seconds"),
    )


def is_whole(*moments: datetime) -> bool:
    """Whether times are spelled as documents spell them: UTC, whole seconds."""
    return all(m.utcoffset() == timedelta(0) and m.microsecond == 0 for m in moments)
