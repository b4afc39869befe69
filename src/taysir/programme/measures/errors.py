"""Errors of the measures."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "event {}: time in the future": "وقت الحدث {} في المستقبل",
        "did not come through the exchange": "لم تصل عبر التبادل",
        "{} bytes": "عدد البايتات {}",
        "{} events": "عدد الأحداث {}",
    }
)

PRG_EVENTS_UNREADABLE = declare(
    "PRG-0101",
    status=400,
    ar="دفعة الأحداث غير صالحة: {finding}.",
    en="The batch of events is not valid: {finding}.",
    remedy_ar="أرسل قائمة أحداث بالصيغة الموصوفة في مرجع المؤشرات.",
    remedy_en="Send a list of events as the reference of the indicators describes.",
    mender=Mender.CALLER,
)
PRG_EVENT_CONTENT = declare(
    "PRG-0102",
    status=422,
    ar="الحدث رقم {index} يحمل في «{member}» ما قد يكون بيانات شخصية أو محتوى معاملة.",
    en="Event {index} carries in “{member}” what may be personal data or content of a case.",
    remedy_ar="أرسل أسماء الحقول والرموز فقط، لا قيمها. لم يُحفظ شيء من الدفعة.",
    remedy_en="Send names of fields and codes only, never values. Nothing of the batch was kept.",
    mender=Mender.CALLER,
)
PRG_EVENTS_TOO_LARGE = declare(
    "PRG-0103",
    status=413,
    ar="دفعة الأحداث أكبر من الحد: {limit}.",
    en="The batch of events is larger than the limit: {limit}.",
    remedy_ar="أرسل دفعات أصغر.",
    remedy_en="Send smaller batches.",
    mender=Mender.CALLER,
)
PRG_EVENT_CONFLICT = declare(
    "PRG-0104",
    status=409,
    ar="الحدث رقم {index} يخالف حدثا محفوظا بالمعرف نفسه أو بالتسلسل نفسه.",
    en="Event {index} contradicts a stored event of the same id or the same place in its case.",
    remedy_ar="الحدث المحفوظ باق كما هو. راجع سجل الأحداث في الجهة.",
    remedy_en="The stored event stands. Check the event log of the agency.",
    mender=Mender.CALLER,
)
PRG_EVENT_AGENCY = declare(
    "PRG-0105",
    status=403,
    ar="الحدث رقم {index} لجهة غير الجهة التي أرسلته عبر قناة التبادل.",
    en="Event {index} belongs to another agency than the one that sent it through the exchange.",
    remedy_ar="ترسل كل جهة أحداثها بنفسها.",
    remedy_en="Each agency sends its own events.",
    mender=Mender.CALLER,
)
PRG_FIGURE_UNKNOWN = declare(
    "PRG-0106",
    status=404,
    ar="لا يوجد مؤشر بهذا الاسم.",
    en="There is no figure of this name.",
    remedy_ar="اختر مؤشرا من صفحة المؤشرات.",
    remedy_en="Choose a figure from the page of figures.",
    mender=Mender.PERSON,
)
PRG_TOO_MANY_EVENTS = declare(
    "PRG-0107",
    status=503,
    ar="عدد الأحداث أكبر مما تحسبه هذه الصفحة دفعة واحدة: {limit}.",
    en="There are more events than this page computes at once: {limit}.",
    remedy_ar="اختر خدمة واحدة أو فترة أقصر.",
    remedy_en="Choose one service or a shorter period.",
    mender=Mender.OPERATOR,
    retry=Retry.NEVER,
)
