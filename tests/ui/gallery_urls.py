"""The gallery's addresses, and one that shows each page of a failure that no visitor can cause."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path


def failure(request: HttpRequest, status: int) -> HttpResponse:
    """Show the page of a status as a failing installation does."""
    return render(request, f"{status}.html", status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("failures/<int:status>/", failure),
    path("", include("taysir.ui.urls")),
]
