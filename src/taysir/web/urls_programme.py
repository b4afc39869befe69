"""Addresses of the programme office."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from taysir.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("taysir.ui.urls")),
    path("", include("taysir.programme.measures.urls")),
]
