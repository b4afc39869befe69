"""The register of articles is data: every service agrees with it, and it names its users."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import taysir.country
import taysir.country.services
from taysir.engine.check import check_pack
from taysir.engine.law import read_register, register_of, write_register
from taysir.engine.pack import load_pack

FILE = Path(taysir.country.__path__[0]) / "articles.yaml"
SERVICES = Path(taysir.country.services.__path__[0])
FOLDERS = sorted(path.parent.name for path in SERVICES.glob("*/service.yaml"))
REGISTER = read_register(FILE.read_bytes(), file=FILE.name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_service_states_of_an_article_what_the_register_states(folder: str) -> None:
    """Write the register anew with ``taysir service law -o`` when a service cites a new article."""
    found = check_pack(load_pack(SERVICES / folder), on=date(2026, 11, 24), register=REGISTER)
    assert [item.in_words() for item in found if item.code in {"ENG-1330", "ENG-1331"}] == []


def test_a_register_comes_back_as_it_was_written() -> None:
    again = read_register(write_register(REGISTER).encode(), file=FILE.name)
    assert write_register(again) == write_register(REGISTER) == FILE.read_text("utf-8")
    assert [entry.code for entry in again.articles.values()] == sorted(REGISTER.articles)


def test_the_lawmaker_reads_who_rests_on_an_article() -> None:
    register = register_of([load_pack(SERVICES / "licence_renewal")])
    uses = register.articles["traffic-14"].uses
    assert any(use.endswith("refusals 6") for use in uses)
    assert all(entry.uses for entry in register.in_force(date(2026, 11, 24)))
