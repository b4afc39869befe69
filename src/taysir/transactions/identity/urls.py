"""Addresses of signing in and out."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.identity import views

app_name = "identity"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/failed/", views.failed, name="failed"),
    path("sign-out/", views.sign_out, name="sign-out"),
]
