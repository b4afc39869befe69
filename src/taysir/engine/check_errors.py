"""What the checks before publishing find in tables, pages, fees, deadlines and the law."""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare

ENG_CHECK_GAP = declare(
    "ENG-1321",
    status=422,
    ar="الجدول «{name}» بلا سطر لهذه الحالة: {where}.",
    en="The table “{name}” has no row for this case: {where}.",
    remedy_ar="أضف سطرًا لهذه الحالة، أو قيمة افتراضية للجدول.",
    remedy_en="Add a row for it, or a default output to the table.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_OVERLAP = declare(
    "ENG-1322",
    status=422,
    ar="ينطبق من الجدول «{name}» أكثر من سطر ({rows}) على هذه الحالة: {where}.",
    en="More than one row of the table “{name}” ({rows}) applies to this case: {where}.",
    remedy_ar="اجعل شروط هذه السطور متنافية، أو اختر سياسة تطابق أخرى.",
    remedy_en="Make the conditions of these rows exclude each other, or choose another hit policy.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_DEAD_ROW = declare(
    "ENG-1323",
    status=422,
    ar="السطر {row} من الجدول «{name}» لا يمكن أن ينطبق على أي حالة.",
    en="Row {row} of the table “{name}” can never apply.",
    remedy_ar="صحّح شروط السطر أو احذفه.",
    remedy_en="Correct the conditions of the row, or remove it.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_UNPROVEN = declare(
    "ENG-1324",
    status=422,
    ar="لا يمكن إثبات أن الجدول «{name}» يشمل كل الحالات.",
    en="It cannot be proven that the table “{name}” covers every case.",
    remedy_ar="قارن كل عمود بقيم ثابتة أو بعبارة واحدة، أو أضف قيمة افتراضية للجدول.",
    remedy_en="Compare each column with constants or with one expression, or add a default output.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_NEVER_SHOWN = declare(
    "ENG-1325",
    status=422,
    ar="«{name}» لا يظهر أبدًا لأن شرطه لا يتحقق في أي حالة.",
    en="“{name}” is never shown, because its condition is true in no case.",
    remedy_ar="صحّح الشرط أو احذفه.",
    remedy_en="Correct the condition, or remove what it guards.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_FEE = declare(
    "ENG-1326",
    status=422,
    ar="المرحلة «{stage}» تنتظر السداد ولا قاعدة تحسب المبلغ.",
    en="The stage “{stage}” waits for payment, but no rule computes an amount.",
    remedy_ar="أضف في decide.values معلومة نقدية تحسبها قاعدة، أو احذف مرحلة السداد.",
    remedy_en="Add a money fact computed by a rule to decide.values, or remove the payment stage.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_PROMISE = declare(
    "ENG-1327",
    status=422,
    ar="الخدمة «{service}» لا تعد بمدة إنجاز.",
    en="The service “{service}” promises no time.",
    remedy_ar="اكتب في deadline.net مدة أكبر من الصفر، مثل P3D.",
    remedy_en="Write a duration above zero in deadline.net, e.g. P3D.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_UNTOLD = declare(
    "ENG-1328",
    status=422,
    ar="الإجراء «{action}» في المرحلة «{stage}» يرفض الطلب دون إبلاغ صاحبه بحقه في الاعتراض.",
    en="The action “{action}” of “{stage}” refuses without telling the person how to object.",
    remedy_ar="اذكر في notice رسالة الرفض.",
    remedy_en="Name the message of refusal in notice.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_NAME = declare(
    "ENG-1329",
    status=422,
    ar="الاسم «{name}» غير معرّف هنا، فتكون قيمته مجهولة دائمًا.",
    en="The name “{name}” is not defined here, so its value would always be unknown.",
    remedy_ar="صحّح الاسم، أو أضف informationRequirement إلى القرار.",
    remedy_en="Correct the name, or add an informationRequirement to the decision.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_REGISTER = declare(
    "ENG-1330",
    status=422,
    ar="المادة «{article}» غير موجودة في سجل المواد.",
    en="The article “{article}” is not in the register of articles.",
    remedy_ar="صحّح رمز المادة، أو أضفها إلى السجل.",
    remedy_en="Correct the code of the article, or add it to the register.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_CONTRADICTION = declare(
    "ENG-1331",
    status=422,
    ar="سريان المادة «{article}» هنا {here} وفي السجل {there}.",
    en="The article “{article}” is in force {here} here, but {there} in the register.",
    remedy_ar="خذ تاريخ السريان من السجل.",
    remedy_en="Take the dates from the register.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_RETROACTIVE = declare(
    "ENG-1332",
    status=422,
    ar="«{name}» يسري بأثر رجعي دون بيان السبب.",
    en="“{name}” applies to days before it became law, and does not say why.",
    remedy_ar="اكتب السبب في because، والسطر الذي يحل محله في replaces.",
    remedy_en="Give the reason in because, and the row it takes the place of in replaces.",
    mender=Mender.AUTHOR,
)
