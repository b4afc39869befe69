"""The Django app of cases."""

from django.apps import AppConfig


class CasesAppConfig(AppConfig):
    """Registers the app under the label ``cases`` and waits for payments."""

    name = "taysir.transactions.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have paid bills wake their cases."""
        from taysir.transactions.cases.services import case_bill_paid
        from taysir.transactions.payments import registry

        registry.subscribe(case_bill_paid)
