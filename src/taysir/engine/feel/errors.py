"""What can go wrong with a FEEL text or its evaluation.

A wrong *value* is never an error in FEEL: the result is null. Errors are for texts that cannot be
read (with line and column) and for bounds that were reached.
"""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "an expression": "عبارة",
        "the end of the expression": "نهاية العبارة",
        "the end of the tests": "نهاية الاختبارات",
        "a string": "نص بين علامتي اقتباس",
        "the end of the range": "نهاية المدى",
        "the name of an entry": "اسم المُدخل",
        "the name of a parameter": "اسم المعامل",
        "arguments all with or all without names": "معاملات كلها بأسماء أو كلها بلا أسماء",
        "a name used once": "اسم غير مكرر",
        "a name and “in”": "اسم تتبعه كلمة «in»",
        "a FEEL token": "رمز من رموز FEEL",
        "a type": "نوع",
    }
)

ENG_FEEL_SYNTAX = declare(
    "ENG-0101",
    status=422,
    ar="عبارة FEEL لا تُفهم في السطر {line} العمود {column}: وُجد «{found}» والمنتظر {expected}.",
    en="FEEL cannot be read at line {line}, column {column}: found “{found}”, expected {expected}.",
    remedy_ar="صحّح العبارة عند السطر والعمود المذكورين؛ اللغة مشروحة في docs/reference/feel.md.",
    remedy_en="Correct the expression there; the language is described in docs/reference/feel.md.",
    mender=Mender.AUTHOR,
)
ENG_FEEL_LENGTH = declare(
    "ENG-0102",
    status=413,
    ar="عبارة FEEL أطول من الحد المسموح ({characters} حرف).",
    en="The FEEL expression is longer than the limit ({characters} characters).",
    remedy_ar="قسّمها إلى قرارات أصغر أو اكتبها جدول قرار.",
    remedy_en="Split it into smaller decisions, or write a decision table.",
    mender=Mender.AUTHOR,
)
ENG_FEEL_DEPTH = declare(
    "ENG-0103",
    status=422,
    ar="عبارة FEEL أو القيمة أعمق تداخلاً من الحد المسموح ({depth}).",
    en="The FEEL expression or value nests deeper than the limit ({depth}).",
    remedy_ar="قسّمها إلى قرارات أصغر، وتحقق من الدوال التي تستدعي نفسها.",
    remedy_en="Split it into smaller decisions; check functions that call themselves.",
    mender=Mender.AUTHOR,
)
ENG_FEEL_STEPS = declare(
    "ENG-0104",
    status=422,
    ar="توقف تقييم FEEL بعد {steps} خطوة.",
    en="The FEEL evaluation was stopped after {steps} steps.",
    remedy_ar="صغّر القوائم أو المدى الذي تمر عليه العبارة.",
    remedy_en="Make the lists or ranges that the expression walks through smaller.",
    mender=Mender.AUTHOR,
)
ENG_FEEL_SIZE = declare(
    "ENG-0105",
    status=422,
    ar="نتج عن عبارة FEEL نص أو قائمة أكبر من الحد المسموح ({size}).",
    en="The FEEL expression made a text or list larger than the limit ({size}).",
    remedy_ar="صغّر النص أو القائمة.",
    remedy_en="Make the text or list smaller.",
    mender=Mender.AUTHOR,
)
ENG_FEEL_VALUE = declare(
    "ENG-0106",
    status=500,
    ar="قيمة من نوع «{type}» لا تعرفه FEEL.",
    en="A value of the kind “{type}”, which FEEL does not know.",
    remedy_ar="حوّل القيمة إلى رقم أو نص أو تاريخ أو قائمة أو سياق قبل التقييم.",
    remedy_en="Turn it into a number, text, date, list or context before the evaluation.",
    mender=Mender.TAYSIR,
)
