"""Addresses of the language switch and the gallery."""

from __future__ import annotations

from django.urls import path, re_path

from taysir.ui import gallery, views

app_name = "ui"
urlpatterns = [
    re_path(r"^language/(?P<code>ar|en)$", views.choose_language, name="language"),
    path("ui/gallery/", gallery.show, name="gallery"),
]
