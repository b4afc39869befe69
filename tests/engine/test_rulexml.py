"""Dated rows are found in standard DMN, and leaving some out moves no line of the others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.findings import PackErrors
from taysir.engine.rulexml import Validity, law_of, scan_rules
from taysir.kernel.limits import PACK_FILE_BYTES, PACK_NESTING

HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" xmlns:taysir="urn:taysir:dmn:1"
  taysir:valid-from="2015-01-01" taysir:article="law-1">
<decision name="fee"><decisionTable>
<input><inputExpression><text>case.years</text></inputExpression></input><output/>
<annotation name="from"/><annotation name="until"/><annotation name="article"/>
"""
TAIL = b"</decisionTable></decision></definitions>"


def row(test: str, *, start: str = "", end: str = "", article: str = "") -> bytes:
    notes = "".join(
        f"<annotationEntry><text>{note}</text></annotationEntry>" for note in (start, end, article)
    )
    return (
        f"<rule>\n<inputEntry><text>{test}</text></inputEntry>\n"
        f"<outputEntry><text>1</text></outputEntry>{notes}</rule>\n"
    ).encode()


def test_rows_carry_cells_validity_and_article() -> None:
    data = (
        HEAD + row("< 5", end="2026-12-31") + row("&lt; 6", start="2027-01-01", article="x") + TAIL
    )
    data = data.replace(b"< 5", b"&lt; 5")
    file = scan_rules(data, file="f.dmn")
    assert file.validity == Validity(date(2015, 1, 1))
    assert file.decisions["fee"].columns == ("case.years",)
    first, second = file.rows
    assert (first.cells, first.article, first.number) == (("< 5",), "", 1)
    assert (second.cells, second.article, second.number) == (("< 6",), "x", 2)
    assert file.rows_on(date(2026, 12, 31)) == (first,)
    assert file.rows_on(date(2027, 1, 1)) == (second,)


def test_the_article_of_the_file_carries_rows_of_a_table_without_a_column_of_articles() -> None:
    head = HEAD.replace(b'<annotation name="article"/>', b"")
    assert [each.article for each in scan_rules(head + row("1") + TAIL, file="f.dmn").rows] == [
        "law-1"
    ]


def test_an_entry_without_a_text_moves_no_entry_after_it() -> None:
    made = row("1", end="2026-12-31", article="x").replace(
        b"<annotationEntry><text></text></annotationEntry>", b"<annotationEntry/>", 1
    )
    (found,) = scan_rules(HEAD + made + TAIL, file="f.dmn").rows
    assert (found.validity, found.article) == (Validity(end=date(2026, 12, 31)), "x")


def test_a_wrong_day_is_told_as_it_was_written() -> None:
    with pytest.raises(PackErrors) as caught:
        scan_rules(HEAD + row("1", start="2026-02-30") + TAIL, file="f.dmn")
    (found,) = caught.value.findings
    assert "“2026-02-30”" in found.message["en"]


DAYS = st.dates(date(2020, 1, 1), date(2021, 1, 1))


@given(rows=st.lists(st.tuples(DAYS, st.integers(0, 200)), max_size=6), day=DAYS)
def test_leaving_rows_out_keeps_every_other_line(rows: list[tuple[date, int]], day: date) -> None:
    made = [
        row(str(index), start=start.isoformat(), end=(start + timedelta(length)).isoformat())
        for index, (start, length) in enumerate(rows)
    ]
    file = scan_rules(HEAD + b"".join(made) + TAIL, file="f.dmn")
    again = scan_rules(law_of(file, day), file="f.dmn")
    kept = file.rows_on(day)
    assert [(item.place, item.cells) for item in again.rows] == [
        (item.place, item.cells) for item in kept
    ]
    assert len(kept) == sum(start <= day <= start + timedelta(n) for start, n in rows)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (HEAD + row("1") + b"</decisionTable>", 10),
        (HEAD + row("1", start="2026-02-30") + TAIL, 7),
        (HEAD + row("1", start="2026-02-02", end="2026-02-01") + TAIL, 7),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><definitions/>', 1),
        (b"\xff\xfe", 1),
        (b"", 1),
    ],
)
def test_a_broken_file_is_named_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(PackErrors) as caught:
        scan_rules(data, file="f.dmn")
    assert caught.value.findings[0].place.line == line


def test_nesting_and_size_are_bounded() -> None:
    deep = b"<a>" * PACK_NESTING + b"</a>" * PACK_NESTING
    assert scan_rules(deep, file="f.dmn").rows == ()
    for data in (b"<a>" + deep + b"</a>", b"<a/>".ljust(PACK_FILE_BYTES + 1)):
        with pytest.raises(PackErrors):
            scan_rules(data, file="f.dmn")
    assert scan_rules(b"<a/>".ljust(PACK_FILE_BYTES), file="f.dmn").rows == ()


@given(st.binary(max_size=80))
def test_any_bytes_are_scanned_or_refused(data: bytes) -> None:
    try:
        file = scan_rules(data, file="f.dmn")
    except PackErrors:
        return
    assert file.rows == ()
