"""Errors of the catalogue."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

TRX_SERVICE_UNKNOWN = declare(
    "TRX-0101",
    status=404,
    ar="لا توجد خدمة بالرمز {service}.",
    en="There is no service with the code {service}.",
    remedy_ar="ابحث عن الخدمة في الصفحة الرئيسية.",
    remedy_en="Look for the service on the home page.",
    mender=Mender.PERSON,
)
TRX_PACK_MISSING = declare(
    "TRX-0102",
    status=503,
    ar="تعريف الخدمة {pack} الذي ثُبتت عليه هذه المعاملة غير موجود في هذه المنصة.",
    en="The service definition {pack} that this case is pinned to is not installed here.",
    remedy_ar="أعد تثبيت ذلك الإصدار من حزمة الخدمة؛ المعاملة محفوظة.",
    remedy_en="Install that version of the service pack again; the case is kept.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
