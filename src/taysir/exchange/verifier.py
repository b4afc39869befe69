"""Verifies an evidence package offline, step by step, with nothing but the package and an anchor.

Each step either holds or raises EXC-0204 naming the file and the fault; what is not a package at
all raises EXC-0203. Nothing else leaves this module, whatever bytes come in.

The steps: 1 the archive is whole and holds what the manifest lists, byte for byte; 2 the federation
document is signed by the authority, and the authority is the anchor; 3 the agreement is signed by
both parties; 4 each request is signed by a member's valid certificate and covers its body and
headers; 5 each response likewise, and names this very request; 6 both name the agreement, its
parties and a purpose in it, and it was in force; 7 the summary says what is signed.

Source: docs/reference/evidence.md.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from taysir.exchange.contracts import SignedAgreement, State, state_of, view_of
from taysir.exchange.errors import EXC_EVIDENCE_INVALID, EXC_EVIDENCE_UNREADABLE
from taysir.exchange.evidence import FORMAT, package_evidence
from taysir.exchange.federation import member_certificates, open_federation
from taysir.exchange.model import CallOutcome, Direction, MemberCertificate, StoredExchange
from taysir.exchange.policy import permits, projection_digest
from taysir.kernel import limits
from taysir.kernel.canonical import parse_canonical
from taysir.kernel.errors import Problem
from taysir.kernel.signature import base64url, thumbprint
from taysir.kernel.statement import ParsedStatement, digest, parse_statement

Certificates = dict[str, MemberCertificate]
"""The members' certificates by thumbprint."""

_SIDES: Final = ("sent", "received")
_FILES: Final = (
    "request.jws",
    "request.headers",
    "request.body",
    "response.jws",
    "response.headers",
    "response.body",
    "journal.json",
)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was verified, for people and programs."""

    exchange_id: str
    steps: list[str] = field(default_factory=list)
    anchor_given: bool = False
    authority: str = ""
    consumer: str = ""
    service: str = ""
    purpose: str = ""
    agreement: str = ""
    asked_at: str = ""
    answered_at: str = ""
    status: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the verdict for programs."""
        return {name: getattr(self, name) for name in self.__slots__}


def verify_evidence(data: bytes, *, anchor_der: bytes | None = None) -> Verdict:
    """Verify a package.

    Args:
        data: the bytes of the file.
        anchor_der: the authority's certificate, got in a way that the package's sender could not
            touch. Without it the authority is taken from the package, and the verdict says so.

    Raises:
        Problem: EXC-0203 if it is not a package, EXC-0204 if anything in it does not hold.
    """
    files = _open(data)
    manifest = _check_manifest(files)
    verdict = Verdict(exchange_id=manifest["exchange"], anchor_given=anchor_der is not None)
    verdict.steps.append("every file is the one that the manifest lists")
    certificates = _check_federation(files, anchor_der=anchor_der, verdict=verdict)
    agreement = _check_agreement(files, certificates=certificates, verdict=verdict)
    found = 0
    for side in _SIDES:
        if f"{side}/request.jws" in files:
            _check_side(
                files, side, certificates=certificates, agreement=agreement, verdict=verdict
            )
            found += 1
    if not found:
        raise Problem(EXC_EVIDENCE_INVALID, file="manifest.json", reason="no statement in it")
    _check_summary(files, data=data, agreement=agreement)
    verdict.steps.append("the summary says what is signed")
    return verdict


# --- 1: the archive ------------------------------------------------------------------------------


def _open(data: bytes) -> dict[str, bytes]:
    if len(data) > limits.EVIDENCE_PACKAGE_BYTES:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason="too large")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if len(entries) > limits.EVIDENCE_FILES or total > limits.EVIDENCE_PACKAGE_BYTES:
                raise Problem(EXC_EVIDENCE_UNREADABLE, reason="too many or too large files")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason=type(error).__name__) from error
    except (EOFError, UnicodeError, LookupError) as error:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason=type(error).__name__) from error


