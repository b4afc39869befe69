"""Errors of data services: mapping files, keys and sources.

Keys are personal data and are never repeated in a problem.
"""

from __future__ import annotations

from typing import Final

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "length": "الطول غير مقبول",
        "UTF-8": "ليس بترميز UTF-8",
        "environment variable {}": "متغير البيئة {}",
        "pip install taysir[postgres]": "ثبّت الحزمة: pip install taysir[postgres]",
        "exactly one of: key, column, parts, of + count, of + sum.": (
            "المطلوب واحد فقط من: key أو column أو parts أو of مع count أو of مع sum."
        ),
        "either check or pattern.": "المطلوب check أو pattern لا كلاهما.",
        "not a regular expression.": "ليس تعبيرا نمطيا صحيحا.",
        "table and key.column go together.": "يُذكر table مع key.column.",
        "a field has this name.": "يوجد حقل بهذا الاسم.",
        "no list named {}.": "لا توجد قائمة باسم {}.",
        "a column needs a table.": "العمود يحتاج إلى جدول.",
        "parts are columns.": "الأجزاء أعمدة.",
        "fields of a list are columns.": "حقول القائمة أعمدة.",
        "not a truth value": "ليست true ولا false",
        "not a whole number": "ليست عددا صحيحا",
        "not an ISO 8601 date": "ليست تاريخا بصيغة ISO 8601",
        "a moment without its offset": "وقت لم يُذكر فرقه عن التوقيت العالمي",
    }
)

_SHAPE_AR: Final = "الصيغة مشروحة في docs/howto/publish-a-registry.ar.md."
_SHAPE_EN: Final = "docs/howto/publish-a-registry.md describes the form."

