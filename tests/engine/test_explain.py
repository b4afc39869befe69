"""A decision is told to each reader in both languages, from itself alone."""

from __future__ import annotations

import re

import pytest

from taysir.engine.decision import Decision
from taysir.engine.definition import Pack
from taysir.engine.explain import Audience, explain
from taysir.engine.rules import decide
from taysir.kernel.errors import Language

from .conftest import NOW, MakeCase

ON = NOW.date()


@pytest.fixture
def refused(pack: Pack, make_case: MakeCase) -> Decision:
    """A refusal for unpaid fines, as it comes back from storage."""
    facts = make_case(fines={"unpaid_count": 2, "unpaid_total_minor": 45_000})
    return Decision.from_json(decide(pack, facts, on=ON, at=NOW).to_json())


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("audience", list(Audience))
def test_a_refusal_always_has_article_and_objection(
    refused: Decision, audience: Audience, language: Language
) -> None:
    text = explain(refused, audience=audience, language=language).as_text()
    assert ("المادة 14" if language == "ar" else "article 14") in text
    assert ("الاعتراض" if language == "ar" else "object") in text
    assert "{" not in text


def test_the_citizen_reads_no_files_and_no_hashes(refused: Decision) -> None:
    text = explain(refused, audience="citizen", language="ar").as_text()
    assert ".dmn" not in text
    assert refused.pack not in text
    assert not re.search("[A-Za-z]{3}", text)


def test_the_officer_sees_sources_and_rules(refused: Decision) -> None:
    text = explain(refused, audience="officer", language="en").as_text()
    assert "from WAHA/GOV/TRF/licensing/fines at 2026-11-24 09:00:00 UTC" in text
    assert "rules/eligibility.dmn:" in text
    assert "exchange" not in text


def test_a_clean_case_says_how_many_grounds_were_checked(pack: Pack, make_case: MakeCase) -> None:
    decision = decide(pack, make_case(), on=ON, at=NOW)
    text = explain(decision, audience="officer", language="en").as_text()
    assert "none of 9 rows matched" in text
    assert "term_from formula, traffic-16, rules/term.dmn:" in text
    assert "term_fee row 2, fees-3, rules/fee.dmn:" in text


def test_the_auditor_sees_the_proof(refused: Decision) -> None:
    text = explain(refused, audience="auditor", language="en").as_text()
    assert "exchange x1, agreement a1" in text
    assert refused.pack in text


def test_a_grant_tells_what_was_decided(pack: Pack, make_case: MakeCase) -> None:
    decision = decide(pack, make_case(years=10), on=ON, at=NOW)
    arabic = explain(decision, audience="citizen", language="ar").as_text()
    assert "400" in arabic
    assert "24 ديسمبر 2036م" in arabic
    assert "24 December 2036" in explain(decision, audience="citizen", language="en").as_text()


def test_waiting_tells_what_is_awaited_and_what_would_refuse(
    pack: Pack, make_case: MakeCase
) -> None:
    facts = make_case(fitness="not_found", fines={"unpaid_count": 1, "unpaid_total_minor": 100})
    titles = [
        section.heading
        for section in explain(
            decide(pack, facts, on=ON, at=NOW), audience="citizen", language="en"
        ).sections
    ]
    assert titles == ["What we wait for", "What would prevent a grant if it stays as it is"]
