"""Reads and writes the cells of CSV, .xlsx and .ods files as texts; nothing here knows of tables.

A spreadsheet is a zip of XML: it is read with the standard library, part by part, each within a
bound before it is parsed. A day becomes ``2026-01-31``, a number its shortest text, a formula the
value that was kept with it. Written files hold text cells only, so that no program changes them.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from taysir.engine.dmn.errors import ENG_SHEET_FORM
from taysir.engine.dmn.writing import write_xml
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.kernel.errors import Problem
from taysir.kernel.limits import SHEET_COLUMNS, SHEET_COUNT, SHEET_FILE_BYTES, SHEET_ROWS

Rows = list[list[str]]
"""The cells of one sheet, row by row; rows may differ in length."""

_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_MANIFEST: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_DAY_ZERO: Final = date(1899, 12, 30)
_DAY_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_CELL: Final = re.compile(r"([A-Z]{1,3})[0-9]+", re.ASCII)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a zip, its parts and the numbers in them raises for a broken file."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every part written: the same tables give the same bytes."""


def read_workbook(data: bytes, *, file: str) -> list[Rows]:
    """Return the sheets of a file; its name tells the format. Raises ENG-0128."""
    if len(data) > SHEET_FILE_BYTES:
        raise _bad(file, f"> {SHEET_FILE_BYTES} bytes")
    reader = _READERS.get(file.rpartition(".")[2].lower())
    if reader is None:
        raise _bad(file, ", ".join(f".{name}" for name in _READERS))
    try:
        sheets = reader(data, file)
    except _BROKEN as error:
        # What the zip or a number in it is wrong about; names of parts, never cell contents.
        raise _bad(file, type(error).__name__) from error
    for rows in sheets:
        if len(rows) > SHEET_ROWS or any(len(row) > SHEET_COLUMNS for row in rows):
            raise _bad(file, f"> {SHEET_ROWS} × {SHEET_COLUMNS}")
    return sheets


def write_workbook(sheets: Sequence[tuple[str, Rows]], *, file: str) -> bytes:
    """Return a file of named sheets; CSV holds them below each other."""
    writer = _WRITERS.get(file.rpartition(".")[2].lower())
    if writer is None:
        raise _bad(file, ", ".join(f".{name}" for name in _WRITERS))
    return writer(sheets)


def _bad(file: str, detail: str) -> Problem:
    return Problem(ENG_SHEET_FORM, file=file, detail=detail)


# --- CSV -----------------------------------------------------------------------------------------


