"""Bounds of data services over registries."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import MIB

DATASERVICE_KEY_CHARS: Final = 64
"""A key as sent, decoded; identity numbers have ten, deed and case numbers up to forty."""

DATASERVICE_SQLITE_WAIT_S: Final = 2.0
"""How long a look-up waits for a writer of the same SQLite file."""

DATASERVICE_POSTGRES_WAIT_S: Final = 5
"""How long a look-up waits for PostgreSQL, to connect and for the answer."""

DATASERVICE_POSTGRES_CONNECTIONS: Final = 4
"""Connections of one data service; at a millisecond a look-up, four give thousands a second."""

DATASERVICE_CSV_BYTES: Final = 64 * MIB
"""A CSV file that is held in memory; larger registers belong into a database."""

DATASERVICE_CSV_ROWS: Final = 500_000
"""Rows of one CSV file."""
