"""Checks an evidence package offline, in numbered steps, without the platform.

Every finding names the file and what does not hold. All trust hangs on one certificate, the
authority's: it is given by the person who checks (``anchor``), or taken from the package, and then
the report says so, because a forger could have made a whole country of their own. Nothing here
fails in another way than by a finding or by EXC-0532, whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from taysir.exchange.consent import SignedConsent, open_consent
from taysir.exchange.contracts import (
    SignedAgreement,
    check_accept,
    check_end,
    view_of,
)
from taysir.exchange.evidence import CONSENT, CONSENT_END, FORMAT, MANIFEST_TYPE, REDACTIONS
from taysir.exchange.evidence_journal import JOURNAL_FILE, check_rows, read_journal
from taysir.exchange.federation import member_certificates, open_federation
from taysir.exchange.keyfiles import certificate_der, certificate_pem
from taysir.exchange.log_trust import log_trust
from taysir.exchange.model import Agreement
from taysir.exchange.package import MIMETYPE, check_container, unpack
from taysir.exchange.summary import SummaryFacts, summary_page
from taysir.exchange.terms import parties, read_terms
from taysir.exchange.verifier_case import Case, Step, finding, moment
from taysir.exchange.verifier_files import check_known, nothing_else
from taysir.exchange.verifier_log import check_log, check_stamp, check_status, check_witnesses
from taysir.exchange.verifier_rules import (
    check_answer,
    check_covered,
    check_parties,
    check_permission,
    check_reduced,
    vouch,
)
from taysir.kernel.canonical import parse_canonical
from taysir.kernel.errors import Language, Problem
from taysir.kernel.signature import open_detached, thumbprint
from taysir.kernel.statement import ParsedStatement, Statement, digest, parse_statement

_AGREEMENT: Final = "agreement/agreement.json"
_THIRD_PARTIES: Final = frozenset({"log", "witnesses", "time-stamp"})
_REDACTABLE: Final = frozenset(
    {"request.body", "request.headers", "response.body", "response.headers"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a check."""

    steps: tuple[Step, ...]
    exchange_id: str
    authority_fingerprint: str
    anchor_given: bool
    facts: SummaryFacts | None

    @property
    def valid(self) -> bool:
        """Whether every step held; what is pending is not wrong, but proves less."""
        return all(step.ok for step in self.steps)

    @property
    def pending(self) -> tuple[str, ...]:
        """The steps about which third parties have not said enough yet."""
        return tuple(step.name for step in self.steps if step.pending is not None)

    @property
    def state(self) -> str:
        """``stamped`` once log, witnesses and time-stamp all held, else ``pending``."""
        names = {step.name for step in self.steps if step.ok and step.pending is None}
        return "stamped" if names >= _THIRD_PARTIES and self.valid else "pending"


def verify_package(data: bytes, *, anchor: bytes | None = None) -> Report:
    """Check a package and return the report.

    Args:
        data: the file.
        anchor: the authority's certificate in DER, had from elsewhere than the package.

    Raises:
        Problem: EXC-0532 when the file is no evidence package at all.
    """
    case = Case(data, anchor)
    steps: list[Step] = []
    for number, (name, arabic, english, check) in enumerate(_STEPS, start=1):
        case.findings, case.pending = [], None
        with case.located(name):
            check(case)
        title: dict[Language, str] = {"ar": arabic, "en": english}
        found = tuple(case.findings)
        pending = case.pending if not found else None
        steps.append(Step(number=number, name=name, title=title, findings=found, pending=pending))
        if number == 1 and not case.files:
            break
    return Report(
        steps=tuple(steps),
        exchange_id=case.request.statement.id if case.request else "",
        authority_fingerprint=hashlib.sha256(case.authority).hexdigest() if case.authority else "",
        anchor_given=anchor is not None,
        facts=_facts(case),
    )


