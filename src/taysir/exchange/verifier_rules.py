"""The rules that statements of evidence must keep, each a pure check of what is given.

Used for a single package and for an exported range alike. Who vouches for a statement is
:func:`vouch`, and only that: whatever carries the signature, alone or in a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from taysir.exchange.model import Agreement, Consent, MemberCertificate
from taysir.exchange.policy import permits, projection_digest
from taysir.exchange.verifier_case import check_all, finding, moment
from taysir.kernel import limits
from taysir.kernel.statement import ParsedStatement, Statement, is_about

_SKEW_MS = limits.CLOCK_SKEW_S * 1000


def vouch(
    parsed: ParsedStatement,
    *,
    types: tuple[str, ...],
    certificates: Mapping[str, MemberCertificate],
    file: str,
) -> datetime:
    """Check that the member that a statement names signed it, with a key that held then.

    Returns:
        When it was signed.

    Raises:
        Problem: EXC-0533, or KRN-0206 for a wrong signature.

    Cost: one P-256 verification; in a batch one for all.
    """
    statement = parsed.statement
    if statement.type not in types:
        raise finding(file, f"it is a {statement.type}")
    certificate = certificates.get(parsed.thumbprint)
    if certificate is None:
        raise finding(file, "its signer is not in the federation document")
    at = moment(statement)
    revoked_at = certificate.revoked_at
    checks = (
        (
            statement.sender.startswith(f"{certificate.member}/"),
            "its signer is not the member that it names",
        ),
        (certificate.valid_from <= at < certificate.valid_until, "its certificate did not hold"),
        (revoked_at is None or revoked_at > at, "its certificate was revoked before"),
    )
    check_all(checks, file=file)
    parsed.verify(certificate.public_key)
    return at


def check_parties(statement: Statement, *, view: Agreement, file: str) -> None:
    """Check that a request is between the agreement's parties; raises EXC-0533."""
    checks = (
        (statement.agreement == view.hash, "it names another agreement"),
        (statement.sender == str(view.consumer), "the asker is not the agreement's consumer"),
        (statement.receiver == str(view.service), "the service is not the agreement's"),
        (statement.behalf == view.behalf, "it acts for another member than the agreement says"),
    )
    check_all(checks, file=file)


def check_permission(parsed: ParsedStatement, *, at: datetime, view: Agreement, file: str) -> None:
    """Check that an agreement permits an answered request of a time; raises EXC-0533."""
    statement = parsed.statement
    path = statement.path.partition("?")[0]
    checks = (
        (statement.purpose in view.purposes, "the purpose is not in the agreement"),
        (
            permits(view.operations, method=statement.method, path=path),
            "the agreement does not permit this operation",
        ),
        (
            view.valid_from <= at < view.valid_until,
            "the agreement did not hold at that time",
        ),
        (
            not view.zones.consumer or statement.zone in view.zones.consumer,
            "it was asked from a zone that the agreement does not permit",
        ),
        (view.batch or not parsed.batched, "the agreement wants a signature for each message"),
        (bool(statement.consent) or not view.consent_required, "it names no consent"),
    )
    check_all(checks, file=file)


def check_answer(asked: ParsedStatement, answer: ParsedStatement, *, file: str) -> None:
    """Check that an answer is to a request, by whom was asked, for who asked; raises EXC-0533."""
    question, said = asked.statement, answer.statement
    checks = (
        (said.request == asked.digest, "it answers another request"),
        (said.sender == question.receiver, "it is not by the service that was asked"),
        (said.receiver == question.sender, "it is not for the asker"),
        (said.behalf == question.behalf, "it names another member on whose behalf was asked"),
        (is_about(said, asked=question), "it tells of another call than was asked"),
        (100 <= said.status <= 599, "its status is none"),
        (question.time_ms - said.time_ms <= _SKEW_MS, "it is older than its request"),
    )
    check_all(checks, file=file)


def check_reduced(answer: ParsedStatement, *, view: Agreement, file: str) -> None:
    """Check that an answer was signed and reduced as agreed; raises EXC-0533."""
    said = answer.statement
    good = said.type == "response" and 200 <= said.status < 300
    checks = (
        (view.batch or not answer.batched, "the agreement wants a signature for each message"),
        (
            not good or not said.body_length or said.projection == projection_digest(view.fields),
            "it was not reduced to the agreed fields",
        ),
    )
    check_all(checks, file=file)


def check_covered(statement: Statement, *, consent: Consent, file: str) -> None:
    """Check that a consent whose signatures hold covers a request; raises EXC-0533."""
    at, revoked_at = moment(statement), consent.revoked_at
    checks = (
        (consent.hash == statement.consent, "it is another consent than the request names"),
        (str(consent.consumer) == statement.sender, "it is not given to the asker"),
        (str(consent.service) == statement.receiver, "it is not for this service"),
        (statement.purpose in consent.purposes, "it is not for this purpose"),
        (
            consent.subject == statement.subject or not statement.subject,
            "it is another person's",
        ),
        (consent.start <= at < consent.end, "it did not hold at that time"),
        (revoked_at is None or revoked_at > at, "it was revoked before"),
    )
    check_all(checks, file=file)
