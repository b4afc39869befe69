"""The Django app of the inbox."""

from django.apps import AppConfig


class NoticesAppConfig(AppConfig):
    """Registers the app under the label ``notices``."""

    name = "taysir.transactions.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
