"""Public holidays: from a data file to the days on which deadlines are counted."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from taysir.country.bootstrap import HOLIDAYS
from taysir.kernel import limits
from taysir.kernel.calendar import HijriDate
from taysir.kernel.errors import Problem
from taysir.transactions.cases.holidays import working_calendar
from taysir.transactions.cases.moving import work_time

NAME = {"ar": "عيد", "en": "Feast"}
EVERY_YEAR = {"name": NAME, "gregorian": "09-23", "since": date(2005, 9, 1)}


def written(folder: Path, *entries: object, **more: object) -> str:
    """Write a file of holidays; returns its path."""
    file = folder / "holidays.yaml"
    file.write_text(
        yaml.safe_dump({"holidays": list(entries), **more}, allow_unicode=True), "utf-8"
    )
    return str(file)


def finding(file: str) -> str:
    """Return what the file is refused for."""
    with pytest.raises(Problem) as refused:
        working_calendar(file)
    assert refused.value.code == "TRX-0206"
    return str(refused.value.title("en"))


def test_the_country_rests_on_its_feasts_and_on_its_national_day() -> None:
    """Both calendars: 1 Shawwal 1447 and the three days after it; 23 September from 2005 on."""
    calendar = working_calendar(str(HOLIDAYS))
    feast = HijriDate(1447, 10, 1).to_gregorian()
    assert {feast + timedelta(days=n) for n in range(4)} <= calendar.holidays
    assert feast - timedelta(days=1) not in calendar.holidays
    assert feast + timedelta(days=4) not in calendar.holidays
    assert date(2026, 9, 23) in calendar.holidays
    assert date(2004, 9, 23) not in calendar.holidays


def test_a_deadline_skips_the_feast() -> None:
    """Three working days from the Thursday before the feast end after it, not within it."""
    before = date(2026, 3, 19)
    assert HijriDate.of(date(2026, 3, 20)) == HijriDate(1447, 10, 1)
    assert working_calendar("").add(before, working_days=3) == date(2026, 3, 24)
    # The feast lasts to Monday the 23rd.
    assert working_calendar(str(HOLIDAYS)).add(before, working_days=3) == date(2026, 3, 26)


def test_cases_are_counted_by_the_installations_file(tmp_path: Path) -> None:
    """A date that was announced for one year is free in that year alone, where the file says so."""
    file = written(tmp_path, {"name": NAME, "date": date(2026, 11, 29), "days": 2})
    assert work_time().calendar.is_working_day(date(2026, 11, 29))
    with override_settings(TAYSIR_HOLIDAYS=file):
        assert work_time().calendar.holidays == {date(2026, 11, 29), date(2026, 11, 30)}
        assert str(work_time().zone) == settings.TIME_ZONE


def test_the_law_of_a_holiday_is_dated(tmp_path: Path) -> None:
    """It is free from the first day of force to the last one, both included."""
    bounds = {"since": date(2024, 9, 23), "until": date(2026, 9, 22)}
    calendar = working_calendar(written(tmp_path, EVERY_YEAR | bounds))
    assert calendar.holidays == {date(2024, 9, 23), date(2025, 9, 23)}


def test_a_feast_over_the_turn_of_a_year_is_free_in_both(tmp_path: Path) -> None:
    holiday = {"name": NAME, "gregorian": "12-31", "days": 2}
    bounds = {"since": date(2025, 1, 1), "until": date(2026, 1, 1)}
    calendar = working_calendar(written(tmp_path, holiday | bounds))
    assert calendar.holidays == {date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)}


def test_the_weekend_is_what_the_file_says(tmp_path: Path) -> None:
    calendar = working_calendar(written(tmp_path, weekend=["saturday", "sunday"]))
    assert calendar.is_working_day(date(2026, 11, 27))
    assert not calendar.is_working_day(date(2026, 11, 29))


@given(year=st.integers(1421, 1498), offset=st.integers(0, 3))
def test_every_years_feast_begins_by_the_moon(year: int, offset: int) -> None:
    day = HijriDate(year, 10, 1).to_gregorian() + timedelta(days=offset)
    assert not working_calendar(str(HOLIDAYS)).is_working_day(day)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"name": NAME, "since": date(2020, 1, 1)}, "give one of"),
        (EVERY_YEAR | {"hijri": "01-01"}, "give one of"),
        ({"name": NAME, "hijri": "01-01"}, "give since"),
        (EVERY_YEAR | {"gregorian": "02-29"}, "not every year"),
        (EVERY_YEAR | {"gregorian": "04-31"}, "not every year"),
        ({"name": NAME, "hijri": "09-30", "since": date(2020, 1, 1)}, "not every year"),
        (EVERY_YEAR | {"gregorian": "13-01"}, "regex"),
        (EVERY_YEAR | {"days": limits.HOLIDAY_DAYS + 1}, "<= 30"),
        (EVERY_YEAR | {"days": 0}, ">= 1"),
        (EVERY_YEAR | {"since": date(limits.HOLIDAY_FIRST_YEAR - 1, 12, 31)}, "lies before"),
        (EVERY_YEAR | {"moon": True}, "unknown field"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(
    tmp_path: Path, entry: dict[str, object], expected: str
) -> None:
    assert expected in finding(written(tmp_path, entry))


def test_a_file_is_bounded(tmp_path: Path) -> None:
    """As many entries as allowed are read, one more is refused, and so is an endless file."""
    most = [{"name": NAME, "date": date(2026, 1, 1) + timedelta(days=n)} for n in range(200)]
    assert len(most) == limits.HOLIDAYS
    assert len(working_calendar(written(tmp_path, *most)).holidays) == limits.HOLIDAYS
    working_calendar.cache_clear()
    assert "length <= 200" in finding(written(tmp_path, *most, EVERY_YEAR))
    file = Path(written(tmp_path, EVERY_YEAR | {"days": limits.HOLIDAY_DAYS}))
    text = file.read_bytes()
    file.write_bytes(text + b"#" * (limits.HOLIDAY_FILE_BYTES - len(text)))
    assert working_calendar(str(file)).holidays
    working_calendar.cache_clear()
    file.write_bytes(text + b"#" * (limits.HOLIDAY_FILE_BYTES - len(text) + 1))
    assert "too large" in finding(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """So is a file that is no YAML, or holds a date that no calendar has."""
    assert "nowhere.yaml" in finding(str(tmp_path / "nowhere.yaml"))
    for name, text in (("a.yaml", "holidays: ["), ("b.yaml", "holidays: 3"), ("c.yaml", "[]")):
        (tmp_path / name).write_text(text, "utf-8")
        assert name in finding(str(tmp_path / name))
