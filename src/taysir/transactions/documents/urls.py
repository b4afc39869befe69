"""Addresses of documents and their verification."""

from __future__ import annotations

from django.urls import path

from taysir.transactions.documents import views

app_name = "documents"
urlpatterns = [
    path("documents/<uuid:document_id>", views.download, name="download"),
    path("verify/", views.ask_code, name="ask"),
    path("verify/<str:code>", views.verify_code, name="verify"),
]
