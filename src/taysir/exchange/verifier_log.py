"""The steps of a check that third parties vouch for: log, witnesses, time-stamp, status.

What is not in the package yet is pending, not wrong: the package says less, and the report says so.
What is in it must hold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from taysir.exchange.evidence_journal import JOURNAL_FILE, read_journal
from taysir.exchange.evidence_log import (
    PROOF_FILE,
    STAMP_FILE,
    STATUS_FILE,
    read_logged,
    read_stamp,
)
from taysir.exchange.stamping import stamp_certificates
from taysir.exchange.trust_status import RevocationStatus, read_status
from taysir.exchange.verifier_case import Case, Text, check_all, finding, moment
from taysir.kernel import limits
from taysir.kernel.certificates import load_certificate
from taysir.kernel.errors import Problem
from taysir.kernel.statement import ParsedStatement

_NOT_LOGGED: Final[Text] = {
    "ar": "أُعدت الحزمة قبل أن يدخل التبادل نقطة تحقق من سجل الشفافية.",
    "en": "The package was made before the exchange was under a checkpoint of the log.",
}
_NOT_WITNESSED: Final[Text] = {
    "ar": "لم يوقع عدد كاف من الشهود بعد.",
    "en": "Not enough witnesses had cosigned yet.",
}
_NOT_STAMPED: Final[Text] = {
    "ar": "لم تختم سلطة الختم الزمني نقطة التحقق بعد.",
    "en": "The time-stamp authority had not stamped the checkpoint yet.",
}
_NO_STATUS: Final[Text] = {
    "ar": "لا تحمل الحزمة بعد حالة شهادات تغطي وقت التوقيع ووقت شهادة الأطراف الثالثة.",
    "en": "The package does not hold a status of the certificates for the time of signing, and for "
    "the time at which third parties saw the statements, yet.",
}
_SEEN_LATE: Final[Text] = {
    "ar": "لم يشهد طرف ثالث على البيانات إلا بعد إلغاء شهادة الموقّع أو انتهائها، "
    "فلا يثبت أنها وُقّعت قبل ذلك إلا قول الموقّع.",
    "en": "Third parties saw the statements only after a signer's certificate was revoked or had "
    "ended, so that it held when they were signed is the signer's own word.",
}
_SKEW: Final = timedelta(seconds=limits.CLOCK_SKEW_S)


def check_log(case: Case) -> None:
    """The statements are in the log of the node that handed the package out."""
    if PROOF_FILE not in case.files:
        case.pending = _NOT_LOGGED
        return
    if case.federation is None:
        raise finding(PROOF_FILE, "cannot be checked without the federation document")
    with case.located(PROOF_FILE):
        logged = read_logged(
            case.files[PROOF_FILE],
            trust=case.trust,
            request=case.file("request.jws"),
            response=case.files.get("response.jws", b""),
        )
        nodes = {row.name: row.members for row in case.federation.content.nodes}
        journal = read_journal(case.file(JOURNAL_FILE))
        positions = {row.position for row in journal.records}
        checks = (
            (logged.node == journal.node, "it is the log of another node"),
            (logged.proof.index in positions, "it is another record of the journal"),
            (
                case.manifest.get("producer") in nodes.get(logged.node, ()),
                "its node does not carry the producer",
            ),
        )
        check_all(checks, file=PROOF_FILE)
        case.logged = logged


def check_witnesses(case: Case) -> None:
    """Enough witnesses of other nodes cosigned the checkpoint, each with its own time."""
    if case.logged is None:
        case.pending = _NOT_LOGGED
        return
    if not case.logged.witnessed:
        case.pending = _NOT_WITNESSED
    signed = moment(_last(case).statement) - _SKEW
    for witness in case.logged.witnesses:
        if witness.at < signed.timestamp():
            raise finding(PROOF_FILE, f"{witness.name} cosigned before the statement was signed")


def check_stamp(case: Case) -> None:
    """A time-stamp authority that the federation names stamped the checkpoint."""
    if STAMP_FILE not in case.files:
        case.pending = _NOT_STAMPED if case.logged else _NOT_LOGGED
        return
    if case.logged is None:
        raise finding(STAMP_FILE, "cannot be checked without the proof of the log")
    with case.located(STAMP_FILE):
        at = read_stamp(case.files[STAMP_FILE], logged=case.logged, trust=case.trust)
        if at < moment(_last(case).statement) - _SKEW:
            raise finding(STAMP_FILE, "it is older than the statement under it")
        case.stamped_at = at
        case.seen_at = _seen_at(case, stamped_at=at)
        if _seen_late(case, seen=case.seen_at):
            case.pending = _SEEN_LATE


def _seen_at(case: Case, *, stamped_at: datetime) -> datetime:
    """Return the time before which others saw the statements: a stamp's, or enough witnesses'."""
    assert case.logged is not None
    times = sorted(witness.at for witness in case.logged.witnesses)[: case.logged.quorum]
    if not times or not case.logged.witnessed:
        return stamped_at
    return min(stamped_at, datetime.fromtimestamp(times[-1], UTC))


def _seen_late(case: Case, *, seen: datetime) -> bool:
    """Whether a signer's certificate no longer held when third parties first saw the statements.

    Whoever has a stolen key can write any time into a statement. What binds is the time before
    which others saw it.

    Source: ETSI EN 319 102-1 clause 5.2.8 (a signature without a proof of existence before the
    revocation of its certificate is indeterminate).
    """
    for parsed in (case.request, case.response):
        certificate = case.certificates.get(parsed.thumbprint) if parsed else None
        if certificate is None:
            continue
        ends = (certificate.valid_until, certificate.revoked_at, _listed(case, certificate.der))
        if any(end is not None and end <= seen for end in ends):
            return True
    return False


def _listed(case: Case, der: bytes) -> datetime | None:
    """Return since when the authority's list revokes a certificate; `check_status` judges it."""
    if STATUS_FILE not in case.files:
        return None
    try:
        return read_status(case.files[STATUS_FILE], authority=case.authority).revoked_at(der)
    except Problem:
        return None


def check_status(case: Case) -> None:
    """The authority's revocation list tells that the signers' certificates held."""
    if STATUS_FILE not in case.files:
        case.pending = _NO_STATUS
        return
    with case.located(STATUS_FILE):
        status = read_status(case.files[STATUS_FILE], authority=case.authority)
        for name, parsed in (("request.jws", case.request), ("response.jws", case.response)):
            certificate = case.certificates.get(parsed.thumbprint) if parsed else None
            if parsed is None or certificate is None:
                continue
            at = moment(parsed.statement)
            if not status.stands_for(max(at, case.seen_at or at)):
                case.pending = _NO_STATUS
            revoked_at = status.revoked_at(certificate.der)
            if revoked_at is not None and revoked_at <= at:
                raise finding(name, "its certificate was revoked before")
        _check_stamper(case, status=status)


def _check_stamper(case: Case, *, status: RevocationStatus) -> None:
    """A time-stamper that the same authority certified was not revoked when it stamped."""
    if case.stamped_at is None:
        return
    issuer = load_certificate(case.authority).subject
    for der in stamp_certificates(case.files[STAMP_FILE]):
        revoked_at = status.revoked_at(der) if load_certificate(der).issuer == issuer else None
        if revoked_at is not None and revoked_at <= case.stamped_at:
            raise finding(STAMP_FILE, "the time-stamper's certificate was revoked before")


def _last(case: Case) -> ParsedStatement:
    """The answer, or the request when there is none."""
    parsed = case.response or case.request
    if parsed is None:
        raise finding(PROOF_FILE, "cannot be checked without the request")
    return parsed
