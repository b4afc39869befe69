"""The Django app of persons."""

from django.apps import AppConfig


class IdentityAppConfig(AppConfig):
    """Registers the app under the label ``identity``."""

    name = "taysir.transactions.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
