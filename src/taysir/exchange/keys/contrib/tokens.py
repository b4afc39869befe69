"""Keys in hardware tokens, through PKCS#11: the key never leaves the token.

One session per token is opened with the PIN and kept; every operation takes its turn, because a
session is not shared between threads. A token that was pulled out and put back is opened again at
the next signature. A PIN that was refused is not tried again, because tokens lock themselves.

Source: PKCS#11 2.40; RFC 7512 for the URIs.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

import pkcs11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    PrivateFormat,
    load_der_public_key,
)
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from taysir.exchange.keys.base import DistantKey, Secret
from taysir.exchange.keys.errors import EXC_KEY, EXC_KEY_SECRET, EXC_TOKEN
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.keys.uri import TokenUri, parse_token_uri
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_CURVE: Final = encode_named_curve_parameters("secp256r1")
_WRONG_PIN: Final = (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinInvalid, pkcs11.PinLenRange)
_Result = TypeVar("_Result")


class _Token:
    """One token: its session while there is one, and the PIN that was refused, as a digest."""

    def __init__(self, uri: TokenUri) -> None:
        self._uri = uri
        self._lock = threading.RLock()
        self._session: Any = None
        self._refused = b""

    def use(self, do: Callable[[Any], _Result], *, secret: Secret) -> _Result:
        """Do something in the session, opening it anew once when the token had gone.

        Raises:
            Problem: EXC-0601, EXC-0602, EXC-0603, EXC-0605.
        """
        with self._lock:
            fresh = self._session is None
            try:
                return do(self._opened(secret))
            except pkcs11.PKCS11Error as error:
                self._forget()
                if fresh:
                    raise self._gone() from error
                log.warning("token_opened_again", reason=type(error).__name__)
            try:
                return do(self._opened(secret))
            except pkcs11.PKCS11Error as error:
                self._forget()
                raise self._gone() from error

    def _opened(self, secret: Secret) -> Any:
        if self._session is not None:
            return self._session
        pin = read_passphrase(self._uri.pin_source) or secret()
        shown = hashlib.sha256(pin).digest()
        if not pin:
            raise Problem(EXC_KEY, key=self._uri.shown, reason="the token's PIN is not configured")
        if shown == self._refused:
            raise Problem(EXC_KEY_SECRET, key=self._uri.shown)
        try:
            self._session = _open(self._find(), pin=pin.decode("utf-8"))
        except (*_WRONG_PIN, UnicodeDecodeError) as cause:
            self._refused = shown
            raise Problem(EXC_KEY_SECRET, key=self._uri.shown) from cause
        return self._session

    def _find(self) -> Any:
        uri = self._uri
        try:
            library = pkcs11.lib(uri.module)
            tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
        except RuntimeError as cause:  # also how a library that cannot be loaded is told
            raise self._gone() from cause
        for token in tokens:
            fits = (
                (not uri.token or token.label == uri.token)
                and (not uri.serial or token.serial == uri.serial.encode("ascii", "replace"))
                and (uri.slot is None or token.slot.slot_id == uri.slot)
            )
            if fits:
                return token
        raise self._gone()

    def _gone(self) -> Problem:
        uri = self._uri
        name = uri.token or uri.serial or f"slot {uri.slot}"
        return Problem(EXC_TOKEN, token=name, module=uri.module)

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error as error:
                log.info("token_session_lost", reason=type(error).__name__)


def _open(token: Any, *, pin: str) -> Any:
    """Log in; a process logs in once a token, and its other sessions need no PIN."""
    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open(rw=True)


class TokenKeys:
    """The store of every ``pkcs11:`` reference."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str, str, int | None, str], _Token] = {}

    def open(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Find a key in its token; raises EXC-0601 to EXC-0603 and EXC-0605."""
        uri = parse_token_uri(reference)
        token = self._token(uri)
        public = token.use(lambda session: _public_key(session, uri), secret=secret)
        return TokenKey(token, uri, public=public, secret=secret)

    def create(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Make a fresh key inside the token; raises as :meth:`open`."""
        uri = parse_token_uri(reference)

        def make(session: Any) -> None:
            if _halves(session, uri, kind=pkcs11.ObjectClass.PRIVATE_KEY):
                raise Problem(EXC_KEY, key=uri.shown, reason="the token has a key of this name")
            curve = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: _CURVE}, local=True
            )
            # Both halves get the same number, so that one is found from the other.
            number = uri.key_id or hashlib.sha256(uri.label.encode("utf-8")).digest()[:8]
            curve.generate_keypair(store=True, label=uri.label or number.hex(), id=number)

        self._token(uri).use(make, secret=secret)
        return self.open(reference, secret=secret)

    def destroy(self, reference: str, *, secret: Secret) -> None:
        """Remove both halves of a key from its token; raises as :meth:`open`."""
        uri = parse_token_uri(reference)

        def remove(session: Any) -> None:
            private = _private_key(session, uri)
            for half in (_public_half(session, private, uri=uri), private):
                half.destroy()

        self._token(uri).use(remove, secret=secret)

    def _token(self, uri: TokenUri) -> _Token:
        name = (uri.module, uri.token, uri.serial, uri.slot, uri.pin_source)
        return self._tokens.setdefault(name, _Token(uri))


