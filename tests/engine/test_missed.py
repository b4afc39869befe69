"""Each row that did not apply says which input failed it and what it asks, from the case alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.cellwords import word_cell
from taysir.engine.decision import Decision
from taysir.engine.definition import Pack
from taysir.engine.explain import Audience, explain
from taysir.engine.missed import missed_rows
from taysir.engine.pack import build_pack
from taysir.engine.rules import decide
from taysir.kernel.errors import Language

from .conftest import NOW, MakeCase

ON = NOW.date()


@pytest.fixture
def granted(pack: Pack, make_case: MakeCase) -> Decision:
    """A grant, as it comes back from storage."""
    return Decision.from_json(decide(pack, make_case(), on=ON, at=NOW).to_json())


def test_every_row_matched_or_says_why_not(pack: Pack, granted: Decision) -> None:
    told = {(row.decision, row.row) for row in missed_rows(granted, "en")}
    matched = {(row.decision, row.row) for step in granted.steps for row in step.rows if row.row}
    in_force = {(row.decision, row.number) for file in pack.rules.files for row in file.rows}
    assert told | matched == in_force
    assert not told & matched


@pytest.mark.parametrize(
    ("row", "english", "arabic"),
    [
        (1, "Vital status is alive; the row asks for deceased", "والسطر يشترط: متوفى"),
        (
            2,
            "asks for not known or before the day of the decision (24 November",
            "أو قبل يوم القرار",
        ),
        (4, "Days until expiry is 30; the row asks for more than 180", "أكثر من 180"),
        (6, "asks for more than 0", "والسطر يشترط: أكثر من 0"),
        (7, "is no; the row asks for yes", "والسطر يشترط: نعم"),
    ],
)
def test_a_row_tells_the_value_and_the_bound(
    granted: Decision, row: int, english: str, arabic: str
) -> None:
    def told(language: Language) -> str:
        rows = missed_rows(granted, language)
        return next(each.asked for each in rows if (each.decision, each.row) == ("refusals", row))

    assert english in told("en")
    assert arabic in told("ar")


def test_officers_and_auditors_read_it_and_citizens_do_not(granted: Decision) -> None:
    for audience in Audience:
        text = explain(granted, audience=audience, language="en").as_text()
        assert ("did not apply" in text) is (audience is not Audience.CITIZEN)


@pytest.mark.parametrize(
    ("cell", "english", "arabic"),
    [
        ("< 18", "less than 18", "أقل من 18"),
        (">= 18", "at least 18", "18 على الأقل"),
        ("[2..5]", "from 2 to 5", "من 2 إلى 5"),
        ("[2..5)", "at least 2 and less than 5", "2 على الأقل وأقل من 5"),
        ('"B", "C"', "car or lorry", "سيارة أو شاحنة"),
        ('not("B")', "other than car", "غير سيارة"),
        ("null", "not known", "غير معروف"),
        ('< date("2026-05-01")', "before 1 May 2026", "قبل 14 ذو القعدة"),
        ('>= @"2026-05-01"', "on or after 1 May 2026", "أو بعده"),
        ("!= 5", "other than 5", "غير 5"),
        ("true", "yes", "نعم"),
        ("< -3.5", "less than -3.5", "أقل من -3.5"),
        ("<= limit", "at most the limit (7)", "على الأكثر"),
    ],
)
def test_a_cell_is_put_into_words(cell: str, english: str, arabic: str) -> None:
    labels: dict[Language, dict[str, str]] = {
        "en": {"B": "car", "C": "lorry"},
        "ar": {"B": "سيارة", "C": "شاحنة"},
    }

    def told(language: Language) -> str:
        return word_cell(
            cell,
            language,
            name=lambda name: (f"the {name} (7)", False),
            options=labels[language],
        )

    assert told("en").startswith(english)
    assert arabic in told("ar")


@pytest.mark.parametrize("cell", ["-", "? + 1 > 3", "count(?) > 2", "< other.name", "not a test ("])
def test_a_cell_too_involved_is_given_as_written(cell: str) -> None:
    assert word_cell(cell, "en", name=lambda _: None, options={}) == cell


@given(st.text(max_size=30))
def test_any_text_of_a_cell_gives_words(cell: str) -> None:
    assert isinstance(word_cell(cell, "ar", name=lambda _: None, options={}), str)


ALONE = """
import sys
sys.modules["taysir.engine.pack"] = None  # no pack can be loaded here
from taysir.engine.decision import Decision
from taysir.engine.explain import explain
decision = Decision.from_json(sys.stdin.buffer.read())
for audience in ("citizen", "officer", "auditor"):
    for language in ("ar", "en"):
        text = explain(decision, audience=audience, language=language).as_text()
        sys.stdout.buffer.write(text.encode() + b"\\n")
"""


def test_a_stored_decision_is_explained_years_later_without_its_pack(
    pack: Pack, make_case: MakeCase
) -> None:
    """Another process that cannot load any pack tells the same, word for word."""
    facts = make_case(fines={"unpaid_count": 2, "unpaid_total_minor": 45_000})
    decision = decide(pack, facts, on=ON, at=NOW)
    told = subprocess.run(
        [sys.executable, "-c", ALONE], input=decision.to_json(), capture_output=True, check=True
    ).stdout.decode()
    assert told == "".join(
        explain(decision, audience=audience, language=language).as_text() + "\n"
        for audience in ("citizen", "officer", "auditor")
        for language in ("ar", "en")
    )


def test_the_stored_files_of_a_pack_decide_a_stored_case_again(
    pack: Pack, make_case: MakeCase
) -> None:
    facts = make_case()
    again = build_pack(dict(pack.files))
    assert decide(again, facts, on=ON, at=NOW) == decide(pack, facts, on=ON, at=NOW)


def test_an_explanation_is_data_too(granted: Decision) -> None:
    data = explain(granted, audience="officer", language="en").as_data()
    text = explain(granted, audience="officer", language="en").as_text()
    assert data["title"] == text.splitlines()[0]
    assert isinstance(data["sections"], list)
    assert all(section["heading"] in text for section in data["sections"])