def check_shared(case: Case, *, form: str) -> None:
    """Run the steps that are about the container and its trust, for another form of package."""
    for name, check in (
        ("container", _container),
        ("manifest", lambda c: _manifest(c, form=form)),
        ("authority", _authority),
        ("federation", _federation),
    ):
        with case.located(name):
            check(case)


# --- steps ---------------------------------------------------------------------------------------


def _container(case: Case) -> None:
    case.files = unpack(case.data)
    check_container(case.data, files=case.files)
    if case.file("mimetype") != MIMETYPE:
        raise finding("mimetype", "it is not that of an evidence package")


def _manifest(case: Case, *, form: str = FORMAT) -> None:
    check_known(case, form=form)
    with case.located("manifest.json"):
        case.manifest = _read_manifest(case.file("manifest.json"), form=form)
    if not case.manifest:
        return
    listed = case.manifest["files"]
    for name in sorted({*listed, *case.files} - {"manifest.json", "manifest.jws"}):
        with case.located(name):
            if name not in listed:
                raise finding(name, "the manifest does not list it")
            data, row = case.file(name), listed[name]
            same = row == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            if not same:
                raise finding(name, "its SHA-256 or length differs from the manifest")


def _authority(case: Case) -> None:
    pem = case.file("authority.pem")
    try:
        der = certificate_der(pem)
    except ValueError as cause:
        raise finding("authority.pem", "not a certificate") from cause
    if certificate_pem(der) != pem:
        raise finding("authority.pem", "it holds more than the certificate")
    if case.anchor is not None and case.anchor != der:
        case.authority = case.anchor
        raise finding("authority.pem", "it is not the authority that you trust")
    case.authority = der


def _federation(case: Case) -> None:
    if not case.authority:
        raise finding("federation.jws", "cannot be checked without the authority")
    with case.located("federation.jws"):
        case.federation = open_federation(case.file("federation.jws"), anchor=case.authority)
        case.certificates = member_certificates(case.federation, anchor=case.authority)
        case.trust = log_trust(case.federation.content)
    for name in sorted(case.files):
        if name.startswith("certificates/"):
            with case.located(name):
                _check_certificate_file(case, name)
    with case.located("manifest.jws"):
        _check_producer(case)


def _agreement(case: Case) -> None:
    if _AGREEMENT not in case.files:
        response = _parse(case, "response.jws") if "response.jws" in case.files else None
        if response is None or response.statement.type != "refusal":
            raise finding(_AGREEMENT, "the file is missing")
        nothing_else(case, "agreement/")
        return
    document = case.file(_AGREEMENT)
    with case.located(_AGREEMENT):
        case.terms = read_terms(document)
    signed = parties(case.terms) if case.terms is not None else ()
    names = {party: f"agreement/{party.replace('/', '_')}.accept.jws" for party in signed}
    ends = {name for name in case.files if name.endswith(".end.jws")}
    nothing_else(case, "agreement/", but=frozenset({_AGREEMENT, *names.values(), *ends}))
    for party, name in names.items():
        with case.located(name):
            find = case.certificates.get
            check_accept(document, token=case.file(name), by=party, find=find)


def _request(case: Case) -> None:
    case.request = _statement(case, "request.jws", types=("request",))
    statement, document = case.request.statement, case.federation
    if document is not None and moment(statement) >= document.expires_at:
        raise finding("federation.jws", "it had expired when the request was signed")
    if case.terms is None:
        return
    agreement = SignedAgreement(document=case.file(_AGREEMENT))
    view = view_of(agreement)
    check_parties(statement, view=view, file="request.jws")
    if case.files.get("response.jws") and _refused(case):
        _check_consent(case, view=None)
        return
    check_permission(case.request, at=moment(case.request.statement), view=view, file="request.jws")
    _check_ends(case, agreement)
    _check_consent(case, view=view)


