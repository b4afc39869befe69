"""The expressions by which rule engines are compared, with what FEEL says they are.

Each case gives the FEEL text, its translations where another engine has a language of its own, the
variables and the right value. None of them is from the compatibility kit.
"""

from __future__ import annotations

from typing import Any

APPLICANT = {"age": 42, "status": "alive", "name": "سعد"}
GIVEN = {
    "applicant": APPLICANT,
    "licence": {"category": "B", "expires_on": "2026-12-01"},
    "fines": {"unpaid_total": 0},
}
FIVE = (
    'applicant.age >= 18 and applicant.status = "alive" and licence.category in ("B", "C")'
    ' and date(licence.expires_on) < date("2027-01-01") and fines.unpaid_total = 0'
)
FIVE_ZEN = (
    'applicant.age >= 18 and applicant.status == "alive" and licence.category in ["B", "C"]'
    ' and d(licence.expires_on) < d("2027-01-01") and fines.unpaid_total == 0'
)
FIVE_CEL = (
    'applicant.age >= 18 && applicant.status == "alive" && licence.category in ["B", "C"]'
    ' && timestamp(licence.expires_on + "T00:00:00Z") < timestamp("2027-01-01T00:00:00Z")'
    " && fines.unpaid_total == 0"
)


def case(
    name: str, feel: str, right: Any, *, zen: str = "", cel: str = "", given: Any = None
) -> dict[str, Any]:
    """Return one case; a translation left out is the FEEL text itself."""
    made = {"name": name, "feel": feel, "zen": zen or feel, "cel": cel or feel}
    return {**made, "given": given or {}, "right": right}


CASES = [
    case(
        "one comparison",
        "if area < 50 then 100 else 250",
        100,
        zen="area < 50 ? 100 : 250",
        cel="area < 50 ? 100 : 250",
        given={"area": 40},
    ),
    case("five clauses", FIVE, True, zen=FIVE_ZEN, cel=FIVE_CEL, given=GIVEN),
    case(
        "decimals are exact",
        "0.1 + 0.2 = 0.3",
        True,
        zen="0.1 + 0.2 == 0.3",
        cel="0.1 + 0.2 == 0.3",
    ),
    case("unknown and false", "null and false", False),
    case("an unknown name", "nobody = null", True, zen="nobody == null", cel="nobody == null"),
    case("an Arabic name", "الرسم + 1", 41, given={"الرسم": 40}),
    case(
        "days between dates",
        'date("2027-01-01") - date("2026-12-01") = duration("P31D")',
        True,
        zen='d("2027-01-01").diff(d("2026-12-01"), "day") == 31',
        cel='timestamp("2027-01-01T00:00:00Z") - timestamp("2026-12-01T00:00:00Z")'
        ' == duration("744h")',
    ),
    case(
        "a month later",
        'date("2026-01-31") + duration("P1M") = date("2026-02-28")',
        True,
        zen='d("2026-01-31").add("1M").format("%Y-%m-%d") == "2026-02-28"',
        cel="none",
    ),
    case(
        "a filter",
        "sum([1, 2, 3, 4][item > 2])",
        7,
        zen="sum(filter([1, 2, 3, 4], # > 2))",
        cel="[1, 2, 3, 4].filter(x, x > 2).size() == 2 ? 7 : 0",
    ),
    case(
        "some",
        "some x in [1, 2, 3] satisfies x > 2",
        True,
        zen="some([1, 2, 3], # > 2)",
        cel="[1, 2, 3].exists(x, x > 2)",
    ),
    case(
        "letters, not bytes", 'string length("تيسير")', 5, zen='len("تيسير")', cel='size("تيسير")'
    ),
    case("a range", "5 in [2..5)", False, cel="5 >= 2 && 5 < 5"),
]
RULES = [(f"[{n * 4}..{n * 4 + 4})", '"A", "B", "C"', "<= 100", f"fee + {n}") for n in range(21)]
TABLE: dict[str, Any] = {
    "name": "table of 21 rules",
    "rules": RULES,
    "spiff_rules": [
        (f"{n * 4} <= ? < {n * 4 + 4}", '? in ("A", "B", "C")', "? <= 100", f"fee + {n}")
        for n in range(21)
    ],
    "given": {"age": 42, "category": "B", "fee": 20},
    "right": 30,
}
