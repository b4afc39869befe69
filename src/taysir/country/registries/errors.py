"""Errors of the Traffic Directorate's renewal system and of the sample state's control port."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "JSON": "المحتوى ليس JSON",
        "national_id": "قيمة national_id غير صالحة",
        "content-type": "نوع المحتوى content-type غير صحيح",
    }
)

CTY_RENEWAL_BODY = declare(
    "CTY-0201",
    status=400,
    ar="طلب تسجيل التجديد غير مقروء: {detail}.",
    en="The request to register a renewal cannot be read: {detail}.",
    remedy_ar="أرسل case_number وnational_id وexpires_on بصيغة JSON كما في ‎/openapi.json",
    remedy_en="Send case_number, national_id and expires_on as JSON, as in /openapi.json",
    mender=Mender.CALLER,
)
CTY_RENEWAL_LICENCE = declare(
    "CTY-0202",
    status=404,
    ar="لا توجد رخصة سارية التسجيل لهذا الرقم.",
    en="The register holds no licence of this number that could be renewed.",
    remedy_ar="راجع سجل الرخص قبل تسجيل التجديد.",
    remedy_en="Look the licence up before registering its renewal.",
    mender=Mender.CALLER,
)
CTY_RENEWAL_CONFLICT = declare(
    "CTY-0203",
    status=409,
    ar="سُجل لهذه المعاملة تجديد بقيم أخرى، أو تغيرت الرخصة منذ قراءتها، أو لا تمتد مدتها.",
    en="This case has registered other values, or the licence changed since, or is not extended.",
    remedy_ar="اقرأ الرخصة من جديد، وقرر على أساس تاريخ انتهائها الحالي.",
    remedy_en="Read the licence again and decide on its present date of expiry.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
CTY_RENEWAL_UNAVAILABLE = declare(
    "CTY-0204",
    status=503,
    ar="سجل الرخص لا يقبل الكتابة الآن.",
    en="The register of licences cannot be written now.",
    remedy_ar="أعد الطلب نفسه لاحقا: لا يُسجل التجديد مرتين.",
    remedy_en="Send the same request again later: a renewal is never registered twice.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
CTY_CONTROL_UNKNOWN = declare(
    "CTY-0211",
    status=404,
    ar="منفذ التحكم لا يقدم هذا المسار أو لا يعرف هذا السجل.",
    en="The control port does not offer this path or does not know this registry.",
    remedy_ar="المتاح: GET /registries وPOST /registries/…/stop وstart وPOST /events/…",
    remedy_en="There are GET /registries, POST /registries/…/stop and start, and POST /events/…",
    mender=Mender.CALLER,
)
CTY_CONTROL_BODY = declare(
    "CTY-0212",
    status=400,
    ar="طلب التحكم غير مقروء: {detail}.",
    en="The request to the control port cannot be read: {detail}.",
    remedy_ar="أرسل جسما من نوع application/json فيه national_id صحيح.",
    remedy_en="Send a body of type application/json with a valid national_id.",
    mender=Mender.CALLER,
)
