"""One event a request: method, route, status and time; never a path with a person's data in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

from taysir.kernel.log import get_logger

log = get_logger(__name__)

PAGES: Final = Counter("taysir_pages_total", "Pages by route and status.", ["route", "status"])
PAGE_SECONDS: Final = Histogram("taysir_page_seconds", "Time to answer a page.")


class RequestLogMiddleware:
    """Logs and counts each request once it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        started = time.perf_counter()
        response = self._get_response(request)
        elapsed_s = time.perf_counter() - started
        route = request.resolver_match.view_name if request.resolver_match else "-"
        PAGES.labels(route=route, status=str(response.status_code)).inc()
        PAGE_SECONDS.observe(elapsed_s)
        response.headers["Server-Timing"] = f"app;dur={elapsed_s * 1000:.1f}"
        log.info(
            "page_answered",
            method=request.method,
            route=route,
            status=response.status_code,
            elapsed_ms=round(elapsed_s * 1000, 1),
        )
        return response
