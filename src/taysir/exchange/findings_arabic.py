"""The Arabic of what the check of evidence finds, under the English that its findings carry.

Only a table: what it is for and how it is read is in :mod:`taysir.kernel.reasons`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

EVIDENCE_FINDINGS: Final = MappingProxyType(
    {
        # The package
        "byte {} of the package is not as it was written": "البايت {} من الحزمة ليس كما كُتب",
        "the beginning": "البداية",
        "broken at byte {}, after {}": "انقطع عند البايت {} بعد {}",
        "it is too long": "أطول من المسموح",
        "it is not a ZIP file": "ليس ملف ZIP",
        "a ZIP file, but not of evidence": "ملف ZIP لكنه ليس حزمة إثبات",
        "too many entries": "عدد الملفات فيها أكبر من المسموح",
        "it is there twice": "تكرر مرتين",
        "it is not that of an evidence package": "ليس لحزمة إثبات",
        "it holds more than the certificate": "فيه أكثر من الشهادة",
        "it is not the authority that you trust": "ليست السلطة التي تثق بها",
        "cannot be checked without the authority": "لا يُتحقق منه دون شهادة السلطة",
        "cannot be checked without the request": "لا يُتحقق منه دون الطلب",
        "cannot be checked without request and federation": (
            "لا يُتحقق منه دون الطلب ووثيقة الاتحاد"
        ),
        "cannot be checked without the federation document": "لا يُتحقق منه دون وثيقة الاتحاد",
        "cannot be checked without the proof of the log": "لا يُتحقق منه دون برهان السجل",
        "nothing can be checked without it": "لا يُتحقق من شيء دونه",
        "it had expired when the request was signed": "كانت صلاحيتها منتهية عند توقيع الطلب",
        "its records do not have the form": "قيوده ليست بالصيغة المطلوبة",
        "its records are not in the order of their positions": "قيوده ليست مرتبة بمواضعها",
        "a record is older than the request": "أحد القيود أقدم من الطلب",
        "a record is of another request": "أحد القيود لطلب آخر",
        "no record is of this answer": "لا قيد لهذا الجواب",
        "it is not a manifest of this format": "ليس قائمة محتويات بهذه الصيغة",
        "it is not signed by the producer that it names": "ليس موقعا من مُعدّه الذي يذكره",
        "it is another certificate than its name says": "شهادة غير التي يدل عليها اسمها",
        "the federation document does not list it": "لا تذكرها وثيقة الاتحاد",
        "it is not the signed content": "ليس هو المحتوى الموقع",
        "they are not the signed headers": "ليست هي الترويسات الموقعة",
        "the manifest does not list it": "لا تذكره قائمة المحتويات",
        "its SHA-256 or length differs from the manifest": (
            "بصمته SHA-256 أو طوله يخالف قائمة المحتويات"
        ),
        "it names what is not left out": "يذكر ما لم يُحذف",
        "it says something else than the signed files": "يخالف ما في الملفات الموقعة",
        "it is another consent than the request names": "موافقة غير التي يذكرها الطلب",
        "{} had ended the agreement before": "أنهى {} الاتفاقية قبل ذلك",
        "its time is beyond the calendar": "وقته خارج التقويم",
        "no step of the check looks at it": "لا تشمله أي خطوة من خطوات التحقق",
        "nothing that was signed speaks of it": "لا يذكره شيء مما وُقّع",
        "nothing that was signed speaks of {}": "لا يذكر {} شيء مما وُقّع",
        # The log
        "it is the log of another node": "سجل عقدة أخرى",
        "it is another record of the journal": "قيد آخر من سجل الإثبات",
        "its node does not carry the producer": "عقدته لا تحمل مُعدّ الحزمة",
        "{} cosigned before the statement was signed": "وقّع الشاهد {} قبل توقيع البيان",
        "it is older than the statement under it": "أقدم من البيان الذي يشمله",
        "the time-stamper's certificate was revoked before": "أُلغيت شهادة الختم الزمني قبل ذلك",
        "its certificate was revoked before": "أُلغيت شهادته قبل ذلك",
        # A range of exchanges
        "it names no agreements": "لا يذكر اتفاقيات",
        "it names no consents": "لا يذكر موافقات",
        "its number was used before, for another question": "استُعمل رقمه من قبل لطلب آخر",
        "its agreement is missing": "اتفاقيته ناقصة",
        "its consent is missing": "موافقته ناقصة",
        "a party had ended the agreement before": "أنهى أحد الطرفين الاتفاقية قبل ذلك",
        "the signer's certificate was revoked before": "أُلغيت شهادة الموقّع قبل ذلك",
        "the producer is not there": "مُعدّ الحزمة ليس مذكورا",
        "not signed by its log": "ليست موقعة من سجلها",
        "a witness cosigned before a statement was signed": "وقّع أحد الشهود قبل توقيع أحد البيانات",
        "it is older than a statement under it": "أقدم من بيان يشمله",
        "it is not a range of exchanges": "ليس مدى من التبادلات",
        "{} is not an agreement of this name": "{} ليس اتفاقية بهذا الاسم",
        "{} is not a consent": "{} ليس موافقة",
        "{} is not a consent of this name": "{} ليس موافقة بهذا الاسم",
        "{} did not sign {}": "لم يوقع {} على {}",
        "it does not disclose the salts": "لا يكشف القيم العشوائية للبصمات",
        "the records are not in the log as they are here": "القيود ليست في السجل كما هي هنا",
        "record {}": "القيد {}",
        # The rules of the exchange
        "it is a {}": "نوعه {}",
        "its signer is not in the federation document": "موقّعه ليس في وثيقة الاتحاد",
        "its signer is not the member that it names": "موقّعه ليس العضو الذي يذكره",
        "its certificate did not hold": "لم تكن شهادته سارية",
        "it names another agreement": "يذكر اتفاقية أخرى",
        "the asker is not the agreement's consumer": "السائل ليس الجهة الطالبة في الاتفاقية",
        "the service is not the agreement's": "الخدمة ليست خدمة الاتفاقية",
        "it acts for another member than the agreement says": (
            "ينوب عن عضو غير المذكور في الاتفاقية"
        ),
        "the purpose is not in the agreement": "الغرض ليس في الاتفاقية",
        "the agreement does not permit this operation": "الاتفاقية لا تسمح بهذه العملية",
        "the agreement did not hold at that time": "لم تكن الاتفاقية سارية في ذلك الوقت",
        "it was asked from a zone that the agreement does not permit": (
            "أُرسل الطلب من نطاق لا تسمح به الاتفاقية"
        ),
        "the agreement wants a signature for each message": "الاتفاقية تشترط توقيعا لكل رسالة",
        "it names no consent": "لا يذكر موافقة",
        "it answers another request": "يجيب عن طلب آخر",
        "it is not by the service that was asked": "ليس من الخدمة المطلوبة",
        "it is not for the asker": "ليس موجها إلى الجهة الطالبة",
        "it names another member on whose behalf was asked": "يذكر عضوا آخر صاحب الطلب",
        "its status is none": "حالته ليست من حالات HTTP",
        "it is older than its request": "أقدم من طلبه",
        "it was not reduced to the agreed fields": "لم يقتصر على الحقول المتفق عليها",
        "it is not given to the asker": "لم تُعط للجهة الطالبة",
        "it is not for this service": "ليست لهذه الخدمة",
        "it is not for this purpose": "ليست لهذا الغرض",
        "it is another person's": "لشخص آخر",
        "it did not hold at that time": "لم تكن سارية في ذلك الوقت",
        "it was revoked before": "سُحبت قبل ذلك",
    }
)