def _check_manifest(files: dict[str, bytes]) -> dict[str, Any]:
    with _located("manifest.json"):
        manifest = parse_canonical(files.get("manifest.json", b""))
    listed = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(listed, dict) or manifest.get("format") != FORMAT:
        raise Problem(EXC_EVIDENCE_INVALID, file="manifest.json", reason="not a manifest")
    for name in sorted({*listed, *files} - {"manifest.json"}):
        if name not in files or name not in listed:
            raise Problem(EXC_EVIDENCE_INVALID, file=name, reason="listed and packed files differ")
        if hashlib.sha256(files[name]).hexdigest() != listed[name]:
            raise Problem(EXC_EVIDENCE_INVALID, file=name, reason="its bytes were changed")
    return dict(manifest)


# --- 2 and 3: who may speak, and what was agreed -------------------------------------------------


def _check_federation(
    files: dict[str, bytes], *, anchor_der: bytes | None, verdict: Verdict
) -> Certificates:
    name = "federation.jws"
    anchor = anchor_der if anchor_der is not None else files.get("authority.der", b"")
    with _located(name):
        document = open_federation(files.get(name, b""), anchor=anchor)
        certificates = member_certificates(document, anchor=anchor)
    verdict.authority = thumbprint(anchor)
    verdict.steps.append("the federation document is signed by the authority")
    return certificates


def _check_agreement(
    files: dict[str, bytes], *, certificates: Certificates, verdict: Verdict
) -> SignedAgreement | None:
    name = "agreement/agreement.json"
    if name not in files:
        return None
    agreement = SignedAgreement(
        document=files[name],
        accepts={
            file.removeprefix("agreement/").removesuffix(".accept.jws").replace("_", "/", 2): token
            for file, token in files.items()
            if file.endswith(".accept.jws")
        },
        ends=tuple(token for file, token in sorted(files.items()) if file.endswith(".end.jws")),
    )
    with _located(name):
        state = state_of(agreement, find=certificates.get)
        view_of(agreement)
    if state is State.PROPOSED:
        _fail(name, "a party has not signed it")
    verdict.agreement = agreement.hash
    verdict.steps.append("the agreement is signed by both parties")
    return agreement


# --- 4 to 6: the statements ----------------------------------------------------------------------


def _check_side(
    files: dict[str, bytes],
    side: str,
    *,
    certificates: Certificates,
    agreement: SignedAgreement | None,
    verdict: Verdict,
) -> None:
    missing = [name for name in _FILES if f"{side}/{name}" not in files]
    if missing:
        raise Problem(EXC_EVIDENCE_INVALID, file=f"{side}/{missing[0]}", reason="it is missing")
    with _located(f"{side}/journal.json"):
        parse_canonical(files[f"{side}/journal.json"])
    request = _check_message(files, side, "request", certificates=certificates)
    verdict.steps.append(f"{side}: the request is signed and covers body and headers")
    said = request.statement
    if said.type != "request" or said.id != verdict.exchange_id:
        _fail(f"{side}/request.jws", "it is not the request of this exchange")
    _check_permission(said, agreement, file=f"{side}/request.jws")
    verdict.steps.append(f"{side}: the agreement permits the request")
    verdict.consumer, verdict.service, verdict.purpose = said.sender, said.receiver, said.purpose
    verdict.asked_at = _when(said.time_ms)
    if not files[f"{side}/response.jws"]:
        return
    response = _check_message(files, side, "response", certificates=certificates)
    answered = response.statement
    if answered.request != request.digest or answered.id != said.id:
        _fail(f"{side}/response.jws", "it answers another request")
    if (answered.sender, answered.receiver) != (said.receiver, said.sender):
        _fail(f"{side}/response.jws", "it is between other parties")
    _check_projection(answered, agreement, file=f"{side}/response.jws")
    verdict.answered_at, verdict.status = _when(answered.time_ms), answered.status
    verdict.steps.append(f"{side}: the response is signed and answers this very request")


def _check_message(
    files: dict[str, bytes], side: str, kind: str, *, certificates: Certificates
) -> ParsedStatement:
    name = f"{side}/{kind}.jws"
    with _located(name):
        parsed = parse_statement(files[name])
        statement = parsed.statement
        owner = "/".join(statement.sender.split("/")[:3])
        at = datetime.fromtimestamp(statement.time_ms / 1000, UTC)
        certificate = certificates.get(parsed.thumbprint)
        if certificate is None or str(certificate.member) != owner:
            _fail(name, "it is not signed by its sender")
        if not certificate.valid_from <= at <= certificate.valid_until:
            _fail(name, "the certificate was not valid then")
        if certificate.revoked_at is not None and certificate.revoked_at <= at:
            _fail(name, "the certificate was revoked then")
        parsed.verify(certificate.public_key)
    if statement.body_digest != digest(files[f"{side}/{kind}.body"]):
        _fail(f"{side}/{kind}.body", "it is not the body that was signed")
    block = files[f"{side}/{kind}.headers"]
    if statement.headers_digest != (base64url(hashlib.sha256(block).digest()) if block else ""):
        _fail(f"{side}/{kind}.headers", "they are not the headers that were signed")
    return parsed


