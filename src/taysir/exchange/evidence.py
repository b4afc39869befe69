"""Packages one exchange for a third party: everything that is needed to check it, in one file.

Statements, bodies, the agreement with its signatures, certificates, the federation document, the
journal positions, the log's proof with third parties' time, revocation status and a readable
summary go into one container; a manifest names each file with its SHA-256 and is signed by the
member that hands the package out. The same exchange gives the same bytes. Checking is in
``verifier``, which needs nothing of the node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, Protocol

from taysir.exchange.consent import SignedConsent
from taysir.exchange.contracts import SignedAgreement
from taysir.exchange.evidence_journal import JOURNAL_FILE, journal_file
from taysir.exchange.evidence_log import PROOF_FILE, STAMP_FILE, STATUS_FILE, read_log_facts
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.log_keeper import LogProof
from taysir.exchange.log_trust import log_trust
from taysir.exchange.model import BodyState, Direction, StoredExchange
from taysir.exchange.package import MIMETYPE, pack
from taysir.exchange.summary import SummaryFacts, summary_page
from taysir.exchange.terms import read_terms
from taysir.exchange.trust_errors import EXC_EVIDENCE_INCOMPLETE
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, sign_detached
from taysir.kernel.statement import parse_statement
from taysir.kernel.tlog_proof import encode_proof

log = get_logger(__name__)

FORMAT: Final = "taysir-evidence/1"
REDACTIONS: Final = "redactions.json"
"""Names the bodies and headers that are left out, and why: their key was erased, or is lost."""
MANIFEST_TYPE: Final = "taysir-evidence-manifest+jws"
CONSENT: Final = "consent/consent.jws"
CONSENT_END: Final = "consent/revocation.jws"
WITHHELD: Final = "withheld"
"""Why contents are left out of a package that was asked for without bodies."""


class ProveRecord(Protocol):
    """What a node's log says about one record of the journal."""

    def __call__(
        self, position: int, *, signed_at_ms: int, newest: bool = False
    ) -> LogProof | None:
        """Return proof, time-stamp and status as far as they are had."""


def nothing_proved(position: int, *, signed_at_ms: int, newest: bool = False) -> LogProof | None:
    """Stand in for the log of a node that keeps none."""
    return None


