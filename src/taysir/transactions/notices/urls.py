"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.notices import views

app_name = "notices"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/<uuid:message_id>", views.message, name="message"),
]
