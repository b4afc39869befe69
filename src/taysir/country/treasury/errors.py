"""Errors of the sample treasury."""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare

CTY_BILL_UNREADABLE = declare(
    "CTY-0301",
    status=400,
    ar="طلب الفاتورة غير صالح: {finding}.",
    en="The bill is not valid: {finding}.",
    remedy_ar="أرسل الحقول الموصوفة في وثيقة الخدمة.",
    remedy_en="Send the members that the service's document describes.",
    mender=Mender.CALLER,
)
CTY_BILL_TAKEN = declare(
    "CTY-0302",
    status=409,
    ar="رقم الفاتورة {number} مستخدم لفاتورة أخرى.",
    en="The bill number {number} is in use for another bill.",
    remedy_ar="استخدم رقما جديدا.",
    remedy_en="Use a new number.",
    mender=Mender.CALLER,
)
CTY_BILL_UNKNOWN = declare(
    "CTY-0303",
    status=404,
    ar="لا توجد فاتورة بهذا الرقم.",
    en="There is no bill of this number.",
    remedy_ar="تحقق من الرقم.",
    remedy_en="Check the number.",
    mender=Mender.CALLER,
)
