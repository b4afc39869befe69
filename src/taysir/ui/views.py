"""The language switch, which works as a plain link without JavaScript."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from taysir.kernel.errors import Language
from taysir.ui.middleware import COOKIE, COOKIE_MAX_AGE_S


@require_safe
def choose_language(request: HttpRequest, code: Language) -> HttpResponse:
    """Remember the language in a cookie and return to the page; foreign addresses are ignored."""
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(
        COOKIE,
        code,
        max_age=COOKIE_MAX_AGE_S,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
