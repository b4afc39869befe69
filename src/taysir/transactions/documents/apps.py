"""The Django app of sealed documents."""

from django.apps import AppConfig


class DocumentsAppConfig(AppConfig):
    """Registers the app under the label ``documents``."""

    name = "taysir.transactions.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"
