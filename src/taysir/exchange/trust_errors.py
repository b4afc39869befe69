"""Errors of the trust plane: federation document, agreements, authority, evidence."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

EXC_FEDERATION = declare(
    "EXC-0501",
    status=502,
    ar="وثيقة الاتحاد غير مقبولة: {reason}.",
    en="The federation document is not accepted: {reason}.",
    remedy_ar="تحقّق من عنوان السلطة وشهادتها في إعدادات العقدة، أو اتصل بمكتب البرنامج.",
    remedy_en="Check the authority's address and certificate in the node's settings, or call it.",
    mender=Mender.AUTHORITY,
    retry=Retry.LATER,
)
EXC_FEDERATION_MISSING = declare(
    "EXC-0502",
    status=503,
    ar="لا توجد لدى العقدة وثيقة اتحاد، والسلطة {authority} لا تجيب.",
    en="The node has no federation document, and the authority {authority} does not answer.",
    remedy_ar="شغّل السلطة أو أصلح الاتصال بها؛ تعيد العقدة المحاولة وحدها.",
    remedy_en="Start the authority or mend the connection to it; the node tries again by itself.",
    mender=Mender.AUTHORITY,
    retry=Retry.LATER,
)
EXC_AGREEMENT = declare(
    "EXC-0511",
    status=422,
    ar="اتفاقية المشاركة غير مقبولة: {reason}.",
    en="The sharing agreement is not accepted: {reason}.",
    remedy_ar="صحّح الاتفاقية واقترحها من جديد؛ الاتفاقية الموقعة لا تُعدّل.",
    remedy_en="Correct the agreement and propose it anew; a signed one is never edited.",
    mender=Mender.CALLER,
)
EXC_UNKNOWN_AGREEMENT = declare(
    "EXC-0512",
    status=404,
    ar="لا توجد لدى هذه العقدة اتفاقية بهذا الاسم.",
    en="This node holds no agreement of this name.",
    remedy_ar="راجع الاسم: taysir agreement list",
    remedy_en="Check the name: taysir agreement list",
    mender=Mender.CALLER,
)
EXC_AGREEMENT_STEP = declare(
    "EXC-0513",
    status=409,
    ar="لا تجوز الخطوة {step} والاتفاقية في حالة {state}.",
    en="The step {step} is not possible while the agreement is {state}.",
    remedy_ar="راجع حالة الاتفاقية، واقترح اتفاقية جديدة إن انتهت.",
    remedy_en="Look at the agreement's state; propose a new one if it has ended.",
    mender=Mender.CALLER,
)
EXC_NOT_A_PARTY = declare(
    "EXC-0514",
    status=403,
    ar="هذه العقدة لا تحمل طرفا من أطراف الاتفاقية يجوز له ذلك.",
    en="This node carries no party of the agreement that may do this.",
    remedy_ar="نفّذ الخطوة على عقدة الطرف المعني، أو اذكر الطرف.",
    remedy_en="Take the step at the node of the party concerned, or name the party.",
    mender=Mender.CALLER,
)
EXC_CONSENT_ARTEFACT = declare(
    "EXC-0515",
    status=422,
    ar="الموافقة غير مقبولة: {reason}.",
    en="The consent is not accepted: {reason}.",
    remedy_ar="سجّل موافقة جديدة صحيحة؛ الموافقة الموقعة لا تُعدّل.",
    remedy_en="Register a correct new consent; a signed one is never edited.",
    mender=Mender.CALLER,
)
EXC_UNKNOWN_CONSENT = declare(
    "EXC-0516",
    status=404,
    ar="لا توجد لدى هذه العقدة موافقة بهذا الاسم.",
    en="This node holds no consent of this name.",
    remedy_ar="راجع الاسم، أو سجّل الموافقة لدى العقدة.",
    remedy_en="Check the name, or register the consent at the node.",
    mender=Mender.CALLER,
)
EXC_AUTHORITY_FOLDER = declare(
    "EXC-0521",
    status=500,
    ar="ملف السلطة أو المفتاح {file} لا يُقرأ: {reason}.",
    en="The authority's or key file {file} cannot be read: {reason}.",
    remedy_ar="استعد الملف من نسخة احتياطية أو أعد إنشاء السلطة.",
    remedy_en="Restore the file from a backup, or make the authority anew.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_MEMBERSHIP = declare(
    "EXC-0522",
    status=422,
    ar="طلب الانضمام غير مقبول: {reason}.",
    en="The membership request is not accepted: {reason}.",
    remedy_ar="صحّح الطلب وأرسله من جديد: taysir node init ثم taysir node join",
    remedy_en="Correct the request and send it again: taysir node init, then taysir node join.",
    mender=Mender.CALLER,
)
EXC_UNKNOWN_MEMBERSHIP = declare(
    "EXC-0523",
    status=404,
    ar="لا يوجد لدى السلطة طلب انضمام بالرقم {request}.",
    en="The authority holds no membership request {request}.",
    remedy_ar="راجع الرقم: taysir authority requests، أو أرسل الطلب من جديد.",
    remedy_en="Check the number: taysir authority requests, or send the request again.",
    mender=Mender.CALLER,
)
EXC_MEMBERSHIP_WAITS = declare(
    "EXC-0524",
    status=409,
    ar="طلب الانضمام {request} ينتظر موافقة السلطة.",
    en="The membership request {request} waits for the authority's approval.",
    remedy_ar="اطلب من مكتب البرنامج الموافقة: taysir authority approve",
    remedy_en="Ask the programme office to approve it: taysir authority approve.",
    mender=Mender.AUTHORITY,
    retry=Retry.LATER,
)
EXC_MEMBERSHIP_REFUSED = declare(
    "EXC-0525",
    status=403,
    ar="رفضت السلطة طلب الانضمام: {reason}.",
    en="The authority refused the membership request: {reason}.",
    remedy_ar="صحّح ما ذكرته السلطة وأرسل طلبا جديدا.",
    remedy_en="Mend what the authority names and send a new request.",
    mender=Mender.CALLER,
)
EXC_EVIDENCE_INCOMPLETE = declare(
    "EXC-0531",
    status=409,
    ar="لا يمكن إعداد حزمة الإثبات لهذا التبادل: {reason}.",
    en="The evidence of this exchange cannot be packaged: {reason}.",
    remedy_ar="تحقّق من أن الاتفاقية ووثيقة الاتحاد محفوظتان لدى العقدة.",
    remedy_en="Check that the node still holds the agreement and a federation document.",
    mender=Mender.OPERATOR,
)
EXC_EVIDENCE_UNREADABLE = declare(
    "EXC-0532",
    status=422,
    ar="الملف ليس حزمة إثبات: {reason}.",
    en="The file is not an evidence package: {reason}.",
    remedy_ar="اطلب الحزمة من الجهة التي أصدرتها مرة أخرى.",
    remedy_en="Ask the agency that issued the package for it again.",
    mender=Mender.CALLER,
)
EXC_EVIDENCE_FINDING = declare(
    "EXC-0533",
    status=422,
    ar="{file}: لا يصح الإثبات: {reason}.",
    en="{file}: the evidence does not hold: {reason}.",
    remedy_ar="لا تعتمد على هذه الحزمة؛ اطلبها من الجهة التي أصدرتها مرة أخرى.",
    remedy_en="Do not rely on this package; ask the agency that issued it for it again.",
    mender=Mender.CALLER,
)
