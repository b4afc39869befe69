"""What would harm people is found before publishing, with its place and its remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from taysir.engine.check import check_pack
from taysir.engine.definition import Pack
from taysir.engine.findings import PackErrors, Severity
from taysir.engine.law import read_register, register_of
from taysir.engine.pack import build_pack

from .conftest import NOW

ON = NOW.date()
FACT = """"unused": {"type": "string", "taysir": {"label": {"ar": "زائد", "en": "Extra"},
  "source": "%s", "sensitivity": "public", "retention": "P1Y"}},
            "vital_status": {"""


def test_the_sample_pack_has_nothing_to_mend(pack: Pack) -> None:
    assert check_pack(pack, on=ON) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"facts.schema": ('"vital_status": {', FACT % "identity")}, "ENG-1301"),
        ({"facts.schema": ('"vital_status": {', FACT % "lookup")}, "ENG-1302"),
        ({"pages": ("- fact: renewal.delivery", "- fact: licence.number")}, "ENG-1303"),
        ({"flow": ("        to: granted\n", "        to: issuing\n")}, "ENG-1305"),
        ({"flow": ("    deadline: {after: PT1H, action: refer}\n", "")}, "ENG-1306"),
        ({"flow": ("    final: refused\n", "")}, "ENG-1304"),
        ({"service": ('from: "2015-01-01"', 'from: "2016-01-01"')}, "ENG-1307"),
        (
            {"rules__fee": ("<annotationEntry><text>fees-3<", "<annotationEntry><text><")},
            "ENG-1308",
        ),
        ({"rules__fee": ("<text>fees-3<", "<text>fees-33<")}, "ENG-1015"),
        ({"rules__eligibility": ("<text>unfit</text>", "<text>unfitt</text>")}, "ENG-1309"),
        ({"reasons": ("  renewed:\n", "  renewed-x:\n")}, "ENG-1309"),
        ({"reasons": ("ar: قدّم الطلب عند بدء مدة التجديد.", "ar: Apply later.")}, "ENG-1311"),
        (
            {"rules__term": ("<text>licence.expires_on</text>", "<text>licence.expiry</text>")},
            "ENG-1011",
        ),
        ({"service": ("template: templates/licence.typ", "template: templates/x.typ")}, "ENG-1015"),
        ({"flow": ("documents: [licence]", "documents: [card]")}, "ENG-1015"),
        ({"lookups": ('renewal.delivery = "post"', 'renewal.mode = "post"')}, "ENG-1011"),
        # A fee for two years is asked for, but its row is gone: those cases have no row.
        ({"rules__fee": ("<inputEntry><text>2</text>", "<inputEntry><text>3</text>")}, "ENG-1321"),
        ({"rules__fee": ("&lt;= 60", "&lt;= 59")}, "ENG-1321"),
        ({"rules__fee": ("&lt;= 60", "&lt;= 61")}, "ENG-1322"),
        ({"rules__fee": ("<inputEntry><text>2</text>", "<inputEntry><text>7</text>")}, "ENG-1323"),
        (
            {"rules__fee": ("<text>&lt;= 60</text>", "<text>&lt;= late_years</text>")},
            "ENG-1324",
        ),
        ({"lookups": ('renewal.delivery = "post"', 'renewal.delivery = "pigeon"')}, "ENG-1325"),
        (
            {"pages": ("  - id: renew\n", "  - id: renew\n    when: renewal.years > 10\n")},
            "ENG-1325",
        ),
        ({"service": ("  net: P3D", "  net: P0D")}, "ENG-1327"),
        (
            {
                "flow": (
                    "        label: {ar: الرفض, en: Refuse}\n        notice: refused\n",
                    "        label: {ar: الرفض, en: Refuse}\n",
                )
            },
            "ENG-1328",
        ),
        (
            {"lookups": ('when: renewal.delivery = "post"', 'when: renewl.delivery = "post"')},
            "ENG-1329",
        ),
        (
            {
                "rules__fee": (
                    '<requiredDecision href="#late_years"/>',
                    '<requiredDecision href="#days_late"/>',
                )
            },
            "ENG-1329",
        ),
        (
            {"rules__fee": ('id="in_licence" name="licence"', 'id="in_licence" name="permit"')},
            "ENG-1329",
        ),
        ({"rules__term": (' taysir:article="traffic-16"', "")}, "ENG-1308"),
        ({"reasons": ("  no-licence:\n    article: traffic-16\n", "  no-licence:\n")}, "ENG-1308"),
    ],
)
def test_a_harmful_pack_is_found_out(
    changed: Callable[..., Pack], change: dict[str, tuple[str, str]], code: str
) -> None:
    found = check_pack(changed(**change), on=ON)
    assert code in [finding.code for finding in found]
    assert all(finding.place.line > 0 and finding.remedy["ar"] for finding in found)


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        # What every service owes to people is required by the form itself.
        ({"service": ("fee:\n  ar: ", "fees:\n  ar: ")}, "ENG-1007", "fee"),
        ({"service": ("legal_basis: [", "legal_bases: [")}, "ENG-1007", "legal_basis"),
        ({"service": ("deadline:\n", "deadlines:\n")}, "ENG-1007", "deadline"),
        ({"service": ("objection:\n", "objections:\n")}, "ENG-1007", "objection"),
        ({"pages": ("          en: For how many years?\n", "")}, "ENG-1010", "English"),
        ({"reasons": ("      ar: قدّم الطلب عند بدء مدة التجديد.\n", "")}, "ENG-1010", "Arabic"),
        ({"service": ("within_days: 60", "within_days: 0")}, "ENG-1006", "within_days"),
    ],
)
def test_what_every_service_owes_is_missed_at_once(
    changed: Callable[..., Pack], change: dict[str, tuple[str, str]], code: str, named: str
) -> None:
    with pytest.raises(PackErrors) as caught:
        changed(**change)
    told = [item for item in caught.value.findings if item.code == code]
    assert any(named in item.message["en"] for item in told)
    assert all(item.place.file and item.remedy["ar"] for item in told)


def test_a_payment_without_an_amount_is_found_out(changed: Callable[..., Pack]) -> None:
    plan = """    renewal.term_fee_minor: term_fee
    renewal.late_fee_minor: late_fee
    renewal.fee_minor: fee
"""
    found = check_pack(changed(service=(plan, "")), on=ON)
    assert "ENG-1326" in [finding.code for finding in found]


def test_rows_of_other_days_neither_overlap_nor_leave_gaps(changed: Callable[..., Pack]) -> None:
    notes = (
        "<annotationEntry><text>fees-3</text></annotationEntry>\n        <annotationEntry><text>"
    )
    old = f"""<outputEntry><text>8000</text></outputEntry>
        {notes}2015-01-01</text></annotationEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>"""
    ended = old.replace("<text></text></annotationEntry>\n      </rule>", "<text>%s</text>%s")
    rest = "</annotationEntry>\n      </rule>"
    new = f"""
      <rule id="term_fee_new">
        <inputEntry><text>2</text></inputEntry>
        <outputEntry><text>9000</text></outputEntry>
        {notes}2027-01-01</text></annotationEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>"""
    assert check_pack(changed(rules__fee=(old, ended % ("2026-12-31", rest + new))), on=ON) == ()
    (gap,) = check_pack(changed(rules__fee=(old, ended % ("2026-12-30", rest + new))), on=ON)
    assert (gap.code, gap.message["en"].count("renewal.years: 2")) == ("ENG-1321", 1)
    overlap = check_pack(changed(rules__fee=(old, ended % ("2027-01-01", rest + new))), on=ON)
    assert [item.code for item in overlap] == ["ENG-1322"]
    # The same gap in law that has passed can no longer harm anyone.
    passed = check_pack(
        changed(rules__fee=(old, ended % ("2026-12-30", rest + new))), on=date(2027, 1, 1)
    )
    assert passed == ()


def test_a_fact_may_say_why_it_is_asked_although_it_is_held(changed: Callable[..., Pack]) -> None:
    holdings = {"renewal.delivery": "WAHA/GOV/PST/addresses/preferences"}
    why = '"asked_because": {"ar": "ليغيّرها", "en": "To change it"}, "label": {"ar": "طريقة'
    pack = changed(**{"facts.schema": ('"label": {"ar": "طريقة', why)})
    assert check_pack(pack, on=ON, holdings=holdings) == ()


REGISTER = b"""articles:
  traffic-12: {title: {ar: "\xd8\xa3", en: a}, from: "2015-01-01"}
  fees-3: {title: {ar: "\xd8\xa3", en: a}, from: "2015-01-01", until: "2026-12-31"}
"""


def test_the_countrys_register_of_articles_has_the_last_word(pack: Pack) -> None:
    register = read_register(REGISTER, file="register.yaml")
    found = check_pack(pack, on=ON, register=register)
    assert {item.code for item in found} == {"ENG-1330", "ENG-1331"}
    (contradiction,) = (item for item in found if item.code == "ENG-1331")
    assert "2015-01-01/2026-12-31" in contradiction.message["en"]
    assert check_pack(pack, on=ON, register=register_of([pack])) == ()


def test_a_register_names_what_rests_on_an_article_and_who_contradicts_whom(
    pack: Pack, changed: Callable[..., Pack]
) -> None:
    register = register_of([pack])
    assert (
        "WAHA/GOV/TRF/licence-renewal: rules/fee.dmn term_fee 2" in register.articles["fees-3"].uses
    )
    assert register.contradictions == ()
    other = changed(service=('from: "2015-01-01"', 'from: "2016-01-01"'))
    ((one, two),) = register_of([pack, other]).contradictions
    assert (one.code, one.valid_from.year, two.valid_from.year) == ("traffic-12", 2015, 2016)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('from: "2015-01-01"}', "}", "ENG-1007"),
        ("2026-12-31", "2026-13-31", "ENG-1017"),
        ("2026-12-31", "2014-12-31", "ENG-1017"),
    ],
)
def test_a_broken_register_is_refused_with_its_line(old: str, new: str, code: str) -> None:
    with pytest.raises(PackErrors) as caught:
        read_register(REGISTER.replace(old.encode(), new.encode(), 1), file="register.yaml")
    assert [(item.code, item.place.line > 0) for item in caught.value.findings] == [(code, True)]


def test_a_pack_without_tests_is_found_out(files: dict[str, bytes]) -> None:
    bare = {name: data for name, data in files.items() if not name.startswith("tests/")}
    assert [finding.code for finding in check_pack(build_pack(bare), on=ON)] == ["ENG-1310"]


def test_a_registry_outside_the_pack_counts_too(pack: Pack) -> None:
    holdings = {"renewal.delivery": "WAHA/GOV/PST/addresses/preferences"}
    (found,) = check_pack(pack, on=ON, holdings=holdings)
    assert found.code == "ENG-1303"
    assert found.place.file == "pages.yaml"


def test_a_notice_that_is_never_sent_only_warns(changed: Callable[..., Pack]) -> None:
    (found,) = check_pack(changed(flow=("        notice: lapsed\n", "")), on=ON)
    assert (found.place.file, found.severity) == ("notices.yaml", Severity.WARNING)


def test_an_unused_reason_only_warns(changed: Callable[..., Pack]) -> None:
    pack = changed(
        reasons=(
            "reasons:\n",
            "reasons:\n  spare:\n    text: {ar: نص, en: Text}\n    remedy: {ar: نص, en: Text}\n",
        )
    )
    (found,) = check_pack(pack, on=ON)
    assert (found.code, found.severity) == ("ENG-1305", Severity.WARNING)
