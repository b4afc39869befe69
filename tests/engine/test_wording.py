"""Values are worded the same way everywhere: both calendars, dinars, labels, never raw codes."""

from __future__ import annotations

from datetime import date

import pytest

from taysir.country.sharing import SERVICES
from taysir.engine.definition import Pack
from taysir.engine.durations import parse_duration
from taysir.engine.pack import load_pack
from taysir.engine.wording import LANGUAGES, word_date, word_value


def test_a_date_stands_in_both_calendars() -> None:
    assert word_date(date(2026, 1, 1), "ar") == "12 رجب 1447هـ / 1 يناير 2026م"
    assert word_date(date(2026, 1, 1), "en") == "1 January 2026 / 12 Rajab 1447 AH"


def test_a_date_outside_the_lunar_tables_stands_alone() -> None:
    assert word_date(date(2150, 1, 1), "en") == "1 January 2150"


def test_values_are_worded_by_their_fact(pack: Pack) -> None:
    facts = pack.facts
    assert word_value(facts["fitness.result"], "fit_with_glasses", "ar") == "لائق بشرط النظارة"
    assert word_value(facts["licence.categories"], ["B", "C"], "en") == (
        "B: private car, C: heavy goods"
    )
    assert word_value(facts["licence.categories"], ["Z"], "ar") == "Z"
    assert word_value(facts["licence.restrictions"], [], "ar") == "لا يوجد"
    assert word_value(facts["suspension.suspended"], False, "en") == "no"
    assert word_value(facts["fitness.result"], None, "ar") == "غير معروف"
    name = {"first": "سارة", "father": "محمد", "grandfather": "علي", "family": "الواحي"}
    assert word_value(facts["person.name_ar"], name, "ar") == "سارة محمد علي الواحي"


def test_a_whole_number_has_no_decimals() -> None:
    area = load_pack(SERVICES / "building_permit").facts["building.ground_area"]
    assert word_value(area, 300.0, "ar") == "300"
    assert word_value(area, 300.5, "en") == "300.5"
    assert word_value(area, 1_000_000.0, "en") == "1000000"


def test_durations_are_days_to_seconds() -> None:
    made = parse_duration("P1DT2H3M4S")
    assert made is not None
    assert made.total_seconds() == 93_784
    for text in ("P", "PT", "P1M", "1D", "P1D2H", "P-1D", ""):
        assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("renewal.fee_minor", 10.5),
        ("renewal.term_until", "soon"),
        ("renewal.restrictions", 3),
        ("person.name_ar", "Sara"),
    ],
)
def test_a_value_of_another_type_is_written_and_not_raised(
    pack: Pack, name: str, value: object
) -> None:
    """A mistaken rule gives such values; the decision has its own error for them."""
    for language in LANGUAGES:
        assert word_value(pack.facts[name], value, language) == str(value)
