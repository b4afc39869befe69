"""What would harm people is found before publishing, with its place and its remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from taysir.engine.check import check_pack
from taysir.engine.definition import Pack
from taysir.engine.findings import Severity
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
    ],
)
def test_a_harmful_pack_is_found_out(
    changed: Callable[..., Pack], change: dict[str, tuple[str, str]], code: str
) -> None:
    found = check_pack(changed(**change), on=ON)
    assert code in [finding.code for finding in found]
    assert all(finding.place.line > 0 and finding.remedy["ar"] for finding in found)


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
