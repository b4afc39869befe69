"""The Django app of the shared screens' parts."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Components, texts, languages and the gallery."""

    name = "taysir.ui"
    label = "ui"
    verbose_name = "Taysir UI"
