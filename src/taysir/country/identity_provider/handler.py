"""Routes the requests of the sample identity provider.

``/authorize`` shows the sign-in page and takes its form; ``/token`` and ``/userinfo`` are for the
relying party's server. A wrong password keeps the person on the page; cancelling goes back with
``access_denied``; an unknown client or address is never redirected to.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qs, urlencode

from taysir.country.errors import CTY_SIGN_IN
from taysir.country.identity_provider import pages
from taysir.country.identity_provider.tokens import Client, TokenDesk
from taysir.country.personas import PERSONAS, Persona
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.kernel.errors import Problem
from taysir.kernel.text import normalise_digits

_FORM_BYTES = 8192


def make_handler(*, issuer: str, client: Client, password: str) -> Handler:
    """Return the provider's face.

    Args:
        issuer: the provider's own address, without a slash at its end.
        client: the one relying party that it knows.
        password: everyone's password; this is a sample country.
    """
    provider = _Provider(issuer=issuer, desk=TokenDesk(issuer, client), password=password)

    async def handle(request: Request) -> Response:
        return provider.answer(request)

    return handle


class _Provider:
    """Answers one request at a time."""

    def __init__(self, *, issuer: str, desk: TokenDesk, password: str) -> None:
        self._issuer, self._desk, self._password = issuer, desk, password

    def answer(self, request: Request) -> Response:
        match (request.method, request.path):
            case ("GET", "/healthz"):
                return json_response({"status": "ok"})
            case ("GET", "/.well-known/openid-configuration"):
                return json_response(self._configuration())
            case ("GET", "/jwks"):
                return json_response(self._desk.jwks())
            case ("GET", "/authorize"):
                return self._show(request)
            case ("POST", "/authorize"):
                return self._sign_in(request)
            case ("POST", "/token"):
                return self._token(request)
            case ("GET", "/userinfo"):
                return self._userinfo(request)
            case ("GET", path) if path.startswith("/static/"):
                return pages.static_file(path.removeprefix("/static/"))
        return pages.unknown(request)

    def _configuration(self) -> dict[str, object]:
        return {
            "issuer": self._issuer,
            "authorization_endpoint": f"{self._issuer}/authorize",
            "token_endpoint": f"{self._issuer}/token",
            "userinfo_endpoint": f"{self._issuer}/userinfo",
            "jwks_uri": f"{self._issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile"],
        }

    def _check(self, given: dict[str, str]) -> None:
        """Refuse to send anybody to an address that was not registered; raises CTY-0010."""
        client = self._desk.client
        known = given.get("client_id") == client.client_id
        if not known or given.get("redirect_uri") != client.redirect_uri:
            raise Problem(CTY_SIGN_IN)

    def _show(self, request: Request) -> Response:
        given = request.query
        try:
            self._check(given)
        except Problem:
            return pages.unknown(request)
        return pages.sign_in(request, given=given, back=self._desk.client.redirect_uri)

    def _sign_in(self, request: Request) -> Response:
        text = request.body[:_FORM_BYTES].decode("utf-8", "replace")
        given = {name: values[0] for name, values in parse_qs(text).items()}
        try:
            self._check(given)
        except Problem:
            return pages.unknown(request)
        back = self._desk.client.redirect_uri
        if given.get("action") == "cancel":
            return self._back(given, error="access_denied")
        persona = find_persona(given.get("national_id", ""))
        password = given.get("password", "")
        right = hmac.compare_digest(password.encode(), self._password.encode())
        if persona is None or not right:
            fault = "person" if persona is None else "password"
            return pages.sign_in(request, given=given, back=back, fault=fault)
        code = self._desk.issue_code(
            persona,
            nonce=given.get("nonce", ""),
            challenge=given.get("code_challenge", ""),
            redirect_uri=back,
        )
        return self._back(given, code=code)

    def _back(self, given: dict[str, str], **values: str) -> Response:
        query = urlencode({**values, "state": given.get("state", "")})
        address = f"{self._desk.client.redirect_uri}?{query}"
        return Response(status=303, headers=((b"location", address.encode("ascii")),))

    def _token(self, request: Request) -> Response:
        text = request.body[:_FORM_BYTES].decode("utf-8", "replace")
        given = {name: values[0] for name, values in parse_qs(text).items()}
        client_id, secret = _credentials(request, given)
        if not self._desk.is_client(client_id, secret):
            return json_response({"error": "invalid_client"}, status=401)
        answer = self._desk.redeem(
            given.get("code", ""),
            verifier=given.get("code_verifier", ""),
            redirect_uri=given.get("redirect_uri", ""),
        )
        if answer is None:
            return json_response({"error": "invalid_grant"}, status=400)
        return json_response(answer, headers=((b"cache-control", b"no-store"),))

    def _userinfo(self, request: Request) -> Response:
        token = request.header(b"authorization").removeprefix("Bearer ")
        claims = self._desk.claims(token)
        if claims is None:
            return json_response({"error": "invalid_token"}, status=401)
        return json_response(claims, headers=((b"cache-control", b"no-store"),))


def find_persona(typed: str) -> Persona | None:
    """Return the person with this identity number, in either kind of digits."""
    wanted = normalise_digits(typed).strip()
    return next((persona for persona in PERSONAS if persona.national_id == wanted), None)


def _credentials(request: Request, given: dict[str, str]) -> tuple[str, str]:
    """Return the client's name and secret, from the form or from HTTP Basic."""
    head = request.header(b"authorization")
    if head.startswith("Basic "):
        try:
            text = base64.b64decode(head.removeprefix("Basic "), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        name, _, secret = text.partition(":")
        return name, secret
    return given.get("client_id", ""), given.get("client_secret", "")
