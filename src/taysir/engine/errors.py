"""The errors of the engine: what can be wrong in a pack, an answer, a decision or a step."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "DTD": "تعريف نوع المستند DTD غير مقبول",
        "empty": "الملف فارغ",
        "depth": "عمق التداخل",
        "bytes": "عدد البايتات",
        "cells": "عدد الخلايا",
        "elements": "عدد العناصر",
        "files": "عدد الملفات",
        "nesting": "تداخل أعمق من الحد المسموح",
        "definitions": "العنصر definitions",
        "process": "عدد المسارات process",
        "decision": "لا قرار فيه",
        "format {}": "الصيغة {}",
        "type: string, integer…": "اذكر نوع القيمة في type",
        "table {}": "الجدول {}",
        "rule {}: {} cells, {} columns": "السطر {}: عدد خلاياه {} وعدد الأعمدة {}",
        "id “{}”": "المعرّف «{}»",
    }
)

# --- reading the files of a pack -----------------------------------------------------------------

ENG_PACK_MISSING = declare(
    "ENG-1001",
    status=404,
    ar="لا توجد حزمة خدمة في «{path}»: الملف {file} مفقود.",
    en="There is no service pack at “{path}”: the file {file} is missing.",
    remedy_ar="اكتب مسار المجلد الذي يضم service.yaml، أو أنشئ الملف المفقود.",
    remedy_en="Give the path of the directory that holds service.yaml, or create the missing file.",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
ENG_NEW_CODE = declare(
    "ENG-1021",
    status=422,
    ar="«{given}» لا يصلح رمزًا لخدمة.",
    en="“{given}” cannot be the code of a service.",
    remedy_ar="اكتب رمزًا بالحروف اللاتينية الصغيرة والأرقام والشرطات، مثل library-card.",
    remedy_en="Write lower-case Latin letters, digits and hyphens, such as library-card.",
    mender=Mender.AUTHOR,
)
ENG_NEW_TITLE = declare(
    "ENG-1022",
    status=422,
    ar="لا بد للخدمة من عنوان عربي وعنوان إنجليزي لا يزيدان على {limit} حرفا.",
    en="A service needs an Arabic and an English title of at most {limit} characters.",
    remedy_ar="اكتب العنوانين بالخيارين --title-ar و--title-en.",
    remedy_en="Give both with --title-ar and --title-en.",
    mender=Mender.AUTHOR,
)
ENG_NEW_FOLDER = declare(
    "ENG-1023",
    status=409,
    ar="المجلد {folder} موجود وليس فارغًا.",
    en="The directory {folder} exists and is not empty.",
    remedy_ar="اختر مجلدًا آخر بالخيار --into.",
    remedy_en="Choose another directory with --into.",
    mender=Mender.AUTHOR,
)
ENG_FILE_SIZE = declare(
    "ENG-1002",
    status=413,
    ar="الملف أكبر من الحد المسموح ({bytes} بايت).",
    en="The file is larger than the limit ({bytes} bytes).",
    remedy_ar="قسّم الملف أو احذف ما لا تحتاج إليه الخدمة.",
    remedy_en="Split the file, or remove what the service does not need.",
    mender=Mender.AUTHOR,
)
ENG_YAML_SYNTAX = declare(
    "ENG-1003",
    status=422,
    ar="لا يمكن قراءة الملف: خطأ في الصياغة ({detail}).",
    en="The file cannot be read: a mistake in the notation ({detail}).",
    remedy_ar="راجع المسافات البادئة والنقطتين وعلامات الاقتباس في هذا السطر والسطر الذي قبله.",
    remedy_en="Check indentation, colons and quotes on this line and the one before it.",
    mender=Mender.AUTHOR,
)
ENG_YAML_KEY = declare(
    "ENG-1004",
    status=422,
    ar="المفتاح «{key}» مكرر في الموضع نفسه.",
    en="The key “{key}” is written twice in the same place.",
    remedy_ar="احذف أحد الموضعين أو غيّر اسمه.",
    remedy_en="Remove one of the two, or rename it.",
    mender=Mender.AUTHOR,
)
ENG_YAML_FEATURE = declare(
    "ENG-1005",
    status=422,
    ar="لا تُقبل في حزمة الخدمة هذه الصياغة: {feature}.",
    en="This notation is not accepted in a service pack: {feature}.",
    remedy_ar="اكتب القيمة كاملة في موضعها، دون مراسٍ أو إحالات أو وسوم أو تداخل عميق.",
    remedy_en="Write the value out in its place, without anchors, aliases, tags or deep nesting.",
    mender=Mender.AUTHOR,
)
ENG_SHAPE = declare(
    "ENG-1006",
    status=422,
    ar="القيمة «{path}» لا توافق المطلوب: {detail}",
    en="The value “{path}” is not as required: {detail}",
    remedy_ar="صحّح القيمة؛ الشكل المطلوب مشروح في docs/reference/service-pack.md.",
    remedy_en="Correct the value; docs/reference/service-pack.md describes the required form.",
    mender=Mender.AUTHOR,
)
ENG_KEY_MISSING = declare(
    "ENG-1007",
    status=422,
    ar="ينقص المفتاح «{key}» في «{path}».",
    en="The key “{key}” is missing in “{path}”.",
    remedy_ar="أضف المفتاح؛ معناه مشروح في docs/reference/service-pack.md.",
    remedy_en="Add the key; its meaning is in docs/reference/service-pack.md.",
    mender=Mender.AUTHOR,
)
ENG_KEY_UNKNOWN = declare(
    "ENG-1008",
    status=422,
    ar="المفتاح «{key}» غير معروف في «{path}».",
    en="The key “{key}” is not known in “{path}”.",
    remedy_ar="صحّح كتابة المفتاح أو احذفه.",
    remedy_en="Correct the spelling of the key, or remove it.",
    mender=Mender.AUTHOR,
)
ENG_SCHEMA = declare(
    "ENG-1009",
    status=422,
    ar="الملف ليس مخطط JSON Schema 2020-12 صحيحًا: {detail}",
    en="The file is not a valid JSON Schema 2020-12: {detail}",
    remedy_ar="صحّح المخطط عند الموضع المذكور.",
    remedy_en="Correct the schema at the place named.",
    mender=Mender.AUTHOR,
)
ENG_TRANSLATION = declare(
    "ENG-1010",
    status=422,
    ar="النص «{path}» ينقصه {language}.",
    en="The text “{path}” lacks its {language}.",
    remedy_ar="اكتب النص باللغتين العربية والإنجليزية.",
    remedy_en="Write the text in both Arabic and English.",
    mender=Mender.AUTHOR,
)
ENG_FACT_UNKNOWN = declare(
    "ENG-1011",
    status=422,
    ar="المعلومة «{fact}» غير معرّفة في facts.schema.json.",
    en="The fact “{fact}” is not defined in facts.schema.json.",
    remedy_ar="عرّف المعلومة في facts.schema.json أو صحّح اسمها هنا.",
    remedy_en="Define the fact in facts.schema.json, or correct its name here.",
    mender=Mender.AUTHOR,
)
ENG_EXPRESSION = declare(
    "ENG-1012",
    status=422,
    ar="عبارة FEEL غير صحيحة: {detail}",
    en="The FEEL expression is not correct: {detail}",
    remedy_ar="صحّح العبارة عند السطر والعمود المذكورين.",
    remedy_en="Correct the expression at the line and column named.",
    mender=Mender.AUTHOR,
)
ENG_RULES = declare(
    "ENG-1013",
    status=422,
    ar="ملف القواعد لا يُقرأ: {detail}",
    en="The rule file cannot be used: {detail}",
    remedy_ar="صحّح الملف عند الموضع المذكور؛ الصيغة هي DMN 1.5 مع FEEL.",
    remedy_en="Correct the file at the place named; the format is DMN 1.5 with FEEL.",
    mender=Mender.AUTHOR,
)
ENG_DECISION_MISSING = declare(
    "ENG-1014",
    status=422,
    ar="القرار «{decision}» غير موجود في أي ملف من ملفات القواعد في التاريخ {date}.",
    en="The decision “{decision}” is in none of the rule files in force on {date}.",
    remedy_ar="أضف القرار إلى rules/*.dmn، أو صحّح اسمه، أو مدّ سريان ملفه.",
    remedy_en="Add it to rules/*.dmn, correct its name, or extend the validity of its file.",
    mender=Mender.AUTHOR,
)
ENG_REFERENCE = declare(
    "ENG-1015",
    status=422,
    ar="«{name}» غير معرّف في {where}.",
    en="“{name}” is not defined in {where}.",
    remedy_ar="عرّفه هناك أو صحّح الاسم هنا.",
    remedy_en="Define it there, or correct the name here.",
    mender=Mender.AUTHOR,
)
ENG_DUPLICATE = declare(
    "ENG-1016",
    status=422,
    ar="الاسم «{name}» مستعمل أكثر من مرة.",
    en="The name “{name}” is used more than once.",
    remedy_ar="أعط كل عنصر اسمًا لا يشاركه فيه غيره.",
    remedy_en="Give each element a name of its own.",
    mender=Mender.AUTHOR,
)
ENG_VALIDITY = declare(
    "ENG-1017",
    status=422,
    ar="مدة السريان «{given}» غير صحيحة.",
    en="The validity “{given}” is not correct.",
    remedy_ar="اكتب التاريخ بالصيغة 2026-01-31، على أن تسبق البداية النهاية.",
    remedy_en="Write dates as 2026-01-31, the start before the end.",
    mender=Mender.AUTHOR,
)
ENG_PACK_SIZE = declare(
    "ENG-1018",
    status=413,
    ar="الحزمة تتجاوز الحد المسموح: {what} (الحد {limit}).",
    en="The pack exceeds a limit: {what} (limit {limit}).",
    remedy_ar="قسّم الخدمة أو احذف ما لا تحتاج إليه.",
    remedy_en="Split the service, or remove what it does not need.",
    mender=Mender.AUTHOR,
)

# --- facts, answers, lookups ---------------------------------------------------------------------

ENG_FACTS_FORM = declare(
    "ENG-1101",
    status=422,
    ar="بيانات الطلب المحفوظة غير صالحة: {detail}.",
    en="The stored facts of the case are not valid: {detail}.",
    remedy_ar="استعد الطلب من سجل أحداثه، وأبلغ مشغّل النظام.",
    remedy_en="Restore the case from its event log, and tell the operator.",
    mender=Mender.OPERATOR,
)
ENG_FACT_UNDECLARED = declare(
    "ENG-1102",
    status=422,
    ar="المعلومة «{fact}» ليست من معلومات هذه الخدمة.",
    en="The fact “{fact}” is not one of this service's facts.",
    remedy_ar="استعمل اسمًا معرّفًا في facts.schema.json.",
    remedy_en="Use a name that facts.schema.json defines.",
    mender=Mender.CALLER,
)
ENG_LOOKUP_PATH = declare(
    "ENG-1103",
    status=409,
    ar="لا يمكن إجراء الاستعلام «{lookup}»: المعلومة «{fact}» غير معروفة بعد.",
    en="The lookup “{lookup}” cannot be made: the fact “{fact}” is not known yet.",
    remedy_ar="أكمل المعلومة أولًا ثم أعد الاستعلام.",
    remedy_en="Complete that fact first, then ask again.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
ENG_DECISION_FAILED = declare(
    "ENG-1104",
    status=500,
    ar="تعذّر تطبيق القاعدة «{decision}» من {file}: {detail}",
    en="The rule “{decision}” of {file} could not be applied: {detail}",
    remedy_ar="لم يُتخذ قرار؛ صحّح القاعدة وانشر إصدارًا جديدًا، أو أحل الطلب إلى موظف.",
    remedy_en="Nothing was decided; correct and publish the rule, or refer the case to an officer.",
    mender=Mender.AUTHOR,
)

# --- flow ----------------------------------------------------------------------------------------

ENG_ACTION_UNKNOWN = declare(
    "ENG-1201",
    status=409,
    ar="لا يمكن تنفيذ الإجراء «{action}» والطلب في مرحلة «{stage}».",
    en="The action “{action}” is not possible while the case is at stage “{stage}”.",
    remedy_ar="حدّث الصفحة لترى مرحلة الطلب الحالية وما يمكن فعله فيها.",
    remedy_en="Reload the page to see the case's present stage and what can be done there.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)
ENG_ACTION_ROLE = declare(
    "ENG-1202",
    status=403,
    ar="الإجراء «{action}» ليس من صلاحية الدور «{role}».",
    en="The action “{action}” is not within the powers of the role “{role}”.",
    remedy_ar="اطلب من صاحب الدور المذكور في تعريف الخدمة أن يقوم به.",
    remedy_en="Ask someone with the role named in the service's definition to do it.",
    mender=Mender.CALLER,
)
ENG_TOKEN_FORM = declare(
    "ENG-1203",
    status=422,
    ar="حالة الطلب المحفوظة لا توافق مسار الخدمة: {detail}.",
    en="The stored state of the case does not fit the service's flow: {detail}.",
    remedy_ar="تحقق من أن الطلب يُقرأ بإصدار الحزمة المثبّت فيه.",
    remedy_en="Check that the case is read with the version of the pack it is pinned to.",
    mender=Mender.OPERATOR,
)
ENG_TIME_BACKWARDS = declare(
    "ENG-1204",
    status=409,
    ar="وقت الإجراء يسبق آخر خطوة في الطلب.",
    en="The time of the action is before the case's last step.",
    remedy_ar="راجع ساعة الخادم.",
    remedy_en="Check the server's clock.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)

# --- checks before publishing --------------------------------------------------------------------

ENG_CHECK_UNUSED = declare(
    "ENG-1301",
    status=422,
    ar="المعلومة «{fact}» معرّفة ولا يستعملها شيء في الحزمة.",
    en="The fact “{fact}” is defined but nothing in the pack uses it.",
    remedy_ar="احذفها: لا تُجمع معلومة لا حاجة إليها.",
    remedy_en="Remove it: what is not needed must not be collected.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_UNSOURCED = declare(
    "ENG-1302",
    status=422,
    ar="المعلومة «{fact}» مصدرها «{source}» ولا شيء في الحزمة يجلبها.",
    en="The fact “{fact}” should come from “{source}”, but nothing in the pack provides it.",
    remedy_ar="أضف سؤالًا أو استعلامًا أو قاعدة تعطي قيمتها، أو غيّر مصدرها.",
    remedy_en="Add the question, lookup or rule that gives its value, or change its source.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_ONCE_ONLY = declare(
    "ENG-1303",
    status=422,
    ar="السؤال عن «{fact}» يخالف مبدأ المرة الواحدة: {service} يحفظ هذه المعلومة.",
    en="Asking for “{fact}” breaks the once-only principle: {service} holds it.",
    remedy_ar="احذف السؤال واجلب المعلومة من مصدرها.",
    remedy_en="Remove the question and fetch the fact from its source.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_DEAD_END = declare(
    "ENG-1304",
    status=422,
    ar="المرحلة «{stage}» طريق مسدود: لا تنتهي منها أي معاملة.",
    en="The stage “{stage}” is a dead end: no case can finish from it.",
    remedy_ar="أضف إجراءً أو مهلة تقود إلى مرحلة نهائية.",
    remedy_en="Add an action or a deadline that leads to a final stage.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_UNREACHABLE = declare(
    "ENG-1305",
    status=422,
    ar="«{name}» لا يمكن بلوغه.",
    en="“{name}” can never be reached.",
    remedy_ar="اربطه بما قبله أو احذفه.",
    remedy_en="Connect it to what comes before it, or remove it.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_DEADLINE = declare(
    "ENG-1306",
    status=422,
    ar="المرحلة «{stage}» بلا مهلة، فقد تبقى المعاملة فيها إلى ما لا نهاية.",
    en="The stage “{stage}” has no deadline, so a case may stay there for ever.",
    remedy_ar="حدد المهلة وما يحدث عند انقضائها.",
    remedy_en="State the deadline and what happens when it passes.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_ARTICLE = declare(
    "ENG-1307",
    status=422,
    ar="«{name}» يستند إلى المادة «{article}» وهي غير نافذة في {date}.",
    en="“{name}” rests on the article “{article}”, which is not in force on {date}.",
    remedy_ar="حدّث المادة أو مدة سريان القاعدة.",
    remedy_en="Correct the article, or the validity of the rule.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_NO_ARTICLE = declare(
    "ENG-1308",
    status=422,
    ar="القاعدة «{name}» بلا سند نظامي.",
    en="The rule “{name}” has no legal basis.",
    remedy_ar="اذكر في خانة article رمز المادة التي تعطي القاعدة قوتها.",
    remedy_en="Name in the column article the article that gives the rule its force.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_REASON = declare(
    "ENG-1309",
    status=422,
    ar="السبب «{code}» بلا نص للمستفيد.",
    en="The reason “{code}” has no text for the person.",
    remedy_ar="اكتب نصه وما يفعله المستفيد في reasons.yaml.",
    remedy_en="Write its text and what the person can do in reasons.yaml.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_TESTS = declare(
    "ENG-1310",
    status=422,
    ar="لا توجد اختبارات في الحزمة.",
    en="The pack has no tests.",
    remedy_ar="أضف في tests/ حالات تصف الإجابات وردود السجلات والقرار المتوقع.",
    remedy_en="Add cases to tests/: answers, registry replies and the decision expected.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_ARABIC = declare(
    "ENG-1311",
    status=422,
    ar="النص العربي «{path}» لا يحوي حروفًا عربية.",
    en="The Arabic text “{path}” has no Arabic letters.",
    remedy_ar="اكتب النص بالعربية.",
    remedy_en="Write the text in Arabic.",
    mender=Mender.AUTHOR,
)
