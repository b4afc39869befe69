"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("", views.home, name="home"),
    path("services/<slug:code>/", views.service, name="service"),
]
