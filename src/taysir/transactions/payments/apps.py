"""The Django app of bills and payments."""

from django.apps import AppConfig


class PaymentsAppConfig(AppConfig):
    """Registers the app under the label ``payments``."""

    name = "taysir.transactions.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
