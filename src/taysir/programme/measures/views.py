"""The pages of the figures. Public: they hold pseudonyms and identifiers only."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.programme.measures import selectors
from taysir.programme.measures.errors import PRG_FIGURE_UNKNOWN
from taysir.programme.measures.indicators import Figure
from taysir.programme.measures.wording import OUTCOMES, STEPS, WORDINGS
from taysir.ui.formats import format_duration, format_percent


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show every figure of one service or of all."""
    service = request.GET.get("service", "")[:160]
    found = selectors.figures(service)
    context = {
        "figures": [_shown(figure) for figure in found.values()],
        "services": selectors.services(),
        "service": service,
        "computed_at": timezone.now(),
        "decided": found["straight_through"].denominator,
        "small": limits.SMALL_COUNT,
    }
    return render(request, "measures/overview.html", context)


@require_safe
def behind(request: HttpRequest, key: str, side: str) -> HttpResponse:
    """Show the events behind the numerator or the denominator of a figure."""
    service = request.GET.get("service", "")[:160]
    figure = selectors.figures(service).get(key)
    if figure is None:
        raise Problem(PRG_FIGURE_UNKNOWN)
    ids = figure.above if side == "above" else figure.below
    pages = max(1, -(-len(ids) // limits.MEASURES_PAGE))
    page = min(_page(request), pages)
    context = {
        "figure": _shown(figure),
        "side": side,
        "service": service,
        "events": selectors.events_named(ids, page=page),
        "steps": STEPS,
        "outcomes": OUTCOMES,
        "count": len(ids),
        "page": page,
        "pages": pages,
    }
    return render(request, "measures/behind.html", context)


@require_safe
def as_json(request: HttpRequest) -> JsonResponse:
    """Return the figures with the names of the events behind them, for other programs."""
    found = selectors.figures(request.GET.get("service", "")[:160])
    return JsonResponse({"label": "measured", "figures": [_plain(f) for f in found.values()]})


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """Return the figures as a table."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="measures.csv"'
    writer = csv.writer(response)
    writer.writerow(["figure", "label", "unit", "value", "numerator", "denominator"])
    for figure in selectors.figures(request.GET.get("service", "")[:160]).values():
        value = "" if figure.value is None else round(figure.value, 6)
        row = [figure.key, "measured", figure.unit, value, figure.numerator, figure.denominator]
        writer.writerow(row)
    return response


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return int(asked) if asked.isdecimal() and 0 < len(asked) < 7 and int(asked) > 0 else 1


def _shown(figure: Figure) -> dict[str, Any]:
    """Return a figure with the words and the written value that its card needs."""
    if figure.value is None:
        value = None
    elif figure.unit == "share":
        value = format_percent(figure.value)
    else:
        value = _duration(figure.value)
    return {
        "key": figure.key,
        "unit": figure.unit,
        "value": value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "is_small": figure.denominator < limits.SMALL_COUNT,
        "words": WORDINGS[figure.key],
    }


def _duration(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        "key": figure.key,
        "unit": figure.unit,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "numerator_events": list(figure.above),
        "denominator_events": list(figure.below),
    }
