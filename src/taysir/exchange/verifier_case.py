"""What the steps of a check share: the case under examination, its findings, what is pending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from taysir.exchange.evidence_log import CALENDAR_ENDS_S, LogFacts, Logged
from taysir.exchange.federation import FederationDocument
from taysir.exchange.log_trust import NO_TRUST, LogTrust
from taysir.exchange.model import MemberCertificate
from taysir.exchange.terms import Terms
from taysir.exchange.trust_errors import EXC_EVIDENCE_FINDING, EXC_EVIDENCE_UNREADABLE
from taysir.kernel.errors import Language, Problem
from taysir.kernel.statement import ParsedStatement, Statement

Text = dict[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What does not hold, and in which file."""

    file: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step of the check; ``pending`` says what third parties have not said yet."""

    number: int
    name: str
    title: Text
    findings: tuple[Finding, ...]
    pending: Text | None = None

    @property
    def ok(self) -> bool:
        """Whether the step found nothing wrong."""
        return not self.findings


@dataclass(slots=True)
class Case:
    """What the steps learn; a later step that misses an earlier result says so."""

    data: bytes
    anchor: bytes | None
    files: dict[str, bytes] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    authority: bytes = b""
    federation: FederationDocument | None = None
    certificates: dict[str, MemberCertificate] = field(default_factory=dict)
    trust: LogTrust = NO_TRUST
    terms: Terms | None = None
    request: ParsedStatement | None = None
    response: ParsedStatement | None = None
    logged: Logged | None = None
    stamped_at: datetime | None = None
    seen_at: datetime | None = None
    findings: list[Finding] = field(default_factory=list)
    pending: Text | None = None

    def file(self, name: str) -> bytes:
        """Return a file of the package; raises EXC-0533 when it is missing."""
        if name not in self.files:
            raise finding(name, "the file is missing")
        return self.files[name]

    @property
    def log_facts(self) -> LogFacts | None:
        """What was learnt about the log."""
        if self.logged is None:
            return None
        return LogFacts(logged=self.logged, stamped_at=self.stamped_at)

    @contextmanager
    def located(self, name: str) -> Iterator[None]:
        """Turn an error about a file into a finding, and go on."""
        try:
            yield
        except Problem as problem:
            if problem.kind is EXC_EVIDENCE_UNREADABLE:
                raise
            self.add(problem, file=name)

    def add(self, problem: Problem, *, file: str = "") -> None:
        """Note a finding; the problem may name its file itself."""
        place = str(problem.params.get("file", file))
        text: Text = {"ar": problem.title("ar"), "en": problem.title("en")}
        self.findings.append(Finding(file=place, text=text))


def finding(file: str, reason: str) -> Problem:
    """Return the problem that names a file and what does not hold."""
    return Problem(EXC_EVIDENCE_FINDING, file=file, reason=reason)


def check_all(checks: tuple[tuple[bool, str], ...], *, file: str) -> None:
    """Raise EXC-0533 with the reason of the first check that does not hold."""
    for holds, reason in checks:
        if not holds:
            raise finding(file, reason)


def moment(statement: Statement) -> datetime:
    """The signing time; raises EXC-0533 for one beyond the calendar."""
    if not 0 < statement.time_ms < CALENDAR_ENDS_S * 1000:
        raise finding(f"{statement.type}.jws", "its time is beyond the calendar")
    return datetime.fromtimestamp(statement.time_ms / 1000, UTC)
