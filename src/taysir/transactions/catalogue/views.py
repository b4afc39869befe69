"""The home page with its search, and each service's page, before any sign-in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from taysir.kernel import limits
from taysir.transactions.catalogue.packs import offer_of, search


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what is on offer, or what the person's words find."""
    words = request.GET.get("q", "")[: limits.SEARCH_CHARACTERS]
    services = [offer.pack.service for offer in search(words)]
    return render(request, "catalogue/home.html", {"words": words, "services": services})


@require_safe
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show who may use a service, what it needs, costs and takes, and its law."""
    pack = offer_of(code).pack
    articles = [pack.articles[article] for article in pack.service.legal_basis]
    context = {"service": pack.service, "articles": articles}
    return render(request, "catalogue/service.html", context)
