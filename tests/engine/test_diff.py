"""A new version is told in words: what changes, where, for whom, which cases it decides anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taysir.engine.definition import Pack
from taysir.engine.diff import ChangeKind, compare_packs
from taysir.engine.diff_outcomes import changed_outcomes
from taysir.engine.pack import build_pack

from .conftest import edited
from .test_law import LAW_YAML


def test_a_pack_does_not_differ_from_itself(pack: Pack, changed: Callable[..., Pack]) -> None:
    assert compare_packs(pack, changed()) == ()
    count, outcomes = changed_outcomes(pack, changed())
    assert count > 100
    assert outcomes == ()


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (
            {"rules__fee": ("<text>20000</text>", "<text>25000</text>")},
            ChangeKind.RULE,
            (
                "Table “term_fee”, row 2, result: was 20000, now 25000. [Term: 5",
                "النتيجة: كان 20000 وصار 25000. [مدة التجديد: 5",
            ),
        ),
        (
            {"rules__fee": ("<text>&lt;= 60</text>", "<text>&lt;= 30</text>")},
            ChangeKind.RULE,
            (
                "cases: were (Days since expiry: at most 60), now (Days since expiry: at most 30)",
                "60 على الأكثر",
            ),
        ),
        (
            {
                "rules__fee": (
                    (
                        "<text>2015-01-01</text></annotationEntry>\n        <annotationEntry>"
                        "<text></text>"
                    ),
                    (
                        "<text>2015-01-01</text></annotationEntry>\n        "
                        "<annotationEntry><text>2026-12-31</text>"
                    ),
                )
            },
            ChangeKind.RULE,
            ("law on: was 2015-01-01/…, now 2015-01-01/2026-12-31", "السريان"),
        ),
        (
            {"rules__fee": ("<text>term_fee + late_fee</text>", "<text>term_fee</text>")},
            ChangeKind.RULE,
            ("Decision “fee”, formula: was term_fee + late_fee, now term_fee", "الصيغة"),
        ),
        (
            {"service": ("net: P3D", "net: P5DT4H")},
            ChangeKind.TIME,
            ("promised time: was 3 days, now 5 days 4 hours", "كانت 3 يوم وصارت 5 يوم و4 ساعة"),
        ),
        (
            {"service": ("within_days: 60", "within_days: 30")},
            ChangeKind.TIME,
            ("Days to object: was 60, now 30", "مهلة الاعتراض"),
        ),
        (
            {"flow": ("{after: P3D, action: escalate}", "{after: P2D, action: escalate}")},
            ChangeKind.TIME,
            ("deadline: was 3 days → escalate, now 2 days → escalate", "المهلة"),
        ),
        (
            {
                "pages": (
                    "      - fact: renewal.delivery\n",
                    "      - fact: renewal.delivery\n        required: false\n",
                )
            },
            ChangeKind.PAGE,
            ("required: was True, now False", "إلزامي"),
        ),
        (
            {"lookups": ("on_not_found: absent", "on_not_found: wait")},
            ChangeKind.LOOKUP,
            ("without a record: was absent, now wait", "عند عدم وجود سجل"),
        ),
        (
            {"service": ('from: "2015-01-01"', 'from: "2016-01-01"')},
            ChangeKind.ARTICLE,
            ("in force 2015-01-01/…, now 2016-01-01/…", "السريان"),
        ),
        (
            {"facts.schema": ('"sensitivity": "restricted"', '"sensitivity": "secret"')},
            ChangeKind.FACT,
            ("sensitivity: was restricted, now secret", "التصنيف"),
        ),
        (
            {"reasons": ("قدّم الطلب عند بدء مدة التجديد.", "قدّم الطلب لاحقًا.")},
            ChangeKind.TEXT,
            ("what can be done: was", "ما يمكن فعله"),
        ),
    ],
)
def test_each_change_is_said_in_both_languages_with_its_place(
    pack: Pack,
    changed: Callable[..., Pack],
    change: dict[str, tuple[str, str]],
    kind: ChangeKind,
    said: tuple[str, str],
) -> None:
    found = [each for each in compare_packs(pack, changed(**change)) if each.kind is kind]
    assert any(said[0] in each.in_words("en") for each in found)
    assert any(said[1] in each.in_words("ar") for each in found)
    assert all(each.place.file for each in found)
    assert all(each.as_json()["what"] for each in found)


def test_what_came_and_what_went_is_named(files: dict[str, bytes], pack: Pack) -> None:
    question = "      - fact: renewal.delivery\n"
    fewer = edited(files, pages=(question, "      - fact: renewal.post\n"))
    fact = '"delivery": {'
    made = edited(
        fewer,
        **{
            "facts.schema": (
                fact,
                (
                    '"post": {"type": "boolean", "taysir": {"label":'
                    ' {"ar": "بالبريد", "en": "By post"}, "source": "typed",'
                    ' "sensitivity": "public",'
                    ' "retention": "P1Y"}},\n        "delivery": {'
                ),
            )
        },
    )
    made = edited(made, pages=("        default: digital\n", ""))
    told = [each.in_words("en") for each in compare_packs(pack, build_pack(made))]
    assert any("Fact “By post” (renewal.post): new" in line for line in told)
    assert any("(renewal.delivery): removed" in line for line in told)
    back = [each.in_words("en") for each in compare_packs(build_pack(made), pack)]
    assert any("(renewal.post): removed" in line for line in back)


def test_a_version_of_a_parameter_is_told(files: dict[str, bytes]) -> None:
    old = build_pack({**files, "law.yaml": LAW_YAML.encode()})
    new = build_pack({**files, "law.yaml": LAW_YAML.replace("5000", "6000").encode()})
    (change,) = compare_packs(old, new)
    assert change.in_words("en") == (
        "law.yaml:7:9: “Fee for a year” from 2028-01-01: was 50 dinars (fees-4),"
        " now 60 dinars (fees-4)."
    )
    gone = compare_packs(old, build_pack({**files}))
    assert [each.kind for each in gone] == [ChangeKind.PARAMETER] * 2


def test_rows_that_came_and_went_say_for_whom(pack: Pack, changed: Callable[..., Pack]) -> None:
    other = changed(rules__fee=('<rule id="term_fee_2">', '<rule id="term_fee_new">'))
    told = [each.in_words("en") for each in compare_packs(pack, other)]
    assert any("row 2, new: result 20000. [Term: 5" in line for line in told)
    assert any("row 2, removed: result 20000. [Term: 5" in line for line in told)


def test_the_boundary_cases_show_what_a_small_change_does(
    pack: Pack, changed: Callable[..., Pack]
) -> None:
    _, outcomes = changed_outcomes(
        pack, changed(rules__eligibility=("<text>&gt; 180</text>", "<text>&gt; 179</text>"))
    )
    told = {change.what["en"]: change for change in outcomes}
    ((text, change),) = ((text, each) for text, each in told.items() if "was granted" in text)
    assert text.startswith("Outcome: was granted (renewed), now refused (")
    assert change.cases >= 1


def test_a_rule_that_breaks_is_an_outcome_too(pack: Pack, changed: Callable[..., Pack]) -> None:
    broken = changed(rules__fee=("<text>20000</text>", "<text>null</text>"))
    _, outcomes = changed_outcomes(pack, broken)
    assert any("now ENG-1104" in change.what["en"] for change in outcomes)
