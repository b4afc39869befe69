"""Errors of the inbox."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

TRX_NOTICE_TEMPLATE = declare(
    "TRX-0801",
    status=500,
    ar="لا يوجد قالب إشعار بالاسم «{template}».",
    en="There is no notice template named “{template}”.",
    remedy_ar="استخدم أحد القوالب: {known}",
    remedy_en="Use one of: {known}",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_NOTICE_VALUE = declare(
    "TRX-0802",
    status=500,
    ar="قيمة «{value}» ناقصة أو أطول مما يسمح به قالب الإشعار «{template}».",
    en="The value “{value}” of the notice template “{template}” is missing or too long.",
    remedy_ar="مرّر القيمة نصا، أو نصا بكل لغة.",
    remedy_en="Pass the value as a text, or as one text for each language.",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_NOTICE_NOT_FOUND = declare(
    "TRX-0803",
    status=404,
    ar="لا توجد رسالة بهذا العنوان في صندوقك.",
    en="There is no message at this address in your inbox.",
    remedy_ar="افتح الرسالة من صندوق الوارد.",
    remedy_en="Open the message from your inbox.",
    mender=Mender.PERSON,
)
