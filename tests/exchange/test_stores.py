"""Segments and PostgreSQL keep a journal alike: order, chain, one writer, nothing unnoticed.

PostgreSQL needs a server: set TAYSIR_TEST_POSTGRES to an address like ``host=/tmp dbname=x``.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.journal_move import is_database, move_journal, open_store
from taysir.exchange.journal_store import GENESIS, Place, Store, chain_hash
from taysir.exchange.model import BodyState
from taysir.kernel.errors import Problem
from tests.exchange.test_erasure import BODY, about

ADDRESS = os.environ.get("TAYSIR_TEST_POSTGRES", "")
PAYLOADS = [b"%d " % number * 40 for number in range(90)]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a journal can be kept."""

    address: str

    def open(self) -> Store:
        return open_store(self.address, segment_bytes=4096)

    def spoil(self, statement: str) -> None:
        """Change the table as an attacker with all rights would."""
        psycopg: Any = pytest.importorskip("psycopg")
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("ALTER TABLE taysir_journal DISABLE TRIGGER ALL")
            connection.execute(statement)


@pytest.fixture
def database() -> Iterator[Keeping]:
    """A schema of its own in the test server."""
    if not ADDRESS:
        pytest.skip("no PostgreSQL server")
    psycopg: Any = pytest.importorskip("psycopg")
    schema = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(ADDRESS, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield Keeping(f"{ADDRESS} options='-c search_path={schema}'")
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["segments", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Keeping:
    """A place of either kind."""
    if request.param == "segments":
        return Keeping(str(tmp_path / "node"))
    found: Keeping = request.getfixturevalue("database")
    return found


def filled(place: Keeping) -> None:
    store = place.open()
    for at in range(0, len(PAYLOADS), 7):
        written = store.append(PAYLOADS[at : at + 7])
        assert written.position == at
        assert len(written.offsets) == len(PAYLOADS[at : at + 7])
    store.close()


def test_records_come_back_in_order_and_the_chain_follows(place: Keeping) -> None:
    filled(place)
    store, chain = place.open(), GENESIS
    for number, record in enumerate(store.records()):
        chain = chain_hash(chain, PAYLOADS[number])
        assert (record.position, record.payload, record.chain) == (number, PAYLOADS[number], chain)
        assert store.read(record.place) == record.payload
    assert (store.next_position, store.chain) == (len(PAYLOADS), chain)
    for start in (0, 1, 6, 7, 50, len(PAYLOADS) - 1, len(PAYLOADS), len(PAYLOADS) + 5):
        assert [record.payload for record in store.records(start=start)] == PAYLOADS[start:]
    store.close()


def test_a_reopened_store_goes_on(place: Keeping) -> None:
    filled(place)
    store = place.open()
    added = store.append([b"next"])
    assert added.position == len(PAYLOADS)
    assert store.read(Place(added.segment, added.offsets[0])) == b"next"
    store.close()
    again = place.open()
    assert again.next_position == len(PAYLOADS) + 1
    again.close()


def test_an_empty_store_has_nothing(place: Keeping) -> None:
    store = place.open()
    assert (store.next_position, store.chain, list(store.records())) == (0, GENESIS, [])
    store.close()


def test_a_journal_on_it_keeps_finds_and_erases(place: Keeping, tmp_path: Path) -> None:
    folder = tmp_path / "folder"

    async def run() -> None:
        journal = Journal(folder, open_store=place.open)
        await asyncio.gather(*(journal.append(about(f"s-{n % 3}", n)) for n in range(60)))
        assert list(await journal.append_many([about("s-3", 60), about("s-3", 61)])) == [60, 61]
        await journal.indexed()
        assert len(journal.about("s-1", limit=99)) == 20
        [found] = journal.find("e-60")
        assert (found.position, found.response_body) == (60, BODY)
        await journal.erase("s-3", reason="order", at_ms=5, number="x-1")
        await journal.indexed()
        assert journal.find("e-60")[0].bodies is BodyState.ERASED
        await journal.close()

    asyncio.run(run())
    store = place.open()
    report = check_node(folder, store=store)
    assert (report.clean, report.records, report.erasures) == (True, 63, 1)
    store.close()


def test_a_journal_moves_there_and_back_and_is_the_same(place: Keeping, tmp_path: Path) -> None:
    filled(place)
    other, third = str(tmp_path / "other"), str(tmp_path / "third")
    moved = move_journal(place.address, target=other)
    assert moved.records == len(PAYLOADS)
    assert move_journal(other, target=third).chain == moved.chain
    assert [record.payload for record in Keeping(third).open().records()] == PAYLOADS
    with pytest.raises(Problem, match="EXC-0806"):
        move_journal(other, target=place.address)


# --- PostgreSQL only -----------------------------------------------------------------------------


@pytest.mark.postgres
def test_two_processes_cannot_write_one_table(database: Keeping) -> None:
    first = database.open()
    with pytest.raises(Problem, match="EXC-0802"):
        database.open()
    first.close()
    database.open().close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE taysir_journal SET payload = 'x' WHERE position = 40",
        "UPDATE taysir_journal SET chain = sha256('x') WHERE position = 40",
        "DELETE FROM taysir_journal WHERE position = 40",
        "UPDATE taysir_journal SET position = -1 WHERE position = 0",
    ],
)
def test_a_change_behind_its_back_is_found(database: Keeping, statement: str) -> None:
    filled(database)
    database.spoil(statement)
    store = database.open()
    with pytest.raises(Problem, match="EXC-0131"):
        list(store.records())
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE taysir_journal SET payload = 'x'",
        "DELETE FROM taysir_journal",
        "TRUNCATE taysir_journal",
    ],
)
def test_the_table_takes_nothing_but_new_rows(database: Keeping, statement: str) -> None:
    filled(database)
    psycopg: Any = pytest.importorskip("psycopg")
    with (
        psycopg.connect(database.address, autocommit=True) as connection,
        pytest.raises(psycopg.Error, match="append-only"),
    ):
        connection.execute(statement)


