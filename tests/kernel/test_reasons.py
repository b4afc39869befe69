"""The Arabic of reasons: found by their English, filled with the same values, nested."""

from __future__ import annotations

import pytest

from taysir.kernel.errors import ErrorKind, Mender, Problem
from taysir.kernel.reasons import REASON_CHARACTERS, phrases, reason_in_arabic
from taysir.kernel.signature import KRN_TOKEN


def test_a_reason_is_read_in_the_language_of_its_sentence() -> None:
    """Arabic sentences hold Arabic reasons; params and English keep the English words."""
    problem = Problem(KRN_TOKEN, reason="a proof of the wrong length")

    assert problem.title("ar") == "التوقيع ليس بالصيغة المطلوبة: طول البرهان غير صحيح."
    assert "a proof of the wrong length" in problem.title("en")
    assert problem.params == {"reason": "a proof of the wrong length"}
    assert problem.as_problem()["params"] == {"reason": "a proof of the wrong length"}


def test_the_values_of_a_reason_stay() -> None:
    """A reason with a value keeps the value, and a value that is a reason is put into Arabic."""
    assert reason_in_arabic("syntax at character 7") == "خطأ في الصياغة عند الحرف 7"
    assert reason_in_arabic("file.json: too long") == "file.json: أطول من الحد المسموح"


def test_another_error_as_the_reason_is_put_into_arabic() -> None:
    """The words of an error inside another are those of its own Arabic title, or its code."""
    inner = str(Problem(KRN_TOKEN, reason="not UTF-8"))
    outer = Problem(KRN_TOKEN, reason=inner)
    cut = Problem(KRN_TOKEN, reason=inner[:20])

    assert outer.title("ar").count("التوقيع ليس بالصيغة المطلوبة") == 2
    assert "ليس بترميز UTF-8" in outer.title("ar")
    assert f"الخطأ {KRN_TOKEN.code}" in cut.title("ar")


def test_a_text_that_is_no_declared_reason_stays() -> None:
    """Unknown texts and texts beyond the bound are shown as they are."""
    bound = "x" * (REASON_CHARACTERS - len(": too long")) + ": too long"

    assert reason_in_arabic("libc said so") == "libc said so"
    assert reason_in_arabic(bound) != bound
    assert reason_in_arabic("x" + bound) == "x" + bound


def test_a_parameter_that_is_no_reason_is_never_translated() -> None:
    """A file whose name happens to be a reason keeps its name."""
    kind = ErrorKind(
        code="KRN-9999",
        status=400,
        title={"ar": "الملف {file}: {reason}.", "en": "The file {file}: {reason}."},
        remedy={"ar": "صححه.", "en": "Correct it."},
        mender=Mender.CALLER,
    )

    said = Problem(kind, file="too long", reason="too long").title("ar")

    assert said == "الملف too long: أطول من الحد المسموح."


def test_a_reason_has_one_arabic() -> None:
    """Declaring a reason again is allowed with the same Arabic only."""
    phrases({"too long": reason_in_arabic("too long")})

    with pytest.raises(ValueError, match="declared twice"):
        phrases({"too long": "غير ذلك"})
