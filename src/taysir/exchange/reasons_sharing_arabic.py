"""The Arabic of the reasons for which calls, agreements, consents and members are refused.

Only a table: what it is for and how it is read is in :mod:`taysir.kernel.reasons`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

SHARING_REASONS: Final = MappingProxyType(
    {
        # Calls and answers
        "it shows another certificate than the registered one": "قدّم شهادة غير الشهادة المسجلة",
        "no answer in time": "لم يصل الجواب في المهلة",
        "no connection in time": "لم يتم الاتصال في المهلة",
        "the answer's headers are too large": "ترويسات الجواب أكبر من المسموح",
        "the answer is too large": "الجواب أكبر من المسموح",
        "the answer is too long": "الجواب أطول من المسموح",
        "not HTTP: {}": "الجواب ليس بصيغة HTTP: {}",
        "our own node does not answer: {}": "عقدتنا لا تجيب: {}",
        "status {}": "حالة الجواب {}",
        "no such operation": "لا توجد هذه العملية",
        "unsigned": "غير موقع",
        "not signed by the provider": "ليس موقعا من الجهة المصدر",
        "signed with a revoked certificate": "موقع بشهادة ملغاة",
        "signed with a certificate that is not valid now": "موقع بشهادة ليست سارية الآن",
        "an answer to nothing": "جواب لا يذكر طلبا",
        "not an answer": "ليس جوابا",
        "signed in a batch, which is not agreed": "موقع في دفعة، ولم تنص الاتفاقية على ذلك",
        "an answer to another request": "جواب عن طلب آخر",
        "addressed to somebody else": "موجه إلى طرف آخر",
        "an answer of another service": "جواب من خدمة أخرى",
        "an answer for another member than we act for": "جواب لعضو غير الذي ننوب عنه",
        "it tells of another call than was asked": "يتحدث عن طلب غير المرسل",
        "not an HTTP status": "حالته ليست من حالات HTTP",
        "the body is not the signed one": "المحتوى ليس هو الموقع",
        "the body has not the signed length": "طول المحتوى يخالف الموقع",
        "the headers are not the signed ones": "الترويسات ليست هي الموقعة",
        "not projected as agreed": "لم يقتصر على الحقول المتفق عليها",
        "the answer is not JSON, so the agreed fields cannot be chosen": (
            "الجواب ليس JSON، فلا يمكن اختيار الحقول المتفق عليها"
        ),
        "the statement is not a request": "البيان ليس طلبا",
        "it is not in the federation document": "ليست في وثيقة الاتحاد",
        "it does not belong to {}": "ليست للطرف {}",
        "it is revoked": "ملغاة",
        "it is not valid at this time": "ليست سارية في هذا الوقت",
        "its status is none of HTTP": "حالته ليست من حالات HTTP",
        "its content-type is too long or not ASCII": (
            "ترويسة content-type أطول من المسموح أو ليست بترميز ASCII"
        ),
        "{} messages are too many": "عدد الرسائل {} أكبر من المسموح",
        "{} bytes are too many": "عدد البايتات {} أكبر من المسموح",
        "what is no header stands among the headers": "بين الترويسات ما ليس ترويسة",
        "a frame of another kind than this side sends": "إطار من نوع لا يرسله هذا الطرف",
        "the connection was closed": "أُغلق الاتصال",
        "the header X-Road-Client is missing": "الترويسة X-Road-Client ناقصة",
        "the parameter serviceCode is missing": "المعامل serviceCode ناقص",
        "the body does not have the members": "المحتوى لا يضم العناصر المطلوبة",
        "the path is not /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/…": (
            "المسار ليس على الصورة /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE/…"
        ),
        "the path or query holds what must be percent-encoded": (
            "في المسار أو الاستعلام ما يجب ترميزه بعلامة النسبة المئوية"
        ),
        "the header content-type is too long or not ASCII": (
            "الترويسة content-type أطول من المسموح أو ليست بترميز ASCII"
        ),
        "the header {} is too long or not ASCII": (
            "الترويسة {} أطول من المسموح أو ليست بترميز ASCII"
        ),
        "the evidence of one call is too large": "إثبات طلب واحد أكبر من المسموح",
        "the process that writes the node has ended": "انتهت العملية التي تكتب سجلات العقدة",
        "the worker has ended": "انتهت العملية العاملة",
        # OpenAPI documents
        "{} parameter {}": "المعامل {1} من نوع {0}",
        "a reference leaves the document: {}": "إحالة إلى خارج الوثيقة: {}",
        "a reference leaves the document": "إحالة إلى خارج الوثيقة",
        "references lead in circles": "الإحالات تدور في حلقة",
        "a body where none is described": "محتوى لم يصفه المستند",
        "a body where none may be": "محتوى حيث لا يجوز",
        "the media type is not described": "نوع المحتوى لم يصفه المستند",
        "status {} is not described": "حالة الجواب {} لم يصفها المستند",
        "the body is missing": "المحتوى ناقص",
        "the body is not JSON": "المحتوى ليس JSON",
        "it is not JSON": "ليس JSON",
        "it is not OpenAPI 3.1": "ليس بصيغة OpenAPI 3.1",
        "not as OpenAPI has it: {}": "ليس كما تنص عليه OpenAPI: {}",
        "body {}": "المحتوى {}",
        "{}: required": "{}: قيمة لازمة",
        "{}: type": "{}: نوع القيمة غير صحيح",
        # Consents
        "unknown format": "الصيغة غير معروفة",
        "a purpose is missing": "لم يُذكر غرض",
        "a purpose is not a code": "أحد الأغراض ليس رمزا",
        "it is about nobody": "لا تذكر صاحب بيانات",
        "too many fields": "عدد الحقول أكبر من المسموح",
        "a field is not a JSON Pointer": "أحد الحقول ليس بصيغة JSON Pointer",
        "its time is empty or too long": "مدتها فارغة أو أطول من المسموح",
        "the number of calls is not positive": "عدد الطلبات ليس موجبا",
        "a period without a number of calls": "مدة لم يُذكر لها عدد الطلبات",
        "it was given for good": "أُعطيت نهائيا فلا تُسحب",
        "a revocation of the wrong form": "صيغة السحب غير صحيحة",
        "a revocation of another consent or member": "سحب لموافقة أخرى أو من عضو آخر",
        "not signed with a certificate of {}": "غير موقعة بشهادة من شهادات {}",
        "the certificate of {} did not hold then": "لم تكن شهادة {} سارية حينها",
        "a member is missing or spelled otherwise": "ينقص عنصر أو كُتب بصيغة أخرى",
        "it is held with another signature": "محفوظة من قبل بتوقيع آخر",
        "used as often as agreed": "استُعملت كل المرات المتفق عليها",
        "this node does not hold it": "ليست محفوظة في هذه العقدة",
        "other parties": "لأطراف أخرى",
        "another purpose": "لغرض آخر",
        "another person": "لشخص آخر",
        "fewer fields than the agreement delivers": "حقولها أقل مما تسلّمه الاتفاقية",
        "not in its time": "ليست في مدتها",
        "the person revoked it": "سحبها صاحب البيانات",
        # Agreements
        "a counter-proposal keeps consumer and service": (
            "المقترح المقابل لا يغير الجهة الطالبة ولا الخدمة"
        ),
        "a counter-proposal changes nothing": "المقترح المقابل لا يغير شيئا",
        "{} is not a party": "{} ليس طرفا فيها",
        "not an acceptance by {}": "ليس قبولا من {}",
        "an ending of the wrong form": "صيغة الإنهاء غير صحيحة",
        "an ending of another agreement or party": "إنهاء لاتفاقية أخرى أو من طرف آخر",
        "the signing time is missing": "وقت التوقيع ناقص",
        "the certificate of {} did not hold when it signed": "لم تكن شهادة {} سارية عند التوقيع",
        "the legal basis {} is not registered": "السند النظامي {} غير مسجل",
        "the purpose {} is not registered": "الغرض {} غير مسجل",
        "no agreement of this node opens {} to {}": (
            "لا اتفاقية لدى هذه العقدة تفتح الخدمة {} للمنظومة {}"
        ),
        "its node answered {}": "أجابت عقدته بالحالة {}",
        "its node cannot be reached": "لا يمكن الوصول إلى عقدته",
        "nobody signed it": "لم يوقعها أحد",
        "this node holds as many as it may": "بلغت هذه العقدة الحد الأعلى لعددها",
        "not in the federation document": "ليس في وثيقة الاتحاد",
        "accepted by this party": "قبلها هذا الطرف من قبل",
        "it supersedes one of other parties": "تحل محل اتفاقية لأطراف أخرى",
        "the legal basis is not a code of the register": "السند النظامي ليس رمزا من السجل",
        "a zone is not a code": "أحد النطاقات ليس رمزا",
        "an agreement is named by its SHA-256": "تُسمى الاتفاقية ببصمتها SHA-256",
        "no operation is permitted": "لا عملية مسموحة",
        "unknown method": "طريقة غير معروفة",
        "a path must start with /": "يبدأ المسار بالعلامة /",
        "a path is not a path pattern": "أحد المسارات ليس نمط مسار",
        "no mode is permitted": "لا نمط مسموحا",
        "something is listed twice": "تكرر عنصر في القائمة",
        "the quota is not positive": "الحصة ليست موجبة",
        "two quotas for the same period": "حصتان للمدة نفسها",
        "a quota is for a purpose that is not agreed": "حصة لغرض غير متفق عليه",
        "the retention is negative": "مدة الحفظ سالبة",
        "a member is missing or spelled in another way": "ينقص عنصر أو كُتب بصيغة أخرى",
        "the validity is empty or too long": "مدة السريان فارغة أو أطول من المسموح",
        "the consumer acts for itself: leave behalf empty": (
            "الجهة الطالبة تعمل لنفسها؛ اترك behalf فارغا"
        ),
        "{} is not a JSON object": "الملف {} ليس كائن JSON",
        "{} is not a JSON file": "الملف {} ليس ملف JSON",
        # Federation and membership
        "unknown format or empty validity": "الصيغة غير معروفة أو مدة السريان فارغة",
        "the signer's certificate is missing": "شهادة الموقّع ناقصة",
        "two certificates are named": "ذُكرت شهادتان",
        "a certificate of {} names another": "في شهادات {} شهادة تذكر غيره",
        "an older document than the one in hand": "وثيقة أقدم من الموجودة",
        "the authority answered {}": "أجابت السلطة بالحالة {}",
        "no authority certificate": "لا شهادة للسلطة",
        "the authority shows no certificate": "لم تقدم السلطة شهادة",
        "{} holds a node already": "في {} عقدة من قبل",
        "it holds an authority already": "فيه سلطة من قبل",
        "a certificate is for another key": "إحدى الشهادات لمفتاح آخر",
        "the member is registered with another key; change keys with taysir keys": (
            "العضو مسجل بمفتاح آخر؛ غيّر المفاتيح بالأمر taysir keys"
        ),
        "the log is registered with another key; change keys with taysir keys": (
            "السجل مسجل بمفتاح آخر؛ غيّر المفاتيح بالأمر taysir keys"
        ),
        "a name is missing": "أحد الأسماء ناقص",
        "a name holds what cannot be seen": "في أحد الأسماء حروف لا تُرى",
        "a system or service of another member": "نظام أو خدمة لعضو آخر",
        "no information system": "لا نظام معلومات فيه",
        "no address": "لا عنوان فيه",
        "the node's name is not a code": "اسم العقدة ليس رمزا",
        "the member's key is requested for another use": "مفتاح العضو مطلوب لاستعمال آخر",
        "the member's key is requested for another": "مفتاح العضو مطلوب لغيره",
        "the node's key is requested for another": "مفتاح العقدة مطلوب لغيرها",
        "the log's names, keys or port do not fit the node": (
            "أسماء السجل أو مفاتيحه أو منفذه لا توافق العقدة"
        ),
        "zone {} is not registered": "النطاق {} غير مسجل",
        "this is the federation {}": "هذا هو الاتحاد {}",
        "another agency's node is called {}": "عقدة جهة أخرى تحمل الاسم {}",
        "the node carries other agencies too": "العقدة تحمل جهات أخرى أيضا",
        "another node carries this member": "عقدة أخرى تحمل هذا العضو",
        "too many requests are waiting": "عدد الطلبات المنتظرة أكبر من المسموح",
        "the subject key is not for this node": "مفتاح أصحاب البيانات ليس لهذه العقدة",
    }
)
