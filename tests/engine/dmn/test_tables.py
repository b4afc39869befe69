"""Decision tables: hit policies, aggregation, defaults, and the trace for the explanation."""

from __future__ import annotations

from typing import Any

import pytest

from taysir.engine.dmn import Model, load_dmn
from taysir.kernel.errors import Problem
from tests.engine.dmn.models import decision, given, model, table

ROWS = (("< 18", '"child"'), (">= 18", '"adult"'), (">= 65", '"old"'))


def build(logic: str) -> Model:
    """Return a model with one decision on the input ``age``."""
    return load_dmn(
        model(given("age", kind="number") + decision("group", logic, needs=("i_age",))),
        file="t.dmn",
    )


@pytest.mark.parametrize(
    ("policy", "aggregation", "age", "expected"),
    [
        ("UNIQUE", "", 10, "child"),
        ("UNIQUE", "", 70, None),
        ("FIRST", "", 70, "adult"),
        ("ANY", "", 70, None),
        ("PRIORITY", "", 70, "old"),
        ("RULE ORDER", "", 70, ["adult", "old"]),
        ("OUTPUT ORDER", "", 70, ["old", "adult"]),
        ("COLLECT", "", 70, ["adult", "old"]),
        ("COLLECT", "COUNT", 70, 2),
        ("COLLECT", "MAX", 70, "old"),
        ("COLLECT", "MIN", 70, "adult"),
        ("UNIQUE", "", None, None),
    ],
)
def test_a_hit_policy_chooses(policy: str, aggregation: str, age: Any, expected: Any) -> None:
    """Each hit policy of DMN chooses among the rows that match."""
    logic = table(policy, *ROWS, aggregation=aggregation, output_values='"old", "adult", "child"')

    assert build(logic).decide("group", {"age": age}).value == expected


def test_a_sum_adds_up_the_outputs() -> None:
    """COLLECT with SUM adds."""
    logic = table("COLLECT", ("> 0", "1"), ("> 5", "2.5"), aggregation="SUM")

    assert (
        build(logic).decide("group", {"age": 7}).value
        == build(table("FIRST", ("-", "3.5"))).decide("group", {"age": 7}).value
    )


def test_the_default_output_stands_when_no_row_matches() -> None:
    """The default output entry is used."""
    assert build(table("UNIQUE", ("1", '"x"'), default='"none"')).decide(
        "group", {"age": 2}
    ).value == ("none")


def test_the_trace_says_of_every_cell_whether_it_held() -> None:
    """The explanation needs rows, cells, outputs, annotations and inputs."""
    logic = table("FIRST", ("< 18", '"child"', "article 3"), (">= 18", '"adult"', "article 4"))

    result = build(logic).decide("group", {"age": 30})

    found = result.trace[-1].tables[0]
    assert [row.cells for row in found.rows] == [(False,), (True,)]
    assert found.inputs[0].text == "age"
    assert found.inputs[0].value == 30
    assert [row.number for row in result.selected] == [2]
    assert result.selected[0].outputs == {"group": "adult"}
    assert result.selected[0].annotations == {"article": "article 4"}


def test_a_row_with_a_missing_cell_is_refused() -> None:
    """A row must have a cell for each column."""
    with pytest.raises(Problem) as caught:
        build(table("FIRST", ("1",), inputs=("age", "age")))

    assert caught.value.code == "ENG-0123"


def test_a_broken_cell_is_refused_with_its_place() -> None:
    """A text that cannot be read names file, line, element and column."""
    with pytest.raises(Problem) as caught:
        build(table("FIRST", (">= ", "2")))

    assert caught.value.code == "ENG-0124"
    assert caught.value.params["element"] == "group"
    assert "column" in str(caught.value.params["detail"])
    assert "العمود" in caught.value.title("ar")
