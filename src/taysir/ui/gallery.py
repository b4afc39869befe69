"""The gallery: every component in its normal, empty, error and long-text states, on one page.

Designers look at it, tests measure its accessibility in both languages. It holds sample values
only and is part of no journey.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SAMPLES: Final = {
    "moment": datetime(2026, 11, 24, 7, 15, tzinfo=UTC),
    "day": date(2026, 1, 1),
    "months": (32, 41, 38, 57, 66, 64, 80, 91, 88, 104, 121, 130),
}


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    return render(request, "ui/gallery.html", SAMPLES)
