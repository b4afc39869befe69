"""Errors of the faces themselves: what is refused before it becomes a call."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from taysir.exchange.http import Request, Response, problem_response
from taysir.kernel.errors import ErrorKind, Mender, Problem, Retry, declare

EXC_NOT_HTTP = declare(
    "EXC-0171",
    status=400,
    ar="ما وصل ليس طلب HTTP/1.1 صحيحا.",
    en="What arrived is not a correct HTTP/1.1 request.",
    remedy_ar="أرسل طلبات HTTP/1.1 كما يصفها RFC 9112.",
    remedy_en="Send HTTP/1.1 requests as RFC 9112 describes them.",
    mender=Mender.CALLER,
)
EXC_TOO_SLOW = declare(
    "EXC-0172",
    status=408,
    ar="لم يصل الطلب كاملا في الوقت المسموح.",
    en="The request did not arrive whole in the time allowed.",
    remedy_ar="أرسل الطلب كاملا دون توقف؛ تحقق من الشبكة بين نظامك والعقدة.",
    remedy_en="Send the request without pausing; check the network between your system and us.",
    mender=Mender.CALLER,
    retry=Retry.NOW,
)
EXC_BODY_TOO_LARGE = declare(
    "EXC-0173",
    status=413,
    ar="محتوى الطلب أكبر من المسموح.",
    en="The body of the request is larger than allowed.",
    remedy_ar="أرسل محتوى أصغر، أو قسمه؛ الحدود في مرجع الحدود.",
    remedy_en="Send a smaller body, or divide it; the reference of limits holds the bound.",
    mender=Mender.CALLER,
)
EXC_TARGET_TOO_LONG = declare(
    "EXC-0174",
    status=414,
    ar="عنوان الطلب أطول من المسموح.",
    en="The address of the request is longer than allowed.",
    remedy_ar="أرسل المعاملات الطويلة في محتوى الطلب.",
    remedy_en="Send long parameters in the body.",
    mender=Mender.CALLER,
)
EXC_HEADERS_TOO_LARGE = declare(
    "EXC-0175",
    status=431,
    ar="ترويسات الطلب أكبر من المسموح.",
    en="The headers of the request are larger than allowed.",
    remedy_ar="احذف الترويسات التي لا تلزم.",
    remedy_en="Leave out the headers that are not needed.",
    mender=Mender.CALLER,
)
EXC_CONNECTIONS = declare(
    "EXC-0176",
    status=503,
    ar="بلغت الاتصالات المفتوحة الحد المسموح.",
    en="As many connections are open as are allowed.",
    remedy_ar="أعد استعمال اتصالاتك المفتوحة، ثم أعد المحاولة بعد {retry_after_s} ثانية.",
    remedy_en="Use your open connections again, and try again after {retry_after_s} seconds.",
    mender=Mender.CALLER,
    retry=Retry.LATER,
)
EXC_RATE = declare(
    "EXC-0177",
    status=429,
    ar="تجاوزت الطلبات المعدل المسموح: {limit} في الثانية.",
    en="The requests are more frequent than allowed: {limit} a second.",
    remedy_ar="أعد المحاولة بعد {retry_after_s} ثانية، وأرسل بمعدل أقل.",
    remedy_en="Try again after {retry_after_s} seconds, and send less often.",
    mender=Mender.CALLER,
    retry=Retry.LATER,
)
EXC_CONCURRENT = declare(
    "EXC-0178",
    status=503,
    ar="بلغت الطلبات الجارية معا الحد المسموح: {limit}.",
    en="As many calls are under way together as are allowed: {limit}.",
    remedy_ar="انتظر أجوبة طلباتك الجارية، ثم أعد المحاولة بعد {retry_after_s} ثانية.",
    remedy_en="Wait for the answers under way, then try again after {retry_after_s} seconds.",
    mender=Mender.CALLER,
    retry=Retry.LATER,
)
EXC_PEER_LIMIT = declare(
    "EXC-0179",
    status=503,
    ar="عقدة {party} لا تقبل الآن طلبات أكثر من عقدتنا.",
    en="The node of {party} takes no more calls from our node now.",
    remedy_ar="أعد المحاولة بعد {retry_after_s} ثانية؛ إن تكرر فاتفق مع تلك الجهة على حد أعلى.",
    remedy_en="Try again after {retry_after_s} seconds; if it recurs, agree on more with it.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
EXC_CALLER = declare(
    "EXC-0181",
    status=401,
    ar="لم يعرّف نظام المعلومات نفسه: {reason}.",
    en="The information system has not shown who it is: {reason}.",
    remedy_ar="استعمل شهادة النظام المسجلة في العقدة، أو مفتاحا ساريا في Taysir-Api-Key.",
    remedy_en="Use the system's certificate known to the node, or a valid key in Taysir-Api-Key.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
EXC_CALLER_SUBSYSTEM = declare(
    "EXC-0182",
    status=403,
    ar="لا يحق لهذا النظام أن يطلب باسم {client}.",
    en="This information system may not call as {client}.",
    remedy_ar="اكتب في X-Road-Client معرّف نظامك، أو اطلب من مشغّل العقدة تسجيله.",
    remedy_en="Give your own system in X-Road-Client, or ask the node's operator to register it.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
EXC_API_KEYS = declare(
    "EXC-0183",
    status=500,
    ar="ملف مفاتيح الواجهة {file} غير صحيح: {reason}.",
    en="The file of API keys {file} is not acceptable: {reason}.",
    remedy_ar="استعد الملف أو أنشئ المفاتيح من جديد: taysir keys api-key new.",
    remedy_en="Restore the file, or make the keys anew: taysir keys api-key new.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)

EXC_ADMIN = declare(
    "EXC-0184",
    status=403,
    ar="لا تجيب واجهة الإدارة عن هذا الطلب: {reason}.",
    en="The admin face does not answer this request: {reason}.",
    remedy_ar="استعمل taysir على جهاز العقدة، أو أرسل الرمز في Authorization: Bearer.",
    remedy_en="Use taysir on the node's machine, or send the token in Authorization: Bearer.",
    mender=Mender.CALLER,
)

EXC_NO_PAGE = declare(
    "EXC-0185",
    status=404,
    ar="لا يوجد شيء في هذا العنوان.",
    en="There is nothing at this address.",
    remedy_ar="راجع العناوين في ‎/admin/openapi.json.",
    remedy_en="Look the addresses up in /admin/openapi.json.",
    mender=Mender.CALLER,
)
EXC_METHOD = declare(
    "EXC-0186",
    status=405,
    ar="لا يقبل هذا العنوان الطريقة {method}؛ يقبل: {allowed}.",
    en="This address does not take {method}; it takes: {allowed}.",
    remedy_ar="استعمل إحدى الطرق المذكورة.",
    remedy_en="Use one of the methods named.",
    mender=Mender.CALLER,
)

PEER_LIMITS: Final = frozenset({EXC_CONNECTIONS.code, EXC_RATE.code, EXC_CONCURRENT.code})
"""With these codes another node says that it takes no more calls of ours for now."""

EXC_NO_WORKER = declare(
    "EXC-0188",
    status=503,
    ar="لا تعمل الآن أي عملية تحمل الاستدعاءات في هذه العقدة.",
    en="No worker process of this node takes calls now.",
    remedy_ar="انتظر لحظة، فالعقدة تشغّلها من جديد؛ فإن بقيت الحال فاقرأ سجل العقدة.",
    remedy_en="Wait a moment: the node starts them again. If it stays so, read the node's log.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
KIND_OF_STATUS: Final = MappingProxyType(
    {
        kind.status: kind
        for kind in (
            EXC_NOT_HTTP,
            EXC_TOO_SLOW,
            EXC_BODY_TOO_LARGE,
            EXC_TARGET_TOO_LONG,
            EXC_HEADERS_TOO_LARGE,
            EXC_CONNECTIONS,
        )
    }
)
"""What the HTTP server refuses by itself, by the status that it would answer."""


def method_refused(request: Request, *, allowed: str) -> Response:
    """Return the answer to a method that an address does not take."""
    method = request.method if request.method.isalpha() else "?"
    problem = Problem(EXC_METHOD, method=method[:20], allowed=allowed)
    return problem_response(problem, headers=((b"allow", allowed.encode("ascii")),))


def kind_of_status(status: int) -> ErrorKind:
    """Return the error of a status with which the HTTP server refuses a request."""
    return KIND_OF_STATUS.get(status, EXC_NOT_HTTP)
