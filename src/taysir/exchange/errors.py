"""Errors of the exchange: refused calls, broken statements, full journals.

The kinds carry an X-Road error type beside their own code, so that a program written for the X-Road
REST protocol understands them (:data:`XROAD_TYPES`; PR-REST clause 4.7).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from taysir.exchange.findings_arabic import EVIDENCE_FINDINGS
from taysir.exchange.reasons_arabic import EXCHANGE_REASONS
from taysir.exchange.reasons_sharing_arabic import SHARING_REASONS
from taysir.kernel.errors import ErrorKind, Mender, Retry, declare
from taysir.kernel.reasons import phrases

phrases(EXCHANGE_REASONS)
phrases(SHARING_REASONS)
phrases(EVIDENCE_FINDINGS)

EXC_MALFORMED = declare(
    "EXC-0101",
    status=400,
    ar="الطلب غير صحيح: {reason}.",
    en="The request is malformed: {reason}.",
    remedy_ar="أرسل الطلب كما يصفه بروتوكول REST في مرجع البروتوكول.",
    remedy_en="Send the request as the REST protocol of the reference describes it.",
    mender=Mender.CALLER,
)
EXC_UNKNOWN_MEMBER = declare(
    "EXC-0102",
    status=400,
    ar="الطرف {party} غير مسجل في وثيقة الاتحاد.",
    en="{party} is not registered in the federation document.",
    remedy_ar="راجع المعرّف، أو سجّل الطرف لدى مكتب البرنامج.",
    remedy_en="Check the identifier, or register the party with the programme office.",
    mender=Mender.CALLER,
)
EXC_NOT_OURS = declare(
    "EXC-0103",
    status=403,
    ar="هذه العقدة لا تحمل معاملات {party}.",
    en="This node does not carry the traffic of {party}.",
    remedy_ar="أرسل الطلب إلى عقدة الجهة المعنية.",
    remedy_en="Send the request to the node of that agency.",
    mender=Mender.CALLER,
)
EXC_NO_AGREEMENT = declare(
    "EXC-0104",
    status=403,
    ar="لا توجد اتفاقية سارية تجيز لـ{consumer} استعمال {service} لغرض «{purpose}».",
    en="No agreement in force permits {consumer} to use {service} for “{purpose}”.",
    remedy_ar="اطلب اتفاقية من الجهة المصدر، أو اذكر الغرض المتفق عليه في Taysir-Purpose.",
    remedy_en="Request an agreement from the source agency, or give the agreed Taysir-Purpose.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
EXC_OPERATION = declare(
    "EXC-0105",
    status=403,
    ar="الاتفاقية لا تشمل العملية {method} على هذا المسار.",
    en="The agreement does not cover {method} on this path.",
    remedy_ar="استعمل العمليات المذكورة في الاتفاقية، أو عدّل الاتفاقية بأخرى.",
    remedy_en="Use the operations that the agreement names, or supersede the agreement.",
    mender=Mender.CALLER,
)
EXC_AGREEMENT_DATES = declare(
    "EXC-0106",
    status=403,
    ar="الاتفاقية غير سارية الآن: تسري من {valid_from} إلى {valid_until}.",
    en="The agreement is not in force now: it runs from {valid_from} to {valid_until}.",
    remedy_ar="جدد الاتفاقية مع الجهة المصدر.",
    remedy_en="Renew the agreement with the source agency.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
EXC_QUOTA = declare(
    "EXC-0107",
    status=429,
    ar="بلغت الطلبات الحد المتفق عليه: {quota} في الفترة «{period}».",
    en="The agreed number of calls is used up: {quota} per {period}.",
    remedy_ar="أعد المحاولة في الفترة التالية، أو اتفق على حد أعلى.",
    remedy_en="Try again in the next period, or agree on a higher number.",
    mender=Mender.CALLER,
    retry=Retry.LATER,
)
EXC_CONSENT = declare(
    "EXC-0108",
    status=403,
    ar="الاتفاقية تشترط موافقة صاحب البيانات، ولم ترد موافقة مع الطلب.",
    en="The agreement demands the data subject's consent, and none came with the call.",
    remedy_ar="أرفق مرجع الموافقة في Taysir-Consent.",
    remedy_en="Give the consent's reference in Taysir-Consent.",
    mender=Mender.CALLER,
)
EXC_ZONE = declare(
    "EXC-0109",
    status=403,
    ar="الاتفاقية لا تجيز معالجة البيانات في النطاق {zone}.",
    en="The agreement does not permit the data to be processed in zone {zone}.",
    remedy_ar="استعمل عقدة في نطاق تجيزه الاتفاقية.",
    remedy_en="Use a node in a zone that the agreement permits.",
    mender=Mender.CALLER,
)
EXC_FEDERATION_EXPIRED = declare(
    "EXC-0110",
    status=503,
    ar="انتهت صلاحية وثيقة الاتحاد لدى هذه العقدة في {expired_at}.",
    en="The federation document of this node expired at {expired_at}.",
    remedy_ar="تحقق من اتصال العقدة بالسلطة؛ تُستأنف الطلبات عند وصول وثيقة جديدة.",
    remedy_en="Check the node's way to the authority; calls go on when a new document arrives.",
    mender=Mender.AUTHORITY,
    retry=Retry.LATER,
)
EXC_CLOCK = declare(
    "EXC-0111",
    status=401,
    ar="ساعتا العقدتين مختلفتان بمقدار {difference_s} ثانية، والحد {limit_s} ثانية.",
    en="The two nodes' clocks differ by {difference_s} seconds; the limit is {limit_s}.",
    remedy_ar="شغّل مزامنة الوقت على العقدة الطالبة ثم المصدر.",
    remedy_en="Turn time synchronisation on, first at the requesting node, then at the source's.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_REPLAY = declare(
    "EXC-0112",
    status=409,
    ar="هذا البيان الموقّع سبق أن قُبل.",
    en="This signed statement was accepted before.",
    remedy_ar="وقّع بيانا جديدا لكل طلب.",
    remedy_en="Sign a new statement for each call.",
    mender=Mender.CALLER,
)
EXC_BODY_DIGEST = declare(
    "EXC-0113",
    status=400,
    ar="المحتوى لا يطابق بصمته في البيان الموقّع.",
    en="The body does not match its digest in the signed statement.",
    remedy_ar="أعد الإرسال؛ إن تكرر فالمحتوى يتغير في الطريق.",
    remedy_en="Send it again; if it recurs, something changes the body on its way.",
    mender=Mender.CALLER,
)
EXC_SIGNER = declare(
    "EXC-0114",
    status=401,
    ar="شهادة التوقيع غير مقبولة: {reason}.",
    en="The signing certificate is not accepted: {reason}.",
    remedy_ar="استعمل شهادة سارية من مركز التصديق المعتمد لهذا العضو.",
    remedy_en="Use a valid certificate of the approved authority for this member.",
    mender=Mender.CALLER,
)
EXC_TLS_PEER = declare(
    "EXC-0115",
    status=401,
    ar="شهادة الاتصال ليست لعقدة تحمل معاملات {party}.",
    en="The connection's certificate is not of a node that carries {party}.",
    remedy_ar="سجّل شهادة العقدة في وثيقة الاتحاد.",
    remedy_en="Register the node's certificate in the federation document.",
    mender=Mender.CALLER,
)
EXC_BUSY = declare(
    "EXC-0116",
    status=503,
    ar="العقدة مشغولة: بلغت الطلبات الحديثة الحد الذي تتذكره.",
    en="The node is busy: it remembers as many recent calls as it may.",
    remedy_ar="أعد المحاولة بعد دقيقة.",
    remedy_en="Try again in a minute.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_EXPIRED = declare(
    "EXC-0117",
    status=401,
    ar="انتهت مدة البيان الموقّع.",
    en="The signed statement has expired.",
    remedy_ar="أرسل طلبا جديدا ببيان جديد.",
    remedy_en="Make the call again with a new statement.",
    mender=Mender.CALLER,
    retry=Retry.NOW,
)
EXC_CONSENT_REFUSED = declare(
    "EXC-0118",
    status=403,
    ar="الموافقة المذكورة لا تغطي هذا الطلب: {reason}.",
    en="The consent that the call names does not cover it: {reason}.",
    remedy_ar="اطلب موافقة صاحب البيانات على هذا الغرض وهذه الحقول، وسجلها لدى العقدتين.",
    remedy_en="Obtain the person's consent to this purpose and these fields; register it.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
EXC_REQUEST_FIELD = declare(
    "EXC-0119",
    status=403,
    ar="في الطلب حقل لا تجيزه الاتفاقية: {field}.",
    en="The request holds a field that the agreement does not permit: {field}.",
    remedy_ar="أرسل الحقول المذكورة في request_fields وحدها، أو عدّل الاتفاقية بأخرى.",
    remedy_en="Send only the fields of request_fields, or supersede the agreement.",
    mender=Mender.CALLER,
)
EXC_NODE_UNREACHABLE = declare(
    "EXC-0120",
    status=502,
    ar="تعذر الوصول إلى عقدة {party}.",
    en="The node of {party} cannot be reached.",
    remedy_ar="أعد المحاولة بعد قليل؛ إن استمر فأبلغ مشغّل تلك العقدة.",
    remedy_en="Try again in a while; if it lasts, tell the operator of that node.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
EXC_BACKEND_UNREACHABLE = declare(
    "EXC-0121",
    status=502,
    ar="نظام الجهة المصدر للخدمة {service} لا يجيب.",
    en="The source agency's system behind {service} does not answer.",
    remedy_ar="أعد المحاولة بعد قليل؛ الطلب مسجل لدى العقدتين.",
    remedy_en="Try again in a while; the call is on record at both nodes.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
EXC_BACKEND_ANSWER = declare(
    "EXC-0122",
    status=502,
    ar="جواب نظام الجهة المصدر لا يطابق ما نشرته: {reason}.",
    en="The source agency's system did not answer as published: {reason}.",
    remedy_ar="أبلغ مالك الخدمة؛ لم يُمرَّر شيء من الجواب.",
    remedy_en="Tell the service's owner; nothing of the answer was passed on.",
    mender=Mender.PROVIDER,
)
EXC_UNKNOWN_SERVICE = declare(
    "EXC-0123",
    status=404,
    ar="العقدة المصدر لا تقدم الخدمة {service}.",
    en="The source node does not offer {service}.",
    remedy_ar="راجع معرّف الخدمة في دليل الخدمات.",
    remedy_en="Check the service's identifier in the catalogue.",
    mender=Mender.CALLER,
)
EXC_PEER_ANSWER = declare(
    "EXC-0124",
    status=502,
    ar="جواب عقدة {party} لا يُعتمد: {reason}.",
    en="The answer of {party}'s node cannot be relied on: {reason}.",
    remedy_ar="لم يُمرَّر شيء منه. أبلغ مشغّل تلك العقدة ومكتب البرنامج.",
    remedy_en="Nothing of it was passed on. Tell that node's operator and the programme office.",
    mender=Mender.PROVIDER,
)
EXC_FRAME = declare(
    "EXC-0151",
    status=400,
    ar="ما وصل على الوصلة بين العقدتين ليس إطارا صحيحا: {reason}.",
    en="What arrived on the link between the nodes is not a frame: {reason}.",
    remedy_ar="تحقّق من أن العقدة الأخرى تطبق مرجع البروتوكول بالإصدار نفسه.",
    remedy_en="Check that the other node follows the same version of the protocol reference.",
    mender=Mender.OPERATOR,
)
EXC_BATCH = declare(
    "EXC-0152",
    status=403,
    ar="الاتفاقية لا تجيز التوقيع على دفعة من الرسائل.",
    en="The agreement does not allow one signature over many messages.",
    remedy_ar="وقّع كل رسالة وحدها، أو اتفقوا على وضع الدفعات.",
    remedy_en="Sign each message alone, or agree on the batch mode.",
    mender=Mender.CALLER,
)
EXC_REQUEST_INVALID = declare(
    "EXC-0125",
    status=400,
    ar="الطلب لا يطابق وصف OpenAPI للخدمة: {reason}.",
    en="The request does not fit the service's OpenAPI document: {reason}.",
    remedy_ar="صحّح الطلب كما يصفه getOpenAPI لهذه الخدمة.",
    remedy_en="Correct the request as getOpenAPI of this service describes it.",
    mender=Mender.CALLER,
)
EXC_NO_DESCRIPTION = declare(
    "EXC-0126",
    status=503,
    ar="وصف OpenAPI للخدمة {service} غير متاح لعقدتها، فلا يمكن التحقق من الطلب.",
    en="The OpenAPI document of {service} is not available to its node, so nothing can be checked.",
    remedy_ar="تحقق من ملف الوصف أو عنوانه في إعدادات العقدة المصدر؛ تعيد المحاولة وحدها.",
    remedy_en="Check the document's file or address in the source node's settings; it tries again.",
    mender=Mender.PROVIDER,
    retry=Retry.LATER,
)
EXC_MODE = declare(
    "EXC-0127",
    status=403,
    ar="الاتفاقية لا تجيز التبادل بهذه الطريقة: {mode}.",
    en="The agreement does not permit this mode of exchange: {mode}.",
    remedy_ar="استعمل طريقة تذكرها الاتفاقية، أو عدّلها بأخرى.",
    remedy_en="Use a mode that the agreement names, or supersede the agreement.",
    mender=Mender.CALLER,
)
EXC_JOURNAL = declare(
    "EXC-0130",
    status=503,
    ar="تعذر حفظ الإثبات: {reason}. لم يُنفذ الطلب.",
    en="The evidence cannot be kept: {reason}. The call was not made.",
    remedy_ar="أفرغ مساحة على قرص العقدة؛ تُستأنف الطلبات وحدها.",
    remedy_en="Free space on the node's disk; calls go on by themselves.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_JOURNAL_DAMAGED = declare(
    "EXC-0131",
    status=500,
    ar="سجل الإثبات تالف عند الموضع {position} في الملف {file}: {reason}.",
    en="The journal is damaged at position {position} of {file}: {reason}.",
    remedy_ar="شغّل taysir fsck على مجلد العقدة؛ وما لا يصلحه يُسترجع من النسخة الاحتياطية.",
    remedy_en="Run taysir fsck on the node's folder; restore from a backup what it cannot repair.",
    mender=Mender.OPERATOR,
)
EXC_SETTINGS = declare(
    "EXC-0140",
    status=500,
    ar="إعدادات العقدة في {file} غير صحيحة: {reason}.",
    en="The node's settings in {file} are not acceptable: {reason}.",
    remedy_ar="صحّح الملف ثم شغّل العقدة.",
    remedy_en="Correct the file, then start the node.",
    mender=Mender.OPERATOR,
)
EXC_PORT = declare(
    "EXC-0187",
    status=500,
    ar="لا يمكن الاستماع على المنفذ {port} في {host}: {reason}.",
    en="Nobody may listen on port {port} of {host} ({reason}).",
    remedy_ar="أوقف البرنامج الذي يستعمل المنفذ، أو اختر منفذا آخر في الإعدادات.",
    remedy_en="Stop the program that has the port, or choose another one in the settings.",
    mender=Mender.OPERATOR,
)
EXC_UNKNOWN_EXCHANGE = declare(
    "EXC-0141",
    status=404,
    ar="لا يوجد تبادل بهذا الرقم في سجل هذه العقدة.",
    en="The journal of this node holds no exchange with this number.",
    remedy_ar="راجع الرقم، أو اسأل عقدة الطرف الآخر.",
    remedy_en="Check the number, or ask the other party's node.",
    mender=Mender.CALLER,
)

_SERVER: Final = "Server.ServerProxy."
XROAD_TYPES: Final = MappingProxyType(
    {
        EXC_MALFORMED.code: "Client.BadRequest",
        EXC_UNKNOWN_MEMBER.code: "Server.ClientProxy.UnknownMember",
        EXC_NOT_OURS.code: "Server.ClientProxy.AccessDenied",
        EXC_NO_AGREEMENT.code: _SERVER + "AccessDenied",
        EXC_OPERATION.code: _SERVER + "AccessDenied",
        EXC_AGREEMENT_DATES.code: _SERVER + "AccessDenied",
        EXC_QUOTA.code: _SERVER + "AccessDenied",
        EXC_CONSENT.code: _SERVER + "AccessDenied",
        EXC_ZONE.code: _SERVER + "AccessDenied",
        EXC_CONSENT_REFUSED.code: _SERVER + "AccessDenied",
        EXC_REQUEST_FIELD.code: _SERVER + "AccessDenied",
        EXC_MODE.code: _SERVER + "AccessDenied",
        EXC_BATCH.code: _SERVER + "AccessDenied",
        EXC_REQUEST_INVALID.code: "Client.BadRequest",
        EXC_NO_DESCRIPTION.code: _SERVER + "ServiceFailed.InvalidResponse",
        EXC_FEDERATION_EXPIRED.code: "Server.ClientProxy.OutdatedGlobalConf",
        EXC_CLOCK.code: _SERVER + "InvalidRequest",
        EXC_REPLAY.code: _SERVER + "InvalidRequest",
        EXC_BUSY.code: _SERVER + "NetworkError",
        EXC_EXPIRED.code: _SERVER + "InvalidRequest",
        EXC_BODY_DIGEST.code: _SERVER + "InvalidRequest",
        EXC_SIGNER.code: _SERVER + "SignatureVerification.CertValidation",
        EXC_TLS_PEER.code: _SERVER + "SslAuthenticationFailed",
        EXC_NODE_UNREACHABLE.code: "Server.ClientProxy.NetworkError",
        EXC_BACKEND_UNREACHABLE.code: _SERVER + "NetworkError",
        EXC_BACKEND_ANSWER.code: _SERVER + "ServiceFailed.InvalidResponse",
        EXC_UNKNOWN_SERVICE.code: _SERVER + "UnknownService",
        EXC_PEER_ANSWER.code: "Server.ClientProxy.InvalidResponse",
        EXC_JOURNAL.code: "Server.ClientProxy.LoggingFailed",
        "EXC-0807": _SERVER + "LoggingFailed",
        # Refused at the face, before it became a call: kernel.identifiers and face_errors.
        "KRN-0001": "Client.BadRequest",
        "EXC-0171": "Client.BadRequest",
        "EXC-0172": "Client.BadRequest",
        "EXC-0173": "Client.BadRequest",
        "EXC-0174": "Client.BadRequest",
        "EXC-0175": "Client.BadRequest",
        "EXC-0176": "Server.ClientProxy.NetworkError",
        "EXC-0177": "Server.ClientProxy.NetworkError",
        "EXC-0178": "Server.ClientProxy.NetworkError",
        "EXC-0179": "Server.ClientProxy.NetworkError",
        "EXC-0181": "Server.ClientProxy.SslAuthenticationFailed",
        "EXC-0182": "Server.ClientProxy.AccessDenied",
    }
)


def xroad_type(kind: ErrorKind) -> str:
    """Return the X-Road error type of a kind; unlisted ones are internal errors."""
    return XROAD_TYPES.get(kind.code, "Server.InternalError")
