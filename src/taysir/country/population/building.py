"""Makes the agencies' registries, keeps them between starts, and keeps the personas' days true.

The databases are made in a folder aside and put in place by one rename, with a marker that says
from which seed, for how many persons and by which version they were made. Data without that marker
was cut off or is of another kind, and is made anew. One transaction a database, no indexes while
writing: 100,000 persons take some seconds.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from taysir.country.personas import PERSONAS
from taysir.country.population import schema
from taysir.country.population.families import Families
from taysir.country.population.material import load_material
from taysir.country.population.persona_rows import rows_of
from taysir.country.population.records import Records
from taysir.kernel import limits
from taysir.kernel.log import get_logger

log = get_logger(__name__)

ShowShare = Callable[[float], None]
"""Told the finished share, from 0 to 1."""

_BATCH_PERSONS: Final = 4000
_MARKER: Final = "population.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationPlan:
    """What to make: the seed, the number of persons (personas included) and the day it is true."""

    seed: int
    size: int
    today: date

    def __post_init__(self) -> None:
        """Refuse a size out of bounds."""
        if not limits.POPULATION_MIN <= self.size <= limits.POPULATION_MAX:
            raise ValueError(
                f"population from {limits.POPULATION_MIN} to {limits.POPULATION_MAX}: {self.size}"
            )


def database(folder: Path, agency: str) -> Path:
    """Return the database file of an agency, e.g. ``CIV``."""
    return folder / f"{agency}.sqlite"


def ensure_population(
    folder: Path, *, plan: PopulationPlan, now: datetime, progress: ShowShare = lambda _share: None
) -> bool:
    """Make the registries unless this folder holds just these; return whether they were made.

    Args:
        folder: the folder of the databases; replaced whole when they are made.
        plan: what to make.
        now: the moment (UTC) to which the personas' stories relate.
        progress: called with the finished share some times a second.
    """
    if is_kept(folder, seed=plan.seed, size=plan.size):
        progress(1.0)
        return False
    aside = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    _write(aside, plan, progress)
    _write_marker(aside, {"version": schema.VERSION, "seed": plan.seed, "size": plan.size})
    refresh_personas(aside, now=now)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    progress(1.0)
    return True


def is_kept(folder: Path, *, seed: int, size: int) -> bool:
    """Whether the folder holds the complete registries of this seed and size."""
    marker = _read_marker(folder)
    wanted = {"version": schema.VERSION, "seed": seed, "size": size}
    complete = all(database(folder, agency).exists() for agency in schema.AGENCIES)
    return complete and all(marker.get(key) == value for key, value in wanted.items())


def refresh_personas(folder: Path, *, now: datetime) -> bool:
    """Write the personas' rows anew when the day has changed; return whether it had.

    What happened to a persona today, such as a renewal, stays; on the next day every story begins
    again.
    """
    marker = _read_marker(folder)
    today = now.astimezone(UTC).date().isoformat()
    if marker.get("personas_on") == today:
        return False
    rows = [rows_of(persona, now=now.astimezone(UTC)) for persona in PERSONAS]
    for agency in schema.AGENCIES:
        tables = [table for table in schema.PERSON_COLUMN if table.agency == agency]
        with closing(sqlite3.connect(database(folder, agency))) as connection, connection:
            for table in tables:
                statement = schema.delete_person(table, schema.PERSON_COLUMN[table])
                connection.executemany(statement, [(p.national_id,) for p in PERSONAS])
                new = [row for persona_rows in rows for row in persona_rows[table]]
                connection.executemany(table.insert, new)
    _write_marker(folder, {**marker, "personas_on": today})
    return True


def _write(folder: Path, plan: PopulationPlan, progress: ShowShare) -> None:
    random = Random(plan.seed)  # noqa: S311 - a population that can be made again, not a secret
    material = load_material()
    today = plan.today.toordinal()
    families = Families(random=random, material=material, today=today)
    records = Records(random=random, material=material, today=today)
    connections = {agency: _create(database(folder, agency)) for agency in schema.AGENCIES}
    try:
        _create_tables(connections)
        wanted, made, waiting = plan.size - len(PERSONAS), 0, 0
        for household in families.households(wanted):
            records.add(household)
            waiting += len(household.newcomers)
            if waiting >= _BATCH_PERSONS:
                made, waiting = made + waiting, 0
                _flush(records, connections)
                progress(0.9 * made / wanted)
        _flush(records, connections)
        for number, (agency, connection) in enumerate(connections.items(), start=1):
            _finish(agency, connection)
            progress(0.9 + 0.1 * number / len(connections))
    finally:
        for connection in connections.values():
            connection.close()
    for agency in schema.AGENCIES:
        _to_disk(database(folder, agency))


def _create(file: Path) -> sqlite3.Connection:
    """Open a new file without a rollback journal: a file that is cut off is thrown away."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    return connection


def _create_tables(connections: dict[str, sqlite3.Connection]) -> None:
    for table in schema.TABLES:
        connections[table.agency].execute(table.create)
    for agency, statements in schema.VIEWS.items():
        for statement in statements:
            connections[agency].execute(statement)


def _flush(records: Records, connections: dict[str, sqlite3.Connection]) -> None:
    for table, rows in records.rows.items():
        connections[table.agency].executemany(table.insert, rows)
        rows.clear()


def _finish(agency: str, connection: sqlite3.Connection) -> None:
    for table in schema.TABLES:
        if table.agency == agency:
            for statement in table.create_indexes:
                connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")


def _to_disk(file: Path) -> None:
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _read_marker(folder: Path) -> dict[str, Any]:
    try:
        marker = orjson.loads((folder / _MARKER).read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError:
        log.warning("population_marker_unreadable")
        return {}
    return marker if isinstance(marker, dict) else {}


def _write_marker(folder: Path, marker: dict[str, Any]) -> None:
    fresh = folder / f"{_MARKER}.new"
    fresh.write_bytes(orjson.dumps(marker))
    fresh.replace(folder / _MARKER)
