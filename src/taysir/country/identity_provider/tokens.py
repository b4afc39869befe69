"""Authorization codes, access tokens and signed ID tokens of the sample identity provider.

Source: OpenID Connect Core 1.0 (authorization code flow), RFC 7636 (PKCE, S256 only).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from taysir.country.personas import Persona
from taysir.kernel import limits
from taysir.kernel.signature import base64url

CODE_LIFETIME_S: Final = 60
TOKEN_LIFETIME_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A relying party: who may ask, with which secret, and where answers go."""

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code or token stands for."""

    persona: Persona
    nonce: str
    challenge: str
    redirect_uri: str
    expires_at: float


@dataclass(slots=True)
class TokenDesk:
    """Issues and redeems; each code works once, and both kinds are bounded in number."""

    issuer: str
    client: Client
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    _codes: OrderedDict[str, Grant] = field(default_factory=OrderedDict)
    _tokens: OrderedDict[str, Persona] = field(default_factory=OrderedDict)

    def issue_code(self, persona: Persona, *, nonce: str, challenge: str, redirect_uri: str) -> str:
        """Return a fresh code for a person who has signed in."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Grant(
            persona=persona,
            nonce=nonce,
            challenge=challenge,
            redirect_uri=redirect_uri,
            expires_at=time.time() + CODE_LIFETIME_S,
        )
        while len(self._codes) > limits.SAMPLE_SIGN_INS:
            self._codes.popitem(last=False)
        return code

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> dict[str, Any] | None:
        """Return the token answer for a code, or None if anything about it is wrong."""
        grant = self._codes.pop(code, None)
        if grant is None or grant.expires_at < time.time() or grant.redirect_uri != redirect_uri:
            return None
        if grant.challenge:
            shown = base64url(hashlib.sha256(verifier.encode("ascii", "replace")).digest())
            if not hmac.compare_digest(shown, grant.challenge):
                return None
        access = secrets.token_urlsafe(24)
        self._tokens[access] = grant.persona
        while len(self._tokens) > limits.SAMPLE_SIGN_INS:
            self._tokens.popitem(last=False)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME_S,
            "id_token": self._id_token(grant),
        }

    def claims(self, access_token: str) -> dict[str, Any] | None:
        """Return what an access token opens, or None."""
        persona = self._tokens.get(access_token)
        return None if persona is None else claims_of(persona)

    def is_client(self, client_id: str, secret: str) -> bool:
        """Whether these are the client's own credentials."""
        same_id = hmac.compare_digest(client_id.encode(), self.client.client_id.encode())
        return hmac.compare_digest(secret.encode(), self.client.secret.encode()) and same_id

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWK set."""
        numbers = self.key.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": "sample-1",
                    "n": base64url(numbers.n.to_bytes(256, "big")),
                    "e": base64url(numbers.e.to_bytes(3, "big")),
                }
            ]
        }

    def _id_token(self, grant: Grant) -> str:
        now = int(time.time())
        header = {"alg": "RS256", "kid": "sample-1", "typ": "JWT"}
        payload = {
            **claims_of(grant.persona),
            "iss": self.issuer,
            "aud": self.client.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
            "nonce": grant.nonce,
        }
        data = f"{base64url(orjson.dumps(header))}.{base64url(orjson.dumps(payload))}"
        signature = self.key.sign(data.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        return f"{data}.{base64url(signature)}"


def claims_of(persona: Persona) -> dict[str, Any]:
    """Return the claims about a person: number and names, as the civil register has them."""
    return {
        "sub": hashlib.sha256(f"waha {persona.national_id}".encode()).hexdigest()[:32],
        "national_id": persona.national_id,
        "name_ar": persona.full_name_ar,
        "name_en": persona.full_name_en,
        "acr": "substantial",
    }