def _response(case: Case) -> None:
    if "response.jws" not in case.files:
        nothing_else(case, "response.")
        return
    case.response = _statement(case, "response.jws", types=("response", "refusal"))
    if case.request is None:
        raise finding("response.jws", "cannot be checked without the request")
    check_answer(case.request, case.response, file="response.jws")
    if case.terms is not None:
        view = view_of(SignedAgreement(document=case.file(_AGREEMENT)))
        check_reduced(case.response, view=view, file="response.jws")


def _bodies(case: Case) -> None:
    redacted = _redactions(case)
    for side, parsed in (("request", case.request), ("response", case.response)):
        if parsed is None:
            continue
        if f"{side}.body" not in redacted:
            _check_body(case, side, parsed.statement)
        if f"{side}.headers" not in redacted:
            _check_headers(case, side, parsed.statement)


def _redactions(case: Case) -> frozenset[str]:
    """Return the contents that are left out on purpose: the statements prove only their digests."""
    names: frozenset[str] = frozenset()
    if REDACTIONS in case.files:
        with case.located(REDACTIONS):
            said = parse_canonical(case.files[REDACTIONS])
            named = frozenset(said) if isinstance(said, dict) else frozenset()
            if not named or not named <= _REDACTABLE or named & case.files.keys():
                raise finding(REDACTIONS, "it names what is not left out")
            names = named
    return names


def _check_body(case: Case, side: str, statement: Statement) -> None:
    with case.located(f"{side}.body"):
        body = case.file(f"{side}.body")
        if digest(body) != statement.body_digest or len(body) != statement.body_length:
            raise finding(f"{side}.body", "it is not the signed content")


def _check_headers(case: Case, side: str, statement: Statement) -> None:
    with case.located(f"{side}.headers"):
        block = case.files.get(f"{side}.headers", b"")
        if (digest(block) if block else "") != statement.headers_digest:
            raise finding(f"{side}.headers", "they are not the signed headers")


def _journal(case: Case) -> None:
    check_rows(
        read_journal(case.file(JOURNAL_FILE)),
        request=case.file("request.jws"),
        response=case.files.get("response.jws", b""),
        asked_at_ms=case.request.statement.time_ms if case.request else 0,
    )


def _summaries(case: Case) -> None:
    facts = _facts(case)
    if facts is None:
        raise finding("summary.ar.html", "cannot be checked without request and federation")
    languages: tuple[Language, ...] = ("ar", "en")
    for language in languages:
        name = f"summary.{language}.html"
        with case.located(name):
            if case.file(name) != summary_page(facts, language=language):
                raise finding(name, "it says something else than the signed files")


_STEPS: Final[tuple[tuple[str, str, str, Callable[[Case], None]], ...]] = (
    ("container", "الحزمة كاملة كما كُتبت", "The package is whole, as it was written", _container),
    ("manifest", "كل ملف يطابق البيان", "Every file fits the manifest", _manifest),
    ("authority", "شهادة السلطة", "The authority's certificate", _authority),
    (
        "federation",
        "وثيقة الاتحاد والشهادات",
        "The federation document and the certificates",
        _federation,
    ),
    ("agreement", "الاتفاقية موقعة من طرفيها", "Both parties signed the agreement", _agreement),
    (
        "request",
        "الطلب موقّع وتجيزه الاتفاقية",
        "The request is signed and the agreement permits it",
        _request,
    ),
    (
        "response",
        "الجواب موقّع ومربوط بالطلب",
        "The answer is signed and bound to the request",
        _response,
    ),
    ("bodies", "المحتوى هو ما وُقّع عليه", "The contents are what was signed", _bodies),
    ("journal", "مواضع السجل", "The journal positions", _journal),
    ("log", "البيانات في سجل الشفافية", "The statements are in the transparency log", check_log),
    ("witnesses", "الشهود وقعوا نقطة التحقق", "Witnesses cosigned the checkpoint", check_witnesses),
    ("time-stamp", "الختم الزمني", "A third party's time-stamp holds", check_stamp),
    ("status", "حالة الشهادات وقت التوقيع", "The certificates' status when signing", check_status),
    ("summary", "الملخّص يقول ما تقوله التواقيع", "The summary says what was signed", _summaries),
)


