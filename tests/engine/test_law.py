"""Law by date: the version of the day, periods split at changes, changes that reach back.

Every property is compared with a second writing of the law that goes day by day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.check import check_pack
from taysir.engine.decision import Decision, LawUse, RuleRow
from taysir.engine.definition import Pack
from taysir.engine.explain import explain
from taysir.engine.feel import compile_expression
from taysir.engine.findings import Finding, PackErrors, Place
from taysir.engine.law import Parameter, Version
from taysir.engine.pack import build_pack
from taysir.engine.periods import LawDay, LawView, split_period, step_period
from taysir.engine.rulebook import RowInForce, build_rule_book
from taysir.engine.rules import decide
from taysir.engine.rulexml import Validity
from taysir.kernel.errors import Language, Problem
from taysir.kernel.limits import LAW_DEPTH, LAW_PARTS
from tests.examples import examples

from .conftest import NOW, MakeCase, edited
from .dmn.models import decision, model

ON = NOW.date()
BASE = date(2026, 1, 1)

LAW_YAML = """parameters:
  yearly_fee:
    label: {ar: رسم السنة, en: Fee for a year}
    money: true
    versions:
      - {value: 4000, from: "2015-01-01", article: fees-3}
      - {value: 5000, from: "2028-01-01", article: fees-4}
"""
TERM_FEE = (
    'sum(for part in law.each("%s", licence.expires_on, %s, duration("P1Y")) return part.value)'
)
UNTIL = 'licence.expires_on + duration("P" + string(renewal.years) + "Y") - duration("P1D")'
NEEDS = """    <informationRequirement>
      <requiredInput href="#in_renewal"/>
    </informationRequirement>
"""


def straddling(files: dict[str, bytes], *, name: str = "yearly_fee", rules: str = "") -> Pack:
    """The renewal with a fee for each year begun, by the law of that year's first day."""
    table = files["rules/fee.dmn"].decode()
    start, end = table.index('<decision id="term_fee"'), table.index('<decision id="days_late"')
    formula = (TERM_FEE % (name, UNTIL)).replace('"', "&quot;")
    decision = f"""{rules}<decision id="term_fee" name="term_fee">
    <variable name="term_fee" typeRef="number"/>
{NEEDS}{NEEDS.replace("in_renewal", "in_licence")}{NEEDS.replace("in_renewal", "in_law")}
    <literalExpression><text>{formula}</text></literalExpression>
  </decision>
  """
    given = '<inputData id="in_law" name="law"><variable name="law"/></inputData>\n  '
    made = table[:start] + given + decision + table[end:]
    made = made.replace(
        'taysir:valid-from="2015-01-01"',
        'taysir:valid-from="2015-01-01" taysir:article="fees-3"',
        1,
    )
    return build_pack({**files, "rules/fee.dmn": made.encode(), "law.yaml": LAW_YAML.encode()})


@pytest.fixture(scope="module")
def dated(files: dict[str, bytes]) -> Pack:
    """The renewal with the yearly fee as a parameter of the law."""
    return straddling(files)


# --- periods -------------------------------------------------------------------------------------

days = st.integers(-800, 1600).map(lambda n: BASE + timedelta(days=n))


@examples(1000)
@given(first=days, length=st.integers(-3, 900), changes=st.lists(days, max_size=6))
def test_the_parts_of_a_period_are_its_days_cut_at_the_changes(
    first: date, length: int, changes: list[date]
) -> None:
    """Each day lies in one part, and a part begins where the period or a change does."""
    last = first + timedelta(days=length)
    parts = split_period(first, last, tuple(changes))
    walked: list[list[date]] = []
    for offset in range(length + 1):
        day = first + timedelta(days=offset)
        if not walked or day in changes:
            walked.append([])
        walked[-1].append(day)
    assert [(part.first, part.last, part.days) for part in parts] == [
        (group[0], group[-1], len(group)) for group in walked
    ]


def later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@examples(500)
@given(first=days, years=st.integers(1, 12), extra=st.integers(-40, 40))
def test_steps_of_years_begin_on_the_anniversary(first: date, years: int, extra: int) -> None:
    """A year begun counts, also when it is not completed; 29 February waits for no leap year."""
    last = later(first, years) + timedelta(days=extra)
    step = compile_expression('duration("P1Y")').run({})
    begun = [later(first, n) for n in range(years + 2) if later(first, n) <= last]
    parts = step_period(first, last, step)
    assert parts is not None
    assert [part.first for part in parts] == begun
    assert parts[-1].last == last


