"""Finds the channels of this installation: the Django setting ``TAYSIR_NOTICE_CHANNELS``."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from taysir.transactions.notices.base import Channel


def channels() -> tuple[Channel, ...]:
    """Return the configured channels; without any, the inbox alone serves."""
    return _channels(tuple(getattr(settings, "TAYSIR_NOTICE_CHANNELS", ())))


@lru_cache(maxsize=4)
def _channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(import_string(name)() for name in names)
