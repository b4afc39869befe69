"""What happens in the agencies while a case waits: a test result arrives, a fine is paid.

The tour, the journeys and a curious visitor let these happen through the control port of the
sample state, in place of the hospital's and the treasury's own systems.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taysir.country.personas import FIT, PERSONAS
from taysir.country.population import schema
from taysir.country.population.building import database
from taysir.country.population.persona_rows import rows_of
from taysir.country.population.schema import FITNESS

_PAY = "UPDATE VIO_TICKET SET PAID_TS = ? WHERE DRVR_NID = ? AND PAID_TS IS NULL"


def fitness_test_arrives(
    folder: Path, *, national_id: str, now: datetime, result: int = FIT
) -> None:
    """Register a fitness test taken today with the Ministry of Health."""
    today = now.astimezone(UTC).date()
    valid = today + timedelta(days=365)
    number = f"FA{now.astimezone(UTC):%Y%m%d%H%M%S%f}"
    row = (number, national_id, today.isoformat(), valid.isoformat(), result, "HC001")
    with closing(sqlite3.connect(database(folder, "HLT"))) as connection, connection:
        connection.execute(FITNESS.insert, row)


def fines_are_paid(folder: Path, *, national_id: str, now: datetime) -> int:
    """Mark a driver's unpaid fines as paid and return how many there were."""
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with closing(sqlite3.connect(database(folder, "TRF"))) as connection, connection:
        return connection.execute(_PAY, (moment, national_id)).rowcount


def story_begins_again(folder: Path, *, national_id: str, now: datetime) -> bool:
    """Write one persona's rows anew, as on the first start of a day; False for anybody else."""
    persona = next((p for p in PERSONAS if p.national_id == national_id), None)
    if persona is None:
        return False
    rows = rows_of(persona, now=now.astimezone(UTC))
    for table, column in schema.PERSON_COLUMN.items():
        with closing(sqlite3.connect(database(folder, table.agency))) as connection, connection:
            connection.execute(schema.delete_person(table, column), (national_id,))
            connection.executemany(table.insert, rows[table])
    return True