def test_steps_are_bounded_and_of_a_length() -> None:
    """As many steps as the bound are made, one more is refused; so is a step of no length."""
    day = compile_expression('duration("P1D")').run({})
    most = step_period(BASE, BASE + timedelta(days=LAW_PARTS - 1), day)
    assert most is not None
    assert len(most) == LAW_PARTS
    assert step_period(BASE, BASE + timedelta(days=LAW_PARTS), day) is None
    for text in ('duration("P0D")', 'duration("-P1Y")', "1", "null"):
        assert step_period(BASE, BASE, compile_expression(text).run({})) is None


# --- straddling law against a second writing -----------------------------------------------------

versions = st.lists(
    st.tuples(
        st.integers(1, 9),  # value
        st.integers(-400, 800),  # from
        st.none() | st.integers(0, 500),  # days until it ends
        st.none() | st.integers(-200, 600),  # day it was enacted
    ),
    max_size=5,
)
Raw = tuple[int, int, int | None, int | None]


def day_at(offset: int) -> date:
    return BASE + timedelta(days=offset)


def parameter(raw: list[Raw]) -> Parameter:
    made = tuple(
        Version(
            value=value,
            validity=Validity(day_at(start), None if length is None else day_at(start + length)),
            enacted=None if enacted is None else day_at(enacted),
            article=f"a{number}",
            place=Place("law.yaml"),
        )
        for number, (value, start, length, enacted) in enumerate(raw)
    )
    label: dict[Language, str] = {"ar": "رسم", "en": "Fee"}
    return Parameter(
        name="fee", label=label, is_money=False, versions=made, place=Place("law.yaml")
    )


def by_hand(raw: list[Raw], offset: int, known: int) -> int | None:
    """Return the number of the version that is law on a day, found by looking at each."""
    best: int | None = None
    for number, (_, start, length, enacted) in enumerate(raw):
        if offset < start or (length is not None and offset > start + length):
            continue
        if enacted is not None and enacted > known:
            continue
        if best is None:
            best = number
            continue
        _, other_start, _, other_enacted = raw[best]
        mine = start if enacted is None else enacted
        theirs = other_start if other_enacted is None else other_enacted
        if mine > theirs or (mine == theirs and start > other_start):
            best = number
    return best


def view(pack: Pack, raw: list[Raw], *, day: int = 0, known: int = 10_000) -> LawView:
    changed = replace(pack, parameters={"fee": parameter(raw)})
    return LawView(changed, LawDay(day_at(day), day_at(known)), dict, lambda item: RuleRow("", ""))


SPLIT = compile_expression('law.split("fee", first, last)')


def parts_by_hand(raw: list[Raw], first: int, last: int, known: int) -> Any:
    """Walk through the days; null if any of them is without law."""
    groups: list[list[int]] = []
    laws: list[int] = []
    for offset in range(first, last + 1):
        number = by_hand(raw, offset, known)
        if number is None:
            return None
        if not laws or laws[-1] != number:
            laws.append(number)
            groups.append([])
        groups[-1].append(offset)
    return [
        (day_at(group[0]), day_at(group[-1]), len(group), raw[number][0], f"a{number}")
        for number, group in zip(laws, groups, strict=True)
    ]


@examples(1000)
@given(
    raw=versions,
    first=st.integers(-300, 700),
    length=st.integers(-2, 500),
    known=st.integers(-300, 700),
)
def test_a_period_across_changes_is_split_as_going_day_by_day_splits_it(
    pack: Pack, raw: list[Raw], first: int, length: int, known: int
) -> None:
    law = view(pack, raw, known=known)
    found = SPLIT.evaluate(
        {"law": law.variable(), "first": day_at(first), "last": day_at(first + length)}
    )
    told = (
        found
        if found is None
        else [
            (part["from"], part["until"], part["days"], part["value"], part["article"])
            for part in found
        ]
    )
    expected = parts_by_hand(raw, first, first + length, known)
    assert told == expected
    if expected:
        (use,) = law.take(())
        assert [(part.first, part.last) for part in use.parts] == [e[:2] for e in expected]


@examples(300)
@given(raw=versions, day=st.integers(-300, 700), known=st.integers(-300, 700))
def test_a_parameter_of_a_day_is_the_law_as_known_then(
    pack: Pack, raw: list[Raw], day: int, known: int
) -> None:
    number = by_hand(raw, day, known)
    law = view(pack, raw, day=day, known=known).variable()
    found = compile_expression("law.fee").evaluate({"law": law})
    assert found == (None if number is None else raw[number][0])


