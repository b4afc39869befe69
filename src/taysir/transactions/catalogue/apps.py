"""The Django app of the catalogue."""

from django.apps import AppConfig


class CatalogueAppConfig(AppConfig):
    """Registers the app under the label ``catalogue``."""

    name = "taysir.transactions.catalogue"
    label = "catalogue"
