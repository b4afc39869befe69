"""Compresses pages for slow networks, without giving secrets away by their size.

Django's own middleware pads answers at random against the BREACH attack; here it is only kept away
from files that are compressed already.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_COMPRESSIBLE = ("text/", "application/json", "image/svg+xml")


class CompressionMiddleware(GZipMiddleware):
    """Compresses texts only."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress the answer if it is text and the browser can read that."""
        if not response.headers.get("Content-Type", "").startswith(_COMPRESSIBLE):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
