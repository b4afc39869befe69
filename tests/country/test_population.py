"""The population is the same for the same seed, complete, kept, and true to the rules of life."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from taysir.country.personas import BY_CODE, PERSONAS
from taysir.country.population import schema
from taysir.country.population.building import (
    PopulationPlan,
    database,
    ensure_population,
    is_kept,
    refresh_personas,
)
from taysir.kernel import limits
from taysir.kernel.identity_number import Holder, IdentityNumber
from taysir.kernel.text import search_key

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SIZE = 3000


def make(folder: Path, *, seed: int = 7, size: int = SIZE, now: datetime = NOW) -> bool:
    """Make or keep the registries of a folder."""
    plan = PopulationPlan(seed=seed, size=size, today=now.date())
    return ensure_population(folder, plan=plan, now=now)


def select(folder: Path, agency: str, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    """Run a query on an agency's database."""
    with closing(sqlite3.connect(database(folder, agency))) as connection:
        return connection.execute(sql, parameters).fetchall()


def digest(folder: Path) -> str:
    """Return a hash of every row of every table."""
    summary = hashlib.sha256()
    for table in schema.TABLES:
        for row in select(folder, table.agency, f"SELECT * FROM {table.name} ORDER BY rowid"):
            summary.update(repr(row).encode())
    return summary.hexdigest()


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small country made once."""
    folder = tmp_path_factory.mktemp("country") / "registries"
    make(folder)
    return folder


def test_the_same_seed_makes_the_same_country(country: Path, tmp_path: Path) -> None:
    """Every row is equal for one seed, and differs for another."""
    make(tmp_path / "same")
    make(tmp_path / "other", seed=8)

    assert digest(tmp_path / "same") == digest(country) != digest(tmp_path / "other")


def test_the_country_has_just_the_persons_asked_for(country: Path) -> None:
    """Personas count, numbers are valid and nobody shares one."""
    numbers = [nid for (nid,) in select(country, "CIV", "SELECT NID FROM CIV_PERSON")]

    assert len(numbers) == len(set(numbers)) == SIZE
    assert {IdentityNumber.parse(nid).holder for nid in numbers} == {
        Holder.CITIZEN,
        Holder.RESIDENT,
    }


def test_children_have_their_fathers_names_and_come_after_their_parents(country: Path) -> None:
    """A child's second, third and last name are the father's, and no mother is a child."""
    children = select(
        country,
        "CIV",
        "SELECT c.FTHR_AR, c.GRND_AR, c.FMLY_AR, f.FRST_AR, f.FTHR_AR, f.FMLY_AR, c.BRTH_DT,"
        " m.BRTH_DT, f.FTHR_NID FROM CIV_PERSON c JOIN CIV_PERSON f ON f.NID = c.FTHR_NID"
        " JOIN CIV_PERSON m ON m.NID = c.MTHR_NID",
    )

    assert len(children) > SIZE / 4
    assert all(row[0:3] == row[3:6] for row in children)
    ages = [date.fromisoformat(row[6]) - date.fromisoformat(row[7]) for row in children]
    assert all(timedelta(days=18 * 365) < age < timedelta(days=47 * 365) for age in ages)
    assert any(row[8] for row in children), "no grandchildren"


def test_search_keys_find_a_person_by_any_spelling(country: Path) -> None:
    """The stored key is the fold of the stored name."""
    rows = select(
        country,
        "CIV",
        "SELECT FRST_AR || ' ' || FTHR_AR || ' ' || GRND_AR || ' ' || FMLY_AR, SRCH_KEY"
        " FROM CIV_PERSON",
    )

    assert all(search_key(name) == key for name, key in rows)


def test_one_name_has_one_latin_spelling(country: Path) -> None:
    """Transliteration is consistent among the generated persons."""
    pairs = select(
        country,
        "CIV",
        "SELECT FRST_AR, COUNT(DISTINCT FRST_EN) FROM CIV_PERSON WHERE FAM_NO > 1000 GROUP BY 1",
    )

    assert {count for _, count in pairs} == {1}


def test_every_outcome_occurs_in_the_country(country: Path) -> None:
    """Expired licences, unpaid fines, unfit drivers, suspensions and deaths are all there."""
    counts = [
        select(country, agency, f"SELECT COUNT(*) FROM {what}")[0][0]
        for agency, what in [
            ("TRF", "DL_LICENCE WHERE EXP_DT < '2026-09-01'"),
            ("TRF", "DL_LICENCE WHERE CAT_LST LIKE '%,%'"),
            ("TRF", "VIO_TICKET WHERE PAID_TS IS NULL"),
            ("TRF", "VEH_REGISTER"),
            ("HLT", "FIT_EXAM WHERE RSLT_CD = 3"),
            ("JUS", "V_SUSP_IN_FORCE"),
            ("CIV", "CIV_PERSON WHERE LIFE_ST_CD = 'D'"),
            ("CIV", "CIV_MARRIAGE"),
        ]
    ]

    assert all(count >= 3 for count in counts), counts


def test_a_complete_country_is_kept(tmp_path: Path) -> None:
    """The second start makes nothing; another seed or size is made anew."""
    folder = tmp_path / "registries"

    assert make(folder, size=200) is True
    assert make(folder, size=200) is False
    assert make(folder, size=201) is True
    assert not is_kept(folder, seed=7, size=200)


@pytest.mark.parametrize("damage", ["population.json", "TRF.sqlite"])
def test_a_country_that_was_cut_off_is_made_anew(tmp_path: Path, damage: str) -> None:
    """Without the marker or one of the databases nothing is used."""
    folder = tmp_path / "registries"
    make(folder, size=200)
    (folder / damage).unlink()
    leftover = tmp_path / "registries.unfinished"
    leftover.mkdir()
    (leftover / "CIV.sqlite").write_bytes(b"half")

    assert make(folder, size=200) is True
    assert is_kept(folder, seed=7, size=200)
    assert not leftover.exists()


def test_a_marker_of_another_kind_is_not_trusted(tmp_path: Path) -> None:
    """An unreadable marker means that the data is made anew."""
    folder = tmp_path / "registries"
    make(folder, size=200)
    (folder / "population.json").write_bytes(b"{half")

    assert not is_kept(folder, seed=7, size=200)


@pytest.mark.parametrize("size", [limits.POPULATION_MIN - 1, limits.POPULATION_MAX + 1])
def test_a_size_beyond_the_bounds_is_refused(size: int) -> None:
    """Too few persons cannot hold the personas, too many do not fit."""
    with pytest.raises(ValueError, match="population"):
        PopulationPlan(seed=1, size=size, today=NOW.date())


def test_the_smallest_country_holds_every_persona(tmp_path: Path) -> None:
    """At the bound it works, and progress ends at one."""
    shares: list[float] = []
    plan = PopulationPlan(seed=1, size=limits.POPULATION_MIN, today=NOW.date())
    ensure_population(tmp_path / "r", plan=plan, now=NOW, progress=shares.append)

    numbers = {nid for (nid,) in select(tmp_path / "r", "CIV", "SELECT NID FROM CIV_PERSON")}
    assert {persona.national_id for persona in PERSONAS} <= numbers
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_stories_stay_true_on_later_days(tmp_path: Path) -> None:
    """On a new day the personas' dates move along; on the same day what happened stays."""
    folder = tmp_path / "registries"
    make(folder, size=200)
    persona = BY_CODE["expired-60-days"].national_id
    sql = "SELECT EXP_DT FROM DL_LICENCE WHERE HLDR_NID = ?"

    assert select(folder, "TRF", sql, persona) == [("2026-09-25",)]
    assert refresh_personas(folder, now=NOW + timedelta(hours=5)) is False
    assert refresh_personas(folder, now=NOW + timedelta(days=10)) is True
    assert select(folder, "TRF", sql, persona) == [("2026-10-05",)]
    assert select(folder, "CIV", "SELECT COUNT(*) FROM CIV_PERSON") == [(200,)]


@pytest.mark.slow
def test_a_hundred_thousand_persons_take_less_than_a_minute(tmp_path: Path) -> None:
    """The default country is ready quickly enough for a first start."""
    started = time.monotonic()
    make(tmp_path / "registries", size=100_000)

    assert time.monotonic() - started < 60
