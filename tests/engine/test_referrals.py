"""What the law leaves to an officer is referred with its reasons; optional evidence never holds."""

from __future__ import annotations

import pytest

from taysir.engine.check import check_pack
from taysir.engine.decision import Decision, Outcome, ReasonKind
from taysir.engine.definition import Pack
from taysir.engine.explain import explain
from taysir.engine.facts import EvidenceOutcome
from taysir.engine.findings import PackErrors
from taysir.engine.lookups import receive_outcome
from taysir.engine.pack import build_pack
from taysir.engine.rules import decide
from taysir.kernel.errors import Language

from .conftest import NOW, MakeCase, edited

TODAY = NOW.date()
TABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" xmlns:taysir="urn:taysir:dmn:1"
             id="referral" name="referral" namespace="urn:x" taysir:valid-from="2015-01-01">
  <inputData id="in_licence" name="licence"><variable name="licence"/></inputData>
  <decision id="referrals" name="referrals">
    <variable name="referrals" typeRef="Any"/>
    <informationRequirement><requiredInput href="#in_licence"/></informationRequirement>
    <decisionTable hitPolicy="COLLECT">
      <input id="i1">
        <inputExpression><text>count(licence.categories)</text></inputExpression>
      </input>
      <output id="o1"/>
      <annotation name="code"/><annotation name="article"/>
      <rule id="r1">
        <inputEntry><text>&gt; 1</text></inputEntry>
        <outputEntry><text>"many-categories"</text></outputEntry>
        <annotationEntry><text>many-categories</text></annotationEntry>
        <annotationEntry><text>traffic-16</text></annotationEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""
WORDS = """reasons:
  many-categories:
    text: {ar: للرخصة أكثر من فئة., en: The licence has several categories.}
    remedy: {ar: ينظر فيها موظف., en: An officer looks at it.}
"""


def referring(files: dict[str, bytes]) -> dict[str, bytes]:
    """The renewal pack, whose law leaves licences of several categories to an officer."""
    changed = edited(
        files,
        service=("  grant_reason: renewed", "  referrals: referrals\n  grant_reason: renewed"),
        reasons=("reasons:\n", WORDS),
    )
    return {**changed, "rules/referral.dmn": TABLE}


@pytest.fixture(scope="module")
def strict(files: dict[str, bytes]) -> Pack:
    """The pack that refers."""
    return build_pack(referring(files))


def test_a_matching_row_refers_with_article_inputs_and_values(
    strict: Pack, make_case: MakeCase
) -> None:
    facts = make_case(licence={"categories": ["A", "B"]})
    decision = decide(strict, facts, on=TODAY, at=NOW)
    assert decision.outcome is Outcome.REFERRED
    assert decision.codes == ("many-categories",)
    assert decision.reasons[0].kind is ReasonKind.REFERRAL
    assert decision.articles == ("traffic-16",)
    assert [item.fact for item in decision.reasons[0].inputs] == ["licence.categories"]
    assert decision.values["renewal.fee_minor"] == 20_000
    assert Decision.from_json(decision.to_json()) == decision
    titles: dict[Language, str] = {"ar": "الطلب لدى موظف", "en": "With an officer"}
    for language, title in titles.items():
        told = explain(decision, audience="citizen", language=language).as_text()
        assert told.startswith(title)


def test_without_a_matching_row_it_is_granted(strict: Pack, make_case: MakeCase) -> None:
    assert decide(strict, make_case(), on=TODAY, at=NOW).outcome is Outcome.GRANTED


def test_once_an_officer_has_looked_it_is_granted(strict: Pack, make_case: MakeCase) -> None:
    facts = make_case(licence={"categories": ["A", "B"]})
    assert decide(strict, facts, on=TODAY, at=NOW, reviewed=True).outcome is Outcome.GRANTED


def test_a_refusal_goes_before_a_referral(strict: Pack, make_case: MakeCase) -> None:
    facts = make_case(
        licence={"categories": ["A", "B"]}, fines={"unpaid_count": 1, "unpaid_total_minor": 100}
    )
    decision = decide(strict, facts, on=TODAY, at=NOW)
    assert decision.outcome is Outcome.REFUSED
    assert decision.codes == ("fines-unpaid",)


def test_a_referral_needs_its_words_and_its_table(files: dict[str, bytes]) -> None:
    wordless = edited(referring(files), reasons=("  many-categories:", "  few-categories:"))
    codes = [item.code for item in check_pack(build_pack(wordless), on=TODAY)]
    assert "ENG-1305" in codes
    whole = referring(files)
    del whole["rules/referral.dmn"]
    with pytest.raises(PackErrors) as caught:
        build_pack(whole)
    assert [item.code for item in caught.value.findings] == ["ENG-1014"]


def test_an_approved_reason_must_exist_and_counts_as_told(files: dict[str, bytes]) -> None:
    action = "        needs_reason: true\n      withdraw:"
    named = edited(
        files,
        flow=(action, action.replace("true\n", "true\n        reasons: [shown]\n")),
        reasons=("reasons:\n", WORDS.replace("many-categories", "shown")),
    )
    assert check_pack(build_pack(named), on=TODAY) == ()
    unknown = {**named, "reasons.yaml": files["reasons.yaml"]}
    with pytest.raises(PackErrors) as caught:
        build_pack(unknown)
    assert [item.code for item in caught.value.findings] == ["ENG-1015"]


def test_no_case_waits_for_evidence_that_is_not_awaited(
    files: dict[str, bytes], make_case: MakeCase
) -> None:
    tested = edited(
        files,
        lookups=("    on_not_found: absent\n", "    on_not_found: absent\n    awaited: false\n"),
    )
    pack = build_pack(tested)
    fines = next(lookup for lookup in pack.lookups if not lookup.awaited)
    facts = receive_outcome(fines, make_case(fines=None), EvidenceOutcome.UNREACHABLE, at=NOW)
    assert decide(pack, facts, on=TODAY, at=NOW).outcome is Outcome.GRANTED
    whole = build_pack(files)
    assert decide(whole, facts, on=TODAY, at=NOW).outcome is Outcome.WAITING
