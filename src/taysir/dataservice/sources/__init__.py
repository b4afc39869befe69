"""Where rows come from: one module a kind of source, all read-only, behind one protocol."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping as Environment
from pathlib import Path

from taysir.dataservice.errors import DSV_SOURCE_SETTING
from taysir.dataservice.model import SourceAddress
from taysir.dataservice.sources.base import Row, Source
from taysir.dataservice.sources.csv_file import CsvSource
from taysir.dataservice.sources.sqlite import SqliteSource
from taysir.kernel.errors import Problem

__all__ = ["Row", "Source", "open_source"]


def open_source(
    address: SourceAddress, *, folder: Path, environment: Environment[str, str] = os.environ
) -> Source:
    """Open the source of a mapping.

    Args:
        address: the mapping's ``source``.
        folder: the folder to which file names relate.
        environment: where the address of a PostgreSQL database is looked up, so that no
            password stands in a mapping file.

    Raises:
        Problem: DSV-0101 for a source that does not answer, DSV-0102 for a missing setting,
            DSV-0103 and DSV-0104 for a CSV file that cannot be used.
    """
    if address.sqlite:
        return SqliteSource.open_file(folder / address.sqlite)
    if address.csv:
        return CsvSource(folder / address.csv)
    dsn = environment.get(address.postgres, "")
    if not dsn:
        raise Problem(DSV_SOURCE_SETTING, detail=f"environment variable {address.postgres}")
    try:
        postgres = importlib.import_module(f"{__name__}.postgres")
    except ModuleNotFoundError as error:
        raise Problem(DSV_SOURCE_SETTING, detail="pip install taysir[postgres]") from error
    source: Source = postgres.PostgresSource(dsn)
    return source
