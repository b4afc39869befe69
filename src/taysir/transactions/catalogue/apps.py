"""The Django app of the catalogue."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogueAppConfig(AppConfig):
    """Registers the app under the label ``catalogue``; keeps what is installed at every start."""

    name = "taysir.transactions.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Keep the installed packs once the database has its present form, as at every start."""
        from taysir.transactions.catalogue.packs import keep_installed

        post_migrate.connect(keep_installed, sender=self)
