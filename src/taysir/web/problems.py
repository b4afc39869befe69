"""Turns errors of the family into pages in the person's language."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.ui.texts import current_language, mark, translate

log = get_logger(__name__)

_SESSION_LOST = mark("انتهت الجلسة أو فُتحت الصفحة منذ مدة. لم يضع ما حفظته.")
_SESSION_REMEDY = mark("ارجع إلى الصفحة السابقة وأعد تحميلها ثم أرسل مرة أخرى.")


class ProblemMiddleware:
    """Shows a Problem that leaves a view as a page with its remedy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for an error of the family; others go their way to the 500 page."""
        if not isinstance(error, Problem):
            return None
        log.info("page_problem", code=error.code, status=error.kind.status)
        language = current_language()
        context = {
            "what": error.title(language),
            "remedy": error.remedy(language),
            "code": error.code,
        }
        return render(request, "ui/error.html", context, status=error.kind.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a form that was sent without its token; nothing was lost."""
    log.info("form_without_token", reason=reason[:80])
    context = {
        "what": translate(_SESSION_LOST),
        "remedy": translate(_SESSION_REMEDY),
        "code": "403",
    }
    return render(request, "ui/error.html", context, status=403)
