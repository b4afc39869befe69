"""Every text exists in both languages, and plural forms follow each language."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from taysir.ui import texts
from taysir.ui.formats import DAYS, HOURS, MINUTES, SECONDS
from tests.ui.texts_in_source import all_texts, arabic, used_plurals

ARABIC_FORMS = {"zero", "one", "two", "few", "many", "other"}
USED = all_texts(texts.PACKAGE)


def fields(text: str) -> set[str]:
    """Return the names of a text's placeholders."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_its_english() -> None:
    """A text of a template or of code without English is listed with its files."""
    english = texts.catalogue().english
    missing = [f"{sorted(files)}: {text}" for text, files in USED.items() if text not in english]
    assert not missing, "\n".join(missing)


def test_no_catalogue_entry_is_unused() -> None:
    """English that no screen asks for any more is listed, to be removed."""
    assert sorted(set(texts.catalogue().english) - set(USED)) == []


def test_no_plural_table_is_unused() -> None:
    """Every table of plural forms is asked for, and every table asked for exists."""
    assert used_plurals(texts.PACKAGE) == set(texts.catalogue().plurals)


def test_english_is_english_and_fills_the_same_values() -> None:
    """No Arabic letter is left in English, and both languages hold the same placeholders."""
    for source, english in texts.catalogue().english.items():
        assert arabic(source), source
        assert not arabic(english), english
        assert english.strip(), source
        assert fields(source) == fields(english), source


@pytest.mark.parametrize(
    "forms", [DAYS, HOURS, MINUTES, SECONDS, *texts.catalogue().plurals.values()]
)
def test_plural_tables_are_whole(forms: texts.Forms) -> None:
    """Arabic has six forms, English two."""
    assert set(forms["ar"]) == ARABIC_FORMS
    assert set(forms["en"]) >= {"one", "other"}


def test_a_text_is_given_in_the_current_language() -> None:
    """Arabic by default, English under translation.override; lazy texts wait until shown."""
    label = texts.lazy("رجوع")
    assert texts.translate("رجوع") == str(label) == "رجوع"
    with translation.override("en"):
        assert texts.translate("رجوع") == str(label) == "Back"
        assert texts.translate("رجوع", "ar") == "رجوع"
    with translation.override("fr"):
        assert texts.current_language() == "ar"


def test_a_text_without_english_stays_arabic() -> None:
    """A missing entry is shown, not blank."""
    assert texts.translate("نص لا يعرفه أحد", "en") == "نص لا يعرفه أحد"


def test_markup_in_values_does_not_open_the_text() -> None:
    """Safe values stay markup; other values and the text itself are escaped."""
    link = Markup("<b>1</b>")
    shown = texts.translate("الخطوة {current} من {total}", current=link, total="<i>")
    assert shown == Markup("الخطوة <b>1</b> من &lt;i&gt;")
    assert not isinstance(texts.translate("رجوع"), Markup)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "يوم واحد"), (2, "يومان"), (3, "3 أيام"), (10, "10 أيام"), (11, "11 يومًا"),
        (99, "99 يومًا"), (100, "100 يوم"), (103, "103 أيام"),
    ],
)  # fmt: skip
def test_arabic_counts_in_six_forms(count: int, shown: str) -> None:
    """One, two, few, many and other have their own nouns."""
    assert texts.plural(count, DAYS, "ar") == shown


@given(st.integers(0, 10**6))
def test_every_count_has_a_form(count: int) -> None:
    """No count is without a form, and larger ones show their number."""
    for language in texts.LANGUAGES:
        shown = texts.plural(count, DAYS, language)
        assert shown
        if count > 2:
            assert f"{count:,}" in shown


def test_contradicting_english_is_refused(tmp_path: Path) -> None:
    """Two apps may share a text with the same English, but not with another."""
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text('"رجوع" = "Back"\n', "utf-8")
    second.write_text('"رجوع" = "Back"\n', "utf-8")
    assert texts.Catalogue.load([first, second]).english == {"رجوع": "Back"}
    second.write_text('"رجوع" = "Return"\n', "utf-8")
    with pytest.raises(texts.ClashingText, match="رجوع"):
        texts.Catalogue.load([first, second])


def test_bilingual_mappings_choose_the_language() -> None:
    """Texts of packs and errors come as mappings; a missing language falls back to Arabic."""
    assert texts.choose({"ar": "نعم", "en": "Yes"}, "en") == "Yes"
    assert texts.choose({"ar": "نعم", "en": ""}, "en") == "نعم"
