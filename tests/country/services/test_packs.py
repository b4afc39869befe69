"""Every sample service is fit to be published, and its own tests hold and reach all of its law."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from taysir.country.sharing import SERVICES, service_packs
from taysir.engine.check import check_pack
from taysir.engine.decision import Outcome
from taysir.engine.definition import ClockCause, Pack
from taysir.engine.facts import FactType
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import ScenarioResult, read_scenarios, run_scenario, scenario_facts
from taysir.transactions.documents.description import load_description, render_values
from taysir.transactions.documents.typesetting import qr_svg, set_pdf

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FOLDERS = sorted(file.parent for file in SERVICES.glob("*/service.yaml"))

every_pack = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@cache
def pack_in(folder: Path) -> Pack:
    """Return the pack of a folder, loaded once for all tests here."""
    return load_pack(folder)


@cache
def results_of(folder: Path) -> tuple[ScenarioResult, ...]:
    """Return what running a pack's own tests gave."""
    pack = pack_in(folder)
    return tuple(run_scenario(pack, scenario) for scenario in read_scenarios(pack.files))


def granted_values(folder: Path) -> dict[str, Any]:
    """Return the values of the first case that a pack's own tests grant."""
    pack = pack_in(folder)
    won = next(item for item in results_of(folder) if item.decision.outcome is Outcome.GRANTED)
    facts, _ = scenario_facts(pack, won.scenario)
    known = {name: known.value for name, known in facts.items()}
    return {**known, **won.decision.values, **registered_values(pack, won)}


def registered_values(pack: Pack, won: ScenarioResult) -> dict[str, Any]:
    """Return what the register answers in a test case, as facts."""
    registration = pack.service.registration
    if registration is None:
        return {}
    reply = won.scenario.given["registries"].get("registration", {})
    return {name: reply[pointer[1:]] for pointer, name in registration.facts.items()}


@every_pack
def test_nothing_keeps_the_pack_from_being_published(folder: Path) -> None:
    found = check_pack(pack_in(folder), on=TODAY)
    assert [item.in_words("en") for item in found] == []


@every_pack
def test_every_case_of_the_pack_is_decided_as_it_says(folder: Path) -> None:
    wrong = {
        result.scenario.name: [(d.part, d.expected, d.found) for d in result.differences]
        for result in results_of(folder)
        if not result.passed
    }
    assert wrong == {}


@every_pack
def test_every_row_of_the_law_is_reached_by_a_case(folder: Path) -> None:
    reached = {
        (row.file, row.decision, row.row)
        for result in results_of(folder)
        for step in result.decision.steps
        for row in step.rows
    }
    rows = [row for file in pack_in(folder).rules.files for row in file.rows]
    unreached = [
        f"{row.place} {row.decision} {row.number} {row.code}"
        for row in rows
        if (row.place.file, row.decision, row.number) not in reached
    ]
    assert unreached == []


@every_pack
def test_every_end_and_every_lookup_that_fails_is_tried(folder: Path) -> None:
    results = results_of(folder)
    ends = {result.decision.outcome for result in results}
    assert {Outcome.GRANTED, Outcome.REFUSED, Outcome.WAITING} <= ends
    codes = {code for result in results for code in result.decision.codes}
    assert "value-disputed" in codes
    assert "evidence-unreachable" in codes


@every_pack
def test_every_document_is_set_on_one_page_from_a_granted_case(folder: Path) -> None:
    pack = pack_in(folder)
    for output in pack.service.outputs:
        template = folder / output.template
        description = load_description(template.with_suffix(".yaml"))
        values = render_values(description, granted_values(folder))
        content = {
            "title": {"ar": description.title.ar, "en": description.title.en},
            "issuer": {"ar": description.issuer.ar, "en": description.issuer.en},
            "case": "T-1",
            "issued": {"ar": "اليوم", "en": "today", "raw": NOW.isoformat()},
            "code": "ABCD-EFGH",
            "verify": "https://portal.example/verify/ABCDEFGH",
            "qr": qr_svg("https://portal.example/verify/ABCDEFGH"),
            "values": {name: {"ar": value.ar, "en": value.en} for name, value in values.items()},
            "attachment": {"values": {name: value.raw for name, value in values.items()}},
        }
        pdf = PdfFileReader(BytesIO(set_pdf(template, data=content, at=NOW)))
        assert pdf.root["/Pages"]["/Count"] == 1


@every_pack
def test_a_stage_that_waits_for_payment_says_what_is_to_be_paid(folder: Path) -> None:
    pack = pack_in(folder)
    for stage in pack.flow.stages.values():
        if stage.stopped_by is ClockCause.PAYMENT:
            assert pack.facts[stage.bill].type is FactType.MONEY


def test_a_service_that_is_only_prepared_is_not_offered() -> None:
    offered = {folder.name for folder in service_packs()}
    assert "licence_renewal" in offered
    prepared = {folder.name for folder in FOLDERS if pack_in(folder).service.status == "prepared"}
    assert not offered & prepared
    assert offered | prepared == {folder.name for folder in FOLDERS}
