"""Chooses the language of a request: the cookie's, else Arabic.

The browser's Accept-Language is not asked: the country's language is Arabic, phones are often set
to English by their seller, and a page must not change by itself. The choice lasts for the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from taysir.ui.texts import LANGUAGES

COOKIE: Final = "taysir_language"
COOKIE_MAX_AGE_S: Final = 365 * 24 * 3600

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class LanguageMiddleware:
    """Activates the person's language while the request is answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in the chosen language."""
        chosen = request.COOKIES.get(COOKIE)
        language = chosen if chosen in LANGUAGES else "ar"
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response
