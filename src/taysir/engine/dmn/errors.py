"""What can be wrong with a DMN file or with asking it for a decision."""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare

ENG_DMN_XML = declare(
    "ENG-0121",
    status=422,
    ar="الملف {file} ليس XML صحيحاً عند السطر {line}: {detail}.",
    en="{file} is not well-formed XML at line {line}: {detail}.",
    remedy_ar="صحّح الملف؛ لا تُقبل فيه تعريفات DTD ولا كيانات.",
    remedy_en="Correct the file; document type definitions and entities are not accepted.",
    mender=Mender.AUTHOR,
)
ENG_DMN_LIMIT = declare(
    "ENG-0122",
    status=413,
    ar="الملف {file} يتجاوز الحد: {what} ({limit}).",
    en="{file} is beyond a limit: {what} ({limit}).",
    remedy_ar="قسّم النموذج إلى ملفات أو جداول أصغر.",
    remedy_en="Split the model into smaller files or tables.",
    mender=Mender.AUTHOR,
)
ENG_DMN_FORMAT = declare(
    "ENG-0123",
    status=422,
    ar="الملف {file} ليس نموذج DMN مقبولاً عند السطر {line}: {detail}.",
    en="{file} is not an acceptable DMN model at line {line}: {detail}.",
    remedy_ar="اكتب النموذج وفق DMN 1.2 إلى 1.5.",
    remedy_en="Write the model in DMN 1.2 to 1.5.",
    mender=Mender.AUTHOR,
)
ENG_DMN_EXPRESSION = declare(
    "ENG-0124",
    status=422,
    ar="في الملف {file} السطر {line} («{element}»): {detail}",
    en="In {file}, line {line} (“{element}”): {detail}",
    remedy_ar="صحّح العبارة المذكورة.",
    remedy_en="Correct the expression named.",
    mender=Mender.AUTHOR,
)
ENG_DMN_REFERENCE = declare(
    "ENG-0125",
    status=422,
    ar="في الملف {file} السطر {line}: «{reference}» غير معرّف.",
    en="In {file}, line {line}: “{reference}” is not defined.",
    remedy_ar="عرّف العنصر أو صحّح الإشارة إليه.",
    remedy_en="Define the element, or correct the reference.",
    mender=Mender.AUTHOR,
)
ENG_DMN_UNKNOWN = declare(
    "ENG-0126",
    status=404,
    ar="لا يوجد قرار باسم «{name}» في {file}.",
    en="There is no decision “{name}” in {file}.",
    remedy_ar="صحّح اسم القرار أو أضفه إلى النموذج.",
    remedy_en="Correct the name of the decision, or add it to the model.",
    mender=Mender.AUTHOR,
)
ENG_DMN_CYCLE = declare(
    "ENG-0127",
    status=422,
    ar="القرار «{name}» في {file} يعتمد على نفسه.",
    en="The decision “{name}” in {file} depends on itself.",
    remedy_ar="اقطع الدائرة في متطلبات القرار.",
    remedy_en="Break the circle in the requirements.",
    mender=Mender.AUTHOR,
)
ENG_SHEET_FORM = declare(
    "ENG-0128",
    status=422,
    ar="لا يمكن قراءة الجداول من الملف {file}: {detail}.",
    en="Tables cannot be read from {file}: {detail}.",
    remedy_ar="اتبع docs/howto/write-a-table-in-a-spreadsheet.md واحفظ بصيغة csv أو xlsx أو ods.",
    remedy_en="Follow docs/howto/write-a-table-in-a-spreadsheet.md; save as csv, xlsx or ods.",
    mender=Mender.AUTHOR,
)
ENG_SHEET_CELL = declare(
    "ENG-0129",
    status=422,
    ar="في الملف {file} السطر {line}: {detail}.",
    en="In {file}, row {line}: {detail}.",
    remedy_ar="صحّح الخلية المذكورة.",
    remedy_en="Correct the cell named.",
    mender=Mender.AUTHOR,
)
ENG_SHEET_LOGIC = declare(
    "ENG-0130",
    status=422,
    ar="«{name}» في {file} ليس جدولاً ولا صيغة، فلا يُكتب في ورقة.",
    en="“{name}” in {file} is neither a table nor a formula and cannot stand in a sheet.",
    remedy_ar="حوّله إلى جدول أو صيغة، أو أبقِ الملف بصيغة DMN.",
    remedy_en="Make it a table or a formula, or keep the file in DMN.",
    mender=Mender.AUTHOR,
)
