"""The Django app of the measures."""

from django.apps import AppConfig


class MeasuresAppConfig(AppConfig):
    """Registers the app under the label ``measures``."""

    name = "taysir.programme.measures"
    label = "measures"
    default_auto_field = "django.db.models.BigAutoField"
