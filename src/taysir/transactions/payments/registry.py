"""Finds the configured treasury, and keeps who waits for payments."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from taysir.transactions.payments.base import OnPaid, PaymentsConfig, Treasury

_subscribers: list[OnPaid] = []


def config() -> PaymentsConfig:
    """Return the settings of this installation."""
    found: PaymentsConfig = settings.TAYSIR_PAYMENTS
    return found


def treasury() -> Treasury:
    """Return the configured treasury; one a process, because it keeps connections."""
    return _treasury(config())


def subscribe(subscriber: OnPaid) -> None:
    """Have a function called for each bill that is paid; call this in ``AppConfig.ready``."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


def subscribers() -> tuple[OnPaid, ...]:
    """Return who waits for payments, in the order of subscription."""
    return tuple(_subscribers)


@lru_cache(maxsize=4)
def _treasury(payments: PaymentsConfig) -> Treasury:
    made: Treasury = import_string(payments.treasury)(payments)
    return made
