"""Witnesses, a time-stamp authority and a status list without a network, each of which can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from taysir.country.time_stamping.stamper import TimeStamper
from taysir.exchange.log import LeafMaker
from taysir.exchange.log_keeper import LogKeeper, LogPorts
from taysir.exchange.log_requests import Answer, Unreachable
from taysir.exchange.log_trust import LogTrust
from taysir.exchange.stamping import RemoteStamper
from taysir.exchange.trust_status import RevocationStatus, fetch_status
from taysir.exchange.witness import Witness, WitnessPeer
from taysir.kernel.certificates import (
    Subject,
    Use,
    Validity,
    issue,
    issue_crl,
    new_key,
    self_signed,
)
from taysir.kernel.signature import Signer
from tests.exchange.logs import LOG, SECRET, WITNESSES

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@lru_cache(maxsize=1)
def authority() -> Signer:
    """A root that certifies the time-stamper and signs status."""
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office")
    return self_signed(subject, key=new_key(), serial=5, validity=Validity.days(900, now=START))


@lru_cache(maxsize=4)
def time_stamper(root: Signer) -> Signer:
    """The certificate and key of a time-stamp authority."""
    key = new_key()
    subject = Subject(use=Use.TIMESTAMP, identifier="WAHA/TSA", organization="Office")
    der = issue(
        subject,
        public_key=key.public_key(),
        issuer=root,
        serial=6,
        validity=Validity.days(800, now=START),
    )
    return Signer(der, key)


@dataclass
class ThirdParties:
    """Everyone whom a log asks, under one clock; ``gone`` names who does not answer."""

    folder: Path
    now_ms: int = int(START.timestamp() * 1000)
    gone: set[str] = field(default_factory=set)
    stamps: int = 0
    root: Signer = field(default_factory=authority)
    revoked: list[tuple[int, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.judges = {
            signer.name: Witness(
                self.folder / signer.name.replace("/", "-"),
                signer=signer,
                logs=lambda: {LOG.name: (LOG.public,)},
                now_s=lambda: self.now_ms // 1000,
            )
            for signer in WITNESSES
        }
        self._stamper = TimeStamper(
            time_stamper(self.root), now=self.now, serial=lambda: self.stamps
        )
        self.trust = LogTrust(
            logs={LOG.name: (LOG.public,)},
            node_of_log={LOG.name: "trf"},
            witnesses={
                f"node-{i}": WitnessPeer(name=s.name, url=s.name, keys=(s.public,))
                for i, s in enumerate(WITNESSES)
            },
            quorum=2,
            stamp_roots=(self.root.certificate_der,),
        )

    def now(self) -> datetime:
        """The time of everyone."""
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ms += int(seconds * 1000)

    def ask(self, url: str, body: bytes) -> Answer:
        """Ask a witness."""
        if url in self.gone or "witness" in self.gone:
            raise Unreachable("TimeoutError")
        answer = self.judges[url].add_checkpoint(body)
        return Answer(answer.status, answer.body)

    def stamp(self, url: str, query: bytes) -> Answer:
        """Ask the time-stamp authority."""
        if "stamp" in self.gone:
            raise Unreachable("TimeoutError")
        self.stamps += 1
        return Answer(200, self._stamper.answer(query))

    def status(self) -> RevocationStatus:
        """Fetch the revocation list as the authority signs it now."""

        def get(url: str) -> Answer:
            if "status" in self.gone:
                raise Unreachable("TimeoutError")
            period = Validity(start=self.now(), end=self.now() + timedelta(hours=1))
            crl = issue_crl(self.root, revoked=self.revoked, number=1, validity=period)
            return Answer(200, crl)

        der = self.root.certificate_der
        return fetch_status("http://a.invalid/authority.crl", authority=der, get=get)

    def ports(self) -> LogPorts:
        """Return what a keeper talks to."""
        roots: Callable[[], tuple[bytes, ...]] = lambda: self.trust.stamp_roots  # noqa: E731
        return LogPorts(
            trust=lambda: self.trust,
            now_ms=lambda: self.now_ms,
            stamper=RemoteStamper("tsa", roots=roots, now=self.now, post=self.stamp),
            fetch_status=self.status,
            ask=self.ask,
        )

    def keeper(self) -> LogKeeper:
        """Return a keeper of the log of node trf."""
        return LogKeeper(
            self.folder / "transparency",
            node="trf",
            signer=LOG,
            leaves=LeafMaker(SECRET),
            ports=self.ports(),
        )