DSV_FILE_MISSING = declare(
    "DSV-0001",
    status=404,
    ar="لا يمكن قراءة ملف الربط.",
    en="The mapping file cannot be read.",
    remedy_ar="راجع مسار الملف وأذونات قراءته.",
    remedy_en="Check the path of the file and who may read it.",
    mender=Mender.AUTHOR,
)
DSV_MAPPING_SHAPE = declare(
    "DSV-0002",
    status=422,
    ar="القيمة «{path}» ليست كما يلزم: {detail}",
    en="The value “{path}” is not as required: {detail}",
    remedy_ar="صحّح القيمة. " + _SHAPE_AR,
    remedy_en="Correct the value. " + _SHAPE_EN,
    mender=Mender.AUTHOR,
)
DSV_MAPPING_KEY_MISSING = declare(
    "DSV-0003",
    status=422,
    ar="ينقص المفتاح «{key}» في «{path}».",
    en="The key “{key}” is missing in “{path}”.",
    remedy_ar="أضف المفتاح. " + _SHAPE_AR,
    remedy_en="Add the key. " + _SHAPE_EN,
    mender=Mender.AUTHOR,
)
DSV_MAPPING_KEY_UNKNOWN = declare(
    "DSV-0004",
    status=422,
    ar="المفتاح «{key}» غير معروف في «{path}».",
    en="The key “{key}” is not known in “{path}”.",
    remedy_ar="صحّح كتابة المفتاح أو احذفه. " + _SHAPE_AR,
    remedy_en="Correct the spelling of the key, or remove it. " + _SHAPE_EN,
    mender=Mender.AUTHOR,
)
DSV_TABLE_MISSING = declare(
    "DSV-0005",
    status=422,
    ar="لا يوجد في المصدر جدول أو عرض باسم «{table}».",
    en="The source has no table or view named “{table}”.",
    remedy_ar="صحّح الاسم، أو امنح الحساب صلاحية القراءة عليه. الموجود: {existing}",
    remedy_en="Correct the name, or let the account read it. There are: {existing}",
    mender=Mender.AUTHOR,
)
DSV_COLUMN_MISSING = declare(
    "DSV-0006",
    status=422,
    ar="لا يوجد في «{table}» عمود باسم «{column}».",
    en="“{table}” has no column named “{column}”.",
    remedy_ar="صحّح الاسم. الأعمدة: {existing}",
    remedy_en="Correct the name. The columns are: {existing}",
    mender=Mender.AUTHOR,
)
DSV_KEY_NOT_INDEXED = declare(
    "DSV-0007",
    status=422,
    ar="البحث في «{table}» بالعمود «{column}» يقرأ الجدول كله.",
    en="Looking up “{table}” by “{column}” reads the whole table.",
    remedy_ar="أنشئ فهرسا على العمود.",
    remedy_en="Make an index on the column.",
    mender=Mender.OPERATOR,
)
DSV_SOURCE_UNAVAILABLE = declare(
    "DSV-0101",
    status=503,
    ar="السجل لا يستجيب الآن.",
    en="The registry does not answer now.",
    remedy_ar="أعد الطلب لاحقا. على الجهة المصدر مراجعة قاعدة بياناتها.",
    remedy_en="Ask again later. The source agency looks at its database.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
DSV_SOURCE_SETTING = declare(
    "DSV-0102",
    status=500,
    ar="ينقص إعداد المصدر: {detail}",
    en="A setting of the source is missing: {detail}",
    remedy_ar="اضبط الإعداد ثم ابدأ الخدمة من جديد.",
    remedy_en="Set it, then start the service again.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
DSV_SOURCE_TOO_LARGE = declare(
    "DSV-0103",
    status=413,
    ar="ملف المصدر أكبر من الحد: {bound}.",
    en="The source file is larger than the bound: {bound}.",
    remedy_ar="انقل البيانات إلى SQLite أو PostgreSQL.",
    remedy_en="Move the data to SQLite or PostgreSQL.",
    mender=Mender.OPERATOR,
)
DSV_SOURCE_UNREADABLE = declare(
    "DSV-0104",
    status=422,
    ar="السطر {line} من ملف المصدر لا يطابق رأس الجدول أو ليس بترميز UTF-8.",
    en="Line {line} of the source file does not match its header or is not UTF-8.",
    remedy_ar="صحّح السطر في الملف.",
    remedy_en="Correct the line in the file.",
    mender=Mender.OPERATOR,
)
DSV_ROW_BROKEN = declare(
    "DSV-0105",
    status=502,
    ar="قيمة الحقل «{field}» في السجل لا توافق نوعه المعلن.",
    en="The registry's value of the field “{field}” is not of its declared type.",
    remedy_ar="على الجهة المصدر تصحيح القيد أو ملف الربط.",
    remedy_en="The source agency corrects the record or the mapping file.",
    mender=Mender.PROVIDER,
    retry=Retry.AFTER_MENDING,
)
DSV_KEY_AMBIGUOUS = declare(
    "DSV-0106",
    status=502,
    ar="في السجل أكثر من قيد واحد لهذا المفتاح.",
    en="The registry holds more than one record of this key.",
    remedy_ar="على الجهة المصدر تصحيح القيود، أو تعيين latest_by في ملف الربط.",
    remedy_en="The source agency corrects its records, or sets latest_by in the mapping file.",
    mender=Mender.PROVIDER,
    retry=Retry.AFTER_MENDING,
)
DSV_KEY_INVALID = declare(
    "DSV-0201",
    status=400,
    ar="المفتاح «{key}» ليس بالصيغة المطلوبة: {fault}.",
    en="The key “{key}” does not have the required form: {fault}.",
    remedy_ar="راجع صيغة المفتاح في وثيقة الخدمة ‎/openapi.json",
    remedy_en="The form of the key is in the service's document, /openapi.json",
    mender=Mender.CALLER,
)
DSV_NOT_FOUND = declare(
    "DSV-0202",
    status=404,
    ar="لا يوجد في السجل قيد بهذا المفتاح.",
    en="The registry holds no record of this key.",
    remedy_ar="تأكد من المفتاح. قد يصل القيد إلى السجل لاحقا.",
    remedy_en="Make sure of the key. The record may reach the registry later.",
    mender=Mender.CALLER,
    retry=Retry.LATER,
)
DSV_PATH_UNKNOWN = declare(
    "DSV-0203",
    status=404,
    ar="هذه الخدمة لا تقدم هذا المسار.",
    en="This service does not offer this path.",
    remedy_ar="المسار المتاح: {path}",
    remedy_en="The path offered is {path}",
    mender=Mender.CALLER,
)
DSV_METHOD = declare(
    "DSV-0204",
    status=405,
    ar="هذه خدمة قراءة: لا تقبل إلا GET وHEAD.",
    en="This is a read service: it accepts GET and HEAD only.",
    remedy_ar="أعد الطلب بالطريقة GET.",
    remedy_en="Ask again with GET.",
    mender=Mender.CALLER,
)
DSV_QUERY = declare(
    "DSV-0205",
    status=400,
    ar="لا تقبل هذه الخدمة معاملات استعلام في العنوان.",
    en="This service accepts no query parameters.",
    remedy_ar="احذف ما بعد علامة الاستفهام.",
    remedy_en="Leave out what follows the question mark.",
    mender=Mender.CALLER,
)
