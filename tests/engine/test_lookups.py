"""An agency's answer is taken over whole or not at all, and nothing it fails to say refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.definition import Pack
from taysir.engine.facts import CaseFacts, EvidenceOutcome, Fetched, Typed
from taysir.engine.lookups import (
    lookup_path,
    lookups_due,
    needed_lookups,
    receive_answer,
    receive_outcome,
)

from .conftest import NOW, PACK_PATH, RECORDS, MakeCase

REGISTRIES = PACK_PATH.parents[1] / "registries"


def test_an_answer_is_taken_over_with_its_exchange(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case()
    known = facts["licence.expires_on"]
    assert known.value == "2026-12-24"
    assert known.provenance == Fetched(
        "WAHA/GOV/TRF/licensing/licences", "a1", "x1", NOW, "licence"
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"expires_on": "soon"},
        {"expires_on": None},
        {"status": "V"},
        {"categories": []},
        {"restrictions": "glasses"},
    ],
)
def test_a_broken_answer_is_invalid_and_changes_nothing(pack: Pack, broken: dict[str, Any]) -> None:
    licence = pack.lookup("licence")
    assert licence is not None
    facts = receive_answer(
        pack,
        licence,
        CaseFacts(),
        {**RECORDS["licence"], **broken},
        agreement="a",
        exchange_id="x",
        at=NOW,
    )
    assert len(facts) == 0
    assert facts.evidence["licence"].outcome is EvidenceOutcome.INVALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["expires_on", "status", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(body=JSON)
def test_any_answer_is_taken_over_or_invalid(pack: Pack, body: object) -> None:
    licence = pack.lookup("licence")
    assert licence is not None
    facts = receive_answer(pack, licence, CaseFacts(), body, agreement="a", exchange_id="x", at=NOW)
    assert facts.evidence["licence"].outcome is EvidenceOutcome.INVALID


def test_a_failure_does_not_take_back_what_was_answered(pack: Pack, make_case: MakeCase) -> None:
    facts, fines = make_case(), pack.lookup("fines")
    assert fines is not None
    for outcome in (EvidenceOutcome.UNREACHABLE, EvidenceOutcome.DECLINED):
        kept = receive_outcome(fines, facts, outcome, at=NOW + timedelta(minutes=1))
        assert kept == facts
    gone = receive_outcome(fines, facts, EvidenceOutcome.NOT_FOUND, at=NOW)
    assert "fines.unpaid_count" not in gone


def test_only_what_is_needed_missing_or_old_is_asked(pack: Pack, make_case: MakeCase) -> None:
    def due(facts: CaseFacts, **more: Any) -> list[str]:
        return [lookup.name for lookup in lookups_due(pack, facts, **{"at": NOW, **more})]

    assert due(make_case()) == []
    assert due(make_case(fines="unreachable")) == ["fines"]
    assert due(make_case(), refresh=["person"]) == ["person"]
    assert due(make_case(), at=NOW + timedelta(days=1)) == []
    every_day = ["person", "licence", "fines", "fitness", "suspension"]
    assert due(make_case(), at=NOW + timedelta(days=1, seconds=1)) == every_day
    post = make_case().with_value("renewal.delivery", "post", provenance=Typed("applicant", NOW))
    assert due(post) == ["address"]


def test_the_address_is_only_asked_for_delivery_by_post(pack: Pack, make_case: MakeCase) -> None:
    assert "address" not in [item.name for item in needed_lookups(pack, make_case())]
    posted = needed_lookups(pack, make_case(delivery="post"))
    assert "address" in [item.name for item in posted]


def test_a_fact_in_a_path_cannot_leave_its_segment(pack: Pack, make_case: MakeCase) -> None:
    facts = make_case().with_value(
        "applicant.national_id", "3/../x?y#z", provenance=Typed("applicant", NOW)
    )
    assert lookup_path(pack.lookups[0], facts) == "/persons/3%2F..%2Fx%3Fy%23z"


@pytest.mark.parametrize("mapping", sorted(REGISTRIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sample_registries_answer_what_the_pack_asks(pack: Pack, mapping: Path) -> None:
    offered = yaml.safe_load(mapping.read_text("utf-8"))
    for lookup in pack.lookups:
        if str(lookup.service) == offered["service"]:
            assert {pointer[1:] for pointer in lookup.facts} <= set(offered["fields"])
            assert lookup.path.partition("/{")[0] == offered["path"].partition("/{")[0]
