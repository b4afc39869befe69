"""Every error is complete in both languages and documented."""

from __future__ import annotations

import importlib
import re
import string
from pathlib import Path

import pytest

from taysir.kernel.errors import CATALOGUE, ErrorKind

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "errors.md"


def every_kind() -> list[ErrorKind]:
    """Import each module that declares errors and return the catalogue in the order of codes."""
    source = ROOT / "src"
    for file in sorted(source.rglob("*.py")):
        if "declare(" in file.read_text("utf-8"):
            module = file.relative_to(source).with_suffix("").as_posix().replace("/", ".")
            importlib.import_module(module)
    return [CATALOGUE[code] for code in sorted(CATALOGUE)]


KINDS = every_kind()


def fields(text: str) -> set[str]:
    """Return the names of the placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_an_error_speaks_both_languages(kind: ErrorKind) -> None:
    """Title and remedy exist in Arabic letters and in English."""
    for text in (kind.title, kind.remedy):
        assert re.search("[\u0600-\u06ff]", text["ar"]), text["ar"]
        assert re.search("[a-z]", text["en"]), text["en"]
        assert not re.search("[\u0600-\u06ff]", text["en"]), text["en"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_both_languages_say_the_same_values(kind: ErrorKind) -> None:
    """Arabic and English titles are filled by the same parameters."""
    assert fields(kind.title["ar"]) == fields(kind.title["en"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_an_error_is_documented(kind: ErrorKind) -> None:
    """docs/reference/errors.md holds the code and its English remedy."""
    page = REFERENCE.read_text("utf-8")

    assert f"`{kind.code}`" in page, "run: python -m docs.generate"
    assert kind.remedy["en"].replace("|", "\\|") in page, "run: python -m docs.generate"


def test_codes_have_a_known_form() -> None:
    """Codes are three letters of the part and four digits."""
    assert [] == [k.code for k in KINDS if not re.fullmatch("[A-Z]{3}-[0-9]{4}", k.code)]
