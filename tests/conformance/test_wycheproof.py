"""Signature verification against Project Wycheproof: malformed and forged input is refused."""

from __future__ import annotations

import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_public_key

from taysir.kernel.checkpoint import NoteKey
from taysir.kernel.signature import verify_es256
from tests.conformance.suites import suite


def load(name: str) -> dict[str, Any]:
    """One file of the suite."""
    document: dict[str, Any] = json.loads((suite("wycheproof") / name).read_text("utf-8"))
    return document


def test_es256_in_jws_form_agrees_with_every_vector() -> None:
    """All vectors of ECDSA P-256 with SHA-256 in P1363 form, valid and invalid."""
    document, wrong, count = load("ecdsa_secp256r1_sha256_p1363_test.json"), [], 0
    for group in document["testGroups"]:
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        for case in group["tests"]:
            data, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            count += 1
            if verify_es256(key, data=data, signature=signature) != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))

    assert [] == wrong
    assert count == document["numberOfTests"]


def test_der_signatures_of_certificates_agree_with_every_vector() -> None:
    """The DER form that certificates carry is checked by the cryptographic library we build on."""
    document, wrong = load("ecdsa_secp256r1_sha256_test.json"), []
    for group in document["testGroups"]:
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        for case in group["tests"]:
            valid = True
            try:
                key.verify(
                    bytes.fromhex(case["sig"]),
                    bytes.fromhex(case["msg"]),
                    ec.ECDSA(hashes.SHA256()),
                )
            except InvalidSignature:
                valid = False
            if valid != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))

    assert [] == wrong


def test_ed25519_agrees_with_every_vector() -> None:
    """Log and witness keys refuse malformed signatures."""
    document, wrong = load("ed25519_test.json"), []
    for group in document["testGroups"]:
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        assert isinstance(key, ed25519.Ed25519PublicKey)
        note_key = NoteKey(name="suite", public=key.public_bytes_raw())
        for case in group["tests"]:
            data, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            if note_key.accepts(data, signature=signature) != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))

    assert [] == wrong
