"""What is bounded holds at its bound and is refused one beyond; Python stays out of reach."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.boundaries import samples
from taysir.engine.decision import RuleRow
from taysir.engine.definition import Pack
from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.analysis import Domain, analyse_table
from taysir.engine.dmn.workbook import read_workbook, write_workbook
from taysir.engine.feel import compile_expression, to_feel
from taysir.engine.feel.functions import BUILTINS
from taysir.engine.feel.properties import read_property
from taysir.engine.feel.values import Context, Function, Range
from taysir.engine.generated import boundary_cases
from taysir.engine.pack import build_pack
from taysir.engine.periods import LawDay, LawView
from taysir.engine.scenarios import read_scenarios
from taysir.kernel.errors import Problem
from taysir.kernel.limits import (
    BOUNDARY_CASES,
    BOUNDARY_VALUES,
    DMN_ANALYSIS_POINTS,
    DMN_ELEMENTS,
    DMN_IMPORTS,
    DMN_TABLE_CELLS,
    FEEL_CALL_DEPTH,
    FEEL_PATTERN_STEPS,
    FEEL_STEPS,
    FEEL_VALUE_ITEMS,
    SHEET_COUNT,
)
from tests.examples import examples

from .conftest import NOW, edited
from .dmn.models import NAMESPACE, decision, feel, model, table
from .dmn.models import given as given_input
from .feel.own_errors import own_error
from .test_law import LAW_YAML

ON = NOW.date()


# --- FEEL ----------------------------------------------------------------------------------------


def test_functions_call_each_other_as_deep_as_the_bound() -> None:
    text = "{f: function(n) if n = 0 then 0 else f(n - 1), r: f(%d)}.r"
    assert compile_expression(text % (FEEL_CALL_DEPTH - 1)).evaluate({}) == 0
    with pytest.raises(Problem, match="ENG-01"):
        compile_expression(text % FEEL_CALL_DEPTH).evaluate({})


def test_an_evaluation_takes_as_many_steps_as_the_bound() -> None:
    """One iteration is one step, so a loop over the list of lists takes known steps."""
    loop = compile_expression("every x in xs satisfies (every y in ys satisfies true)")

    def run(inner: int) -> Any:
        # The outer list is walked once, and the inner one for each of its items.
        return loop.evaluate({"xs": [0] * 100, "ys": [0] * inner})

    fits = (FEEL_STEPS - 200) // 100
    assert run(fits - 60) is True
    with pytest.raises(Problem, match="ENG-01"):
        run(fits + 60)


def test_a_value_has_as_many_items_as_the_bound() -> None:
    inside = [0] * 499
    whole = [inside] * (FEEL_VALUE_ITEMS // 500)
    same = compile_expression("v")
    assert len(same.evaluate({"v": whole})) == FEEL_VALUE_ITEMS // 500
    with pytest.raises(Problem, match="ENG-01"):
        same.evaluate({"v": [*whole, 0]})


def test_a_pattern_takes_as_many_steps_as_the_bound() -> None:
    match = compile_expression('matches(text, "^(a|b|ab)*c$")')
    assert match.evaluate({"text": "ab" * 5 + "c"}) is True
    with pytest.raises(Problem, match="ENG-01"):
        match.evaluate({"text": "ab" * FEEL_PATTERN_STEPS})


KINDS: list[Any] = [
    None, True, Decimal(1), "text", [1], {"a": 1}, date(2026, 1, 1), timedelta(days=1),
]  # fmt: skip
ATTRIBUTES = sorted(
    {name for value in (*KINDS, Context(), Function, BUILTINS["sum"], len) for name in dir(value)}
    | {"__globals__", "__code__", "gi_frame", "f_back"}
)
PLAIN = (type(None), bool, int, float, Decimal, str, list, dict, date, timedelta)


@pytest.mark.parametrize("value", KINDS, ids=lambda value: type(value).__name__)
def test_no_attribute_of_python_can_be_reached(value: Any) -> None:
    """A path takes entries of contexts and the properties of FEEL, and nothing else."""
    for name in ATTRIBUTES:
        try:
            found = compile_expression(f"v.{name}").evaluate({"v": value})
        except Problem:
            continue
        assert isinstance(found, PLAIN)
        if name.startswith("_"):
            assert found in (None, [None])


@pytest.mark.parametrize("name", ["__class__", "call", "parameters", "name", "signatures"])
def test_functions_have_no_insides(name: str) -> None:
    function = Function(name="f", parameters=(), call=lambda _a, _b: None)
    for value in (function, BUILTINS["sum"], to_feel([1]), Range(1, 2, True, True)):
        assert read_property(value, name) in (None, [None])


@examples(200)
@given(
    st.sampled_from(["law.split", "law.each", "law.fee.x", "law.split.call", "law"]),
    st.lists(st.sampled_from(['"yearly_fee"', '"nobody"', '@"2026-01-01"', '@"2030-01-01"', "null",
                              '@"P1M"', "1", "law", "[law]", '{"a": law}']), max_size=5),
)  # fmt: skip
def test_no_use_of_the_law_breaks_an_evaluation(
    files: dict[str, bytes], function: str, arguments: list[str]
) -> None:
    pack = _dated(files)
    view = LawView(pack, LawDay(ON, ON), dict, lambda _: RuleRow("", ""))
    text = f"{function}({', '.join(arguments)})"
    try:
        found = compile_expression(text).evaluate({"law": view.variable()})
    except Problem as problem:
        own_error(problem)
    else:
        assert isinstance(found, PLAIN)


_DATED: list[Pack] = []


def _dated(files: dict[str, bytes]) -> Pack:
    if not _DATED:
        _DATED.append(build_pack({**files, "law.yaml": LAW_YAML.encode()}))
    return _DATED[0]


# --- DMN -----------------------------------------------------------------------------------------


def test_a_model_has_as_many_elements_as_the_bound() -> None:
    inputs = [f'<inputData id="i{n}" name="n{n}"/>' for n in range(DMN_ELEMENTS)]
    assert len(load_dmn(model("".join(inputs)), file="m").inputs) == DMN_ELEMENTS
    with pytest.raises(Problem, match="ENG-0122"):
        load_dmn(model("".join([*inputs, '<inputData id="x" name="x"/>'])), file="m")


@pytest.mark.slow
def test_a_table_has_as_many_cells_as_the_bound() -> None:
    def rules(count: int) -> bytes:
        rows = "<rule><inputEntry/><outputEntry/></rule>" * count
        logic = (
            '<decisionTable hitPolicy="FIRST"><input><inputExpression><text>1</text>'
            f"</inputExpression></input><output/>{rows}</decisionTable>"
        )
        return model(decision("d", logic))

    assert load_dmn(rules(DMN_TABLE_CELLS // 2), file="m").decisions == ("d",)
    with pytest.raises(Problem, match="ENG-0122"):
        load_dmn(rules(DMN_TABLE_CELLS // 2 + 1), file="m")


def test_models_import_as_many_as_the_bound() -> None:
    def importing(count: int) -> tuple[bytes, dict[str, bytes]]:
        names = [f"urn:m{n}" for n in range(count)]
        entries = "".join(
            f'<import namespace="{name}" name="m{n}" importType="{NAMESPACE}"/>'
            for n, name in enumerate(names)
        )
        return model(entries), {
            name: model(decision("d", feel("1")), namespace=name) for name in names
        }

    whole, files = importing(DMN_IMPORTS)
    assert len(load_dmn(whole, file="m", imports=files).elements) == DMN_IMPORTS
    whole, files = importing(DMN_IMPORTS + 1)
    with pytest.raises(Problem, match="ENG-0125"):
        load_dmn(whole, file="m", imports=files)


def test_the_analysis_looks_at_as_many_combinations_as_the_bound() -> None:
    """A table within the bound is judged whole; a larger one says that it was not."""
    logic = table("UNIQUE", ("-", "-", "1"), inputs=("age", "kind"))
    body = given_input("age") + given_input("kind")
    made = load_dmn(model(body + decision("d", logic, needs=("i_age", "i_kind"))), file="m").tables[
        0
    ]

    def domains(count: int) -> dict[int, Domain]:
        numbers = tuple(Decimal(n) for n in range(count))
        return {0: Domain(values=numbers), 1: Domain(values=numbers[:400])}

    assert analyse_table(made, domains=domains(DMN_ANALYSIS_POINTS // 400)).complete
    assert not analyse_table(made, domains=domains(DMN_ANALYSIS_POINTS // 400 + 1)).complete


def test_a_spreadsheet_is_read_up_to_as_many_sheets_as_the_bound() -> None:
    sheets = [(f"s{n}", [["x"]]) for n in range(SHEET_COUNT)]
    for file in ("a.xlsx", "a.ods"):
        assert len(read_workbook(write_workbook(sheets, file=file), file=file)) == SHEET_COUNT
        more = write_workbook([*sheets, ("more", [["x"]])], file=file)
        with pytest.raises(Problem, match="ENG-0128"):
            read_workbook(more, file=file)


# --- generated cases -----------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "tried"), [(BOUNDARY_VALUES, -1), (BOUNDARY_VALUES + 1, 0)])
def test_a_fact_is_tried_with_as_many_values_as_the_bound(
    files: dict[str, bytes], options: int, tried: int
) -> None:
    labels = ", ".join(f'"v{n}": {{"ar": "أ{n}", "en": "v{n}"}}' for n in range(options - 1))
    values = ", ".join(f'"v{n}"' for n in range(options - 1))
    changed = edited(
        files,
        **{
            "facts.schema": (
                '"enum": ["alive", "deceased"],',
                f'"enum": ["deceased", {values}],',
            )
        },
    )
    text = changed["facts.schema.json"].decode()
    start = text.index('"options"', text.index('"vital_status"'))
    end = text.index("}\n", text.index('"deceased"', start)) + 1
    other = f'"options": {{"deceased": {{"ar": "متوفى", "en": "deceased"}}, {labels}}}'
    closing = text.index("}", end) + 1
    changed["facts.schema.json"] = (text[:start] + other + text[closing:]).encode()
    found = samples(build_pack(changed), on=ON)["person.vital_status"]
    assert len(found) == options + min(tried, 0) + (1 if tried == -1 else -1)


@pytest.mark.slow
def test_a_pack_has_no_more_generated_cases_than_the_bound(pack: Pack) -> None:
    scenarios = read_scenarios(pack.files)
    many = list(scenarios) * (BOUNDARY_CASES // len(scenarios) + 1)
    count = sum(1 for _ in boundary_cases(pack, many))
    assert count == BOUNDARY_CASES
