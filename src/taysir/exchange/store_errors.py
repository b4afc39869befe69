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
EXC_MOVE = declare(
    "EXC-0806",
    status=409,
    ar="لا يمكن نقل سجل الإثبات إلى {target}: {reason}.",
    en="The journal cannot be moved to {target}: {reason}.",
    remedy_ar="انقل إلى مجلد أو جدول فارغ. المصدر لم يتغير.",
    remedy_en="Move to an empty folder or table. The source is as it was.",
    mender=Mender.OPERATOR,
)
EXC_PEER_JOURNAL = declare(
    "EXC-0807",
    status=503,
    ar="عقدة {party} لا تستطيع حفظ الإثبات الآن، فلا تجيب.",
    en="The node of {party} cannot keep evidence now, so it does not answer.",
    remedy_ar="أعد المحاولة بعد {retry_after_s} ثانية؛ على مشغّل تلك العقدة إفراغ مساحة على قرصها.",
    remedy_en="Try again after {retry_after_s} seconds; its operator must free space on its disk.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
EXC_TORN_END = declare(
    "EXC-0811",
    status=500,
    ar="آخر دفعة في {file} لم تُكتب كاملة ({bytes} بايت)؛ لم يُبلَّغ أحد بها.",
    en="The last batch of {file} was not written whole ({bytes} bytes); nobody was told of it.",
    remedy_ar="لا خسارة: يمحوها taysir fsck --repair، أو العقدة عند أول كتابة.",
    remedy_en="Nothing is lost: taysir fsck --repair wipes it, or the node with its first write.",
    mender=Mender.OPERATOR,
)
EXC_DRAFT_LEFT = declare(
    "EXC-0812",
    status=500,
    ar="بقي الملف {file} من عمل لم يكتمل على المقاطع.",
    en="The file {file} is left from work on the segments that was cut off.",
    remedy_ar="يحذفه taysir fsck --repair.",
    remedy_en="taysir fsck --repair removes it.",
    mender=Mender.OPERATOR,
)
EXC_INDEX_WRONG = declare(
    "EXC-0813",
    status=500,
    ar="الفهرس لا يطابق سجل الإثبات عند الموضع {position}: {reason}.",
    en="The index does not fit the journal at position {position}: {reason}.",
    remedy_ar="يعيد taysir fsck --repair بناءه من السجل.",
    remedy_en="taysir fsck --repair builds it anew from the journal.",
    mender=Mender.OPERATOR,
)
EXC_BODIES_LOST = declare(
    "EXC-0814",
    status=500,
    ar="لا يُقرأ محتوى {count} من القيود، أولها عند الموضع {position}: مفاتيحها مفقودة أو تالفة.",
    en="The bodies of {count} records cannot be read, first at {position}: keys lost or damaged.",
    remedy_ar="استرجع مفاتيح المحتوى من أحدث نسخة احتياطية؛ التواقيع والإثباتات سليمة.",
    remedy_en="Restore the keys of bodies from their newest backup; all proofs are whole.",
    mender=Mender.OPERATOR,
)
EXC_ERASED_ALIVE = declare(
    "EXC-0815",
    status=500,
    ar="عادت مفاتيح سبق محوها: {count} من القيود يُقرأ محتواها مع أن السجل يثبت محوها.",
    en="Erased keys are back: {count} records can be read although the journal says they may not.",
    remedy_ar="يمحوها taysir fsck --repair ثانية. راجع النسخة الاحتياطية التي استُرجعت.",
    remedy_en="taysir fsck --repair erases them again. Check which backup was restored.",
    mender=Mender.OPERATOR,
)
EXC_AGREEMENT_FILE = declare(
    "EXC-0816",
    status=500,
    ar="ملف الاتفاقية {file} تالف: {reason}.",
    en="The agreement file {file} is damaged: {reason}.",
    remedy_ar="استرجعه من النسخة الاحتياطية، أو اطلبه من عقدة الطرف الآخر.",
    remedy_en="Restore it from a backup, or have it sent again by the other party's node.",
    mender=Mender.OPERATOR,
)
EXC_LOG_WRONG = declare(
    "EXC-0817",
    status=500,
    ar="سجل الشفافية لا يطابق سجل الإثبات: {reason}.",
    en="The transparency log does not fit the journal: {reason}.",
    remedy_ar="لا تشغّل العقدة. استرجع السجل كاملا من النسخة الاحتياطية وأبلغ مكتب البرنامج.",
    remedy_en="Do not start the node. Restore the whole journal and tell the programme office.",
    mender=Mender.OPERATOR,
)
