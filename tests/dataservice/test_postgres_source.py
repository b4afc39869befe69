"""A PostgreSQL table is served like a SQLite one, read-only, and found again after an outage.

Needs a server: set TAYSIR_TEST_POSTGRES to an address such as ``host=/tmp dbname=postgres``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from taysir.dataservice.checking import check_source
from taysir.dataservice.loading import load_mapping
from taysir.dataservice.service import DataService
from taysir.dataservice.sources import open_source
from taysir.exchange.http import Request
from taysir.kernel.errors import Problem

psycopg = pytest.importorskip("psycopg")
DSN = os.environ.get("TAYSIR_TEST_POSTGRES", "")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not DSN, reason="no PostgreSQL server"),
]

MAPPING = """\
service: WAHA/GOV/COM/names/names
version: "1.0"
title: {ar: الأسماء التجارية, en: Trade names}
classification: public
source: {postgres: COM_REGISTRY}
table: Com.Trade
path: /names/{number}
key: {column: Number, pattern: "7[0-9]{3}", ar: الرقم, en: Number}
fields:
  name_ar: {column: Name, ar: الاسم, en: Name}
  capital: {column: capital, type: decimal, ar: رأس المال, en: Capital}
  active: {column: active, type: boolean, ar: سار, en: Active}
  since: {column: since, type: date, ar: منذ, en: Since}
  changed_at: {column: changed, type: timestamp, ar: عُدل في, en: Changed at}
  branches: {of: places, count: true, where: {kind: BR}, ar: الفروع, en: Branches}
lists:
  places:
    ar: المواقع
    en: Places
    table: com_place
    key_column: number
    limit: 5
    fields:
      kind: {column: kind, ar: النوع, en: Kind}
"""

TABLES = """
DROP SCHEMA IF EXISTS "Com" CASCADE;
DROP TABLE IF EXISTS com_place;
CREATE SCHEMA "Com";
CREATE TABLE "Com"."Trade" ("Number" text PRIMARY KEY, "Name" text, capital numeric,
    active boolean, since date, changed timestamptz);
INSERT INTO "Com"."Trade"
    VALUES ('7001', 'نخيل', 1000.50, true, '2024-02-29', '2026-11-24T12:00:00+03:00');
CREATE TABLE com_place (number text, kind text);
INSERT INTO com_place VALUES ('7001', 'HQ'), ('7001', 'BR'), ('7001', 'BR');
"""


@pytest.fixture
def mapping_file(tmp_path: Path) -> Path:
    """The mapping file, and its tables in the server."""
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute(TABLES)
    file = tmp_path / "names.yaml"
    file.write_text(MAPPING, "utf-8")
    return file


@pytest.fixture
def service(mapping_file: Path) -> Iterator[DataService]:
    """The open service."""
    mapping = load_mapping(mapping_file).mapping
    source = open_source(
        mapping.source, folder=mapping_file.parent, environment={"COM_REGISTRY": DSN}
    )
    running = DataService(mapping, source)
    yield running
    running.close()


def answer(service: DataService, target: str) -> Any:
    """Return the JSON of a request's answer."""
    request = Request(method="GET", target=target.encode(), headers=())
    return orjson.loads(asyncio.run(service.handle(request)).body)


def test_a_record_is_answered(service: DataService) -> None:
    """Types of PostgreSQL become the declared ones; names keep their letter case."""
    assert answer(service, "/names/7001") == {
        "name_ar": "نخيل",
        "capital": "1000.50",
        "active": True,
        "since": "2024-02-29",
        "changed_at": "2026-11-24T09:00:00Z",
        "branches": 2,
        "places": [{"kind": "HQ"}, {"kind": "BR"}, {"kind": "BR"}],
    }
    assert answer(service, "/names/7002")["code"] == "DSV-0202"


def test_the_session_is_read_only(service: DataService) -> None:
    """Even a statement that writes is refused by the server."""
    with pytest.raises(Problem) as caught:
        asyncio.run(service._source.rows("DELETE FROM com_place", ()))

    assert caught.value.code == "DSV-0101"
    assert answer(service, "/names/7001")["branches"] == 2


def test_a_cut_connection_is_made_again(service: DataService) -> None:
    """One look-up may fail; the next ones are answered."""
    answer(service, "/names/7001")
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    answers = [answer(service, "/names/7001") for _ in range(10)]

    assert answers[-1]["name_ar"] == "نخيل"


def test_the_check_names_what_is_missing(mapping_file: Path) -> None:
    """The look-up without an index is warned of; a wrong column is named."""
    mapping_file.write_text(MAPPING.replace("column: capital", "column: capitol"), "utf-8")
    loaded = load_mapping(mapping_file)
    source = open_source(
        loaded.mapping.source, folder=mapping_file.parent, environment={"COM_REGISTRY": DSN}
    )
    found = check_source(loaded, source)
    source.close()

    assert [one.code for one in found] == ["DSV-0006", "DSV-0007"]


def test_an_address_that_is_not_set_is_named(mapping_file: Path) -> None:
    """The variable's name, and no more, is in the problem."""
    mapping = load_mapping(mapping_file).mapping
    with pytest.raises(Problem) as caught:
        open_source(mapping.source, folder=mapping_file.parent, environment={})

    assert caught.value.code == "DSV-0102"
    assert "COM_REGISTRY" in caught.value.title("en")