@pytest.mark.postgres
def test_a_lost_connection_refuses_and_then_goes_on_without_a_gap(database: Keeping) -> None:
    store = database.open()
    store.append([b"one"])
    psycopg: Any = pytest.importorskip("psycopg")
    with psycopg.connect(database.address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l"
            " WHERE l.locktype = 'advisory' AND l.objid = 'taysir_journal'::regclass::oid"
        )
    with pytest.raises(Problem, match="EXC-0130"):
        store.append([b"lost"])
    assert store.append([b"two"]).position == 1
    assert [record.payload for record in store.records()] == [b"one", b"two"]
    store.close()


@pytest.mark.postgres
def test_the_index_of_another_store_is_made_anew(database: Keeping, tmp_path: Path) -> None:
    """After a move the same folder finds every record at its new place."""
    folder = tmp_path / "node"

    async def fill() -> None:
        journal = Journal(folder)
        await journal.append_many([about("s-1", n) for n in range(10)])
        await journal.close()

    async def look() -> list[str]:
        journal = Journal(folder, open_store=database.open)
        found = [one.exchange_id for one in journal.about("s-1", limit=99)]
        await journal.close()
        return found

    asyncio.run(fill())
    result = CliRunner().invoke(
        build_app(["journal"]), ["journal", "move", str(folder), database.address, "--json"]
    )
    assert json.loads(result.stdout)["records"] == 10
    assert asyncio.run(look()) == [f"e-{n}" for n in reversed(range(10))]


def test_a_database_that_is_not_there_is_named() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(Problem, match="EXC-0804"):
        open_store("postgresql://127.0.0.1:1/none")


def test_an_address_is_told_from_a_folder(tmp_path: Path) -> None:
    assert is_database("postgresql://host/name")
    assert is_database("host=/tmp dbname=x")
    assert not is_database(str(tmp_path))
    (tmp_path / "a=b").mkdir()
    assert not is_database(str(tmp_path / "a=b"))
