"""Addresses of the figures."""

from __future__ import annotations

from django.urls import path, re_path

from taysir.programme.measures import views

app_name = "measures"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("measures.json", views.as_json, name="json"),
    path("measures.csv", views.as_csv, name="csv"),
    re_path(
        r"^figures/(?P<key>[a-z0-9_]{1,40})/(?P<side>above|below)$", views.behind, name="behind"
    ),
]
