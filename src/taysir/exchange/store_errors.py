"""Errors of the stores: keys of bodies, backups, repairs, and journals that move."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

EXC_BODY_KEY = declare(
    "EXC-0801",
    status=500,
    ar="لا يمكن فتح مفاتيح المحتوى في {file}: {reason}.",
    en="The keys of bodies in {file} cannot be opened: {reason}.",
    remedy_ar="استرجع الملف من نسخته الاحتياطية؛ الإثبات سليم، والمحتوى وحده لا يُقرأ.",
    remedy_en="Restore the file from its backup; evidence is whole, only bodies are unreadable.",
    mender=Mender.OPERATOR,
)
EXC_STORE_IN_USE = declare(
    "EXC-0802",
    status=409,
    ar="تستعمل عملية أخرى سجل الإثبات في {place}.",
    en="Another process is using the journal at {place}.",
    remedy_ar="أوقف العقدة ثم أعد المحاولة.",
    remedy_en="Stop the node, then try again.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_BACKUP = declare(
    "EXC-0803",
    status=422,
    ar="لا يمكن استعمال النسخة الاحتياطية {file}: {reason}.",
    en="The backup {file} cannot be used: {reason}.",
    remedy_ar="استعمل نسخة أخرى، أو مجلدا فارغا للاسترجاع.",
    remedy_en="Use another backup, or an empty folder to restore into.",
    mender=Mender.OPERATOR,
)
EXC_DATABASE = declare(
    "EXC-0804",
    status=503,
    ar="قاعدة بيانات سجل الإثبات غير متاحة: {reason}.",
    en="The journal's database is not available: {reason}.",
    remedy_ar="شغّل خادم PostgreSQL وراجع عنوانه وصلاحياته في إعدادات العقدة.",
    remedy_en="Start the PostgreSQL server; check its address and rights in the node's settings.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_NO_NODE = declare(
    "EXC-0805",
    status=422,
    ar="المجلد {folder} ليس مجلد عقدة: {reason}.",
    en="{folder} is not a node's folder: {reason}.",
    remedy_ar="أعط المجلد المذكور في إعدادات العقدة.",
    remedy_en="Give the folder that the node's settings name.",
    mender=Mender.OPERATOR,
)
