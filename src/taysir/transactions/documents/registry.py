"""Finds the configured seal and store of this installation; each is made once a process."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from taysir.transactions.documents.base import DocumentsConfig, Sealer
from taysir.transactions.documents.storage import DocumentStore


def config() -> DocumentsConfig:
    """Return the settings of this installation."""
    found: DocumentsConfig = settings.TAYSIR_DOCUMENTS
    return found


def sealer() -> Sealer:
    """Return the configured seal, loaded at its first use because it brings large libraries."""
    return _sealer(config())


def store() -> DocumentStore:
    """Return the folder of documents."""
    return DocumentStore(config().folder)


@lru_cache(maxsize=4)
def _sealer(documents: DocumentsConfig) -> Sealer:
    made: Sealer = import_string(documents.sealer)(documents)
    return made
