"""Dates, times, numbers and amounts are written in one way on every screen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.ui import formats

DAY = date(2026, 1, 1)
MOMENT = datetime(2026, 1, 1, 21, 30, tzinfo=UTC)


def test_a_date_shows_both_calendars() -> None:
    """Arabic with its era letters, English with AH."""
    assert formats.format_date(DAY, "ar") == "12 رجب 1447هـ / 1 يناير 2026م"
    assert formats.format_date(DAY, "en") == "12 Rajab 1447 AH / 1 January 2026"
    assert formats.format_date(DAY, "ar", calendar="hijri") == "12 رجب 1447هـ"
    assert formats.format_date(DAY, "en", calendar="gregorian") == "1 January 2026"
    with translation.override("en"):
        assert formats.format_date(DAY).endswith("2026")


def test_a_date_beyond_umm_al_qura_is_gregorian() -> None:
    """No Hijri date is invented outside the known calendar."""
    assert formats.format_date(date(1920, 1, 1), "ar") == "1 يناير 1920م"
    assert formats.format_date(date(2077, 11, 17), "en", calendar="hijri") == "17 November 2077"


def test_times_are_shown_in_the_zone_of_the_country() -> None:
    """21:30 UTC is half past midnight of the next day at UTC+3."""
    with timezone.override(timezone.get_fixed_timezone(180)):
        assert formats.format_datetime(MOMENT, "ar") == "2 يناير 2026م، 00:30"
        assert formats.format_datetime(MOMENT, "en") == "2 January 2026, 00:30"
        assert formats.format_date(MOMENT, "en", calendar="gregorian") == "2 January 2026"
        assert formats.format_time(MOMENT) == "00:30"
        assert str(formats.time_element(MOMENT)).startswith('<time datetime="2026-01-01T21:30')


@given(st.dates(date(1925, 1, 1), date(2077, 1, 1)), st.sampled_from(["hijri", "gregorian"]))
def test_a_shown_date_can_be_typed_back(day: date, calendar: formats.CalendarChoice) -> None:
    """People may copy a date from one page into the next."""
    for language in ("ar", "en"):
        shown = formats.format_date(day, language, calendar=calendar)
        assert formats.parse_date(shown) == day


@pytest.mark.parametrize(
    ("seconds", "arabic", "english"),
    [
        (0, "أقل من ثانية", "less than a second"),
        (1.8, "ثانية واحدة", "1 second"),
        (119, "دقيقة واحدة", "1 minute"),
        (7200, "ساعتان", "2 hours"),
        (3 * 86400, "3 أيام", "3 days"),
    ],
)
def test_a_duration_is_said_in_its_largest_unit(seconds: float, arabic: str, english: str) -> None:
    """Days, hours, minutes or seconds, with the forms of each language."""
    assert formats.format_duration(timedelta(seconds=seconds), "ar") == arabic
    assert formats.format_duration(timedelta(seconds=seconds), "en") == english


def test_numbers_have_one_policy_of_digits() -> None:
    """Western digits, commas between thousands, a point before decimals, in both languages."""
    assert formats.format_number(1234567) == "1,234,567"
    assert formats.format_number(1234.5, "ar") == "1,234.5"
    assert formats.format_percent(0.985) == "\u200e98.5%"
    assert formats.format_percent(1, "en") == "100%"
    assert formats.format_money(20000, "ar") == "200 دينار"
    assert formats.format_weekday(DAY, "en") == "Thursday"


def test_lists_are_joined_as_in_speech() -> None:
    """Arabic repeats the joining letter, English uses one and."""
    assert formats.format_list(["الصحة", "العدل", "البلدية"], "ar") == "الصحة والعدل والبلدية"
    assert formats.format_list(["health", "justice", "post"], "en") == "health, justice and post"
    assert formats.format_list(["health"], "en") == "health"


def test_a_reference_keeps_its_order() -> None:
    """Numbers of cases are isolated from the Arabic around them, and escaped."""
    whole = '<bdi class="ref ref--whole" dir="ltr">A-1&lt;</bdi>'
    assert whole == str(formats.reference("A-1<"))


def test_a_short_reference_stays_on_one_line() -> None:
    """A case number does; what is longer than a phone's line may be broken."""
    most = "1" * limits.WHOLE_REFERENCE_CHARACTERS
    assert "ref--whole" in formats.reference(most)
    assert "ref--whole" not in formats.reference(most + "1")