class EvidencePackager:
    """Implements the node's ``PackageEvidence``."""

    def __init__(
        self,
        source: FederationSource,
        *,
        signers: Mapping[MemberId, Signer],
        node: str,
        prove: ProveRecord = nothing_proved,
    ) -> None:
        self._source = source
        self._signers = signers
        self._node = node
        self._prove = prove

    def __call__(
        self,
        records: list[StoredExchange],
        *,
        bodies: bool = True,
        newest: bool = False,
        consent: SignedConsent | None = None,
    ) -> bytes:
        """Return the package of one exchange; raises EXC-0531.

        Args:
            records: what the journal holds of it.
            bodies: whether bodies and headers are handed out.
            newest: whether the newest checkpoint over it is to vouch, and not the earliest.
            consent: the consent that the request names.
        """
        best = best_record(records)
        if not best.request or not self._source.token:
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason="no signed request, or no federation")
        files = _exchange_files(best, bodies=bodies)
        files["federation.jws"] = self._source.token
        files["authority.pem"] = certificate_pem(self._source.anchor)
        files[JOURNAL_FILE] = journal_file(records, node=self._node)
        agreement = self._source.signed_agreement(best.agreement)
        if agreement is not None:
            files.update(_agreement_files(agreement))
        if consent is not None:
            files[CONSENT] = consent.token
            files.update({CONSENT_END: consent.revocation} if consent.revocation else {})
        files.update(self._certificates(best))
        files.update(self._log_files(best, newest=newest))
        files.update(self._summaries(best, agreement=agreement, files=files))
        return self._seal(files, record=best)

    def _certificates(self, record: StoredExchange) -> dict[str, bytes]:
        directory, found = self._source.current(), {}
        for token in (record.request, record.response):
            name = parse_statement(token).thumbprint if token else ""
            certificate = directory.certificate(name)
            if certificate is not None:
                found[f"certificates/{name}.pem"] = certificate_pem(certificate.der)
        return found

    def _log_files(self, record: StoredExchange, *, newest: bool) -> dict[str, bytes]:
        """What third parties say: proof, time-stamp and status, each as far as it is had."""
        signed_at_ms = parse_statement(record.response or record.request).statement.time_ms
        found = self._prove(record.position, signed_at_ms=signed_at_ms, newest=newest)
        if found is None:
            return {}
        files = {PROOF_FILE: encode_proof(found.proof)}
        if found.token:
            files[STAMP_FILE] = found.token
        if found.status:
            files[STATUS_FILE] = found.status
        trust = log_trust(self._source.current().document.content)
        try:
            read_log_facts({**files, **_statements(record)}, trust=trust)
        except Problem as problem:
            # A log that the federation does not name (yet) proves nothing to others.
            log.warning("log_not_in_evidence", code=problem.code)
            return {}
        return files

    def _summaries(
        self,
        record: StoredExchange,
        *,
        agreement: SignedAgreement | None,
        files: Mapping[str, bytes],
    ) -> dict[str, bytes]:
        response = parse_statement(record.response).statement if record.response else None
        trust = log_trust(self._source.current().document.content)
        facts = SummaryFacts(
            request=parse_statement(record.request).statement,
            response=response,
            terms=read_terms(agreement.document) if agreement else None,
            agreement=agreement.hash if agreement else "",
            federation=self._source.current().document,
            log=read_log_facts(files, trust=trust),
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
        about = {"format": FORMAT, "exchange": record.exchange_id, "producer": str(producer)}
        return seal_package(files, about=about, signer=signer)


def seal_package(files: Mapping[str, bytes], *, about: Mapping[str, str], signer: Signer) -> bytes:
    """Return the container of files with the signed manifest that names each of them.

    Raises:
        Problem: EXC-0531 when it would be longer than a verifier reads.
    """
    rows = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    manifest = canonical_json({**about, "files": rows})
    signature = sign_detached(manifest, signer=signer, header={"typ": MANIFEST_TYPE})
    package = pack({**files, "manifest.json": manifest, "manifest.jws": signature})
    if len(package) > limits.EVIDENCE_PACKAGE_BYTES:
        mib = limits.EVIDENCE_PACKAGE_BYTES >> 20
        reason = f"it would have more than {mib} MiB: take fewer records, or no bodies"
        raise Problem(EXC_EVIDENCE_INCOMPLETE, reason=reason)
    return package


def _producer(record: StoredExchange) -> MemberId:
    """The member of this node that was a side of the call."""
    if record.direction is Direction.SENT:
        return SubsystemId.parse(record.consumer).owner
    return ServiceId.parse(record.service).owner


def _statements(record: StoredExchange) -> dict[str, bytes]:
    files = {"request.jws": record.request}
    return {**files, "response.jws": record.response} if record.response else files


def named_consent(records: list[StoredExchange]) -> str:
    """Return the hash of the consent that the request names, or nothing."""
    request = best_record(records).request
    return parse_statement(request).statement.consent if request else ""


def best_record(records: list[StoredExchange]) -> StoredExchange:
    """Return the record that a package is about: the one with the answer."""
    return max(records, key=lambda record: (bool(record.response), record.position))


def _exchange_files(record: StoredExchange, *, bodies: bool) -> dict[str, bytes]:
    kept = bodies and record.bodies is BodyState.KEPT
    reason = record.bodies.value if record.bodies is not BodyState.KEPT else WITHHELD
    files = {"mimetype": MIMETYPE, **_statements(record)}
    contents = {"request": (record.request_body, record.request_headers)}
    if record.response:
        contents["response"] = (record.response_body, record.response_headers)
    missing = []
    for side, (body, headers) in contents.items():
        statement = parse_statement(files[f"{side}.jws"]).statement
        if kept or not statement.body_length:
            files[f"{side}.body"] = body
        else:
            missing.append(f"{side}.body")
        if headers and kept:
            files[f"{side}.headers"] = headers
        elif statement.headers_digest:
            missing.append(f"{side}.headers")
    if missing and not kept:
        files[REDACTIONS] = canonical_json(dict.fromkeys(missing, reason))
    return files


def _agreement_files(agreement: SignedAgreement) -> dict[str, bytes]:
    files = {"agreement/agreement.json": agreement.document}
    for member, token in agreement.accepts.items():
        files[f"agreement/{member.replace('/', '_')}.accept.jws"] = token
    for number, token in enumerate(agreement.ends):
        files[f"agreement/{number}.end.jws"] = token
    return files
