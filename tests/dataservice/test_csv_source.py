"""A CSV file is served like a table, read again when it changes, and refused when it is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from taysir.dataservice.service import DataService
from tests.dataservice.registry import answer, opened

MAPPING = """\
service: WAHA/GOV/MUN/offices/offices
version: "1.0"
title: {ar: المكاتب الهندسية, en: Engineering offices}
classification: public
source: {csv: offices.csv}
table: offices
path: /offices/{number}
key: {column: number, pattern: "[0-9]{1,4}", ar: الرقم, en: Number}
fields:
  name_ar: {column: name, ar: الاسم, en: Name}
  licensed_until: {column: until, type: date, nullable: true, ar: حتى, en: Licensed until}
"""


def make_files(folder: Path, content: bytes) -> Path:
    """Write the CSV and the mapping file."""
    (folder / "offices.csv").write_bytes(content)
    file = folder / "offices.yaml"
    file.write_text(MAPPING, "utf-8")
    return file


def code(service: DataService) -> str:
    """Return the code of the problem that a look-up meets."""
    found: str = answer(service, "/offices/1")["code"]
    return found


def test_a_csv_file_is_served(tmp_path: Path) -> None:
    """Spreadsheet exports with a byte-order mark and quoted commas are read; empty is null."""
    content = '\ufeffnumber,name,until\n1,"مكتب الواحة, للهندسة",2027-01-01\n2,دار,\n'.encode()
    with opened(make_files(tmp_path, content)) as service:
        assert answer(service, "/offices/1") == {
            "name_ar": "مكتب الواحة, للهندسة",
            "licensed_until": "2027-01-01",
        }
        assert answer(service, "/offices/٢")["licensed_until"] is None
        assert answer(service, "/offices/3")["code"] == "DSV-0202"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """The next look-up sees the new contents, without a restart."""
    file = make_files(tmp_path, b"number,name,until\n1,old,\n")
    with opened(file) as service:
        assert answer(service, "/offices/1")["name_ar"] == "old"
        csv = tmp_path / "offices.csv"
        csv.write_bytes(b"number,name,until\n1,newer,\n")
        os.utime(csv, (2_000_000_000, 2_000_000_000))
        assert answer(service, "/offices/1")["name_ar"] == "newer"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"number,number,until\n1,a,\n",
        b"number,name,until\n1,a\n",
        b"number,name,until\n1,\xff,\n",
        b'number,name,until\n1,"a,\n',
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A header or line that does not fit is named by its line; nothing is guessed."""
    with opened(make_files(tmp_path, content)) as service:
        assert code(service) == "DSV-0104"


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    """A file that is away may come back."""
    file = make_files(tmp_path, b"number,name,until\n")
    (tmp_path / "offices.csv").unlink()
    with opened(file) as service:
        assert code(service) == "DSV-0101"
