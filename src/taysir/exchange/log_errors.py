"""Errors of the transparency log, its witnesses and its time-stamps."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

EXC_LOG_FORK = declare(
    "EXC-0541",
    status=500,
    ar="سجل الشفافية لا يتفق مع سجل الإثبات: {reason}.",
    en="The transparency log and the journal disagree: {reason}.",
    remedy_ar="لا توقع العقدة شيئا جديدا. افحص السجلين بالأمر taysir fsck وأبلغ مكتب البرنامج.",
    remedy_en="The node signs nothing new. Check both with taysir fsck, and tell the authority.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_EVIDENCE_BEHIND = declare(
    "EXC-0542",
    status=503,
    ar="تُرفض الطلبات الجديدة: مضت {age_s} ثانية على أقدم بيان بلا ختم زمني.",
    en="New calls are refused: the oldest statement without a time-stamp is {age_s} s old.",
    remedy_ar="أعد الاتصال بسلطة الختم الزمني أو بالشهود؛ تستدرك العقدة ما فات وحدها.",
    remedy_en="Restore the time-stamp authority or the witnesses; the node catches up by itself.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_WITNESS = declare(
    "EXC-0543",
    status=502,
    ar="الشاهد {witness} لم يوقع نقطة التحقق: {reason}.",
    en="The witness {witness} did not cosign the checkpoint: {reason}.",
    remedy_ar="تحقّق من الاتصال بالشاهد ومن مفاتيحه في وثيقة الاتحاد.",
    remedy_en="Check the connection to the witness, and its key in the federation document.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_STAMP = declare(
    "EXC-0544",
    status=502,
    ar="الختم الزمني غير مقبول: {reason}.",
    en="The time-stamp is not accepted: {reason}.",
    remedy_ar="تحقّق من عنوان سلطة الختم الزمني وشهادتها.",
    remedy_en="Check the address and the certificate of the time-stamp authority.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_STATUS = declare(
    "EXC-0545",
    status=502,
    ar="حالة الشهادات غير مقبولة: {reason}.",
    en="The certificates' status is not accepted: {reason}.",
    remedy_ar="تحقّق من عنوان قائمة الإلغاء التي تنشرها السلطة.",
    remedy_en="Check the address of the revocation list that the authority publishes.",
    mender=Mender.AUTHORITY,
    retry=Retry.LATER,
)
