"""Packages one exchange for a third party: everything that is needed to check it, in one file.

Statements, bodies, the agreement with its signatures, certificates, the federation document, the
journal positions and a readable summary go into one container; a manifest names each file with its
SHA-256 and is signed by the member that hands the package out. The same exchange gives the same
bytes. Checking is in ``verifier``, which needs nothing of the node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from taysir.exchange.contracts import SignedAgreement
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.model import BodyState, Direction, StoredExchange
from taysir.exchange.package import MIMETYPE, pack
from taysir.exchange.summary import SummaryFacts, summary_page
from taysir.exchange.terms import read_terms
from taysir.exchange.trust_errors import EXC_EVIDENCE_INCOMPLETE
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Signer, sign_detached
from taysir.kernel.statement import parse_statement

FORMAT: Final = "taysir-evidence/1"
REDACTIONS: Final = "redactions.json"
"""Names the bodies and headers that are left out, and why: their key was erased, or is lost."""
MANIFEST_TYPE: Final = "taysir-manifest+jws"


class EvidencePackager:
    """Implements the node's ``PackageEvidence``."""

    def __init__(
        self, source: FederationSource, *, signers: Mapping[MemberId, Signer], node: str
    ) -> None:
        self._source = source
        self._signers = signers
        self._node = node

    def __call__(self, records: list[StoredExchange]) -> bytes:
        """Return the package of one exchange; raises EXC-0531."""
        best = max(records, key=lambda record: (bool(record.response), record.position))
        if not best.request or not self._source.token:
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason="no signed request, or no federation")
        files = _exchange_files(best)
        files["federation.jws"] = self._source.token
        files["authority.pem"] = certificate_pem(self._source.anchor)
        files["journal.json"] = canonical_json(_journal(records, node=self._node))
        agreement = self._source.signed_agreement(best.agreement)
        if agreement is not None:
            files.update(_agreement_files(agreement))
        files.update(self._certificates(best))
        files.update(self._summaries(best, agreement=agreement))
        return self._seal(files, record=best)

    def _certificates(self, record: StoredExchange) -> dict[str, bytes]:
        directory, found = self._source.current(), {}
        for token in (record.request, record.response):
            name = parse_statement(token).thumbprint if token else ""
            certificate = directory.certificate(name)
            if certificate is not None:
                found[f"certificates/{name}.pem"] = certificate_pem(certificate.der)
        return found

    def _summaries(
        self, record: StoredExchange, *, agreement: SignedAgreement | None
    ) -> dict[str, bytes]:
        response = parse_statement(record.response).statement if record.response else None
        facts = SummaryFacts(
            request=parse_statement(record.request).statement,
            response=response,
            terms=read_terms(agreement.document) if agreement else None,
            agreement=agreement.hash if agreement else "",
            federation=self._source.current().document,
        )
        return {
            "summary.ar.html": summary_page(facts, language="ar"),
            "summary.en.html": summary_page(facts, language="en"),
        }

    def _seal(self, files: dict[str, bytes], *, record: StoredExchange) -> bytes:
        producer = _producer(record)
        signer = self._signers.get(producer)
        if signer is None:
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason=f"no signing key of {producer} here")
        manifest = canonical_json(
            {
                "format": FORMAT,
                "exchange": record.exchange_id,
                "producer": str(producer),
                "files": {
                    name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                    for name, data in files.items()
                },
            }
        )
        files["manifest.json"] = manifest
        files["manifest.jws"] = sign_detached(
            manifest, signer=signer, header={"typ": MANIFEST_TYPE}
        )
        return pack(files)


def _producer(record: StoredExchange) -> MemberId:
    """The member of this node that was a side of the call."""
    if record.direction is Direction.SENT:
        return SubsystemId.parse(record.consumer).owner
    return ServiceId.parse(record.service).owner


def _exchange_files(record: StoredExchange) -> dict[str, bytes]:
    files = {"mimetype": MIMETYPE, "request.jws": record.request}
    contents = {"request": (record.request_body, record.request_headers)}
    if record.response:
        files["response.jws"] = record.response
        contents["response"] = (record.response_body, record.response_headers)
    missing = []
    for side, (body, headers) in contents.items():
        statement = parse_statement(files[f"{side}.jws"]).statement
        if record.bodies is BodyState.KEPT or not statement.body_length:
            files[f"{side}.body"] = body
        else:
            missing.append(f"{side}.body")
        if headers:
            files[f"{side}.headers"] = headers
        elif statement.headers_digest:
            missing.append(f"{side}.headers")
    if missing and record.bodies is not BodyState.KEPT:
        files[REDACTIONS] = canonical_json(dict.fromkeys(missing, record.bodies.value))
    return files


def _agreement_files(agreement: SignedAgreement) -> dict[str, bytes]:
    files = {"agreement/agreement.json": agreement.document}
    for member, token in agreement.accepts.items():
        files[f"agreement/{member.replace('/', '_')}.accept.jws"] = token
    for number, token in enumerate(agreement.ends):
        files[f"agreement/{number}.end.jws"] = token
    return files


def _journal(records: list[StoredExchange], *, node: str) -> dict[str, Any]:
    return {
        "node": node,
        "records": [
            {
                "position": record.position,
                "direction": record.direction.value,
                "outcome": record.outcome.value,
                "recorded_at_ms": record.recorded_at_ms,
                "request_sha256": hashlib.sha256(record.request).hexdigest(),
                "response_sha256": hashlib.sha256(record.response).hexdigest(),
            }
            for record in sorted(records, key=lambda record: record.position)
        ],
    }