def _read_csv(data: bytes, _file: str) -> list[Rows]:
    text = data.decode("utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [[[cell.strip() for cell in row] for row in reader]]
    except csv.Error as error:
        raise ValueError("CSV") from error


def _write_csv(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for index, (_, rows) in enumerate(sheets):
        if index:
            writer.writerow([])
        writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


# --- parts of a zip ------------------------------------------------------------------------------


def _part(archive: zipfile.ZipFile, name: str, file: str) -> Element:
    """Read one part as XML, never more of it than the bound."""
    with archive.open(name) as stream:
        data = stream.read(SHEET_FILE_BYTES + 1)
    if len(data) > SHEET_FILE_BYTES:
        raise _bad(file, f"{name} > {SHEET_FILE_BYTES} bytes")
    return parse_xml(data, file=f"{file}/{name}")


def _zip(parts: Sequence[tuple[str, bytes]], *, stored: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts:
            info = zipfile.ZipInfo(name, _EPOCH)
            plain = name == stored
            info.compress_type = zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _check_count(sheets: Sequence[object]) -> None:
    if len(sheets) > SHEET_COUNT:
        raise ValueError("sheets")


def _grow(row: list[str], column: int, text: str) -> None:
    """Put a text at a column; what lies before it is empty."""
    if not text:
        return
    if column > SHEET_COLUMNS:
        raise ValueError("columns")
    row.extend([""] * (column - len(row)))
    row.append(text)


def _all_text(element: Element) -> str:
    parts = [element.text]
    parts.extend(_all_text(child) for child in element.children if child.name != "annotation")
    return "".join(parts)


# --- .xlsx ---------------------------------------------------------------------------------------


def _read_xlsx(data: bytes, file: str) -> list[Rows]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        shared: list[str] = []
        if "xl/sharedStrings.xml" in names:
            root = _part(archive, "xl/sharedStrings.xml", file)
            shared = [_rich(item) for item in root.all("si")]
        days = _day_styles(archive, file) if "xl/styles.xml" in names else set()
        sheets = sorted(
            (name for name in names if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name)),
            key=lambda name: (len(name), name),
        )
        _check_count(sheets)
        return [_xlsx_rows(_part(archive, name, file), shared, days) for name in sheets]


def _rich(item: Element) -> str:
    """Return a string; phonetic hints beside it are not part of it."""
    direct = "".join(child.text for child in item.all("t"))
    return direct + "".join(child.text for run in item.all("r") for child in run.all("t"))


def _day_styles(archive: zipfile.ZipFile, file: str) -> set[int]:
    """Return the numbers of the cell styles that show a number as a day."""
    root = _part(archive, "xl/styles.xml", file)
    own = root.first("numFmts")
    days = set(_DAY_FORMATS)
    for each in own.all("numFmt") if own else ():
        if re.search("[yd]", re.sub(r'"[^"]*"|\[[^]]*\]', "", each.get("formatCode").lower())):
            days.add(int(each.get("numFmtId")))
    formats = root.first("cellXfs")
    return {
        index
        for index, each in enumerate(formats.all("xf") if formats else ())
        if int(each.get("numFmtId", "0")) in days
    }


def _xlsx_rows(root: Element, shared: list[str], days: set[int]) -> Rows:
    rows: Rows = []
    data = root.first("sheetData")
    for element in data.all("row") if data else ():
        number = int(element.get("r") or len(rows) + 1)
        if number > SHEET_ROWS + 1:
            raise ValueError("rows")
        rows.extend([] for _ in range(number - len(rows)))
        row = rows[-1]
        for cell in element.all("c"):
            place = _CELL.fullmatch(cell.get("r"))
            column = _column(place.group(1)) if place else len(row)
            _grow(row, column, _xlsx_text(cell, shared, days))
    return rows


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _xlsx_text(cell: Element, shared: list[str], days: set[int]) -> str:
    value = cell.child_text("v")
    match cell.get("t"):
        case "s":
            return shared[int(value)].strip()
        case "inlineStr":
            inline = cell.first("is")
            return _rich(inline).strip() if inline else ""
        case "b":
            return "true" if value == "1" else "false"
        case "str" | "d" | "e":
            return value
    if not value:
        return ""
    if int(cell.get("s", "0")) in days and float(value).is_integer():
        return (_DAY_ZERO + timedelta(days=int(float(value)))).isoformat()
    return _number(value)


def _number(text: str) -> str:
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _write_xlsx(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_EXCEL}.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_EXCEL}.sheet.main+xml"/>'
        f"{kinds}</Types>"
    )
    book = Element("workbook", _SHEET, {}, 0, prefixes={"": _SHEET, "r": _RELATED})
    listed = Element("sheets", _SHEET, {}, 0)
    book.children.append(listed)
    for number, (title, _) in enumerate(sheets, 1):
        attributes = {
            "name": _sheet_name(title, number),
            "sheetId": str(number),
            f"{_RELATED}\nid": f"r{number}",
        }
        listed.children.append(Element("sheet", _SHEET, attributes, 0))
    links = [(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    parts = [
        ("[Content_Types].xml", types.encode()),
        ("_rels/.rels", _relations([("r1", "officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", write_xml(book)),
        ("xl/_rels/workbook.xml.rels", _relations(links)),
    ]
    for number, (_, rows) in enumerate(sheets, 1):
        parts.append((f"xl/worksheets/sheet{number}.xml", write_xml(_xlsx_sheet(rows))))
    return _zip(parts)


def _relations(links: Sequence[tuple[str, str, str]]) -> bytes:
    inner = "".join(
        f'<Relationship Id="{name}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for name, kind, target in links
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'.encode()


def _xlsx_sheet(rows: Rows) -> Element:
    data = Element("sheetData", _SHEET, {}, 0)
    for number, row in enumerate(rows, 1):
        line = Element("row", _SHEET, {"r": str(number)}, 0)
        for index, text in enumerate(row):
            if text:
                attributes = {"r": f"{_letters(index)}{number}", "t": "inlineStr"}
                inside = Element("t", _SHEET, {}, 0, text)
                held = Element("is", _SHEET, {}, 0, children=[inside])
                line.children.append(Element("c", _SHEET, attributes, 0, children=[held]))
        data.children.append(line)
    return Element("worksheet", _SHEET, {}, 0, children=[data], prefixes={"": _SHEET})


def _letters(index: int) -> str:
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _sheet_name(title: str, number: int) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or f"table {number}"


# --- .ods ----------------------------------------------------------------------------------------


def _read_ods(data: bytes, file: str) -> list[Rows]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = _part(archive, "content.xml", file)
    body = root.first("body")
    sheet = body.first("spreadsheet") if body else None
    tables = sheet.all("table") if sheet else []
    _check_count(tables)
    return [_ods_rows(table) for table in tables]


def _ods_rows(table: Element) -> Rows:
    rows: Rows = []
    for element in _ods_row_elements(table):
        row: list[str] = []
        column = 0
        for cell in element.children:
            if cell.name not in {"table-cell", "covered-table-cell"}:
                continue
            times = max(1, int(cell.attributes.get(f"{_TABLE}\nnumber-columns-repeated", "1")))
            text = _ods_text(cell)
            for _ in range(min(times, SHEET_COLUMNS + 1) if text else 0):
                _grow(row, column, text)
                column += 1
            column += 0 if text else times
        times = int(element.attributes.get(f"{_TABLE}\nnumber-rows-repeated", "1"))
        # A sheet ends in one empty row repeated to the millionth: only its first counts.
        rows.extend([list(row)] * (min(times, SHEET_ROWS + 1) if row else min(times, 1)))
    return rows


def _ods_row_elements(table: Element) -> Iterator[Element]:
    for child in table.children:
        if child.name == "table-row":
            yield child
        elif child.name in {"table-header-rows", "table-row-group", "table-rows"}:
            yield from _ods_row_elements(child)


def _ods_text(cell: Element) -> str:
    def value(name: str) -> str:
        return cell.attributes.get(f"{_OFFICE}\n{name}", "")

    match value("value-type"):
        case "date":
            return value("date-value").removesuffix("T00:00:00")
        case "float" | "currency" | "percentage":
            return _number(value("value"))
        case "boolean":
            return value("boolean-value")
    return "\n".join(_all_text(each) for each in cell.all("p")).strip()


def _write_ods(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    tables = [_ods_table(title, rows, n) for n, (title, rows) in enumerate(sheets, 1)]
    sheet = Element("spreadsheet", _OFFICE, {}, 0, children=tables)
    body = Element("body", _OFFICE, {}, 0, children=[sheet])
    prefixes = {"office": _OFFICE, "table": _TABLE, "text": _TEXT}
    version = {f"{_OFFICE}\nversion": "1.3"}
    root = Element("document-content", _OFFICE, version, 0, children=[body], prefixes=prefixes)
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_MANIFEST}" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    parts = [
        ("mimetype", _ODS.encode()),
        ("content.xml", write_xml(root)),
        ("META-INF/manifest.xml", manifest.encode()),
    ]
    return _zip(parts, stored="mimetype")


def _ods_table(title: str, rows: Rows, number: int) -> Element:
    name = {f"{_TABLE}\nname": _sheet_name(title, number)}
    table = Element("table", _TABLE, name, 0)
    for row in rows:
        cells = []
        for text in row:
            lines = [Element("p", _TEXT, {}, 0, line) for line in text.split("\n")] if text else []
            kind = {f"{_OFFICE}\nvalue-type": "string"} if text else {}
            cells.append(Element("table-cell", _TABLE, kind, 0, children=lines))
        table.children.append(Element("table-row", _TABLE, {}, 0, children=cells))
    return table


_READERS: Final[dict[str, Callable[[bytes, str], list[Rows]]]] = {
    "csv": _read_csv,
    "xlsx": _read_xlsx,
    "ods": _read_ods,
}
_WRITERS: Final[dict[str, Callable[[Sequence[tuple[str, Rows]]], bytes]]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "ods": _write_ods,
}
FORMATS: Final = frozenset(_READERS)
"""The endings of the files that hold tables."""