def rule_book(pack: Pack, rows: list[tuple[int, int, int, int | None]]) -> Pack:
    """The pack with one table: rows of (first day, last day, value, day enacted).

    A row with a day of enactment takes the place of the first row.
    """
    made = "".join(
        f'<rule id="r{number}"><inputEntry><text>-</text></inputEntry>'
        f"<outputEntry><text>{value}</text></outputEntry>"
        + notes(
            f"a{number}",
            str(day_at(first)),
            str(day_at(last)),
            "" if enacted is None else str(day_at(enacted)),
            "" if enacted is None else "why",
            "" if enacted is None else "r0",
        )
        + "</rule>"
        for number, (first, last, value, enacted) in enumerate(rows)
    )
    names = ("article", "from", "until", "enacted", "because", "replaces")
    columns = "".join(f'<annotation name="{name}"/>' for name in names)
    logic = (
        '<decisionTable hitPolicy="UNIQUE"><input><inputExpression><text>1</text>'
        f"</inputExpression></input><output/>{columns}{made}</decisionTable>"
    )
    findings: list[Finding] = []
    plan = replace(pack.plan, refusals="fee", values={})
    book = build_rule_book(
        {"rules/fee.dmn": model(decision("fee", logic))},
        model=pack.facts,
        plan=plan,
        findings=findings,
    )
    assert findings == []
    return replace(pack, rules=book, parameters={})


@examples(300)
@given(
    lengths=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 90)), min_size=1, max_size=4),
    back=st.none() | st.tuples(st.integers(-30, 30), st.integers(0, 200)),
    period=st.tuples(st.integers(-20, 200), st.integers(0, 200)),
    known=st.integers(-50, 250),
)
def test_a_table_over_a_period_is_applied_as_going_day_by_day_applies_it(
    pack: Pack,
    lengths: list[tuple[int, int]],
    back: tuple[int, int] | None,
    period: tuple[int, int],
    known: int,
) -> None:
    """Rows that follow each other, with days without a row, and one that reaches back."""
    first, length = period
    rows: list[tuple[int, int, int, int | None]] = []
    start = 0
    for number, (gap, days_long) in enumerate(lengths):
        start += gap
        rows.append((start, start + days_long - 1, 10 + number, None))
        start += days_long
    if back is not None:
        begun, enacted = back
        rows.append((rows[0][0], rows[0][1], 99 + begun, rows[0][0] + enacted))

    def of_day(offset: int) -> tuple[int, str] | None:
        held = [
            (value, f"a{number}", enacted)
            for number, (low, high, value, enacted) in enumerate(rows)
            if low <= offset <= high and (enacted is None or enacted <= known)
        ]
        if any(enacted is not None for _, _, enacted in held):
            held = [each for each in held if each[1] != "a0"]
        return (held[0][0], held[0][1]) if held else None

    expected: list[list[Any]] = []
    for offset in range(first, first + length + 1):
        law = of_day(offset)
        if not expected or expected[-1][2] != law:
            expected.append([day_at(offset), None, law])
        expected[-1][1] = day_at(offset)
    view = LawView(rule_book(pack, rows), LawDay(day_at(0), day_at(known)), dict, told_row)
    found = SPLIT.evaluate(
        {"law": view.variable(), "first": day_at(first), "last": day_at(first + length)}
    )
    assert [(each["from"], each["until"], each["value"]) for each in found] == [
        (low, high, law[0] if law else None) for low, high, law in expected
    ]
    (use,) = view.take(())
    assert [[row.article for row in part.rows] for part in use.parts] == [
        [law[1]] if law else [] for _, _, law in expected
    ]


def told_row(item: RowInForce) -> RuleRow:
    return RuleRow(
        item.row.place.file, item.row.decision, item.row.number, article=item.row.article
    )


@examples(200)
@given(expires=st.integers(0, 1400), years=st.sampled_from([2, 5, 10]))
def test_a_term_across_a_change_pays_each_year_by_its_own_law(
    dated: Pack, make_case: MakeCase, expires: int, years: int
) -> None:
    """The whole decision against the sentence of the law: each year begun, by its first day."""
    first = ON + timedelta(days=180) - timedelta(days=expires)
    facts = make_case(years=years, licence={"expires_on": first.isoformat()})
    decision = decide(dated, facts, on=ON)
    if not decision.values:
        return
    begun = [later(first, n) for n in range(years)]
    assert decision.values["renewal.term_fee_minor"] == sum(
        5000 if day >= date(2028, 1, 1) else 4000 for day in begun
    )


