"""Stored cases are decided again under a draft: counted truly, told without showing anyone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.applying import Brief
from taysir.engine.definition import Pack
from taysir.engine.facts import CaseFacts
from taysir.engine.generated import boundary_cases, broken_cases
from taysir.engine.replay import Replay, Tally, chunks, read_case, report
from taysir.engine.rules import decide
from taysir.engine.scenarios import read_scenarios, scenario_facts
from taysir.kernel.errors import Problem
from taysir.kernel.limits import (
    REPLAY_CHUNK_CASES,
    REPLAY_GROUP_VALUES,
    REPLAY_LINE_BYTES,
    REPLAY_SMALL_GROUP,
)
from tests.examples import examples

from .conftest import NOW, MakeCase

ON = NOW.date()
FEE = {"rules__fee": ("<text>20000</text>", "<text>22500</text>")}


def line(facts: CaseFacts, *, on: date = ON, case: str = "") -> bytes:
    stored = {"case": case, "on": on.isoformat(), "facts": json.loads(facts.to_json())}
    return json.dumps(stored).encode() + b"\n"


@pytest.fixture(scope="module")
def draft(changed: Callable[..., Pack]) -> Pack:
    """The renewal with another fee for five years."""
    return changed(**FEE)


def told(tally: Tally, pack: Pack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(report(tally, pack)))
    return found


def test_who_how_many_and_how_much(pack: Pack, draft: Pack, make_case: MakeCase) -> None:
    lines = [line(make_case(years=5), case=f"five-{n}") for n in range(6)]
    lines += [line(make_case(years=2))] * 4
    lines += [line(make_case(fines={"unpaid_count": 1, "unpaid_total_minor": 1}))]
    found = told(Replay(pack, draft).run(lines), draft)
    assert (found["cases"], found["changed"], found["failed"]) == (11, 6, 0)
    assert found["outcomes"] == [
        {"before": "granted", "after": "granted", "cases": 10},
        {"before": "refused", "after": "refused", "cases": 1},
    ]
    fee = next(item for item in found["money"] if item["fact"] == "renewal.fee_minor")
    assert (fee["before"], fee["difference"], fee["more"], fee["less"]) == (152_000, 15_000, 6, 0)
    terms = {g["value"]: g for g in found["groups"] if g["fact"] == "renewal.years"}
    assert {value: group["changed"] for value, group in terms.items()} == {"5": 6}
    assert terms["5"]["difference"]["renewal.fee_minor"] == 15_000
    assert found["examples"] == [f"five-{n}" for n in range(6)]
    codes = {item["code"]: (item["before"], item["after"]) for item in found["reasons"]}
    assert codes["renewed"] == (10, 10)


def test_an_outcome_that_turns_is_counted_both_ways(
    pack: Pack, changed: Callable[..., Pack], make_case: MakeCase
) -> None:
    stricter = changed(rules__eligibility=("<text>&gt; 180</text>", "<text>&gt; 20</text>"))
    found = told(Replay(pack, stricter).run([line(make_case())] * 7), stricter)
    assert found["outcomes"] == [{"before": "granted", "after": "refused", "cases": 7}]
    (fee,) = (item for item in found["money"] if item["fact"] == "renewal.fee_minor")
    assert (fee["after"], fee["less"]) == (0, 7)


@pytest.mark.parametrize("count", [REPLAY_SMALL_GROUP - 1, REPLAY_SMALL_GROUP])
def test_a_group_too_small_to_hide_in_is_not_told(
    pack: Pack, draft: Pack, make_case: MakeCase, count: int
) -> None:
    found = told(Replay(pack, draft).run([line(make_case(years=5))] * count), draft)
    assert bool(found["groups"]) is (count >= REPLAY_SMALL_GROUP)
    assert found["changed"] == count


def test_values_beyond_the_bound_are_counted_together() -> None:
    tally = Tally()
    for number in range(REPLAY_GROUP_VALUES + 1):
        tally.group("fact", str(number)).cases += 1
    assert len(tally.groups["fact"]) == REPLAY_GROUP_VALUES + 1
    tally.group("fact", "another").cases += 1
    assert tally.groups["fact"]["…"].cases == 2


def test_a_draft_of_next_year_is_tried_on_cases_of_this_year(
    pack: Pack, changed: Callable[..., Pack], make_case: MakeCase
) -> None:
    later = changed(rules__fee=("<annotationEntry><text>2015-", "<annotationEntry><text>2027-"))
    lines = [line(make_case(years=2))]
    assert Replay(pack, later).run(lines).failures == {"ENG-1104": 1}
    assert not Replay(pack, later, date(2027, 1, 1)).run(lines).failures


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b'{"on": "2026-11-24"}',
        b'{"on": "yesterday", "facts": {}}',
        b'{"on": "2026-11-24", "facts": {"format": 2, "values": {}}}',
    ],
)
def test_a_broken_line_is_counted_and_the_rest_is_decided(
    pack: Pack, draft: Pack, make_case: MakeCase, bad: bytes
) -> None:
    tally = Replay(pack, draft).run([bad, line(make_case())])
    assert (tally.cases, tally.changed, tally.failures) == (2, 1, {"ENG-1101": 1})


def test_a_line_has_a_bound() -> None:
    start, end = b'{"on": "2026-11-24", "facts": {"x": "', b'"}}'
    fill = REPLAY_LINE_BYTES - len(start) - len(end)
    assert read_case(start + b"a" * fill + end).on == ON
    with pytest.raises(Problem, match="ENG-1101"):
        read_case(start + b"a" * (fill + 1) + end)


def test_lines_are_taken_in_parts_and_never_all_at_once() -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        for number in range(3 * REPLAY_CHUNK_CASES + 1):
            taken += 1
            yield b"\n" if number == 0 else b"x\n"

    parts = chunks(lines())
    assert len(next(parts)) == REPLAY_CHUNK_CASES
    assert taken == REPLAY_CHUNK_CASES + 1
    assert [len(part) for part in parts] == [REPLAY_CHUNK_CASES] * 2


@examples(10)
@given(cuts=st.lists(st.integers(0, 30), max_size=3))
def test_counting_in_parts_gives_what_counting_at_once_gives(
    pack: Pack, draft: Pack, cuts: list[int]
) -> None:
    lines = [line(facts, on=on, case=str(n)) for n, (facts, on) in enumerate(stored(pack))]
    whole = Replay(pack, draft).run(lines)
    bounds = [0, *sorted(cuts), len(lines)]
    merged = Tally()
    for start, end in pairwise(bounds):
        merged.merge(Replay(pack, draft).run(lines[start:end]))
    assert report(merged, draft) == report(whole, draft)


def stored(pack: Pack) -> list[tuple[CaseFacts, date]]:
    return [(scenario_facts(pack, item)[0], item.on) for item in read_scenarios(pack.files)][:30]


def test_brief_decisions_agree_with_whole_ones(pack: Pack) -> None:
    """What is left out is words and trace, never an outcome, code, article or value."""
    for scenario in read_scenarios(pack.files):
        facts, _ = scenario_facts(pack, scenario)
        for at in (None, scenario.at):
            whole = decide(pack, facts, on=scenario.on, at=at)
            brief = decide(pack, facts, on=scenario.on, at=at, brief=Brief())
            for name in ("outcome", "codes", "articles", "values", "waiting", "refresh"):
                assert getattr(brief, name) == getattr(whole, name)
            assert brief.unanswered == whole.unanswered


# --- generated boundary cases --------------------------------------------------------------------


def test_every_threshold_of_the_renewal_is_tried_from_both_sides(pack: Pack) -> None:
    values: dict[str, set[Any]] = {}
    for case in boundary_cases(pack, read_scenarios(pack.files)):
        values.setdefault(case.fact, set()).add(case.value)
    days = {(date.fromisoformat(value) - ON).days for value in values["licence.expires_on"]}
    assert {179, 180, 181, -59, -60, -61, -62, 0, 1, -1} <= days
    assert 1 in values["fines.unpaid_count"]  # none unpaid is what the tests start from
    assert values["fitness.result"] >= {"unfit", "fit_with_glasses"}
    assert (ON - timedelta(days=1)).isoformat() in values["fitness.valid_until"]


def test_the_renewal_holds_around_every_threshold(pack: Pack) -> None:
    count, broken = broken_cases(pack, boundary_cases(pack, read_scenarios(pack.files)))
    assert count >= 200
    assert broken == ()


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        # The fee beyond day 60 is forgotten: only a generated case meets day 61 with a grant.
        ({"rules__fee": ("10000 * late_years", "null")}, "ENG-1104"),
        ({"rules__eligibility": ("<text>unfit</text>", "<text>unfitt</text>")}, "ENG-1104"),
        (
            {
                "rules__eligibility": (
                    "<annotationEntry><text>traffic-14</text>",
                    "<annotationEntry><text></text>",
                )
            },
            "refused without an article: fines-unpaid",
        ),
        ({"rules__fee": ("<text>40000</text>", '<text>"free"</text>')}, "ENG-1104"),
    ],
)
def test_a_rule_that_fails_beside_a_threshold_is_met(
    changed: Callable[..., Pack], change: dict[str, tuple[str, str]], detail: str
) -> None:
    pack = changed(**change)
    _, broken = broken_cases(pack, boundary_cases(pack, read_scenarios(pack.files)))
    assert any(detail in each.detail for each in broken)