def _check_permission(said: Any, agreement: SignedAgreement | None, *, file: str) -> None:
    if agreement is None:
        if said.agreement:
            _fail("agreement/agreement.json", "the agreement that the request names is missing")
        return
    view = view_of(agreement)
    at = datetime.fromtimestamp(said.time_ms / 1000, UTC)
    checks = (
        (said.agreement == view.hash, "it names another agreement"),
        (said.sender == str(view.consumer), "the agreement is with another consumer"),
        (said.receiver == str(view.service), "the agreement is for another service"),
        (said.purpose in view.purposes, "its purpose is not agreed"),
        (view.valid_from <= at < view.valid_until, "the agreement was not in force"),
        (
            permits(view.operations, method=said.method, path=said.path.partition("?")[0]),
            "the agreement does not cover the operation",
        ),
    )
    for good, fault in checks:
        if not good:
            _fail(file, fault)


def _check_projection(answered: Any, agreement: SignedAgreement | None, *, file: str) -> None:
    if agreement is None or answered.type == "refusal" or not 200 <= answered.status < 300:
        return
    if answered.projection != projection_digest(view_of(agreement).fields):
        _fail(file, "the answer was not limited to the agreed fields")


# --- 7: the summary ------------------------------------------------------------------------------


def _check_summary(
    files: dict[str, bytes], *, data: bytes, agreement: SignedAgreement | None
) -> None:
    """Make the package again from its own parts: it must come out byte for byte the same."""
    records = [_record(files, side) for side in _SIDES if f"{side}/request.jws" in files]
    again = package_evidence(
        records,
        agreement=agreement,
        federation=files["federation.jws"],
        authority=files.get("authority.der", b""),
    )
    if again != data:
        _fail("summary.html", "the package differs from what its signed parts give")


def _record(files: dict[str, bytes], side: str) -> StoredExchange:
    with _located(f"{side}/journal.json"):
        journal = parse_canonical(files[f"{side}/journal.json"])
        said = parse_statement(files[f"{side}/request.jws"]).statement
        token = files[f"{side}/response.jws"]
        status = parse_statement(token).statement.status if token else int(journal["status"])
        try:
            return StoredExchange(
                exchange_id=said.id,
                direction=Direction(side),
                outcome=CallOutcome(journal["outcome"]),
                consumer=said.sender,
                service=said.receiver,
                provider="/".join(said.receiver.split("/")[:3]),
                purpose=said.purpose,
                agreement=said.agreement,
                subject=said.subject,
                issue=said.issue,
                method=said.method,
                path=said.path,
                status=status,
                error_code=str(journal["error"]),
                recorded_at_ms=int(journal["recorded_at_ms"]),
                elapsed_ms=0.0,
                request=files[f"{side}/request.jws"],
                response=token,
                request_headers=files[f"{side}/request.headers"],
                request_body=files[f"{side}/request.body"],
                response_headers=files[f"{side}/response.headers"],
                response_body=files[f"{side}/response.body"],
                position=int(journal["position"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            reason = "the journal entry is malformed"
            raise Problem(
                EXC_EVIDENCE_INVALID, file=f"{side}/journal.json", reason=reason
            ) from error


@contextmanager
def _located(file: str) -> Iterator[None]:
    """Say in which file a fault of a lower layer lies."""
    try:
        yield
    except Problem as problem:
        if problem.kind is EXC_EVIDENCE_INVALID:
            raise
        raise Problem(EXC_EVIDENCE_INVALID, file=file, reason=str(problem)[:300]) from problem


def _fail(file: str, reason: str) -> NoReturn:
    raise Problem(EXC_EVIDENCE_INVALID, file=file, reason=reason)


def _when(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
