"""A table in a spreadsheet becomes a model and comes back; a broken file is refused by name."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from taysir.cli.dmn import register
from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.sheet_dmn import dmn_of, sheets_of
from taysir.engine.dmn.sheets import read_sheets
from taysir.engine.dmn.workbook import FORMATS, Rows, read_workbook, write_workbook
from taysir.engine.dmn.writing import write_xml
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.kernel.errors import Problem
from taysir.kernel.limits import SHEET_COLUMNS, SHEET_FILE_BYTES, SHEET_ROWS
from taysir.testing.command import command
from tests.engine.dmn.models import decision, feel, model, table
from tests.examples import examples

RULES = Path(__file__).parents[3] / "src/taysir/country/services/licence_renewal/rules"
APP = typer.Typer()
register(APP)

FEES = '''model,Fees
article,fees-3
valid-from,2015-01-01
given,vehicle,
,,
table,yearly_fee,UNIQUE,number
description,The fee of one year
kind,input,input,output,note
name,vehicle.kind,vehicle.weight,,article
label,Kind,Weight,Fee,
type,string,number,number,
values,"""car"",""lorry""",,,
default,,,0,
light,"""car""",-,4000,fees-3
heavy,"""lorry""",>= 3500,2 * base,fees-4

formula,base,4500,number
'''
ARABIC = '''نموذج,رسوم
جدول,yearly_fee
العمود,مدخل,ناتج,ملاحظة
الاسم,vehicle.kind,,article
الافتراضي,,0,
,"""car""",4000,fees-3
'''


def convert(text: str, file: str = "fees.csv") -> bytes:
    return dmn_of(read_sheets(read_workbook(text.encode(), file=file), file=file), file=file)


def test_a_sheet_decides_as_it_reads() -> None:
    made = load_dmn(convert(FEES), file="fees.dmn")
    assert made.decisions == ("yearly_fee", "base")
    for kind, weight, fee in (("car", 900, 4000), ("lorry", 3500, 9000), ("lorry", 3499, 0)):
        vehicle = {"kind": kind, "weight": weight}
        assert made.decide("yearly_fee", {"vehicle": vehicle}).value == fee
    (row,) = made.decide("yearly_fee", {"vehicle": {"kind": "car", "weight": 1}}).selected
    assert (row.id, row.annotations) == ("light", {"article": "fees-3"})
    head = parse_xml(convert(FEES), file="f")
    assert head.attributes["urn:taysir:dmn:1\narticle"] == "fees-3"


def test_the_words_of_the_layout_may_be_arabic() -> None:
    made = load_dmn(convert(ARABIC), file="fees.dmn")
    assert made.decide("yearly_fee", {"vehicle": {"kind": "car"}}).value == 4000
    assert made.decide("yearly_fee", {"vehicle": {"kind": "bus"}}).value == 0


def test_a_day_in_a_cell_is_a_day_and_not_a_subtraction() -> None:
    text = "table,d\nkind,input,output,note\nname,day,,from\n,2026-01-31,2026-02-01,2015-01-01\n"
    made = load_dmn(convert(text), file="d.dmn")
    (row,) = made.decide("d", {"day": date(2026, 1, 31)}).selected
    assert (row.outputs["d"], row.annotations["from"]) == (date(2026, 2, 1), "2015-01-01")


@pytest.mark.parametrize("ending", sorted(FORMATS))
@pytest.mark.parametrize("name", ["fee", "eligibility"])
def test_rules_of_the_renewal_come_back_from_every_format(name: str, ending: str) -> None:
    """DMN to sheet to DMN to sheet: the sheet is the same, and so are the decisions' texts."""
    data = (RULES / f"{name}.dmn").read_bytes()
    file = f"{name}.{ending}"
    sheet = write_workbook(sheets_of(data, file=name), file=file)
    again = dmn_of(read_sheets(read_workbook(sheet, file=file), file=file), file=file)
    assert write_workbook(sheets_of(again, file=name), file=file) == sheet
    assert texts(parse_xml(again, file=name)) == texts(parse_xml(data, file=name))
    assert load_dmn(again, file=name).decisions == load_dmn(data, file=name).decisions


def texts(root: Element) -> list[str]:
    found = [root.text.strip()] if root.name == "text" else []
    for child in root.children:
        found.extend(texts(child))
    return found


