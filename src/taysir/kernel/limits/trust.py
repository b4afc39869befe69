"""Bounds of signed documents, certificates, proofs and agreements."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

JSON_NESTING: Final = 64
"""How deep a signed JSON document may nest; agreements need five levels."""

SIGNED_DOCUMENT_BYTES: Final = 4 * MIB
"""A federation document or agreement; a country of 2,000 members stays below it."""

JWS_BYTES: Final = 8 * MIB
"""A compact JWS: the largest signed document in base64url with its certificate chain."""

JWS_HEAD_BYTES: Final = 32 * KIB
"""The header of a compact JWS as it is sent; the largest holds one certificate, and ours have 0.2
to 1.5 KiB. It is read before the signature, so that nobody can make a node read megabytes."""

JWS_SIGNATURE_BYTES: Final = 128
"""The signature of a compact JWS as it is sent; a right one has 86 characters."""

CERTIFICATE_BYTES: Final = 16 * KIB
"""One certificate in DER; X.509 with P-256 takes about 0.8 KiB."""

CERTIFICATE_CHAIN: Final = 4
"""Certificates from a member's own to the anchor, both included."""

HANDOVER_ASK_TIMEOUT_S: Final = 5.0
"""How long a new process of a node waits for the old one to hand over its listening sockets."""

HANDOVER_GRACE_S: Final = 0.25
"""How long a process that gives way still takes what has been accepted: a TLS handshake."""

HANDOVER_SOCKETS: Final = 16
"""Listening sockets of one node; it has four faces."""

HANDOVER_BYTES: Final = 4 * KIB
"""The names of the sockets that are handed over."""

EXPOSURE_LISTED: Final = 100_000
"""Exchanges that a report of exposure lists one by one; further ones are counted, and printed line
by line on request."""

CERTIFICATE_DAYS: Final = 825
"""The life of a certificate that the authority issues on request: two years and a quarter."""

KEY_SETTLE_S: Final = 150.0
"""How long the federation must have listed a new certificate before its key is used: every node
fetches the document each minute, so two failed fetches fit in."""

KEY_LOOK_S: Final = 1.0
"""How often a node looks whether a waiting key may be used."""

PASSPHRASE_BYTES: Final = 1024
"""A key's passphrase or PIN; longer ones are a wrong file."""

KEY_REFERENCE_CHARS: Final = 1024
"""A key's path or pkcs11: URI in the settings."""

PROOF_HASHES: Final = 64
"""Hashes of one Merkle proof; a tree of 2^64 leaves needs no more."""

CHECKPOINT_BYTES: Final = 64 * KIB
"""A signed note: three lines and some signatures."""

CHECKPOINT_SIGNATURES: Final = 64
"""Signature lines of one note; a country has fewer witnesses."""

FEDERATION_VALIDITY_S: Final = 3600
"""How long a published federation document may be used; refreshed every minute."""

FEDERATION_FETCH_INTERVAL_S: Final = 60.0
"""How often a node asks the authority for a newer federation document."""

FEDERATION_FETCH_TIMEOUT_S: Final = 10.0
"""How long a node waits for the authority's answer."""

CLOCK_SKEW_S: Final = 30
"""How far two parties' clocks may differ before a signed time is refused."""

AGREEMENT_FIELDS: Final = 512
"""JSON Pointers of one agreement; the largest sample service has thirteen."""

CONSENT_VALIDITY_DAYS: Final = 3660
"""The longest time of one consent; a person should be asked again sooner."""

CONSENTS_IN_MEMORY: Final = 50_000
"""Verified consents that a node remembers; beyond it they are read from disk again."""

CONSENTS_LISTED: Final = 500
"""Consents of one answer of the admin interface."""

AGREEMENTS_HELD: Final = 50_000
"""Agreements that a node takes from others; a strange partner cannot fill its disk."""

DELIVERIES_AT_ONCE: Final = 100
"""Agreements and consents handed to other nodes in one round."""

DELIVERY_INTERVAL_S: Final = 2.0
"""How long what could not be delivered waits for the next try; a person waits for it."""

FEDERATION_FETCH_SOON_S: Final = 3.0
"""The least time between two fetches that something unknown gave cause for."""

OPENAPI_BYTES: Final = 2 * MIB
"""One OpenAPI document; those of large services have some hundred KiB."""

OPENAPI_REFERENCES: Final = 16
"""References followed one after another; real documents have two or three."""

DESCRIPTION_FRESH_S: Final = 60.0
"""How often the OpenAPI document of a service is looked at again."""

DESCRIPTION_RETRY_S: Final = 1.0
"""How soon a document that could not be had is asked for again."""

CONTRACT_BREAKS_KEPT: Final = 1000
"""Answers against their own document that a node lists; the journal holds all of them."""

CATALOGUE_FRESH_S: Final = 60.0
"""How long a node remembers what another node offers."""

CATALOGUE_WAIT_S: Final = 3.0
"""How long a search waits for a node that does not answer; the others are shown without it."""

AGREEMENTS_LISTED: Final = 1000
"""Agreements of one answer of the admin interface."""

END_REASON_CHARACTERS: Final = 500
"""Why an agreement was ended: some sentences for the other party's people."""

MEMBERSHIP_BYTES: Final = 64 * KIB
"""One membership request: two certificate requests and some rows take 3 KiB."""

MEMBERSHIPS_PENDING: Final = 200
"""Requests that wait for the authority; a country has some hundred agencies in all."""

AGREEMENT_CODE_CHARACTERS: Final = 128
"""One code of a purpose, legal basis or zone; those of the sample country have up to thirty."""

AGREEMENT_VALIDITY_DAYS: Final = 3660
"""The longest validity of an agreement; law changes sooner."""

EVIDENCE_PACKAGE_BYTES: Final = 64 * MIB
"""A whole evidence package: two bodies of the largest size and everything else twice over."""

EVIDENCE_FILES: Final = 64
"""Files in one evidence package; a full one has about twenty-five."""

EVIDENCE_NAME_BYTES: Final = 128
"""The name of one file in an evidence package."""

JOURNAL_PROOF_RECORDS: Final = 100_000
"""Records of one hash-chain proof; longer distances are proved by the transparency log."""
