"""The sample services agree with each other, ask the sources they should, and strand nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from taysir.country.sharing import SERVICES
from taysir.engine.check import check_pack, holdings_of
from taysir.engine.decision import Outcome, ReasonKind
from taysir.engine.definition import Pack, Role
from taysir.engine.flow import actions_for, live_stages, start_token, transition
from taysir.engine.flow_token import Token
from taysir.engine.law import register_of
from taysir.engine.pages import case_context
from taysir.engine.scenarios import Scenario, read_scenarios, run_scenario, scenario_facts
from taysir.kernel.limits import TOKEN_BYTES

from .deciding import pack_named

FOLDERS = sorted(file.parent.name for file in SERVICES.glob("*/service.yaml"))
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)

SOURCES = {
    "licence_renewal": "CIV HLT TRF JUS PST",
    "trade_name_reservation": "CIV JUS COM EMP",
    "commercial_registration": "CIV JUS COM EMP PST",
    "birth_registration": "CIV HLT PST",
    "building_permit": "CIV JUS COM PST INS MUN",
    "social_benefit": "CIV HLT TRF JUS COM EMP PST",
    "death_registration": "CIV HLT TRF JUS COM EMP PST",
    "vehicle_renewal": "CIV TRF JUS COM PST INS",
}
"""The agencies that each service asks instead of the person."""


def test_no_two_services_contradict_each_other_about_an_article() -> None:
    packs = [pack_named(folder) for folder in FOLDERS]
    register = register_of(packs)
    assert [(a.code, a.uses, b.uses) for a, b in register.contradictions] == []
    for one, other in combinations(packs, 2):
        for code in one.articles.keys() & other.articles.keys():
            assert one.articles[code].title == other.articles[code].title, code


@pytest.mark.parametrize("folder", SOURCES)
def test_a_service_asks_the_sources_instead_of_the_person(folder: str) -> None:
    asked = {str(lookup.service).split("/")[2] for lookup in pack_named(folder).lookups}
    assert set(SOURCES[folder].split()) <= asked


def test_a_service_code_names_one_service() -> None:
    packs = [pack_named(folder) for folder in FOLDERS]
    assert len({pack.service.id for pack in packs}) == len(packs)
    assert [pack.service.code.replace("-", "_") for pack in packs] == FOLDERS


def contexts(pack: Pack) -> Iterator[dict[str, Any]]:
    """What the conditions of a flow may see: each of the pack's own cases, with its values."""
    for scenario in read_scenarios(pack.files):
        facts, _ = scenario_facts(pack, scenario)
        values = run_scenario(pack, scenario).decision.values
        for amount in (0, 5_000):
            money = {name: amount for name in pack.plan.values if name.endswith("_minor")}
            known = {**values, **money}
            yield case_context(pack.facts, facts, on=scenario.on, answers=known)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_stage_is_reached_by_taking_actions_and_none_grows_the_token(folder: str) -> None:
    pack = pack_named(folder)
    reached: set[str] = set()
    for known in contexts(pack):
        waiting = [start_token(pack, at=AT, facts=known)]
        seen: set[tuple[str, ...]] = set()
        while waiting:
            token = waiting.pop()
            reached |= {stage.name for stage in live_stages(pack, token)}
            for following in steps(pack, token, known):
                place = (following.stage, *sorted(item.stage for item in following.branches))
                if place not in seen:
                    seen.add(place)
                    waiting.append(following)
        if reached >= stops(pack):
            break
    assert stops(pack) - reached == set()


def stops(pack: Pack) -> set[str]:
    """The stages at which a case can stand."""
    kinds = pack.flow.stages.values()
    return {stage.name for stage in kinds if not (stage.choose or stage.fork or stage.join)}


def steps(pack: Pack, token: Token, known: dict[str, Any]) -> list[Token]:
    """Every state that one action of any role leads to."""
    assert len(token.to_json()) <= TOKEN_BYTES
    return [
        transition(pack, token, action.name, role=role, at=AT, stage=stage.name, facts=known)
        for stage in live_stages(pack, token)
        for role in Role
        for action in actions_for(pack, token, role=role, stage=stage.name, facts=known)
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_service_asks_a_person_for_what_another_service_fetches(folder: str) -> None:
    others = holdings_of(pack_named(other) for other in FOLDERS if other != folder)
    assert check_pack(pack_named(folder), on=AT.date(), holdings=others) == ()


def granted(pack: Pack) -> Scenario:
    """The first of a pack's own cases that is granted, by rule or by an officer."""
    cases = read_scenarios(pack.files)
    return next(
        case for case in cases if run_scenario(pack, case).decision.outcome is Outcome.GRANTED
    )


def with_given(case: Scenario, **given: Any) -> Scenario:
    """The case with some of what is given replaced."""
    return replace(case, given={**case.given, **given})


@pytest.mark.parametrize("failure", ["unreachable", "declined", "invalid"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_registry_that_fails_never_refuses(folder: str, failure: str) -> None:
    pack = pack_named(folder)
    case = granted(pack)
    replies = case.given["registries"]
    asked = scenario_facts(pack, case)[0].evidence
    for lookup in (lookup for lookup in pack.lookups if lookup.name in asked):
        failing = with_given(case, registries={**replies, lookup.name: failure})
        decision = run_scenario(pack, failing).decision
        expected = Outcome.WAITING if lookup.awaited else Outcome.GRANTED
        assert decision.outcome is expected, lookup.name
        assert not lookup.awaited or lookup.name in decision.waiting


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_disputed_value_never_refuses_nor_grants(folder: str) -> None:
    pack = pack_named(folder)
    case = granted(pack)
    known = scenario_facts(pack, case)[0]
    for lookup in (lookup for lookup in pack.lookups if lookup.name in known.evidence):
        for name in (name for name in lookup.facts.values() if name in known):
            decision = run_scenario(pack, with_given(case, dispute=[name])).decision
            assert decision.outcome is Outcome.WAITING, name
            assert decision.disputed == (name,)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_refusal_names_its_article_and_what_to_do(folder: str) -> None:
    pack = pack_named(folder)
    for case in read_scenarios(pack.files):
        decision = run_scenario(pack, case).decision
        for reason in (*decision.reasons, *decision.concerns):
            if reason.kind in (ReasonKind.REFUSAL, ReasonKind.REFERRAL):
                assert reason.article_title, (case.name, reason.code)
                for words in (*reason.text.values(), *reason.remedy.values()):
                    assert words.strip()
                    assert "{" not in words
