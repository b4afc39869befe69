"""The language of a request comes from its cookie, and the switch is a plain link."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from taysir.ui.middleware import COOKIE, LanguageMiddleware
from taysir.ui.texts import current_language
from taysir.ui.views import choose_language


def answer(request: HttpRequest) -> HttpResponse:
    """Answer with the language in force."""
    return HttpResponse(current_language())


@pytest.mark.parametrize(
    ("cookie", "language"), [(None, "ar"), ("ar", "ar"), ("en", "en"), ("fr", "ar"), ("", "ar")]
)
def test_the_cookie_chooses_the_language(cookie: str | None, language: str) -> None:
    """Arabic by default and for unknown values; the answer names its language."""
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie
    response = LanguageMiddleware(answer)(request)
    assert isinstance(response, HttpResponse)
    assert response.content.decode() == response["Content-Language"] == language
    assert "Cookie" in response["Vary"]
    assert translation.get_language() == "ar"


@pytest.mark.parametrize(
    ("next_page", "target"),
    [
        ("/cases/TRF-2026-000123-7/?page=2", "/cases/TRF-2026-000123-7/?page=2"),
        ("https://example.com/", "/"),
        ("//example.com/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_switch_returns_to_the_page(next_page: str, target: str) -> None:
    """The person comes back to where they were, but never to a foreign address."""
    request = RequestFactory().get("/language/en", {"next": next_page})
    response = choose_language(request, "en")
    assert response.status_code == 302
    assert response["Location"] == target
    assert response.cookies[COOKIE].value == "en"
    assert response.cookies[COOKIE]["samesite"] == "Lax"


def test_the_switch_only_reads() -> None:
    """A POST to the switch is refused."""
    assert choose_language(RequestFactory().post("/language/en"), "en").status_code == 405
