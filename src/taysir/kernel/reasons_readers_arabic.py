"""The Arabic of what libraries say that read what we were given: JSON, YAML, databases, keys.

Only a table: what it is for and how it is read is in :mod:`taysir.kernel.reasons`. A library may
say more than stands here; then its own words stay, because they are better than none.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_OF_VALUES: Final = {
    "Object missing required field `{}`": "ينقص العنصر `{}`",
    "Object contains unknown field `{}`": "العنصر `{}` غير معروف",
    "Expected `{}`, got `{}`": "النوع المطلوب `{}` والموجود `{}`",
    "Expected `{}` of length <= {}": "المطلوب `{}` لا يزيد طوله على {}",
    "Expected `{}` of length >= {}": "المطلوب `{}` لا يقل طوله عن {}",
    "Expected `array` of length {}, got {}": "المطلوب قائمة عدد عناصرها {} والموجود {}",
    "Expected `array` of at least length {}, got {}": (
        "المطلوب قائمة لا تقل عناصرها عن {} والموجود {}"
    ),
    "Expected `{}` matching regex {}": "المطلوب `{}` على الصورة {}",
    "Expected `{}` >= {}": "المطلوب `{}` لا يقل عن {}",
    "Expected `{}` <= {}": "المطلوب `{}` لا يزيد على {}",
    "Expected `{}` with a timezone component": "المطلوب `{}` مع المنطقة الزمنية",
    "Invalid enum value {}": "القيمة {} ليست من القيم المقبولة",
    "Invalid value {}": "القيمة {} غير مقبولة",
    "Invalid RFC3339 encoded datetime": "الوقت ليس على صورة RFC 3339",
    "Invalid RFC3339 encoded date": "التاريخ ليس على صورة RFC 3339",
    "Invalid UUID": "الرقم ليس على صورة UUID",
    "Invalid base64 encoded string": "النص ليس بترميز base64",
    "Number out of range": "العدد خارج المدى",
}
"""What msgspec says of a value; it may add where the value stands."""

_OF_JSON: Final = {
    "Input data was truncated": "النص مقطوع قبل نهايته",
    "JSON is malformed: {}": "صياغة JSON غير صحيحة: {}",
    "invalid character (byte {})": "حرف غير مقبول (البايت {})",
    "trailing characters (byte {})": "حروف زائدة بعد النهاية (البايت {})",
    "trailing comma in array (byte {})": "فاصلة زائدة في آخر القائمة (البايت {})",
    "trailing comma in object (byte {})": "فاصلة زائدة في آخر الكائن (البايت {})",
    "expected ':' (byte {})": "تنقص النقطتان (البايت {})",
    "expected ',' or ']' (byte {})": "تنقص فاصلة أو نهاية القائمة (البايت {})",
    "expected ',' or '}' (byte {})": "تنقص فاصلة أو نهاية الكائن (البايت {})",
    "expected '\"' (byte {})": "تنقص علامة التنصيص (البايت {})",
    "object keys must be strings (byte {})": "أسماء العناصر يجب أن تكون نصوصا (البايت {})",
    "invalid number (byte {})": "عدد غير صحيح الصياغة (البايت {})",
    "invalid escape character in string (byte {})": "حرف غير مقبول بعد \\ في نص (البايت {})",
    "invalid character in unicode escape (byte {})": "حرف غير مقبول بعد \\ في نص (البايت {})",
}

_OF_YAML: Final = {
    "mapping values are not allowed in this context": "لا يُقبل هنا عنصر بقيمة",
    "mapping keys are not allowed in this context": "لا يُقبل هنا اسم عنصر",
    "block sequence entries are not allowed in this context": "لا يُقبل هنا بند قائمة",
    "did not find expected key": "ينقص اسم عنصر في هذا الموضع، أو المسافات قبله غير صحيحة",
    "did not find expected '-' indicator": "ينقص بند قائمة يبدأ بشرطة",
    "did not find expected ',' or '}'": "تنقص فاصلة أو نهاية الكائن",
    "did not find expected ',' or ']'": "تنقص فاصلة أو نهاية القائمة",
    "did not find expected node content": "تنقص قيمة في هذا الموضع",
    "did not find expected <document start>": "في الملف أكثر من مستند واحد",
    "did not find expected alphabetic or numeric character": "ينقص حرف أو رقم",
    "did not find expected comment or line break": "ينقص آخر السطر",
    "could not find expected ':'": "تنقص النقطتان بعد اسم العنصر",
    "found character that cannot start any token": "حرف لا يبدأ به شيء",
    "found a tab character that violates indentation": "الإزاحة بالمسافات لا بعلامة الجدولة",
    "found a tab character where an indentation space is expected": (
        "الإزاحة بالمسافات لا بعلامة الجدولة"
    ),
    "found unexpected end of stream": "انتهى الملف قبل تمام النص",
    "found unexpected document indicator": "انتهى المستند قبل تمام النص",
    "found unknown escape character": "حرف غير مقبول بعد \\ في نص",
    "found undefined tag handle": "علامة نوع غير معروفة",
    "control characters are not allowed": "فيه حرف تحكم لا يُقبل",
    "unacceptable character #x{}: special characters are not allowed": "فيه حرف تحكم لا يُقبل",
    "mapping values are not allowed here": "لا يُقبل هنا عنصر بقيمة",
    "expected ',' or ']', but got '{}'": "تنقص فاصلة أو نهاية القائمة",
    "expected ',' or '}', but got '{}'": "تنقص فاصلة أو نهاية الكائن",
    "expected <block end>, but found '{}'": "المسافات قبل هذا السطر غير صحيحة، أو ينقص اسم عنصر",
    "found character '{}' that cannot start any token": "حرف لا يبدأ به شيء",
}

_OF_STORES_AND_KEYS: Final = {
    "file is not a database": "الملف ليس قاعدة بيانات",
    "database disk image is malformed": "ملف قاعدة البيانات تالف",
    "database is locked": "قاعدة البيانات مشغولة بعملية أخرى",
    "database or disk is full": "امتلأ القرص",
    "disk I/O error": "تعذرت القراءة من القرص أو الكتابة عليه",
    "unable to open database file": "لا يُفتح ملف قاعدة البيانات",
    "attempt to write a readonly database": "قاعدة البيانات للقراءة فقط",
    "no such table: {}": "لا يوجد الجدول {}",
    "[SSL] PEM lib (_ssl.c:{})": "لا يُقرأ مفتاح أو شهادة من هذا الملف",
    "[X509] no certificate or crl found (_ssl.c:{})": "لا شهادة في الملف",
    "[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found (_ssl.c:{})": (
        "لا شهادة في الملف"
    ),
    "[X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:{})": "المفتاح ليس مفتاح هذه الشهادة",
    "Unable to load PEM file. See {} for more details. {}": "ليس ملف PEM سليما",
    "Could not deserialize key data. The data may be in an incorrect format{}": (
        "ليس مفتاحا بصيغة معروفة"
    ),
    "Password was not given but private key is encrypted": "المفتاح مشفّر وتنقص كلمة مروره",
    "Incorrect password, could not decrypt key": "كلمة المرور غير صحيحة",
    "error parsing asn1 value: {}": "ليس بترميز ASN.1 سليم",
}

READERS_REASONS: Final = MappingProxyType(
    {
        **_OF_VALUES,
        **{f"{said} - at `{{}}`": f"{ar}، في `{{}}`" for said, ar in _OF_VALUES.items()},
        **_OF_JSON,
        **_OF_YAML,
        **_OF_STORES_AND_KEYS,
    }
)
