"""Errors of keys: what cannot be opened, and what does not fit together."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

EXC_KEY = declare(
    "EXC-0601",
    status=500,
    ar="لا يمكن استعمال المفتاح {key}: {reason}.",
    en="The key {key} cannot be used: {reason}.",
    remedy_ar="راجع المفتاح في إعدادات العقدة: ملف PEM لمفتاح P-256، أو عنوان pkcs11:.",
    remedy_en="Check the key in the node's settings: a PEM file of a P-256 key, or a pkcs11: URI.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_KEY_SECRET = declare(
    "EXC-0602",
    status=500,
    ar="كلمة السر أو الرقم السري للمفتاح {key} غير صحيح.",
    en="The passphrase or PIN of the key {key} is wrong.",
    remedy_ar="صحح مصدر السر secret في إعدادات المفتاح؛ المحاولات المتكررة تقفل الجهاز الأمني.",
    remedy_en="Correct the key's secret in the settings; repeated attempts lock a token.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_TOKEN = declare(
    "EXC-0603",
    status=503,
    ar="الجهاز الأمني «{token}» غير موجود عبر المكتبة {module}.",
    en="The token “{token}” is not there through the library {module}.",
    remedy_ar="صل الجهاز الأمني وتحقق من اسمه: softhsm2-util --show-slots أو أداة الجهاز.",
    remedy_en="Attach the device and check its name: softhsm2-util --show-slots, or its own tool.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_KEY_MISMATCH = declare(
    "EXC-0604",
    status=500,
    ar="الشهادة {certificate} ليست للمفتاح {key}.",
    en="The certificate {certificate} does not belong to the key {key}.",
    remedy_ar="ضع الشهادة التي صدرت لهذا المفتاح، أو اطلب شهادة جديدة: taysir keys request.",
    remedy_en="Use the certificate issued for this key, or request one: taysir keys request.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_SECRET_SOURCE = declare(
    "EXC-0605",
    status=500,
    ar="تعذرت قراءة السر من {source}: {reason}.",
    en="The secret cannot be read from {source}: {reason}.",
    remedy_ar="اجعل المصدر env:NAME أو file:PATH أو credential:NAME، مقروءا لمستخدم العقدة وحده.",
    remedy_en="Give env:NAME, file:PATH or credential:NAME, readable by the node's user only.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_PKCS11_MISSING = declare(
    "EXC-0606",
    status=500,
    ar="مفاتيح PKCS#11 تحتاج إلى مكون إضافي غير مثبت.",
    en="PKCS#11 keys need an extra that is not installed.",
    remedy_ar="ثبّته: pip install 'taysir[pkcs11]'.",
    remedy_en="Install it: pip install 'taysir[pkcs11]'.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
EXC_TLS_KEY = declare(
    "EXC-0607",
    status=500,
    ar="مفتاح الاتصال {key} يجب أن يكون ملفا.",
    en="The TLS key {key} must be a file.",
    remedy_ar="استعمل ملفا مشفرا لمفتاح الاتصال؛ مفاتيح التوقيع وحدها تكون في الجهاز الأمني.",
    remedy_en="Use an encrypted file for the TLS key; only signing keys may lie in a token.",
    mender=Mender.OPERATOR,
)
EXC_REQUEST = declare(
    "EXC-0608",
    status=422,
    ar="طلب الشهادة غير مقبول: {reason}.",
    en="The certificate request is not accepted: {reason}.",
    remedy_ar="أنشئ الطلب بأداة العقدة: taysir keys new أو taysir keys request.",
    remedy_en="Make the request with the node's tool: taysir keys new, or taysir keys request.",
    mender=Mender.CALLER,
)
EXC_UNREGISTERED = declare(
    "EXC-0609",
    status=404,
    ar="{party} غير مسجل لدى السلطة.",
    en="{party} is not registered with the authority.",
    remedy_ar="سجّل العضو أو العقدة أولا، أو راجع بصمة الشهادة: taysir keys list.",
    remedy_en="Register the member or node first, or check the thumbprint: taysir keys list.",
    mender=Mender.CALLER,
)
EXC_CERTIFICATE_HOLDER = declare(
    "EXC-0610",
    status=422,
    ar="الشهادة {certificate} ليست لـ{place}: {reason}.",
    en="The certificate {certificate} is not for {place}: {reason}.",
    remedy_ar="ثبّت الشهادة التي أصدرتها السلطة لهذا المفتاح.",
    remedy_en="Install the certificate that the authority issued for this key.",
    mender=Mender.OPERATOR,
)
EXC_NOT_SETTLED = declare(
    "EXC-0611",
    status=409,
    ar="لا يمكن سحب المفتاح السابق لـ{place} الآن: {reason}.",
    en="The previous key of {place} cannot be retired now: {reason}.",
    remedy_ar="انتظر حتى تستعمل العقدة المفتاح الجديد: taysir keys list.",
    remedy_en="Wait until the node uses the new key: taysir keys list.",
    mender=Mender.OPERATOR,
    retry=Retry.LATER,
)
