"""The Arabic of the reasons of the exchange, under the English that its errors carry.

Only a table: what it is for and how it is read is in :mod:`taysir.kernel.reasons`; what the check
of evidence finds is in :mod:`taysir.exchange.findings_arabic`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

EXCHANGE_REASONS: Final = MappingProxyType(
    {
        # Access and the admin face
        "a key lives 1 to {} days": "عمر المفتاح من يوم واحد إلى {} يوم",
        "more than {} keys": "عدد المفاتيح يتجاوز {}",
        "it holds {} keys": "بلغ عدد المفاتيح فيه {}",
        "no key has this number": "لا يوجد مفتاح بهذا الرقم",
        "no known certificate and no key": "لا شهادة معروفة ولا مفتاح",
        "the key is not known": "المفتاح غير معروف",
        "the key {} has expired": "انتهت صلاحية المفتاح {}",
        "limit is 1 to {}": "قيمة limit من 1 إلى {}",
        "times must be UTC, whole seconds": "تُكتب الأوقات بالتوقيت العالمي UTC وبثوان كاملة",
        "everyone could use the admin face at {}: set admin.token": (
            "واجهة الإدارة على {} متاحة لكل أحد؛ اضبط admin.token"
        ),
        "everyone could call at {}: set face.clients or face.api_keys": (
            "إرسال الطلبات عبر {} متاح لكل أحد؛ اضبط face.clients أو face.api_keys"
        ),
        "it does not speak with web pages": "لا تُستعمل هذه الواجهة من صفحات الويب",
        "the token is missing or wrong": "الرمز ناقص أو غير صحيح",
        "the request names another host": "الطلب يذكر مضيفا آخر",
        "not an http:// address": "العنوان لا يبدأ بـ http://",
        "not an admin face": "العنوان ليس واجهة إدارة",
        "{} is missing": "{} ناقص",
        "{} is not acceptable": "قيمة {} غير مقبولة",
        "{} is yes or no": "قيمة {} إما yes وإما no",
        "{} is {} to {}": "قيمة {} من {} إلى {}",
        "the content type is not application/json": "نوع المحتوى ليس application/json",
        "the body: {}": "في المحتوى: {}",
        # Backups, journal and index
        "there is no manifest in it": "لا قائمة محتويات فيها",
        "its format is another one": "صيغتها مختلفة",
        "{} is no file of a backup": "الملف {} ليس من ملفات النسخ الاحتياطية",
        "{} is not as it was written": "الملف {} ليس كما كُتب",
        "there is no journal in it": "لا سجل إثبات فيه",
        "the folder {} is not empty": "المجلد {} ليس فارغا",
        "the backup promises {} records and another head of the chain": (
            "النسخة تذكر أن عدد القيود {} وأن رأس السلسلة غير هذا"
        ),
        "its manifest cannot be read": "قائمة محتوياتها لا تُقرأ",
        "it is no tar file, or cut": "ليست ملف tar، أو هي مقطوعة",
        "it does not fit its manifest": "لا توافق قائمة محتوياتها",
        "they were wrapped by another key than this node's": "غُلّفت بمفتاح غير مفتاح هذه العقدة",
        "short write": "لم تكتمل الكتابة",
        "slot {} is not whole": "الخانة {} غير مكتملة",
        "it has not {} bytes": "عدد البايتات ليس {}",
        "the file is missing": "الملف مفقود",
        "the index knows {} records, so later ones are missing here": (
            "عدد القيود في الفهرس {}، فاللاحقة مفقودة هنا"
        ),
        "the index knows records that are missing here": "في الفهرس قيود مفقودة هنا",
        "its name is not its SHA-256": "اسمه لا يطابق بصمته SHA-256",
        "the segment is missing": "المقطع مفقود",
        "its file is damaged": "ملفه تالف",
        "it says something else": "مضمونه مختلف",
        "a row is missing": "ينقصه سطر",
        "the table {}": "الجدول {}",
        "its checkpoint is not signed with the log's key": "نقطة التحقق ليست موقعة بمفتاح السجل",
        "{} records were signed, the journal holds {}": (
            "عدد القيود الموقعة {} وعدد القيود في سجل الإثبات {}"
        ),
        "the journal leads to another root of {} records than was signed": (
            "سجل الإثبات يؤدي إلى جذر غير الموقع، وعدد القيود {}"
        ),
        "the journal leads to another root than the one that was signed": (
            "سجل الإثبات يؤدي إلى جذر غير الموقع"
        ),
        "the journal has stopped": "توقف سجل الإثبات عن الكتابة",
        "the disk is too far behind": "تأخر القرص عن الكتابة أكثر من المسموح",
        "a record could not be written": "تعذرت كتابة قيد",
        "the copy differs after {} records": "اختلفت النسخة بعد قيود عددها {}",
        "the Python package psycopg is not installed": "حزمة بايثون psycopg غير مثبتة",
        "it holds records already": "فيه قيود من قبل",
        "the segment does not lead to the one behind it": "المقطع لا يتصل بما يليه",
        "this is no record": "ما في الموضع ليس قيدا",
        "the record is not whole": "القيد غير مكتمل",
        "the record is missing or does not follow from the one before it": (
            "القيد مفقود أو لا يتبع ما قبله"
        ),
        "the batch at byte {} is not as it was written": "الدفعة عند البايت {} ليست كما كُتبت",
        "the segment's header is not whole": "رأس المقطع غير مكتمل",
        "the packed segment is not as it was written": "المقطع المضغوط ليس كما كُتب",
        "the journal does not begin here": "سجل الإثبات لا يبدأ هنا",
        "a segment before it is cut": "مقطع قبله غير مكتمل",
        "the journal holds {} records, counted from 0": "عدد القيود {}، وترقيمها من 0",
        "this node keeps no log": "هذه العقدة لا تحفظ سجل شفافية",
        # Requests to erase
        "the reason has 1 to {} characters": "عدد حروف السبب من 1 إلى {}",
        "a day is written 2026-11-24": "يُكتب اليوم هكذا: 2026-11-24",
        "give a subject or a day": "اذكر صاحب البيانات أو اليوم",
        "the subject is too long": "معرّف صاحب البيانات أطول من المسموح",
        "not an erasure: subject or day, and reason": (
            "ليس طلب محو: المطلوب صاحب البيانات أو اليوم، مع السبب"
        ),
        # Evidence and the transparency log
        "it would have more than {} MiB: take fewer records, or no bodies": (
            "سيتجاوز حجمها {} MiB؛ خذ قيودا أقل، أو خذها بلا محتوى"
        ),
        "no signed request, or no federation": "لا طلب موقعا، أو لا وثيقة اتحاد",
        "no signing key of {} here": "لا مفتاح توقيع هنا للطرف {}",
        "the federation document does not name this log": "وثيقة الاتحاد لا تذكر هذا السجل",
        "the checkpoint is not signed by its log": "نقطة التحقق ليست موقعة من سجلها",
        "it does not disclose the salt": "لا تكشف القيمة العشوائية للبصمة",
        "a witness's time is beyond the calendar": "وقت أحد الشهود خارج التقويم",
        "no records, federation or signing key": "لا قيود، أو لا وثيقة اتحاد، أو لا مفتاح توقيع",
        "it is not under a checkpoint yet": "لم تشمله نقطة تحقق بعد",
        "it is the log {}": "هو السجل {}",
        "the entries of {} are not those signed": "قيود {} ليست القيود الموقعة",
        "the log keys of {} do not belong together": "مفاتيح سجل {} لا ينتمي بعضها إلى بعض",
        "its signature or certificate does not hold": "توقيعه أو شهادته لا يصح",
        "it is over something else": "هو على محتوى آخر",
        "it does not verify": "لا يصح عند التحقق",
        "HTTP {}": "حالة الجواب HTTP {}",
        "no time-stamp authority is accepted": "لا سلطة ختم زمني مقبولة",
        "its clock and ours differ too much": "فرق الساعتين أكبر من المسموح",
        "it is not over a SHA-256": "ليس على بصمة SHA-256",
        "not an RFC 3161 answer": "ليس جوابا بصيغة RFC 3161",
        "not a revocation list": "ليست قائمة إلغاء",
        "not the authority's list": "ليست قائمة هذه السلطة",
        "not signed by the authority": "ليست موقعة من السلطة",
        "it has seen {} records of this log": "عدد القيود التي رآها من هذا السجل {}",
        "a wrong signature": "توقيع غير صحيح",
        "it says no size": "لا يذكر الحجم",
        "no signature by its key": "لا توقيع بمفتاحه",
        "no signed answer": "لا جواب موقعا",
        # Certificates, keys and secrets
        "it is not signed with its own key": "ليس موقعا بمفتاحه",
        "it names no member and no node": "لا يذكر عضوا ولا عقدة",
        "not a certificate request in PEM": "ليس طلب شهادة بصيغة PEM",
        "not a certificate in PEM": "ليس شهادة بصيغة PEM",
        "no certificates in PEM": "لا شهادات فيه بصيغة PEM",
        "not a certificate": "ليس شهادة",
        "not a private key": "ليس مفتاحا خاصا",
        "not a private key in PEM": "ليس مفتاحا خاصا بصيغة PEM",
        "not an EC key": "ليس مفتاح منحنى إهليلجي",
        "not a P-256 key": "ليس مفتاحا من نوع P-256",
        "not an Ed25519 key": "ليس مفتاحا من نوع Ed25519",
        "not 32 bytes": "طوله ليس 32 بايتا",
        "it is encrypted, and no secret is given": "المفتاح معمّى ولم يُذكر سره",
        "the token holds no such key": "لا يوجد هذا المفتاح في الجهاز الأمني",
        "the token holds several of them": "في الجهاز الأمني أكثر من مفتاح بهذا الوصف",
        "it stays in its token and only signs": "يبقى في الجهاز الأمني ولا يُستعمل إلا للتوقيع",
        "its public half is not in the token": "المفتاح العام المقابل ليس في الجهاز الأمني",
        "the token's PIN is not configured": "لم يُضبط رمز PIN للجهاز الأمني",
        "the token has a key of this name": "في الجهاز الأمني مفتاح بهذا الاسم",
        "slot {}": "الخانة {}",
        "the variable is not set": "المتغير غير مضبوط",
        "the service has no credentials directory": "ليس للخدمة مجلد أسرار",
        "others than its owner may read it": "يستطيع قراءته غير مالكه",
        "1 to {} bytes are expected": "عدد البايتات المقبول من 1 إلى {}",
        "unknown kind of source": "نوع المصدر غير معروف",
        "it names {} ({})": "تذكر {} ({})",
        "it does not carry {}": "العقدة لا تحمل {}",
        "the node still uses it": "ما زالت العقدة تستعمله",
        "other members than at the start; restart the node": (
            "الأعضاء غير الذين بدأت بهم العقدة؛ أعد تشغيلها"
        ),
        "type must be private": "يجب أن تكون قيمة type هي private",
        "slot-id must be a number": "يجب أن تكون قيمة slot-id عددا",
        "module-path must name the library, beginning with /": (
            "يجب أن تذكر module-path ملف المكتبة بمسار يبدأ بالعلامة /"
        ),
        "token, serial or slot-id is missing": "لم يُذكر token ولا serial ولا slot-id",
        "object or id is missing": "لم يُذكر object ولا id",
        "an attribute has characters that cannot be printed": "في إحدى الصفات حروف لا تُطبع",
        "not a pkcs11: URI of sensible length": "ليس عنوان pkcs11: بطول مقبول",
        "a PIN does not belong in settings; use secret or pin-source": (
            "لا يُكتب رمز PIN في الإعدادات؛ استعمل secret أو pin-source"
        ),
        "unknown or empty attribute {}": "الصفة {} غير معروفة أو فارغة",
        "{} is given twice": "ذُكر {} مرتين",
        "an attribute is not UTF-8": "إحدى الصفات ليست بترميز UTF-8",
        "the URL of a system behind a service is http://HOST:PORT/PATH": (
            "يُكتب عنوان النظام الذي وراء الخدمة هكذا: http://HOST:PORT/PATH"
        ),
    }
)
