"""The Django app of cases."""

from django.apps import AppConfig


class CasesAppConfig(AppConfig):
    """Registers the app under the label ``cases``, waits for payments, reads the holidays."""

    name = "taysir.transactions.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have paid bills wake their cases; do not start on holidays that cannot be read."""
        from django.conf import settings

        from taysir.transactions.cases.holidays import working_calendar
        from taysir.transactions.cases.services import case_bill_paid
        from taysir.transactions.payments import registry

        registry.subscribe(case_bill_paid)
        working_calendar(settings.TAYSIR_HOLIDAYS)
