"""The sample identity provider: sign-in with OpenID Connect, and every way it does not happen."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from taysir.country.identity_provider import make_handler
from taysir.country.identity_provider.tokens import Client
from taysir.country.personas import PERSONAS
from taysir.exchange.http import Handler, Request, Response
from taysir.kernel import limits

ISSUER = "http://127.0.0.1:8002"
BACK = "http://127.0.0.1:8000/accounts/oidc/national/login/callback/"
CLIENT = Client(client_id="portal", secret="known-to-both", redirect_uri=BACK)
PASSWORD = "waha"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
SALEM = PERSONAS[0]


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """Asks the provider as a browser and as the relying party's server would."""

    handler: Handler = field(
        default_factory=lambda: make_handler(issuer=ISSUER, client=CLIENT, password=PASSWORD)
    )

    def get(self, target: str, **headers: str) -> Response:
        pairs = tuple((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())
        return asyncio.run(self._ask(Request(method="GET", target=target.encode(), headers=pairs)))

    def post(self, target: str, data: dict[str, str], **headers: str) -> Response:
        pairs = tuple((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())
        body = urlencode(data).encode()
        request = Request(method="POST", target=target.encode(), headers=pairs, body=body)
        return asyncio.run(self._ask(request))

    async def _ask(self, request: Request) -> Response:
        return await self.handler(request)

    def sign_in(self, **changes: str) -> Response:
        return self.post("/authorize", {**asked(), **credentials(), **changes})

    def redeem(self, code: str, **changes: str) -> Response:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "client_id": CLIENT.client_id,
            "client_secret": CLIENT.secret,
            "code_verifier": VERIFIER,
        }
        return self.post("/token", {**given, **changes})


def asked() -> dict[str, str]:
    challenge = unpadded(hashlib.sha256(VERIFIER.encode()).digest())
    return {
        "client_id": CLIENT.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "state-1",
        "nonce": "nonce-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def credentials() -> dict[str, str]:
    return {"national_id": SALEM.national_id, "password": PASSWORD, "action": "sign-in"}


def location(response: Response) -> str:
    return dict(response.headers)[b"location"].decode()


def handed_back(response: Response) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(urlsplit(location(response)).query).items()
    }


@pytest.fixture
def browser() -> Browser:
    return Browser()


def opened(token: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """Verify an ID token with the published key and return its claims."""
    head, payload, signature = token.split(".")
    key = jwks["keys"][0]
    numbers = rsa.RSAPublicNumbers(
        e=int.from_bytes(padded(key["e"]), "big"), n=int.from_bytes(padded(key["n"]), "big")
    )
    numbers.public_key().verify(
        padded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert orjson.loads(padded(head))["kid"] == key["kid"]
    claims: dict[str, Any] = orjson.loads(padded(payload))
    return claims


def test_a_persona_signs_in_and_the_portal_learns_number_and_names(browser: Browser) -> None:
    back = handed_back(browser.sign_in())

    answer = orjson.loads(browser.redeem(back["code"]).body)
    claims = opened(answer["id_token"], orjson.loads(browser.get("/jwks").body))

    assert back["state"] == "state-1"
    assert claims["iss"] == ISSUER
    assert claims["aud"] == CLIENT.client_id
    assert claims["nonce"] == "nonce-1"
    assert claims["national_id"] == SALEM.national_id
    assert claims["name_ar"] == SALEM.full_name_ar
    info = browser.get("/userinfo", authorization=f"Bearer {answer['access_token']}")
    assert orjson.loads(info.body)["sub"] == claims["sub"]


def test_discovery_names_every_face(browser: Browser) -> None:
    answer = orjson.loads(browser.get("/.well-known/openid-configuration").body)

    assert answer["issuer"] == ISSUER
    assert answer["authorization_endpoint"].startswith(ISSUER)
    assert answer["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_page_offers_every_persona_in_the_language_of_the_portal(
    browser: Browser, language: str
) -> None:
    target = f"/authorize?{urlencode(asked())}"
    page = browser.get(target, cookie=f"taysir_language={language}").body.decode()

    assert f'lang="{language}"' in page
    assert all(persona.national_id in page for persona in PERSONAS)


def test_a_wrong_password_keeps_the_person_on_the_page(browser: Browser) -> None:
    response = browser.sign_in(password="wrong")

    assert response.status == 422
    assert "كلمة المرور غير صحيحة" in response.body.decode()
    assert f'value="{SALEM.national_id}" selected' in response.body.decode()


def test_arabic_digits_of_the_number_are_read(browser: Browser) -> None:
    typed = SALEM.national_id.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert "code" in handed_back(browser.sign_in(national_id=typed))


def test_an_unknown_person_is_asked_to_choose(browser: Browser) -> None:
    assert browser.sign_in(national_id="3999999999").status == 422


def test_cancelling_goes_back_without_a_code(browser: Browser) -> None:
    back = handed_back(browser.sign_in(action="cancel", password=""))

    assert back == {"error": "access_denied", "state": "state-1"}


@pytest.mark.parametrize(
    "changes", [{"client_id": "stranger"}, {"redirect_uri": "https://elsewhere.example/"}]
)
def test_nobody_is_sent_to_an_unknown_address(browser: Browser, changes: dict[str, str]) -> None:
    shown = browser.get(f"/authorize?{urlencode({**asked(), **changes})}")
    sent = browser.sign_in(**changes)

    assert (shown.status, sent.status) == (404, 404)
    assert not [pair for pair in sent.headers if pair[0] == b"location"]


def test_a_code_works_once(browser: Browser) -> None:
    code = handed_back(browser.sign_in())["code"]

    assert browser.redeem(code).status == 200
    assert browser.redeem(code).status == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"code_verifier": "another-verifier"}, 400),
        ({"redirect_uri": "https://elsewhere.example/"}, 400),
        ({"client_secret": "guessed"}, 401),
        ({"client_id": "stranger"}, 401),
    ],
)
def test_a_code_is_of_no_use_to_others(
    browser: Browser, changes: dict[str, str], status: int
) -> None:
    code = handed_back(browser.sign_in())["code"]

    assert browser.redeem(code, **changes).status == status


def test_the_client_may_show_its_secret_by_http_basic(browser: Browser) -> None:
    code = handed_back(browser.sign_in())["code"]
    both = base64.b64encode(f"{CLIENT.client_id}:{CLIENT.secret}".encode()).decode()
    given = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}

    assert browser.post("/token", given, authorization=f"Basic {both}").status == 200


def test_userinfo_refuses_a_token_that_was_not_issued(browser: Browser) -> None:
    assert browser.get("/userinfo", authorization="Bearer invented").status == 401


def test_sign_ins_under_way_are_bounded(browser: Browser) -> None:
    first = handed_back(browser.sign_in())["code"]
    second = handed_back(browser.sign_in())["code"]
    for _ in range(limits.SAMPLE_SIGN_INS - 1):
        browser.sign_in()

    assert browser.redeem(first).status == 400
    assert browser.redeem(second).status == 200


def test_static_files_are_served_and_nothing_beside_them(browser: Browser) -> None:
    assert browser.get("/static/ui/taysir.css").status == 200
    assert browser.get("/static/../apps.py").status == 404
    assert browser.get("/static/%2e%2e/apps.py").status == 404
