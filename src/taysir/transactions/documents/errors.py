"""Errors of sealed documents."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "public.value {}": "القيمة {} في public غير معرّفة",
    }
)

TRX_DOCUMENT_DESCRIPTION = declare(
    "TRX-0601",
    status=500,
    ar="وصف المستند {file} غير صالح: {finding}.",
    en="The document description {file} is not valid: {finding}.",
    remedy_ar="صحّح الملف المجاور لقالب المستند، ثم نفّذ ‎./taysir service check",
    remedy_en="Mend the file beside the document's template, then run ./taysir service check",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_DOCUMENT_TEMPLATE = declare(
    "TRX-0602",
    status=500,
    ar="تعذر تنضيد المستند من القالب {file}: {finding}.",
    en="The document could not be set from the template {file}: {finding}.",
    remedy_ar="صحّح القالب في تعريف الخدمة؛ سيصدر المستند بعد التصحيح دون إعادة الطلب.",
    remedy_en="Mend the template in the service pack; the document is issued then, unasked.",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_SEAL_UNAVAILABLE = declare(
    "TRX-0603",
    status=503,
    ar="تعذر ختم المستند: {finding}.",
    en="The document could not be sealed: {finding}.",
    remedy_ar="تحقق من ملفي شهادة الختم ومفتاحه في إعدادات البوابة.",
    remedy_en="Check the files of the seal's certificate and key in the portal's settings.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
TRX_DOCUMENT_VALUE_MISSING = declare(
    "TRX-0604",
    status=500,
    ar="المستند يحتاج القيمة «{value}» وليست في الطلب.",
    en="The document needs the value “{value}”, which the case does not hold.",
    remedy_ar="أضف القيمة إلى نموذج بيانات الخدمة، أو اجعلها اختيارية في وصف المستند.",
    remedy_en="Add the value to the service's fact model, or make it optional in the description.",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_DOCUMENT_NOT_FOUND = declare(
    "TRX-0605",
    status=404,
    ar="لا يوجد مستند بهذا العنوان لهذا المستفيد.",
    en="There is no document of yours at this address.",
    remedy_ar="افتح المستند من صفحة طلبك.",
    remedy_en="Open the document from the page of your application.",
    mender=Mender.PERSON,
)
TRX_DOCUMENT_LOST = declare(
    "TRX-0606",
    status=500,
    ar="ملف المستند {document} مفقود من المخزن أو تغيّر.",
    en="The file of document {document} is missing from the store or was changed.",
    remedy_ar="استرجع مجلد المستندات من النسخة الاحتياطية.",
    remedy_en="Restore the documents folder from the backup.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
