"""The Django app of the tracker."""

from django.apps import AppConfig


class TrackerAppConfig(AppConfig):
    """Registers the app under the label ``tracker``."""

    name = "taysir.transactions.tracker"
    label = "tracker"
