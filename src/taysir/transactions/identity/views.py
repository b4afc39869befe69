"""Signing in and out, and the pages for when that does not work."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the national identity provider, to come back to ``next``."""
    target = request.GET.get("next", "/cases/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/cases/"
    if request.user.is_authenticated:
        return redirect(target)
    address = reverse("openid_connect_login", kwargs={"provider_id": "national"})
    return redirect(f"{address}?{urlencode({'process': 'login', 'next': target})}")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; saved drafts stay."""
    logout(request)
    return redirect("/")


@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Explain a sign-in that was cancelled, took too long, or could not be accepted."""
    return render(request, "identity/failed.html", status=401)
