"""Which store a key reference belongs to: by its scheme, files when it has none.

Stores are loaded when a reference asks for them, so that hardware tokens stay an optional extra.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from taysir.exchange.keys.base import KeyStore
from taysir.exchange.keys.errors import EXC_PKCS11_MISSING
from taysir.kernel.errors import Problem

STORES: Final = MappingProxyType(
    {
        "": "taysir.exchange.keys.contrib.files",
        "pkcs11": "taysir.exchange.keys.contrib.tokens",
    }
)
"""Each scheme and the module whose ``make_store`` gives its store."""


def scheme_of(reference: str) -> str:
    """Return the scheme of a reference that has one of ours; a path has none."""
    scheme = reference.partition(":")[0]
    return scheme if scheme in STORES and scheme != reference else ""


def store_of(reference: str) -> KeyStore:
    """Return the store of a reference; raises EXC-0606 when its extra is not installed."""
    return _store(STORES[scheme_of(reference)])


@lru_cache
def _store(module: str) -> KeyStore:
    try:
        store: KeyStore = importlib.import_module(module).make_store()
    except ModuleNotFoundError as cause:
        raise Problem(EXC_PKCS11_MISSING) from cause
    return store
