"""The analysis finds gaps, overlaps and dead rows, and nothing in a good table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.analysis import Analysis, Domain, analyse_table
from tests.engine.dmn.models import decision, given, model, table
from tests.examples import examples


def analysed(logic: str, **domain: Any) -> Analysis:
    """Return the analysis of the only table of a model; the domain is that of its first input."""
    domains = {0: Domain(**domain)} if domain else None
    needs = ("i_age", "i_kind")
    xml = model(given("age") + given("kind") + decision("d", logic, needs=needs))
    return analyse_table(load_dmn(xml, file="t.dmn").tables[0], domains=domains)


def test_a_complete_table_has_no_finding() -> None:
    """Rows that meet exactly leave nothing to say."""
    assert analysed(table("UNIQUE", ("< 18", "1"), ("[18..65)", "2"), (">= 65", "3"))) == Analysis()


def test_a_gap_is_named_as_a_test() -> None:
    """The author reads for which values no row holds."""
    found = analysed(table("UNIQUE", ("< 18", "1"), ("> 18", "2")))

    assert found.gaps == (("18",),)


def test_an_overlap_names_rows_and_place() -> None:
    """Two rows of a UNIQUE table may not hold together."""
    found = analysed(table("UNIQUE", ("<= 18", "1"), (">= 18", "2")))

    assert [(each.rows, each.where) for each in found.overlaps] == [((1, 2), ("18",))]
    assert analysed(table("FIRST", ("<= 18", "1"), (">= 18", "2"))).overlaps == ()


def test_a_row_behind_a_wider_one_is_unreachable() -> None:
    """In a FIRST table a row may be covered by those before it."""
    assert analysed(table("FIRST", ("-", "1"), ("5", "2"))).unreachable == (2,)


def test_names_and_numbers_are_combined() -> None:
    """A gap in one input for one value of another is found, and whole inputs are joined."""
    rows = (('"A"', "< 5", "1"), ('"A"', ">= 5", "2"), ('"B"', "-", "3"))
    logic = table("UNIQUE", *rows, inputs=("kind", "age"))

    assert analysed(logic).gaps == (('not("A", "B")', "-"),)


def test_days_have_nothing_between_them() -> None:
    """Two dates next to each other leave no gap."""
    logic = table("UNIQUE", ('<= date("2026-01-31")', "1"), ('>= @"2026-02-01"', "2"))

    assert analysed(logic) == Analysis()


def test_a_cell_that_reads_other_names_is_not_analysable() -> None:
    """The analysis says what it cannot judge."""
    two = table("UNIQUE", ("> kind", "1"), ("> kind + 1", "2"))

    assert not analysed(two).analysable
    assert not analysed(table("UNIQUE", ("> kind", "1"), ("5", "2"))).analysable


def test_one_expression_cuts_below_at_and_above() -> None:
    """Cells that all compare with the same name are judged, whatever its value will be."""
    assert analysed(table("UNIQUE", ("< kind", "1"), (">= kind", "2"))) == Analysis()
    assert analysed(table("UNIQUE", ("< kind", "1"), ("> kind", "2"))).gaps == (("kind",),)
    assert analysed(table("UNIQUE", ("<= kind", "1"), (">= kind", "2"))).overlaps[0].rows == (1, 2)


def test_null_beside_values_is_a_region_of_its_own_and_no_gap() -> None:
    """A row for a missing value is reachable; its absence is not a gap."""
    assert analysed(table("UNIQUE", ("null", "0"), ("< 5", "1"), (">= 5", "2"))) == Analysis()
    assert analysed(table("UNIQUE", ("null, < kind", "0"), (">= kind", "2"))) == Analysis()
    assert analysed(table("UNIQUE", ("null", "0"), ("null", "2"))).overlaps[0].where == ("null",)


def test_a_list_of_values_bounds_the_question() -> None:
    """Only values that can occur are gaps; a row for any other is dead."""
    rows = (("2", "1"), ("5", "2"), ("7", "3"))
    found = analysed(table("UNIQUE", *rows), values=(Decimal(2), Decimal(5), Decimal(10)))

    assert (found.gaps, found.unreachable) == ((("10",),), (3,))


def test_whole_numbers_have_nothing_between_neighbours() -> None:
    """An input that is whole and bounded is covered by its numbers."""
    rows = tuple((str(n), "1") for n in range(1, 4))

    assert (
        analysed(table("UNIQUE", *rows), whole=True, low=Decimal(1), high=Decimal(3)) == Analysis()
    )
    assert analysed(table("UNIQUE", *rows), whole=True, low=Decimal(0)).gaps == (("0, > 3",),)
    assert analysed(table("UNIQUE", *rows)).gaps == (("< 1, (1..2), (2..3), > 3",),)


def test_a_default_output_closes_all_gaps() -> None:
    """A table with a default always answers."""
    assert analysed(table("UNIQUE", ("1", "1"), default="0")).gaps == ()


@examples(100)
@hypothesis_given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=5),
    st.integers(-1, 14),
)
def test_the_analysis_agrees_with_evaluating(ranges: list[tuple[int, int]], half: int) -> None:
    """A value has no row exactly if the analysis reports a gap; several exactly if an overlap."""
    rows = [(f"[{low}..{high})", "1") for low, high in ranges]
    logic = table("UNIQUE", *rows)
    value = Decimal(half) / 2
    hits = sum(low <= value < high for low, high in ranges)

    found = analysed(logic)

    if hits == 0:
        assert found.gaps
    if hits > 1:
        assert found.overlaps
    for row, (low, high) in enumerate(ranges, 1):
        assert (row in found.unreachable) == (low >= high)
