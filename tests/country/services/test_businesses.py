"""Names and registers of businesses against the law written out by hand, around its change."""

from __future__ import annotations

import calendar
import unicodedata
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from taysir.engine.decision import Outcome
from taysir.engine.explain import explain
from tests.examples import examples

from .deciding import decided

CHANGE = date(2025, 4, 3)
"""The first day on which names in foreign letters and with digits, and one register, are law."""

DAYS = st.dates(date(2025, 2, 1), date(2025, 6, 30)) | st.dates(
    date(2024, 1, 1), date(2027, 12, 31)
)
WORDS = (
    "مخبز",
    "السنبلة",
    "نور",
    "الأمير",
    "مكة",
    "Palm",
    "King",
    "24",
    "٢٤",
    "+",
    "دار&بيت",
    "أميرة",
)
TITLES = {"الأمير", "King"}
HOLY = {"مكة"}


def months_later(day: date, months: int) -> date:
    """Return a day some months later, at the latest the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def faults(words: list[str], *, on: date) -> list[str]:
    """Return the faults of a name as the law lists them."""
    text = " ".join(words)
    kinds = {unicodedata.category(char)[0] for char in text if char != " "}
    arabic = any("\u0621" <= char <= "\u064a" for char in text)
    latin = any(char.isascii() and char.isalpha() for char in text)
    found = ["symbols"] if kinds - {"L", "M", "N"} else []
    if arabic and latin:
        found.append("mixed")
    if on < CHANGE and latin and not arabic:
        found.append("foreign")
    if on < CHANGE and "N" in kinds:
        found.append("digits")
    if HOLY & set(words):
        found.append("place")
    if TITLES & set(words):
        found.append("title")
    return found


@examples(60)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), on=DAYS)
def test_a_name_is_reserved_or_refused_for_each_of_its_faults(words: list[str], on: date) -> None:
    name = " ".join(words)
    decision = decided(
        "trade_name_reservation",
        on=on,
        answers={"names.first": name if len(name) > 1 else f"{name}{name}"},
        registries={"person": {"identity_expiry_date": "2040-01-01"}},
    )
    expected = faults(words, on=on)
    assert [code.removeprefix("first-") for code in decision.codes] == (expected or ["reserved"])


@examples(40)
@given(first=st.booleans(), second=st.booleans(), third=st.booleans())
def test_the_first_acceptable_name_in_order_is_taken(
    first: bool, second: bool, third: bool
) -> None:
    good = {"names.first": first, "names.second": second, "names.third": third}
    texts = ("مخبز السنبلة", "دار الوادي", "بيت النخيل")
    answers = {
        name: text if good[name] else f"{text} +" for name, text in zip(good, texts, strict=True)
    }
    decision = decided("trade_name_reservation", answers=answers)
    taken = next((place for place, name in enumerate(good, 1) if good[name]), None)
    if taken is None:
        assert decision.codes == ("first-symbols", "second-symbols", "third-symbols")
    else:
        assert decision.values["reservation.choice"] == taken
        assert decision.values["reservation.name"] == texts[taken - 1]


@settings(deadline=None)
@given(left=st.integers(-5, 5))
def test_anothers_reservation_stands_in_the_way_until_its_last_day(left: int) -> None:
    on = date(2026, 11, 24)
    until = on + timedelta(days=left)
    other = {"name": "مخبز السنبلة", "status": "reserved", "until": until.isoformat()}
    decision = decided(
        "trade_name_reservation", on=on, registries={"first-neighbours": {"neighbours": [other]}}
    )
    assert decision.outcome is (Outcome.REFUSED if left >= 0 else Outcome.GRANTED)


def standing(confirmed: date, *, same_city: bool, on: date) -> str:
    """Return why a second register is refused, or nothing."""
    if on < CHANGE:
        return "register-in-city" if same_city else ""
    if on > months_later(confirmed, 24):
        return ""
    return (
        "register-suspended"
        if on > months_later(months_later(confirmed, 12), 3)
        else "register-held"
    )


@examples(60)
@given(on=DAYS, age=st.integers(0, 900), same_city=st.booleans())
def test_an_earlier_register_counts_as_the_law_of_the_day_says(
    on: date, age: int, same_city: bool
) -> None:
    confirmed = on - timedelta(days=age)
    decision = decided(
        "commercial_registration",
        on=on,
        registries={
            "person": {"identity_expiry_date": "2040-01-01"},
            "reservation": {"until": "2040-01-01"},
            "existing": {
                "number": "7000000026",
                "city_en": "Waha" if same_city else "Nakheel",
                "confirmed_on": confirmed.isoformat(),
            },
        },
    )
    expected = standing(confirmed, same_city=same_city, on=on)
    assert decision.codes == ((expected,) if expected else ("registered",))


@examples(40)
@given(on=DAYS)
def test_a_register_expires_or_is_confirmed_as_the_law_of_the_day_says(on: date) -> None:
    decision = decided(
        "commercial_registration",
        on=on,
        registries={
            "person": {"identity_expiry_date": "2040-01-01"},
            "reservation": {"until": "2040-01-01"},
        },
    )
    a_year = months_later(on, 12)
    if on < CHANGE:
        assert decision.values["register.expires_on"] == a_year.isoformat()
        assert "register.confirm_by" not in decision.values
    else:
        assert "register.expires_on" not in decision.values
        assert decision.values["register.confirm_by"] == a_year.isoformat()
        assert decision.values["register.suspended_after"] == months_later(a_year, 3).isoformat()
        assert decision.values["register.deleted_after"] == months_later(on, 24).isoformat()


def test_what_the_law_leaves_empty_is_not_told() -> None:
    decision = decided("commercial_registration", answers={"register.activity": "6201"})
    told = explain(decision, audience="citizen", language="en").as_text()
    assert "Registered on" in told
    assert "Activity licence due by" not in told
    assert "not known" not in told
