"""Packages a range of the journal for bulk checks: what thousands of exchanges share, once.

The container, the federation document, the agreements, consents, certificates, status, checkpoint
and time-stamp are there once; an exchange is its two statements and its salt, and one proof ties
the whole row of leaves to the checkpoint. No bodies: their digests are in the statements. Checking
is in ``verifier_range``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final, Protocol

import msgspec

from taysir.exchange.consent import SignedConsent
from taysir.exchange.contracts import SignedAgreement
from taysir.exchange.evidence import seal_package
from taysir.exchange.evidence_log import STAMP_FILE, STATUS_FILE
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.log_keeper import RangeProof
from taysir.exchange.model import StoredExchange
from taysir.exchange.package import MIMETYPE
from taysir.exchange.trust_errors import EXC_EVIDENCE_INCOMPLETE
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import Signer
from taysir.kernel.statement import parse_statement

RANGE_FORMAT: Final = "taysir-evidence-range/1"
RANGE_FILE: Final = "exchanges.msgpack"
CHECKPOINT_FILE: Final = "log/checkpoint"
AGREEMENTS_FILE: Final = "agreements.json"
CONSENTS_FILE: Final = "consents.json"

NONE: Final[Mapping[str, SignedConsent]] = MappingProxyType({})
"""No consents at all."""


class LoggedExchange(msgspec.Struct, frozen=True, array_like=True):
    """One record of a range: its salt and statements; empty where the record has none."""

    salt: bytes
    request: bytes
    response: bytes


class ExchangeRange(msgspec.Struct, frozen=True, array_like=True):
    """Records in a row from a position on, and the hashes beside them in the tree."""

    start: int
    records: tuple[LoggedExchange, ...]
    proof: tuple[bytes, ...]


class ProveRange(Protocol):
    """What a node's log says about records in a row."""

    def __call__(self, start: int, *, count: int) -> RangeProof | None:
        """Return salts, proof, checkpoint and time-stamp; None when they are not logged yet."""


class RangePackager:
    """Packages ranges of one node's journal."""

    def __init__(
        self,
        source: FederationSource,
        *,
        signers: Mapping[MemberId, Signer],
        node: str,
        prove: ProveRange,
    ) -> None:
        self._source = source
        self._signers = signers
        self._node = node
        self._prove = prove

    def __call__(
        self, records: Sequence[StoredExchange], *, consents: Mapping[str, SignedConsent] = NONE
    ) -> bytes:
        """Return the package of records in a row; raises EXC-0531.

        Args:
            records: the records.
            consents: by name those that the requests name, as far as the node holds them.
        """
        if not records or not self._source.token or not self._signers:
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason="no records, federation or signing key")
        start = records[0].position
        proof = self._prove(start, count=len(records))
        if proof is None:
            raise Problem(EXC_EVIDENCE_INCOMPLETE, reason="it is not under a checkpoint yet")
        files = {
            "mimetype": MIMETYPE,
            "federation.jws": self._source.token,
            "authority.pem": certificate_pem(self._source.anchor),
            CHECKPOINT_FILE: proof.note,
            AGREEMENTS_FILE: canonical_json(self._agreements(records)),
            RANGE_FILE: msgspec.msgpack.encode(_range(records, proof=proof)),
        }
        if consents:
            files[CONSENTS_FILE] = canonical_json(
                {name: _consent_row(signed) for name, signed in consents.items()}
            )
        if proof.token:
            files[STAMP_FILE] = proof.token
        if proof.status:
            files[STATUS_FILE] = proof.status
        return self._seal(files)

    def _agreements(self, records: Sequence[StoredExchange]) -> dict[str, Any]:
        found = {}
        for digest in sorted({record.agreement for record in records if record.agreement}):
            agreement = self._source.signed_agreement(digest)
            if agreement is not None:
                found[digest] = agreement_row(agreement)
        return found

    def _seal(self, files: dict[str, bytes]) -> bytes:
        producer = min(self._signers)
        about = {"format": RANGE_FORMAT, "node": self._node, "producer": str(producer)}
        return seal_package(files, about=about, signer=self._signers[producer])


def named_consents(records: Iterable[StoredExchange]) -> frozenset[str]:
    """Return the names of the consents that the requests of records name."""
    named = set()
    for record in records:
        # Of a request that was refused because it cannot be read there is nothing to know.
        with suppress(Problem):
            named.add(parse_statement(record.request).statement.consent)
    return frozenset(named - {""})


def _range(records: Sequence[StoredExchange], *, proof: RangeProof) -> ExchangeRange:
    rows = zip(records, proof.salts, strict=True)
    return ExchangeRange(
        records[0].position,
        tuple(LoggedExchange(salt, record.request, record.response) for record, salt in rows),
        proof.hashes,
    )


def agreement_row(agreement: SignedAgreement) -> dict[str, Any]:
    """Return an agreement with its signatures as a range carries it."""
    return {
        "document": _text(agreement.document),
        "accepts": {member: token.decode("ascii") for member, token in agreement.accepts.items()},
        "ends": [token.decode("ascii") for token in agreement.ends],
    }


def _consent_row(signed: SignedConsent) -> dict[str, str]:
    row = {"token": signed.token.decode("ascii")}
    return row | ({"revocation": signed.revocation.decode("ascii")} if signed.revocation else {})


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
