"""Dates in both calendars, working days and the clocks of a case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.calendar import (
    GREGORIAN_MONTHS,
    HIJRI_FIRST,
    HIJRI_LAST,
    HIJRI_MONTHS,
    CaseClock,
    HijriDate,
    Stop,
    StopCause,
    WorkingCalendar,
    parse_date,
)
from taysir.kernel.errors import Problem

HIJRI_DAYS = st.dates(HIJRI_FIRST, HIJRI_LAST)
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def hours(count: float) -> datetime:
    """Return the moment so many hours after the start."""
    return START + timedelta(hours=count)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("١٢ رجب ١٤٤٧", date(2026, 1, 1)),
        ("12 رجب 1447هـ", date(2026, 1, 1)),
        ("12/7/1447", date(2026, 1, 1)),
        ("1447-07-12", date(2026, 1, 1)),
        ("12 Rajab 1447 AH", date(2026, 1, 1)),
        ("3 جمادى الأولى ١٤٤٧", date(2025, 10, 25)),
        ("3 جمادي الاولي 1447", date(2025, 10, 25)),
        ("3 Jumada al-Ula 1447", date(2025, 10, 25)),
        ("24/11/2026", date(2026, 11, 24)),
        ("2026-11-24", date(2026, 11, 24)),
        ("24.11.2026", date(2026, 11, 24)),
        ("24 نوفمبر 2026م", date(2026, 11, 24)),
        ("24 تشرين الثاني 2026", date(2026, 11, 24)),
        ("24 Nov 2026", date(2026, 11, 24)),
        ("  ٢٤ / ١١ / ٢٠٢٦  ", date(2026, 11, 24)),
        ("29/2/2028", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_in_either_calendar(text: str, expected: date) -> None:
    """Both calendars, both digits, month names and eras are understood."""
    assert parse_date(text) == expected


def test_the_day_comes_before_the_month() -> None:
    """05/06/2026 is the fifth of June; an American 11/24/2026 is refused, not guessed."""
    assert parse_date("05/06/2026") == date(2026, 6, 5)
    with pytest.raises(Problem, match="KRN-0101"):
        parse_date("11/24/2026")


@pytest.mark.parametrize(
    "text",
    [
        "", "أمس", "1/1", "1/1/26", "31/2/2026", "30/2/1447م", "12 رجب 2026", "1 يناير 1447",
        "1/1/1447م", "1/1/2026 AH", "0/1/2026", "1/13/1447", "31/1/1447", "1/2/3/2026",
        "١٢٣٤٥", "1 رجب شعبان 1447", "²/1/2026", "1/1/0999",
    ],
)  # fmt: skip
def test_a_date_that_could_be_misread_is_refused(text: str) -> None:
    """Days that do not exist, two-digit years and contradicting calendars are refused."""
    with pytest.raises(Problem, match="KRN-0101"):
        parse_date(text)


def test_a_written_date_is_bounded() -> None:
    """A date of the longest allowed text is read, one character more is refused."""
    text = "1/1/2026".ljust(limits.DATE_TEXT_CHARS)
    assert parse_date(text) == date(2026, 1, 1)
    with pytest.raises(Problem, match="KRN-0101"):
        parse_date(text + " ")


@given(st.text(max_size=limits.DATE_TEXT_CHARS))
def test_any_text_is_a_date_or_a_clear_refusal(text: str) -> None:
    """No input escapes as another error."""
    codes = set()
    try:
        parse_date(text)
    except Problem as problem:
        codes.add(problem.code)
    assert codes <= {"KRN-0101", "KRN-0102"}


@given(HIJRI_DAYS)
def test_hijri_dates_return_to_the_same_day(day: date) -> None:
    """Gregorian to Hijri and back changes nothing, and order is kept."""
    hijri = HijriDate.of(day)
    assert hijri.to_gregorian() == day
    if day < HIJRI_LAST:
        assert hijri < HijriDate.of(day + timedelta(days=1))


@given(HIJRI_DAYS, st.sampled_from(["ar", "en"]), st.sampled_from(["", "arabic", "persian"]))
def test_what_we_write_we_read(day: date, language: str, digits: str) -> None:
    """A date written by us in either calendar, language and digits is read as the same day."""
    hijri = HijriDate.of(day)
    months = HIJRI_MONTHS["ar" if language == "ar" else "en"]
    table = {"": {}, "arabic": ARABIC_DIGITS, "persian": PERSIAN_DIGITS}[digits]
    named = f"{hijri.day} {months[hijri.month - 1]} {hijri.year}"
    assert parse_date(named.translate(table)) == day
    assert parse_date(str(hijri).translate(table)) == day
    assert parse_date(day.isoformat().translate(table)) == day
    gregorian = GREGORIAN_MONTHS["ar" if language == "ar" else "en"][day.month - 1]
    assert parse_date(f"{day.day} {gregorian} {day.year}".translate(table)) == day


def test_the_umm_al_qura_calendar_has_an_end() -> None:
    """The first and last known days convert; the days beyond are refused in clear words."""
    assert str(HijriDate.of(HIJRI_FIRST)) == "1/1/1343"
    assert str(HijriDate.of(HIJRI_LAST)) == "30/12/1500"
    for beyond in (HIJRI_FIRST - timedelta(days=1), HIJRI_LAST + timedelta(days=1)):
        with pytest.raises(Problem, match="KRN-0102"):
            HijriDate.of(beyond)
    with pytest.raises(Problem, match="KRN-0102"):
        HijriDate(1501, 1, 1).to_gregorian()


def test_friday_and_saturday_are_no_working_days() -> None:
    """One working day after Thursday is Sunday; a holiday on Sunday moves it to Monday."""
    thursday, sunday = date(2026, 11, 26), date(2026, 11, 29)
    assert WorkingCalendar().add(thursday, working_days=1) == sunday
    holiday = WorkingCalendar(holidays=frozenset({sunday}))
    assert holiday.add(thursday, working_days=1) == date(2026, 11, 30)
    assert holiday.add(date(2026, 11, 27), working_days=0) == date(2026, 11, 30)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 200))
def test_counting_working_days_undoes_adding_them(day: date, count: int) -> None:
    """The number of working days to a deadline is the number that was added."""
    calendar = WorkingCalendar(holidays=frozenset({date(2026, 9, 23)}))
    end = calendar.add(day, working_days=count)
    assert calendar.is_working_day(end)
    if count:
        assert calendar.between(day, end) == count


def test_deadlines_and_holidays_are_bounded() -> None:
    """The longest deadline is computed, a longer one refused; endless holidays are reported."""
    calendar = WorkingCalendar()
    assert calendar.add(START.date(), working_days=limits.WORKING_DAYS)
    with pytest.raises(ValueError, match="out of bounds"):
        calendar.add(START.date(), working_days=limits.WORKING_DAYS + 1)
    run = [date(2026, 1, 1) + timedelta(days=n) for n in range(limits.HOLIDAY_RUN_DAYS + 1)]
    bounded = WorkingCalendar(holidays=frozenset(run[:-1]), weekend=frozenset())
    assert bounded.add(run[0], working_days=0) == run[-1]
    with pytest.raises(Problem, match="KRN-0103"):
        WorkingCalendar(holidays=frozenset(run), weekend=frozenset()).add(run[0], working_days=0)


def test_the_net_clock_stops_and_names_the_cause() -> None:
    """Overlapping stops count once; each cause has its own reading."""
    clock = CaseClock(
        started=START,
        stops=(
            Stop(cause=StopCause.PAYMENT, since=hours(1), until=hours(3)),
            Stop(cause=StopCause.APPLICANT, since=hours(2), until=hours(4)),
            Stop(cause=StopCause.OTHER_AGENCY, since=hours(8)),
        ),
    )
    assert clock.gross(now=hours(10)) == timedelta(hours=10)
    assert clock.net(now=hours(10)) == timedelta(hours=5)
    assert clock.stopped(cause=StopCause.PAYMENT, now=hours(10)) == timedelta(hours=2)
    assert clock.stopped_by(now=hours(5)) is None
    assert clock.stopped_by(now=hours(9)) is StopCause.OTHER_AGENCY


def test_a_stop_ends_after_it_begins() -> None:
    """A stop of no length is allowed, one that ends before its beginning is not."""
    Stop(cause=StopCause.PAYMENT, since=hours(1), until=hours(1))
    with pytest.raises(ValueError, match="before it begins"):
        Stop(cause=StopCause.PAYMENT, since=hours(1), until=hours(0))


@given(
    st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 60)), max_size=8),
    st.integers(0, 50),
    st.booleans(),
)
def test_net_is_never_negative_nor_above_gross(
    spans: list[tuple[int, int]], end: int, closed: bool
) -> None:
    """For any stops, 0 <= net <= gross, and the net clock equals a count hour by hour."""
    stops = tuple(
        Stop(cause=StopCause.APPLICANT, since=hours(s), until=hours(s + n)) for s, n in spans
    )
    clock = CaseClock(started=START, stops=stops, ended=hours(end) if closed else None)
    now = hours(end)
    running = sum(not any(s <= h < s + n for s, n in spans) for h in range(end))
    assert clock.net(now=now) == timedelta(hours=running)
    assert clock.gross(now=now) == timedelta(hours=end)
