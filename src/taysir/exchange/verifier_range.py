"""Checks an exported range of the journal offline: each exchange whole, what they share once.

The same rules as for a single package, without parsing or verifying anything twice: certificates,
agreements, checkpoint, witnesses, time-stamp and status are checked once, statements by the cost of
their signatures. Findings name the record's position.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from taysir.exchange.consent import SignedConsent, open_consent
from taysir.exchange.contracts import SignedAgreement, check_accept, check_end, view_of
from taysir.exchange.evidence_log import STAMP_FILE, STATUS_FILE
from taysir.exchange.evidence_range import (
    AGREEMENTS_FILE,
    CHECKPOINT_FILE,
    CONSENTS_FILE,
    RANGE_FILE,
    RANGE_FORMAT,
    ExchangeRange,
)
from taysir.exchange.log import log_entry
from taysir.exchange.model import Agreement, Consent
from taysir.exchange.package import unpack
from taysir.exchange.stamping import verify_stamp
from taysir.exchange.terms import parties, read_terms
from taysir.exchange.trust_errors import EXC_EVIDENCE_UNREADABLE
from taysir.exchange.trust_status import RevocationStatus, read_status
from taysir.exchange.verifier import check_shared
from taysir.exchange.verifier_case import Case, Finding, Text, check_all, finding
from taysir.exchange.verifier_rules import (
    check_answer,
    check_covered,
    check_parties,
    check_permission,
    check_reduced,
    vouch,
)
from taysir.kernel import limits
from taysir.kernel.canonical import parse_canonical, parse_json
from taysir.kernel.checkpoint import Checkpoint, open_note, signed_by_log
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import HASH_BYTES, leaf_hash, root_from_range
from taysir.kernel.statement import ParsedStatement, Statement, parse_statement

_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeReport:
    """The outcome: how many exchanges were checked, what does not hold, what is pending."""

    start: int
    records: int
    exchanges: int
    findings: tuple[Finding, ...]
    pending: tuple[str, ...]
    stamped_at: datetime | None
    authority_fingerprint: str
    anchor_given: bool

    @property
    def valid(self) -> bool:
        """Whether everything held."""
        return not self.findings

    @property
    def state(self) -> str:
        """``stamped`` once witnesses and time-stamp hold, else ``pending``."""
        third = {"witnesses", "time-stamp"} & set(self.pending)
        return "stamped" if self.valid and not third else "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """An agreement whose signatures hold: what it permits, and when the first party ended it."""

    view: Agreement
    ended_at: datetime | None


@dataclass(slots=True, kw_only=True)
class _Shared:
    """What is checked once."""

    case: Case
    node: str = ""
    range: ExchangeRange = field(default_factory=lambda: ExchangeRange(0, (), ()))
    agreements: dict[str, _Terms] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    spoken_of: set[str] = field(default_factory=set)
    status: RevocationStatus | None = None
    revoked: dict[str, datetime | None] = field(default_factory=dict)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    newest_ms: int = 0
    pending: list[str] = field(default_factory=list)
    stamped_at: datetime | None = None


def is_range(data: bytes) -> bool:
    """Whether a file is a range and not the package of one exchange; raises EXC-0532."""
    try:
        manifest = parse_json(unpack(data).get("manifest.json", b""))
    except Problem as problem:
        if problem.kind is EXC_EVIDENCE_UNREADABLE:
            raise
        return False  # the check of a single package says what is wrong with it
    return isinstance(manifest, dict) and manifest.get("format") == RANGE_FORMAT


def verify_range(
    data: bytes, *, anchor: bytes | None = None, progress: Callable[[int, int], None] | None = None
) -> RangeReport:
    """Check an exported range.

    Args:
        data: the file.
        anchor: the authority's certificate in DER, had from elsewhere.
        progress: told how many records of how many are done, now and then.

    Raises:
        Problem: EXC-0532 when the file is no evidence at all.
    """
    case, exchanges = Case(data, anchor), 0
    shared = _Shared(case=case)
    with case.located("container"):
        _read_shared(shared)
    if not case.findings:
        exchanges = _check_records(shared, progress=progress)
        if len(case.findings) < limits.RANGE_FINDINGS:
            _check_spoken_of(shared)
        _check_log(shared)
    return RangeReport(
        start=shared.range.start,
        records=len(shared.range.records),
        exchanges=exchanges,
        findings=tuple(case.findings[: limits.RANGE_FINDINGS]),
        pending=tuple(shared.pending),
        stamped_at=shared.stamped_at,
        authority_fingerprint=hashlib.sha256(case.authority).hexdigest() if case.authority else "",
        anchor_given=anchor is not None,
    )


# --- what is shared ------------------------------------------------------------------------------


def _read_shared(shared: _Shared) -> None:
    case = shared.case
    check_shared(case, form=RANGE_FORMAT)
    if case.federation is None:
        raise finding("federation.jws", "nothing can be checked without it")
    try:
        found = msgspec.msgpack.decode(case.file(RANGE_FILE), type=ExchangeRange)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise finding(RANGE_FILE, "it is not a range of exchanges") from cause
    if not found.records:
        raise finding(RANGE_FILE, "it is empty")
    shared.range, shared.node = found, str(case.manifest.get("node"))
    with case.located(AGREEMENTS_FILE):
        _read_agreements(shared)
    if CONSENTS_FILE in case.files:
        with case.located(CONSENTS_FILE):
            _read_consents(shared)
    if STATUS_FILE in case.files:
        with case.located(STATUS_FILE):
            shared.status = read_status(case.files[STATUS_FILE], authority=case.authority)
    else:
        shared.pending.append("status")


def _read_agreements(shared: _Shared) -> None:
    rows = parse_canonical(shared.case.file(AGREEMENTS_FILE))
    if not isinstance(rows, dict):
        raise finding(AGREEMENTS_FILE, "it names no agreements")
    for name, row in rows.items():
        agreement = _agreement(row)
        if agreement is None or agreement.hash != name:
            raise finding(AGREEMENTS_FILE, f"{name[:64]} is not an agreement of this name")
        shared.agreements[name] = _check_agreement(shared.case, agreement)


def _read_consents(shared: _Shared) -> None:
    rows = parse_canonical(shared.case.file(CONSENTS_FILE))
    if not isinstance(rows, dict) or not rows:
        raise finding(CONSENTS_FILE, "it names no consents")
    for name, row in rows.items():
        signed = _consent(row)
        if signed is None:
            raise finding(CONSENTS_FILE, f"{name[:64]} is not a consent")
        consent = open_consent(signed, find=shared.case.certificates.get)
        if consent.hash != name:
            raise finding(CONSENTS_FILE, f"{name[:64]} is not a consent of this name")
        shared.consents[name] = consent


def _consent(row: Any) -> SignedConsent | None:
    try:
        tokens = {key: row[key].encode("ascii") for key in row}
        return SignedConsent(**tokens)
    except (TypeError, AttributeError, ValueError):
        return None


def _agreement(row: Any) -> SignedAgreement | None:
    try:
        return SignedAgreement(
            document=base64.b64decode(row["document"], validate=True),
            accepts={str(k): str(v).encode("ascii") for k, v in row["accepts"].items()},
            ends=tuple(str(token).encode("ascii") for token in row["ends"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        return None


def _check_agreement(case: Case, agreement: SignedAgreement) -> _Terms:
    find = case.certificates.get
    for party in parties(read_terms(agreement.document)):
        if party not in agreement.accepts:
            raise finding(AGREEMENTS_FILE, f"{party} did not sign {agreement.hash}")
        token = agreement.accepts[party]
        check_accept(agreement.document, token=token, by=party, find=find)
    ends = [check_end(token, agreement=agreement, find=find).at for token in agreement.ends]
    return _Terms(view=view_of(agreement), ended_at=min(ends, default=None))


# --- each record ---------------------------------------------------------------------------------


def _check_records(shared: _Shared, *, progress: Callable[[int, int], None] | None) -> int:
    case, exchanges = shared.case, 0
    for number, record in enumerate(shared.range.records):
        if progress is not None and number % 512 == 0:
            progress(number, len(shared.range.records))
        if not record.request:
            continue
        exchanges += 1
        position = shared.range.start + number
        try:
            _check_exchange(shared, request=record.request, response=record.response)
        except Problem as problem:
            text: Text = {"ar": problem.title("ar"), "en": problem.title("en")}
            case.findings.append(Finding(file=f"record {position}", text=text))
            if len(case.findings) >= limits.RANGE_FINDINGS:
                break
    return exchanges


def _check_exchange(shared: _Shared, *, request: bytes, response: bytes) -> None:
    """Check one exchange; raises the first problem."""
    certificates = shared.case.certificates
    asked = parse_statement(request)
    asked_at = vouch(asked, types=("request",), certificates=certificates, file="request")
    number = (asked.statement.sender, asked.statement.id)
    if shared.numbers.setdefault(number, asked.digest) != asked.digest:
        raise finding("request", "its number was used before, for another question")
    shared.spoken_of.add(asked.statement.agreement)
    shared.spoken_of.add(asked.statement.consent)
    _check_status(shared, asked)
    answer = None
    if response:
        answer = parse_statement(response)
        types = ("response", "refusal")
        vouch(answer, types=types, certificates=certificates, file="response")
        check_answer(asked, answer, file="response")
        _check_status(shared, answer)
    refused = answer is not None and answer.statement.type == "refusal"
    terms = shared.agreements.get(asked.statement.agreement)
    if terms is None:
        if refused:
            return
        raise finding(AGREEMENTS_FILE, "its agreement is missing")
    check_parties(asked.statement, view=terms.view, file="request")
    if refused:
        return
    check_permission(asked, at=asked_at, view=terms.view, file="request")
    _check_consent(shared, asked.statement, view=terms.view)
    if answer is not None:
        check_reduced(answer, view=terms.view, file="response")
    if terms.ended_at is not None and terms.ended_at <= asked_at:
        raise finding("request", "a party had ended the agreement before")


def _check_consent(shared: _Shared, statement: Statement, *, view: Agreement) -> None:
    """The consent that a request names is there where the agreement wants one, and covers it."""
    consent = shared.consents.get(statement.consent)
    if consent is not None:
        check_covered(statement, consent=consent, file=CONSENTS_FILE)
    elif view.consent_required:
        raise finding(CONSENTS_FILE, "its consent is missing")


def _check_spoken_of(shared: _Shared) -> None:
    """Note agreements and consents that no request names."""
    for file, kept in ((AGREEMENTS_FILE, shared.agreements), (CONSENTS_FILE, shared.consents)):
        for name in sorted(set(kept) - shared.spoken_of):
            shared.case.add(finding(file, f"nothing that was signed speaks of {name}"))


def _check_status(shared: _Shared, parsed: ParsedStatement) -> None:
    """Look a signer up in the revocation list, once a certificate."""
    shared.newest_ms = max(shared.newest_ms, parsed.statement.time_ms)
    if shared.status is None:
        return
    name = parsed.thumbprint
    if name not in shared.revoked:
        der = shared.case.certificates[name].der
        shared.revoked[name] = shared.status.revoked_at(der)
    revoked_at = shared.revoked[name]
    if revoked_at is not None and revoked_at.timestamp() * _MS <= parsed.statement.time_ms:
        raise finding(STATUS_FILE, "the signer's certificate was revoked before")


# --- the log -------------------------------------------------------------------------------------


def _check_log(shared: _Shared) -> None:
    case = shared.case
    with case.located(CHECKPOINT_FILE):
        note = case.file(CHECKPOINT_FILE)
        checkpoint = _checkpoint(shared, note=note)
        leaves = [
            leaf_hash(log_entry(r.salt, request=r.request, response=r.response))
            for r in shared.range.records
        ]
        salts = all(len(record.salt) == HASH_BYTES for record in shared.range.records)
        root = root_from_range(
            leaves, start=shared.range.start, size=checkpoint.size, proof=shared.range.proof
        )
        checks = (
            (salts, "it does not disclose the salts"),
            (root == checkpoint.root, "the records are not in the log as they are here"),
        )
        check_all(checks, file=RANGE_FILE)
        _check_witnesses(shared, note=note)
        _check_stamp(shared, note=note)
    newest = shared.newest_ms / _MS
    if shared.status is not None and shared.status.until.timestamp() <= newest:
        shared.pending.append("status")


def _checkpoint(shared: _Shared, *, note: bytes) -> Checkpoint:
    """Return the checkpoint if the log of the node signed it, and the node carries the producer."""
    case, trust = shared.case, shared.case.trust
    checkpoint, _unknown = open_note(note, keys=())
    keys = trust.logs.get(checkpoint.origin, ())
    nodes = (
        {row.name: row.members for row in case.federation.content.nodes} if case.federation else {}
    )
    checks = (
        (bool(keys), "the federation document does not name this log"),
        (trust.node_of_log.get(checkpoint.origin) == shared.node, "it is the log of another node"),
        (case.manifest.get("producer") in nodes.get(shared.node, ()), "the producer is not there"),
        (bool(open_note(signed_by_log(note), keys=keys)[1]), "not signed by its log"),
    )
    check_all(checks, file=CHECKPOINT_FILE)
    return checkpoint


def _check_witnesses(shared: _Shared, *, note: bytes) -> None:
    trust = shared.case.trust
    keys = [key for peer in trust.witnesses_of(shared.node) for key in peer.keys]
    signed = open_note(note, keys=keys)[1]
    if len({signature.name for signature in signed}) < trust.quorum:
        shared.pending.append("witnesses")
    earliest = shared.newest_ms / _MS - limits.CLOCK_SKEW_S
    if any(signature.at < earliest for signature in signed):
        raise finding(CHECKPOINT_FILE, "a witness cosigned before a statement was signed")


def _check_stamp(shared: _Shared, *, note: bytes) -> None:
    token = shared.case.files.get(STAMP_FILE)
    if token is None:
        shared.pending.append("time-stamp")
        return
    at = verify_stamp(token, data=signed_by_log(note), roots=shared.case.trust.stamp_roots)
    if at.timestamp() < shared.newest_ms / _MS - limits.CLOCK_SKEW_S:
        raise finding(STAMP_FILE, "it is older than a statement under it")
    shared.stamped_at = at
