"""Errors of bills and payments."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "unreadable answer": "الجواب غير مقروء",
        "number": "رقم الفاتورة",
        "amount": "المبلغ",
    }
)

TRX_BILL_AMOUNT = declare(
    "TRX-0701",
    status=500,
    ar="مبلغ الفاتورة {amount} خارج الحدود المسموح بها.",
    en="The bill's amount {amount} is outside what is allowed.",
    remedy_ar="صحّح جدول الرسوم في تعريف الخدمة.",
    remedy_en="Mend the fee table of the service pack.",
    mender=Mender.AUTHOR,
    retry=Retry.AFTER_MENDING,
)
TRX_BILL_CONFLICT = declare(
    "TRX-0702",
    status=409,
    ar="للطلب {case} فاتورة سابقة بمبلغ آخر.",
    en="Case {case} already has a bill of another amount.",
    remedy_ar="ألغ الفاتورة السابقة قبل إصدار فاتورة بمبلغ جديد.",
    remedy_en="Cancel the earlier bill before one of a new amount is made.",
    mender=Mender.OPERATOR,
)
TRX_BILL_NOT_FOUND = declare(
    "TRX-0703",
    status=404,
    ar="لا توجد فاتورة لهذا الطلب.",
    en="There is no bill for this application.",
    remedy_ar="افتح طلبك من صفحة «طلباتي».",
    remedy_en="Open your application from the page “My applications”.",
    mender=Mender.PERSON,
)
TRX_TREASURY_UNAVAILABLE = declare(
    "TRX-0704",
    status=503,
    ar="بوابة المدفوعات لا تجيب الآن ({finding}).",
    en="The treasury does not answer now ({finding}).",
    remedy_ar="لا تدفع مرة أخرى. سيُحدَّث وضع الفاتورة تلقائيا متى أجابت البوابة.",
    remedy_en="Do not pay again. The bill is brought up to date as soon as the treasury answers.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
TRX_TREASURY_CONTRADICTS = declare(
    "TRX-0705",
    status=502,
    ar="جواب بوابة المدفوعات عن الفاتورة {bill} يخالف الفاتورة: {finding}.",
    en="The treasury's answer about bill {bill} contradicts the bill: {finding}.",
    remedy_ar="راجع الفاتورة مع الخزانة؛ لم يُعتمد أي سداد.",
    remedy_en="Clear the bill with the treasury; no payment was accepted.",
    mender=Mender.PROVIDER,
    retry=Retry.AFTER_MENDING,
)
TRX_BILL_NUMBERS_EXHAUSTED = declare(
    "TRX-0706",
    status=503,
    ar="تعذر إيجاد رقم فاتورة لم يُستخدم من قبل.",
    en="No unused bill number could be found.",
    remedy_ar="أعد المحاولة؛ فإن تكرر فاطلب من الخزانة رمز مفوتر جديدا.",
    remedy_en="Try again; if it repeats, ask the treasury for another biller code.",
    mender=Mender.OPERATOR,
    retry=Retry.NOW,
)