@pytest.mark.parametrize(
    ("old", "new", "code", "row"),
    [
        ("table,yearly_fee", "table,", "ENG-0129", 6),
        ("UNIQUE", "SOMETIMES", "ENG-0129", 6),
        ("kind,input", "kind,inputt", "ENG-0129", 6),
        ("kind,input,input,output,note", "kind,input,input,note,note", "ENG-0129", 6),
        ("vehicle.kind,", ",", "ENG-0129", 6),
        (">= 3500", ">= = 3500", "ENG-0129", 15),
        ("2 * base", "2 * ", "ENG-0129", 15),
        ("given,vehicle", "gifts,vehicle", "ENG-0129", 4),
    ],
)
def test_a_wrong_cell_is_named_by_its_row(old: str, new: str, code: str, row: int) -> None:
    with pytest.raises(Problem, match=code) as caught:
        convert(FEES.replace(old, new, 1))
    assert caught.value.params["line"] == row


@pytest.mark.parametrize(
    "body",
    [
        decision("d", '<context><contextEntry><variable name="a"/></contextEntry></context>'),
        '<businessKnowledgeModel id="b" name="b"/>',
        '<itemDefinition name="t"/>',
    ],
)
def test_what_a_sheet_cannot_hold_is_refused_and_not_lost(body: str) -> None:
    with pytest.raises(Problem, match="ENG-0130"):
        sheets_of(model(body), file="m.dmn")
    assert sheets_of(model(decision("d", feel("1 + 1"))), file="m.dmn")


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER", "FIRST"])
def test_every_hit_policy_comes_back(policy: str) -> None:
    aggregation = "SUM" if policy == "COLLECT" else ""
    logic = table(policy, ("1", "2", "note"), inputs=("1",), aggregation=aggregation)
    sheets = sheets_of(model(decision("d", logic)), file="m.dmn")
    root = parse_xml(
        dmn_of(read_sheets([rows for _, rows in sheets], file="m"), file="m"), file="m"
    )
    made = root.all("decision")[0].first("decisionTable")
    assert made is not None
    assert (made.get("hitPolicy"), made.get("aggregation")) == (policy, aggregation)


# --- files of other programs ---------------------------------------------------------------------

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def xlsx(cells: str, *, shared: str = "", styles: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        sheet = f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{shared}</sst>")
        archive.writestr("xl/styles.xml", f"<styleSheet {MAIN}>{styles}</styleSheet>")
    return out.getvalue()


def test_cells_as_other_programs_keep_them_are_read() -> None:
    """Shared and rich strings, numbers, days, truth values, formulas with their last value."""
    cells = (
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c>'
        '<c r="D2"><v>42.0</v></c><c r="E2" s="1"><v>46023</v></c><c r="F2" t="b"><v>1</v></c>'
        '<c r="G2" t="str"><f>A1</f><v>made</v></c><c r="H2"><v>0.1</v></c>'
        '<c r="I2" s="2"><v>46024</v></c></row>'
    )
    shared = "<si><t>plain</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>hint</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="d\\\\ mmmm"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs>'
    )
    (rows,) = read_workbook(xlsx(cells, shared=shared, styles=styles), file="a.xlsx")
    assert rows == [
        [],
        ["plain", "", "rich", "42", "2026-01-01", "true", "made", "0.1", "2026-01-02"],
    ]


def ods(rows: str) -> bytes:
    names = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"'
        for each in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet><table:table>{rows}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content)
    return out.getvalue()


def test_repeated_cells_and_typed_values_are_read() -> None:
    rows = (
        '<table:table-row><table:table-cell office:value-type="date"'
        ' office:date-value="2026-01-31">'
        "<text:p>31/01/26</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float"'
        ' office:value="5"><text:p>5.00</text:p></table:table-cell>'
        "<table:table-cell><text:p>a <text:span>b</text:span></text:p></table:table-cell>"
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell'
        ' table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert read_workbook(ods(rows), file="a.ods") == [[["2026-01-31", "", "", "5", "5", "a b"], []]]


def test_semicolons_of_an_arabic_spreadsheet_are_read() -> None:
    assert read_workbook(b'table;yearly_fee\n"a;b";1,5\n', file="a.csv") == [
        [["table", "yearly_fee"], ["a;b", "1,5"]]
    ]


@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_a_sheet_has_bounds(ending: str) -> None:
    """As many rows and columns as the bounds are read; one more of either is refused."""
    file = f"a.{ending}"
    for rows in ([["x"]] * SHEET_ROWS, [["x"] * SHEET_COLUMNS]):
        assert read_workbook(write_workbook([("a", rows)], file=file), file=file) == [rows]
    for rows in ([["x"]] * (SHEET_ROWS + 1), [["x"] * (SHEET_COLUMNS + 1)]):
        with pytest.raises(Problem, match="ENG-0128"):
            read_workbook(write_workbook([("a", rows)], file=file), file=file)


def test_a_file_and_its_parts_have_bounds() -> None:
    """A small file that unpacks to a large part is cut off while it is unpacked."""
    with pytest.raises(Problem, match="ENG-0128"):
        read_workbook(b"x" * (SHEET_FILE_BYTES + 1), file="a.csv")
    bomb = ods(f"<!--{' ' * SHEET_FILE_BYTES}-->")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", zipfile.ZipFile(io.BytesIO(bomb)).read("content.xml"))
    assert len(packed.getvalue()) < 100_000
    with pytest.raises(Problem, match="ENG-0128"):
        read_workbook(packed.getvalue(), file="a.ods")


plain_text = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    max_size=8,
).map(str.strip)
sheet_rows = st.lists(st.lists(plain_text, min_size=1, max_size=4), min_size=1, max_size=4)


