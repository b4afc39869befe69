"""Errors of cases."""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "give one of hijri, gregorian and date": "اذكر واحدا مما يلي: hijri، gregorian، date",
        "give since, the first day on which the law gives this holiday": (
            "اذكر في since أول يوم يمنح فيه النظام هذه العطلة"
        ),
        "since lies before {}": "تاريخ since قبل {}",
        "not every year has this day; begin on a day that every year has": (
            "لا يوجد هذا اليوم في كل سنة؛ ابدأ بيوم موجود في كل سنة"
        ),
    }
)

TRX_CASE_NOT_FOUND = declare(
    "TRX-0201",
    status=404,
    ar="لا توجد معاملة بهذا الرقم بين معاملاتك.",
    en="There is no case with this number among yours.",
    remedy_ar="افتح «معاملاتي» واختر المعاملة من القائمة.",
    remedy_en="Open “My cases” and choose the case from the list.",
    mender=Mender.PERSON,
)
TRX_PAGE_NOT_FOUND = declare(
    "TRX-0202",
    status=404,
    ar="لا توجد هذه الصفحة في الطلب.",
    en="The application has no such page.",
    remedy_ar="ارجع إلى المعاملة وتابع من حيث وقفت.",
    remedy_en="Go back to the case and go on from where you stopped.",
    mender=Mender.PERSON,
)
TRX_CASE_MOVED_ON = declare(
    "TRX-0203",
    status=409,
    ar="المعاملة {case} تجاوزت هذه الخطوة.",
    en="The case {case} is past this step.",
    remedy_ar="افتح المعاملة لترى أين وصلت؛ لم يتغير شيء.",
    remedy_en="Open the case to see where it is; nothing was changed.",
    mender=Mender.PERSON,
)
TRX_FACT_NOT_DISPUTABLE = declare(
    "TRX-0204",
    status=404,
    ar="لا يمكن الاعتراض على هذه القيمة.",
    en="This value cannot be disputed.",
    remedy_ar="ارجع إلى الطلب واختر قيمة من قائمة البيانات.",
    remedy_en="Go back to the application and choose a value from the list.",
    mender=Mender.PERSON,
)
TRX_NO_OBJECTION = declare(
    "TRX-0205",
    status=409,
    ar="لا يمكن الاعتراض على المعاملة {case}: لم تُرفض، أو انقضت مدة الاعتراض.",
    en="Case {case} cannot be objected to: it was not refused, or the time to object has passed.",
    remedy_ar="افتح المعاملة لترى قرارها ومدة الاعتراض عليه.",
    remedy_en="Open the case to see its decision and how long you may object.",
    mender=Mender.PERSON,
)
TRX_HOLIDAYS = declare(
    "TRX-0206",
    status=500,
    ar="ملف العطل الرسمية {file} غير صالح: {finding}.",
    en="The file of public holidays {file} is not acceptable: {finding}.",
    remedy_ar="صحح الملف وفق دليل العطل الرسمية ثم أعد تشغيل البوابة.",
    remedy_en="Correct the file as the guide to public holidays says, then restart the portal.",
    mender=Mender.OPERATOR,
)
