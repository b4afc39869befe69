"""Revocation status: the authority's signed list, fetched in the background and kept as evidence.

A list proves the status of every certificate of the federation at its time. It stands for a
signature's time if it was issued after it, or was in force at it. No call waits for it: a revoked
key is refused by the federation document; the list is what a court can check on its own.

Source: RFC 5280 clause 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from taysir.exchange.log_errors import EXC_STATUS
from taysir.exchange.log_requests import Answer, Unreachable, send
from taysir.kernel import limits
from taysir.kernel.certificates import load_certificate, verify_crl
from taysir.kernel.errors import Problem

Get = Callable[[str], Answer]
"""Gets an address."""

_UNREADABLE: Final = "not a revocation list"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatus:
    """A verified list."""

    der: bytes
    issued_at: datetime
    until: datetime
    revoked: dict[int, datetime]

    def stands_for(self, at: datetime) -> bool:
        """Whether the list can tell about a signature made at a time."""
        return at < self.until

    def revoked_at(self, certificate_der: bytes) -> datetime | None:
        """Return since when a certificate is revoked, or None."""
        return self.revoked.get(load_certificate(certificate_der).serial_number)


def read_status(der: bytes, *, authority: bytes) -> RevocationStatus:
    """Check a list against the authority's certificate; raises EXC-0545."""
    if len(der) > limits.STATUS_BYTES:
        raise Problem(EXC_STATUS, reason="too long")
    try:
        revoked = verify_crl(der, issuer_der=authority)
        crl = x509.load_der_x509_crl(der)
        issuer = load_certificate(authority).subject
        until = crl.next_update_utc
    except Problem as problem:
        raise Problem(EXC_STATUS, reason="not signed by the authority") from problem
    except (ValueError, TypeError) as error:
        raise Problem(EXC_STATUS, reason=_UNREADABLE) from error
    if crl.issuer != issuer or until is None:
        raise Problem(EXC_STATUS, reason="not the authority's list")
    return RevocationStatus(
        der=der, issued_at=crl.last_update_utc, until=until, revoked=dict(revoked)
    )


def get_status(url: str) -> Answer:
    """Get a list over HTTP; raises Unreachable."""
    return send(url, most=limits.STATUS_BYTES)


def fetch_status(url: str, *, authority: bytes, get: Get = get_status) -> RevocationStatus:
    """Fetch the list and check it; raises EXC-0545."""
    try:
        answer = get(url)
    except Unreachable as error:
        raise Problem(EXC_STATUS, reason=str(error)) from error
    if answer.status != 200:
        raise Problem(EXC_STATUS, reason=f"HTTP {answer.status}")
    return read_status(answer.body, authority=authority)