def trimmed(rows: Rows) -> Rows:
    """Without empty cells at the end of a row: no format keeps them."""
    made: Rows = []
    for row in rows:
        kept = list(row)
        while kept and not kept[-1]:
            kept.pop()
        made.append(kept)
    return made


@examples(150)
@given(rows=sheet_rows, ending=st.sampled_from(["xlsx", "ods"]))
def test_cells_come_back_as_they_were_written(rows: Rows, ending: str) -> None:
    file = f"a.{ending}"
    (found,) = read_workbook(write_workbook([("a", rows)], file=file), file=file)
    assert trimmed(found) == trimmed(rows)


@examples(150)
@given(st.binary(max_size=200), st.integers(0, 2000), st.sampled_from(sorted(FORMATS)))
def test_no_bytes_do_more_than_be_refused(noise: bytes, at: int, ending: str) -> None:
    """Noise, and a good file with noise in it, are read or refused with our own error."""
    good = write_workbook([("a", [["table", "x"]])], file=f"a.{ending}")
    for data in (noise, good[:at] + noise + good[at + len(noise) :]):
        with suppress(Problem):
            read_sheets(read_workbook(data, file=f"a.{ending}"), file="a")


# --- writing XML ---------------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "الرسم", "x-1"])
spaces = st.sampled_from(["urn:one", "urn:two", ""])
values = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
attributes = st.dictionaries(
    st.one_of(names, names.map(lambda name: f"urn:two\n{name}")), values, max_size=2
)


def grown(children: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    return st.builds(
        lambda name, space, given, inner: Element(name, space, given, 0, "", inner),
        names,
        spaces,
        attributes,
        st.lists(children, min_size=1, max_size=3),
    )


leaves = st.builds(
    lambda name, space, given, text: Element(name, space, given, 0, text),
    names,
    spaces,
    attributes,
    st.one_of(values, st.just("a\r\n\tb & <c> ]]>")),
)


def shape(element: Element) -> object:
    text = element.text if not element.children else element.text.strip()
    inner = [shape(child) for child in element.children]
    return (element.name, element.namespace, element.attributes, text, inner)


@examples(120)
@given(st.recursive(leaves, grown, max_leaves=8), st.sampled_from(["", "p"]))
def test_a_written_tree_is_read_as_the_same_tree(root: Element, prefix: str) -> None:
    root.prefixes = {prefix: "urn:one"}
    written = write_xml(root)
    again = parse_xml(written, file="t")
    assert shape(again) == shape(root)
    assert write_xml(again) == written


# --- the command ---------------------------------------------------------------------------------


def test_the_command_converts_there_and_back(tmp_path: Path) -> None:
    def run(*arguments: str) -> int:
        return command("dmn", "convert", *arguments).exit_code

    source = tmp_path / "fees.csv"
    source.write_text(FEES, "utf-8")
    for ending in ("dmn", "xlsx", "ods", "csv"):
        target = tmp_path / f"made.{ending}"
        assert run(str(source), "-o", str(target)) == 0
        assert run(str(target), "-o", str(tmp_path / "again.dmn"), "--json") == 0
    tidy = (tmp_path / "again.dmn").read_bytes()
    assert run(str(tmp_path / "again.dmn"), "-o", str(tmp_path / "tidy.dmn")) == 0
    assert (tmp_path / "tidy.dmn").read_bytes() == tidy
    assert run(str(tmp_path / "nowhere.csv"), "-o", str(tmp_path / "x.dmn")) == 2
    assert run(str(source), "-o", str(tmp_path / "x.pdf")) == 2
    assert run(str(source), "-o", str(tmp_path / "x.pdf"), "--json") == 2
