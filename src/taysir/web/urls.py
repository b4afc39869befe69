"""Addresses of the portal."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from taysir.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("taysir.ui.urls")),
    path("", include("taysir.transactions.catalogue.urls")),
    path("", include("taysir.transactions.identity.urls")),
    path("", include("taysir.transactions.cases.urls")),
    path("", include("taysir.transactions.documents.urls")),
    path("", include("taysir.transactions.notices.urls")),
    path("", include("taysir.transactions.tracker.urls")),
    path("accounts/", include("allauth.urls")),
]