# --- explained -----------------------------------------------------------------------------------


def use_of(decision: Decision, name: str) -> LawUse:
    return next(use for step in decision.steps for use in step.law if use.name == name)


def test_both_parts_of_a_straddling_period_are_explained(dated: Pack, make_case: MakeCase) -> None:
    decision = decide(dated, make_case(), on=ON, at=NOW)
    stored = Decision.from_json(decision.to_json())
    parts = use_of(stored, "yearly_fee").parts
    assert [(part.value, part.article) for part in parts] == [
        (4000, "fees-3"),
        (4000, "fees-3"),
        *[(5000, "fees-4")] * 3,
    ]
    english = explain(stored, audience="officer", language="en").as_text()
    assert "Fee for a year" in english
    assert "24 December 2026 / 15 Rajab 1448 AH to 23 December 2028" in english
    assert "40 dinars × 2" in english
    assert "50 dinars × 3" in english
    assert "article 4" in english
    arabic = explain(stored, audience="citizen", language="ar").as_text()
    assert "رسم السنة" in arabic
    assert "المادة 4" in arabic


ROWS = """<decision id="yearly" name="yearly">
    <variable name="yearly" typeRef="number"/>
    <informationRequirement>
      <requiredInput href="#in_licence"/>
    </informationRequirement>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression><text>licence.status</text></inputExpression></input>
      <output typeRef="number"/>
      <annotation name="article"/><annotation name="from"/><annotation name="until"/>
      <annotation name="enacted"/><annotation name="because"/><annotation name="replaces"/>
      <rule id="y1"><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>4000</text></outputEntry>
        %s</rule>
      <rule id="y2"><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>6000</text></outputEntry>
        %s</rule>
    </decisionTable>
  </decision>
  """


def notes(*texts: str) -> str:
    return "".join(f"<annotationEntry><text>{text}</text></annotationEntry>" for text in texts)


OLD = notes("fees-3", "2015-01-01", "", "", "", "")
BACK = notes("fees-4", "2028-01-01", "", "2028-06-01", "relief", "y1")


@pytest.fixture(scope="module")
def retroactive(files: dict[str, bytes]) -> Pack:
    """A table whose second row became law in June 2028 and applies from January 2028."""
    texts = "texts:\n  relief: {ar: تخفيف الأعباء, en: Relief of burdens}\n"
    made = {**files, "texts.yaml": texts.encode()}
    return straddling(made, name="yearly", rules=ROWS % (OLD, BACK))


def test_a_table_is_applied_under_the_law_of_each_part(
    retroactive: Pack, make_case: MakeCase
) -> None:
    decision = decide(retroactive, make_case(), on=ON, law=LawDay(ON, date(2028, 6, 1)))
    assert decision.values["renewal.term_fee_minor"] == 2 * 4000 + 3 * 6000
    rows = [row.row for part in use_of(decision, "yearly").parts for row in part.rows]
    assert rows == [1, 1, 2, 2, 2]
    assert check_pack(retroactive, on=ON) == ()


def test_a_change_that_reaches_back_counts_only_once_it_is_law(
    retroactive: Pack, make_case: MakeCase
) -> None:
    facts = make_case()
    for known, fee in ((date(2028, 5, 31), 20_000), (date(2028, 6, 1), 26_000)):
        decision = decide(retroactive, facts, on=ON, law=LawDay(ON, known))
        assert decision.values["renewal.term_fee_minor"] == fee
    assert decide(retroactive, facts, on=ON, at=NOW).values["renewal.term_fee_minor"] == 20_000


def test_a_change_that_reaches_back_is_told_with_its_reason(
    retroactive: Pack, make_case: MakeCase
) -> None:
    decision = decide(retroactive, make_case(), on=ON, law=LawDay(ON, date(2028, 6, 1)))
    stored = Decision.from_json(decision.to_json())
    part = use_of(stored, "yearly").parts[-1]
    assert (part.enacted, part.because["en"]) == (date(2028, 6, 1), "Relief of burdens")
    text = explain(stored, audience="officer", language="en").as_text()
    assert "Relief of burdens" in text
    assert "1 June 2028" in text


