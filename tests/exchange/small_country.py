"""Two agencies, an authority, an agreement and one signed exchange, without any process."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from taysir.exchange.authority import (
    Authority,
    create_authority,
    issue_member,
    issue_node,
    write_federation,
)
from taysir.exchange.contracts import (
    SignedAgreement,
    agree,
    write_agreement,
)
from taysir.exchange.evidence import EvidencePackager
from taysir.exchange.federation import (
    Content,
    MemberRow,
    Names,
    NodeRow,
    ServiceRow,
    SubsystemRow,
)
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.model import CallOutcome, Direction, StoredExchange
from taysir.exchange.policy import projection_digest
from taysir.exchange.terms import OperationTerms, Terms, read_terms
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import Signer, base64url
from taysir.kernel.statement import Statement, digest, sign_statement

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TRF, CIV = MemberId("WAHA", "GOV", "TRF"), MemberId("WAHA", "GOV", "CIV")
CONSUMER, SERVICE = "WAHA/GOV/TRF/portal", "WAHA/GOV/CIV/population/persons"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCountry:
    """What the tests need of it."""

    folder: Path
    authority: Authority
    signers: dict[MemberId, Signer]
    content: Content
    agreement: SignedAgreement
    token: bytes

    def source(self, *, now: datetime = NOW) -> FederationSource:
        """A node's source that already holds the document."""
        source = FederationSource(
            url="http://127.0.0.1:1/federation",
            authority_certificate=self.authority.certificate_file,
            folder=self.folder / "node",
            agreements=self.folder / "agreements",
            now=lambda: now,
        )
        source.take(self.token)
        return source


def terms(**changes: Any) -> Terms:
    """Terms of a reasonable agreement, with changes."""
    given: dict[str, Any] = {
        "consumer": CONSUMER,
        "service": SERVICE,
        "purposes": ("licence-renewal",),
        "legal_basis": "WAHA/LAW/traffic/12",
        "operations": (OperationTerms(method="GET", path="/persons/{id}"),),
        "fields": ("/name_ar", "/vital_status"),
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=300),
    }
    return Terms(**{**given, **changes})


def make_country(folder: Path) -> SmallCountry:
    """Make a country below a folder."""
    authority = create_authority(
        folder / "authority", instance="WAHA", organization="Programme Office", now=NOW
    )
    signers = {m: issue_member(authority, m, organization=str(m), now=NOW) for m in (TRF, CIV)}
    nodes = {
        name: issue_node(authority, name, organization="Node", hosts=["127.0.0.1"], now=NOW)
        for name in ("trf", "civ")
    }
    names = Names(ar="جهة", en="Agency")
    content = Content(
        instance="WAHA",
        authority=Names(ar="مكتب البرنامج", en="Programme Office"),
        members=tuple(
            MemberRow(id=str(m), name=names, certificates=(base64url(s.certificate_der),))
            for m, s in signers.items()
        ),
        nodes=tuple(
            NodeRow(
                name=name,
                host="127.0.0.1",
                port=9,
                tls=signer.thumbprint,
                zone="waha",
                members=(str(member),),
            )
            for (name, signer), member in zip(nodes.items(), (TRF, CIV), strict=True)
        ),
        subsystems=(SubsystemRow(id=CONSUMER, name=names),),
        services=(ServiceRow(id=SERVICE, name=names),),
        zones=("waha",),
    )
    token = write_federation(authority, content, now=NOW)
    agreement = agree(terms(), consumer_signer=signers[TRF], provider_signer=signers[CIV], at=NOW)
    write_agreement(folder / "agreements", agreement=agreement)
    return SmallCountry(
        folder=folder,
        authority=authority,
        signers=signers,
        content=content,
        agreement=agreement,
        token=token,
    )


@lru_cache(maxsize=1)
def country() -> SmallCountry:
    """One country for all tests of a process; they only read it."""
    folder = Path(mkdtemp(prefix="taysir-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make_country(folder)


def exchange(
    place: SmallCountry, *, request: dict[str, Any], response: dict[str, Any]
) -> StoredExchange:
    """One signed exchange, with members of the statements changed."""
    at_ms, body = int(NOW.timestamp() * 1000) + 5000, b'{"vital_status":"alive"}'
    asked: dict[str, Any] = {
        "id": "3f0c5a8e-0000-4000-8000-000000000001",
        "type": "request",
        "sender": CONSUMER,
        "receiver": SERVICE,
        "method": "GET",
        "path": "/persons/1000000008",
        "agreement": place.agreement.hash,
        "purpose": "licence-renewal",
        "body_digest": digest(b""),
        "body_length": 0,
        "body_type": "",
        "headers_digest": "",
        "time_ms": at_ms,
        "expires_ms": at_ms + 30_000,
        **request,
    }
    question = sign_statement(Statement(**asked), signer=place.signers[TRF])
    answered: dict[str, Any] = {
        **asked,
        "type": "response",
        "sender": SERVICE,
        "receiver": CONSUMER,
        "body_digest": digest(body),
        "body_length": len(body),
        "body_type": "application/json",
        "headers_digest": digest(b"etag:1\n"),
        "time_ms": at_ms + 20,
        "request": digest(question),
        "status": 200,
        "projection": projection_digest(read_terms(place.agreement.document).fields),
        **response,
    }
    answer = sign_statement(Statement(**answered), signer=place.signers[CIV])
    return StoredExchange(
        exchange_id=asked["id"],
        direction=Direction.SENT,
        outcome=CallOutcome.ANSWERED,
        consumer=CONSUMER,
        service=SERVICE,
        provider=str(CIV),
        purpose="licence-renewal",
        agreement=place.agreement.hash,
        subject="",
        issue="",
        method="GET",
        path="/persons/1000000008",
        status=200,
        error_code="",
        recorded_at_ms=at_ms + 30,
        elapsed_ms=30.0,
        request=question,
        response=answer,
        request_headers=b"",
        request_body=b"",
        response_headers=b"etag:1\n",
        response_body=body,
        position=7,
    )


def package(
    place: SmallCountry,
    *,
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
) -> bytes:
    """The evidence package of one exchange."""
    record = exchange(place, request=request or {}, response=response or {})
    return EvidencePackager(place.source(), signers=place.signers, node="trf")([record])
