"""Keys in a token sign like keys in a file, and every way of not getting at them is named."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from taysir.exchange.keys.contrib.tokens import TokenKeys
from taysir.kernel.certificates import Subject, Use, Validity, issue, self_signed, verify_chain
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer, open_compact, sign_compact, verify_es256
from tests.exchange.keys.conftest import SoftToken

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def store() -> TokenKeys:
    """The store under test."""
    return TokenKeys()


@pytest.fixture
def name() -> str:
    """A key's name of the test's own."""
    return f"key-{secrets.token_hex(4)}"


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value.code


def test_a_token_s_key_signs_what_everyone_can_verify(
    store: TokenKeys, token: SoftToken, name: str
) -> None:
    key = store.create(token.uri(name), secret=lambda: token.pin)
    signer = Signer(b"certificate", key)
    signature = signer.sign(b"statement")
    assert verify_es256(key.public_key(), data=b"statement", signature=signature)
    assert not verify_es256(key.public_key(), data=b"another", signature=signature)
    token_text = sign_compact(b"{}", signer=signer, header={"typ": "t"})
    open_compact(token_text, typ="t").verify(key.public_key())


def test_a_key_is_found_again_by_a_new_start(store: TokenKeys, token: SoftToken, name: str) -> None:
    made = store.create(token.uri(name), secret=lambda: token.pin)
    found = TokenKeys().open(token.uri(name), secret=lambda: token.pin)
    assert found.public_key() == made.public_key()
    assert (found.key_size, found.curve.name) == (256, "secp256r1")


def test_an_authority_s_key_may_lie_in_a_token(
    store: TokenKeys, token: SoftToken, name: str
) -> None:
    key = store.create(token.uri(name), secret=lambda: token.pin)
    validity = Validity.days(2, now=NOW)
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office")
    root = self_signed(subject, key=key, serial=1, validity=validity)
    member = issue(
        Subject(use=Use.MEMBER, identifier="WAHA/GOV/TRF", organization="Traffic"),
        public_key=ec.generate_private_key(ec.SECP256R1()).public_key(),
        issuer=root,
        serial=2,
        validity=validity,
    )
    verify_chain(member, anchors=[root.certificate_der], at=NOW, use=Use.MEMBER)


def test_a_certificate_request_is_signed_inside_the_token(
    store: TokenKeys, token: SoftToken, name: str
) -> None:
    key = store.create(token.uri(name), secret=lambda: token.pin)
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    assert request.sign(key, hashes.SHA256()).is_signature_valid


def test_a_digest_made_elsewhere_is_signed_as_it_is(
    store: TokenKeys, token: SoftToken, name: str
) -> None:
    key = store.create(token.uri(name), secret=lambda: token.pin)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"data")
    signature = key.sign(digest.finalize(), ec.ECDSA(Prehashed(hashes.SHA256())))
    key.public_key().verify(signature, b"data", ec.ECDSA(hashes.SHA256()))


def test_the_key_never_leaves_the_token(store: TokenKeys, token: SoftToken, name: str) -> None:
    key = store.create(token.uri(name), secret=lambda: token.pin)
    spelled = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert code_of(lambda: key.private_bytes(*spelled)) == "EXC-0601"
    assert code_of(key.private_numbers) == "EXC-0601"
    assert code_of(lambda: key.exchange(ec.ECDH(), key.public_key())) == "EXC-0601"


def test_a_name_that_is_taken_is_not_made_again(
    store: TokenKeys, token: SoftToken, name: str
) -> None:
    store.create(token.uri(name), secret=lambda: token.pin)
    assert code_of(lambda: store.create(token.uri(name), secret=lambda: token.pin)) == "EXC-0601"


def test_a_destroyed_key_is_gone(store: TokenKeys, token: SoftToken, name: str) -> None:
    store.create(token.uri(name), secret=lambda: token.pin)
    store.destroy(token.uri(name), secret=lambda: token.pin)
    assert code_of(lambda: store.open(token.uri(name), secret=lambda: token.pin)) == "EXC-0601"


def test_a_wrong_pin_is_named_and_not_tried_again(tokens: list[SoftToken]) -> None:
    own, tries = tokens[1], []

    def wrong() -> bytes:
        tries.append(1)
        return b"0000-wrong"

    fresh = TokenKeys()
    assert code_of(lambda: fresh.create(own.uri("k"), secret=wrong)) == "EXC-0602"
    assert code_of(lambda: fresh.create(own.uri("k"), secret=wrong)) == "EXC-0602"
    # The right PIN is another attempt, and works: the wrong one was not used up on the token.
    fresh.create(own.uri("k"), secret=lambda: own.pin)


def test_a_missing_pin_is_told_before_the_token_is_asked(
    store: TokenKeys, tokens: list[SoftToken]
) -> None:
    own = tokens[2]
    assert code_of(lambda: store.open(own.uri("k"), secret=lambda: b"")) == "EXC-0601"


def test_a_missing_token_and_a_missing_library_are_named(
    store: TokenKeys, token: SoftToken
) -> None:
    gone = token.uri("k").replace(token.label, "nowhere")
    assert code_of(lambda: store.open(gone, secret=lambda: token.pin)) == "EXC-0603"
    library = f"pkcs11:token={token.label};object=k?module-path=/nowhere/lib.so"
    assert code_of(lambda: store.open(library, secret=lambda: token.pin)) == "EXC-0603"


def test_a_lost_session_is_opened_again(store: TokenKeys, token: SoftToken, name: str) -> None:
    own = TokenKeys()
    key = own.create(token.uri(name), secret=lambda: token.pin)
    key.sign(b"data", ec.ECDSA(hashes.SHA256()))
    [place] = own._tokens.values()
    place._session.close()
    signature = key.sign(b"data", ec.ECDSA(hashes.SHA256()))
    key.public_key().verify(signature, b"data", ec.ECDSA(hashes.SHA256()))
