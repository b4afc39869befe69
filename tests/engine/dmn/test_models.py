"""Models: requirements, knowledge, services, types, imports, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from taysir.engine.dmn import load_dmn
from taysir.engine.dmn.xml_tree import parse_xml
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from tests.engine.dmn.models import NAMESPACE, decision, feel, given, model
from tests.engine.feel.own_errors import own_error
from tests.examples import examples

FACTORIAL = (
    '<businessKnowledgeModel id="k" name="factorial"><variable name="factorial"/>'
    '<encapsulatedLogic><formalParameter name="n" typeRef="number"/>'
    f"{feel('if n <= 1 then 1 else n * factorial(n - 1)')}</encapsulatedLogic>"
    '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
    "</businessKnowledgeModel>"
)


def test_a_decision_uses_what_it_requires() -> None:
    """Values flow along the requirements, and the trace lists decisions in order."""
    loaded = load_dmn(
        model(
            given("age")
            + decision("base fee", feel("age * 2"), needs=("i_age",))
            + decision("fee", feel("base fee + 1"), needs=("d_base fee",))
        ),
        file="m.dmn",
    )

    result = loaded.decide("fee", {"age": 20})

    assert result.value == 41
    assert [each.name for each in result.trace] == ["base fee", "fee"]


def test_knowledge_may_call_itself() -> None:
    """A business knowledge model is a function, also for itself."""
    loaded = load_dmn(
        model(FACTORIAL + decision("result", feel("factorial(10)"), knows=("k",))), file="m.dmn"
    )

    assert loaded.decide("result", {}).value == 3628800


def test_knowledge_that_never_ends_is_stopped() -> None:
    """The depth of calls is bounded."""
    loaded = load_dmn(
        model(FACTORIAL + decision("result", feel("factorial(1000)"), knows=("k",))), file="m.dmn"
    )

    with pytest.raises(Problem) as caught:
        loaded.decide("result", {})

    assert caught.value.code == "ENG-0103"


def test_a_circle_of_decisions_is_refused() -> None:
    """A decision may not depend on itself."""
    loaded = load_dmn(
        model(decision("a", feel("b"), needs=("d_b",)) + decision("b", feel("a"), needs=("d_a",))),
        file="m.dmn",
    )

    with pytest.raises(Problem) as caught:
        loaded.decide("a", {})

    assert caught.value.code == "ENG-0127"


def test_allowed_values_hold_for_inputs() -> None:
    """A value outside the allowed ones is null."""
    types = (
        '<itemDefinition name="tGrade"><typeRef>string</typeRef>'
        '<allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>'
    )
    loaded = load_dmn(
        model(
            types + given("grade", kind="tGrade") + decision("d", feel("grade"), needs=("i_grade",))
        ),
        file="m.dmn",
    )

    assert loaded.decide("d", {"grade": "A"}).value == "A"
    assert loaded.decide("d", {"grade": "C"}).value is None


def test_an_imported_model_is_used_by_its_name() -> None:
    """Elements of another model are read as ``name.element``."""
    other = model(decision("limit", feel("65")), namespace="urn:other")
    loaded = load_dmn(
        model(
            f'<import name="law" namespace="urn:other" importType="{NAMESPACE}"/>'
            '<decision id="d" name="d"><variable name="d"/><informationRequirement>'
            '<requiredDecision href="urn:other#d_limit"/></informationRequirement>'
            f"{feel('law.limit + 1')}</decision>"
        ),
        file="m.dmn",
        imports={"urn:other": other},
    )

    assert loaded.decide("d", {}).value == 66


def test_a_missing_import_is_refused() -> None:
    """A model that imports what is not there does not load."""
    with pytest.raises(Problem) as caught:
        load_dmn(
            model(f'<import name="law" namespace="urn:no" importType="{NAMESPACE}"/>'), file="m.dmn"
        )

    assert caught.value.code == "ENG-0125"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "ENG-0121"),
        (b"<a>", "ENG-0121"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "ENG-0121"),
        (b"<a/>", "ENG-0123"),
        (b'<definitions xmlns="urn:other"/>', "ENG-0123"),
        (b" " * (limits.DMN_XML_BYTES + 1), "ENG-0122"),
        (b"<a>" * (limits.DMN_XML_DEPTH + 1), "ENG-0122"),
    ],
)
def test_what_is_no_dmn_is_refused(xml: bytes, code: str) -> None:
    """Foreign, broken, hostile and oversized files get an own error."""
    with pytest.raises(Problem) as caught:
        load_dmn(xml, file="m.dmn")

    assert caught.value.code == code


def test_a_file_of_the_largest_depth_is_read() -> None:
    """The bound on depth itself is accepted."""
    depth = limits.DMN_XML_DEPTH

    assert parse_xml(b"<a>" * depth + b"</a>" * depth, file="m.dmn").name == "a"


def test_an_unknown_decision_is_refused() -> None:
    """Asking for what is not there is an error, not null."""
    with pytest.raises(Problem) as caught:
        load_dmn(model(decision("d", feel("1"))), file="m.dmn").decide("e", {})

    assert caught.value.code == "ENG-0126"


@examples(150)
@hypothesis_given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_file_is_refused_or_read(noise: bytes, at: int) -> None:
    """No file makes the loader raise anything of Python's own."""
    xml = model(given("age") + FACTORIAL + decision("d", feel("age + 1"), needs=("i_age",)))

    try:
        load_dmn(xml[:at] + noise + xml[at + len(noise) :], file="m.dmn").decide("d", {"age": 1})
    except Problem as problem:
        own_error(problem)


def test_a_model_imported_without_a_name_is_in_scope_itself() -> None:
    """An import with an empty name brings elements and types in directly."""
    types = '<itemDefinition name="tAge"><typeRef>number</typeRef></itemDefinition>'
    other = model(types + decision("age limit", feel("65")), namespace="urn:other")
    loaded = load_dmn(
        model(
            f'<import name="" namespace="urn:other" importType="{NAMESPACE}"/>'
            '<decision id="d" name="d"><variable name="d" typeRef="tAge"/><informationRequirement>'
            '<requiredDecision href="urn:other#d_age limit"/></informationRequirement>'
            f"{feel('age limit + 1')}</decision>"
        ),
        file="m.dmn",
        imports={"urn:other": other},
    )

    assert loaded.decide("d", {}).value == 66