@pytest.mark.parametrize(
    "row", [("", "y1"), ("relief", "")], ids=["without a reason", "without what it replaces"]
)
def test_a_change_that_reaches_back_in_silence_is_not_published(
    files: dict[str, bytes], row: tuple[str, str]
) -> None:
    back = notes("fees-4", "2028-01-01", "", "2028-06-01", *row)
    pack = straddling(files, name="yearly", rules=ROWS % (OLD, back))
    assert "ENG-1332" in [found.code for found in check_pack(pack, on=ON)]


@pytest.mark.parametrize(
    ("row", "name"), [(("reliefs", "y1"), "reliefs"), (("relief", "y1, y9"), "y9")]
)
def test_a_change_that_reaches_back_names_what_exists(
    files: dict[str, bytes], row: tuple[str, str], name: str
) -> None:
    texts = {"texts.yaml": "texts: {relief: {ar: تخفيف, en: Relief}}".encode()}
    back = notes("fees-4", "2028-01-01", "", "2028-06-01", *row)
    pack = straddling({**files, **texts}, name="yearly", rules=ROWS % (OLD, back))
    (found,) = (each for each in check_pack(pack, on=ON) if each.code == "ENG-1015")
    assert name in found.message["en"]


def test_a_parameter_that_reaches_back_in_silence_is_not_published(
    files: dict[str, bytes],
) -> None:
    text = LAW_YAML.replace('from: "2028-01-01"', 'from: "2028-01-01", enacted: "2028-02-01"')
    pack = build_pack({**files, "law.yaml": text.encode()})
    assert [found.code for found in check_pack(pack, on=ON)] == ["ENG-1332"]
    why = text.replace("article: fees-4", "article: fees-4, because: {ar: لسبب, en: For a reason}")
    assert check_pack(build_pack({**files, "law.yaml": why.encode()}), on=ON) == ()


def test_a_table_that_applies_itself_for_ever_ends(files: dict[str, bytes]) -> None:
    loop = ROWS % (OLD, notes("fees-4", "2015-01-01", "2015-01-01", "", "", ""))
    again = "count(law.split(&quot;yearly&quot;, @&quot;2020-01-01&quot;, @&quot;2020-01-01&quot;))"
    loop = loop.replace("<text>4000</text>", f"<text>{again}</text>")
    loop = loop.replace(
        '<requiredInput href="#in_licence"/>',
        '<requiredInput href="#in_licence"/></informationRequirement><informationRequirement>'
        '<requiredInput href="#in_law"/>',
    )
    pack = straddling(files, name="yearly", rules=loop)
    law = LawView(pack, LawDay(ON), dict, lambda item: RuleRow("", ""))
    context = {"licence": {"status": "valid"}, "law": law.variable()}
    result = pack.rules.on(ON).laws["yearly"].model.decide("yearly", context)
    assert result.value == 1
    assert len(law.uses) <= LAW_DEPTH


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('from: "2015-01-01"', 'from: "2015-02-30"', "ENG-1017"),
        ('from: "2028-01-01"', 'from: "2028-01-01", until: "2027-01-01"', "ENG-1017"),
        ("value: 4000, ", "", "ENG-1007"),
        ("en: Fee for a year", "fr: Redevance", "ENG-1010"),
    ],
)
def test_a_broken_parameter_is_refused_with_its_line(
    files: dict[str, bytes], old: str, new: str, code: str
) -> None:
    with pytest.raises(PackErrors) as caught:
        build_pack({**files, "law.yaml": LAW_YAML.replace(old, new, 1).encode()})
    assert code in [item.code for item in caught.value.findings]
    assert all(item.place.file == "law.yaml" and item.place.line for item in caught.value.findings)


def test_a_parameter_of_an_expired_article_is_not_published(files: dict[str, bytes]) -> None:
    changed = edited(
        files,
        service=('(renewal fee)\n    from: "2015-01-01"', '(renewal fee)\n    from: "2016-01-01"'),
    )
    pack = build_pack({**changed, "law.yaml": LAW_YAML.encode()})
    places = [item.place.file for item in check_pack(pack, on=ON) if item.code == "ENG-1307"]
    assert "law.yaml" in places


def test_the_law_of_another_day_may_be_applied(
    changed: Callable[..., Pack], make_case: MakeCase
) -> None:
    with pytest.raises(Problem, match="ENG-1104"):
        decide(changed(), make_case(), on=ON, law=LawDay(date(2014, 1, 1)))
    decision = decide(changed(), make_case(), on=ON, law=LawDay(date(2020, 1, 1)))
    assert (decision.on, decision.law_of) == (ON, date(2020, 1, 1))