# --- parts of steps ------------------------------------------------------------------------------


def _read_manifest(data: bytes, *, form: str) -> dict[str, Any]:
    value = parse_canonical(data)
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, dict) or value.get("format") != form:
        raise finding("manifest.json", "it is not a manifest of this format")
    manifest: dict[str, Any] = value
    return manifest


def _check_producer(case: Case) -> None:
    """The manifest is signed by a member that was a side of the exchange."""
    manifest = case.file("manifest.json")
    jws = open_detached(case.file("manifest.jws"), payload=manifest, typ=MANIFEST_TYPE)
    certificate = case.certificates.get(str(jws.header.get("x5t#S256")))
    if certificate is None or str(certificate.member) != case.manifest.get("producer"):
        raise finding("manifest.jws", "it is not signed by the producer that it names")
    jws.verify(certificate.public_key)


def _check_certificate_file(case: Case, name: str) -> None:
    pem = case.file(name)
    try:
        der = certificate_der(pem)
    except ValueError as cause:
        raise finding(name, "not a certificate") from cause
    if name != f"certificates/{thumbprint(der)}.pem" or certificate_pem(der) != pem:
        raise finding(name, "it is another certificate than its name says")
    if thumbprint(der) not in case.certificates:
        raise finding(name, "the federation document does not list it")


def _parse(case: Case, name: str) -> ParsedStatement:
    return parse_statement(case.file(name))


def _refused(case: Case) -> bool:
    try:
        return _parse(case, "response.jws").statement.type == "refusal"
    except Problem:
        return False  # the next step reports what is wrong with the answer


def _statement(case: Case, name: str, *, types: tuple[str, ...]) -> ParsedStatement:
    """Read a statement and check who vouches for it."""
    parsed = _parse(case, name)
    vouch(parsed, types=types, certificates=case.certificates, file=name)
    return parsed


def _check_consent(case: Case, *, view: Agreement | None) -> None:
    """The consent that the request names is there, signed, and covers it.

    Without an agreement the request was refused, maybe because its consent does not cover it.
    """
    assert case.request is not None
    statement = case.request.statement
    wanted = view is not None and view.consent_required
    if not statement.consent or (CONSENT not in case.files and not wanted):
        nothing_else(case, "consent/")
        return
    with case.located(CONSENT):
        token, revocation = case.file(CONSENT), case.files.get(CONSENT_END, b"")
        signed = SignedConsent(token=token, revocation=revocation)
        consent = open_consent(signed, find=case.certificates.get)
        if view is not None:
            check_covered(statement, consent=consent, file=CONSENT)
        elif consent.hash != statement.consent:
            raise finding(CONSENT, "it is another consent than the request names")


def _check_ends(case: Case, agreement: SignedAgreement) -> None:
    """No party had ended the agreement before the request."""
    assert case.request is not None
    for name in sorted(case.files):
        if name.startswith("agreement/") and name.endswith(".end.jws"):
            with case.located(name):
                find = case.certificates.get
                ending = check_end(case.files[name], agreement=agreement, find=find)
                if ending.at <= moment(case.request.statement):
                    raise finding(name, f"{ending.by} had ended the agreement before")


def _facts(case: Case) -> SummaryFacts | None:
    if case.request is None or case.federation is None:
        return None
    document = case.files.get(_AGREEMENT, b"")
    return SummaryFacts(
        request=case.request.statement,
        response=case.response.statement if case.response else None,
        terms=case.terms,
        agreement=hashlib.sha256(document).hexdigest() if document else "",
        federation=case.federation,
        log=case.log_facts,
    )