class TokenKey(DistantKey):
    """A P-256 key that stays in its token; it signs, and shows its public half."""

    def __init__(
        self, token: _Token, uri: TokenUri, *, public: ec.EllipticCurvePublicKey, secret: Secret
    ) -> None:
        self._token = token
        self._uri = uri
        self._public = public
        self._secret = secret
        self._session: Any = None
        self._private: Any = None

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return the ECDSA signature in DER; the token draws the nonce itself.

        Raises:
            Problem: EXC-0602 or EXC-0603 when the token is not there any more.
        """
        algorithm = signature_algorithm.algorithm
        if isinstance(algorithm, Prehashed):
            digest = bytes(data)
        else:
            state = hashes.Hash(algorithm)
            state.update(data)
            digest = state.finalize()

        def work(session: Any) -> bytes:
            if self._session is not session:
                self._private, self._session = _private_key(session, self._uri), session
            return bytes(self._private.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

        pair = self._token.use(work, secret=self._secret)
        half = len(pair) // 2
        return encode_dss_signature(
            int.from_bytes(pair[:half], "big"), int.from_bytes(pair[half:], "big")
        )

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Refuse: a signing key agrees on no other keys."""
        raise self._stays()

    def private_numbers(self) -> NoReturn:
        """Refuse: the key does not leave the token."""
        raise self._stays()

    def private_bytes(
        self,
        encoding: Encoding,
        format: PrivateFormat,  # noqa: A002 - the name of the interface
        encryption_algorithm: KeySerializationEncryption,
    ) -> NoReturn:
        """Refuse: the key does not leave the token."""
        raise self._stays()

    def __copy__(self) -> TokenKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> TokenKey:
        return self

    def _stays(self) -> Problem:
        return Problem(EXC_KEY, key=self._uri.shown, reason="it stays in its token and only signs")


def _halves(session: Any, uri: TokenUri, *, kind: pkcs11.ObjectClass) -> list[Any]:
    wanted: dict[pkcs11.Attribute, Any] = {pkcs11.Attribute.CLASS: kind}
    if uri.label:
        wanted[pkcs11.Attribute.LABEL] = uri.label
    if uri.key_id:
        wanted[pkcs11.Attribute.ID] = uri.key_id
    return list(session.get_objects(wanted))


def _private_key(session: Any, uri: TokenUri) -> Any:
    found = _halves(session, uri, kind=pkcs11.ObjectClass.PRIVATE_KEY)
    if len(found) != 1:
        reason = "the token holds no such key" if not found else "the token holds several of them"
        raise Problem(EXC_KEY, key=uri.shown, reason=reason)
    return found[0]


def _public_half(session: Any, private: Any, *, uri: TokenUri) -> Any:
    wanted = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY,
        pkcs11.Attribute.ID: private.id,
    }
    found = list(session.get_objects(wanted))
    if not found:
        raise Problem(EXC_KEY, key=uri.shown, reason="its public half is not in the token")
    return found[0]


def _public_key(session: Any, uri: TokenUri) -> ec.EllipticCurvePublicKey:
    half = _public_half(session, _private_key(session, uri), uri=uri)
    try:
        public = load_der_public_key(encode_ec_public_key(half))
    except (ValueError, pkcs11.AttributeTypeInvalid) as cause:
        raise Problem(EXC_KEY, key=uri.shown, reason="not a P-256 key") from cause
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(
        public.curve, ec.SECP256R1
    ):
        raise Problem(EXC_KEY, key=uri.shown, reason="not a P-256 key")
    return public


def make_store() -> TokenKeys:
    """Return the store; one a process, because sessions are shared."""
    return TokenKeys()
