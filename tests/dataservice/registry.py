"""A small registry of vehicles for the tests: a database, a mapping file and requests."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from taysir.dataservice.service import DataService
from taysir.exchange.http import Request, Response

MAPPING = """\
service: WAHA/GOV/TRF/vehicles/vehicles
version: "1.0"
title: {ar: سجل المركبات, en: Register of vehicles}
classification: restricted
source: {sqlite: vehicles.sqlite}
table: VEH
path: /vehicles/{plate}
key: {column: PLATE, pattern: "[A-Z]{1,3}[0-9]{1,4}", ar: رقم اللوحة, en: Plate}
fields:
  plate: {key: true, ar: رقم اللوحة, en: Plate}
  make: {column: MAKE, values: {T: Toyota, H: Hyundai}, ar: الصانع, en: Make}
  model: {ar: الطراز, en: Model, parts: {year: {column: YR, type: integer, ar: السنة, en: Year}}}
  registered_on: {column: REG_DT, type: date, nullable: true, ar: تاريخ التسجيل, en: Registered on}
  stolen: {column: STOLEN, type: boolean, ar: مسروقة, en: Stolen}
  colours: {column: COLS, split: ",", ar: الألوان, en: Colours}
  inspections_failed: {of: inspections, count: true, where: {RES: FAIL}, ar: راسبة, en: Failed}
  fees_paid: {of: inspections, sum: FEE, ar: الرسوم, en: Fees}
lists:
  inspections:
    ar: الفحوص
    en: Inspections
    table: INSP
    key_column: PLATE
    newest_by: DT
    limit: 3
    fields:
      on: {column: DT, type: date, ar: التاريخ, en: On}
      passed: {column: RES, values: {PASS: true, FAIL: false}, ar: اجتازت, en: Passed}
"""

TABLES = """
CREATE TABLE VEH (PLATE TEXT PRIMARY KEY, MAKE TEXT, YR, REG_DT TEXT, STOLEN, COLS TEXT);
CREATE TABLE INSP (PLATE TEXT, DT TEXT, RES TEXT, FEE INTEGER);
CREATE INDEX IX_INSP ON INSP (PLATE);
INSERT INTO VEH VALUES ('W1', 'T', 2019, '2020-02-29', 0, 'white, green');
INSERT INTO VEH VALUES ('W2', 'H', '2021', NULL, 'Y', NULL);
INSERT INTO VEH VALUES ('BAD1', 'X', 2019, NULL, 0, '');
INSERT INTO VEH VALUES ('BAD2', 'T', 'old', NULL, 0, '');
INSERT INTO VEH VALUES ('BAD3', 'T', 2019, '29/02/2020', 0, '');
INSERT INTO VEH VALUES ('BAD4', 'T', 2019, NULL, NULL, '');
INSERT INTO INSP VALUES ('W1', '2021-01-01', 'FAIL', 100), ('W1', '2022-01-01', 'PASS', 100);
INSERT INTO INSP VALUES ('W2', '2021-01-01', 'FAIL', 5), ('W2', '2022-01-01', 'FAIL', 5);
INSERT INTO INSP VALUES ('W2', '2023-01-01', 'FAIL', 5), ('W2', '2024-01-01', 'PASS', 5);
"""


def make_files(folder: Path, *, mapping: str = MAPPING, tables: str = TABLES) -> Path:
    """Write the database and the mapping file; return the mapping file."""
    with closing(sqlite3.connect(folder / "vehicles.sqlite")) as connection:
        connection.executescript(tables)
    file = folder / "vehicles.yaml"
    file.write_text(mapping, "utf-8")
    return file


@contextmanager
def opened(file: Path) -> Iterator[DataService]:
    """Open a data service for a block."""
    service = DataService.open(file)
    try:
        yield service
    finally:
        service.close()


def ask(service: DataService, target: str, *, method: str = "GET") -> Response:
    """Send one request to a data service."""
    request = Request(method=method, target=target.encode(), headers=())
    return asyncio.run(service.handle(request))


def answer(service: DataService, target: str) -> Any:
    """Return the JSON of a request's answer."""
    return orjson.loads(ask(service, target).body)
