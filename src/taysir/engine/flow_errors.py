"""What can be wrong in a flow: the errors of its structure, and of taking a step that lacks facts.

Structural mistakes keep a pack from being loaded, because a case could not run on it; the
``CHECK`` kinds keep it from being published. The errors of an ordinary step are in ``errors.py``.
"""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

ENG_FLOW_AMBIGUOUS = declare(
    "ENG-1205",
    status=409,
    ar="الإجراء «{action}» ممكن في أكثر من فرع جار: {stages}.",
    en="The action “{action}” is possible in more than one running branch: {stages}.",
    remedy_ar="اذكر المرحلة التي يُتخذ فيها الإجراء.",
    remedy_en="Name the stage in which the action is taken.",
    mender=Mender.CALLER,
    retry=Retry.AFTER_MENDING,
)
ENG_FLOW_CONDITION = declare(
    "ENG-1206",
    status=409,
    ar="شرط الإجراء «{action}» في مرحلة «{stage}» غير متحقق.",
    en="The condition of the action “{action}” at stage “{stage}” does not hold.",
    remedy_ar="حدّث الصفحة: لا يُعرض إلا ما تسمح به بيانات الطلب.",
    remedy_en="Reload the page: only what the facts of the case allow is offered.",
    mender=Mender.PERSON,
    retry=Retry.AFTER_MENDING,
)
ENG_FLOW_FACTS = declare(
    "ENG-1207",
    status=500,
    ar="في مسار الخدمة شرط عند «{stage}»، ولم تُقدَّم بيانات الطلب لتقييمه.",
    en="The flow has a condition at “{stage}”, and the facts of the case were not given.",
    remedy_ar="مرّر بيانات الطلب مع الإجراء.",
    remedy_en="Pass the facts of the case together with the action.",
    mender=Mender.OPERATOR,
)
ENG_FLOW_LOOP = declare(
    "ENG-1208",
    status=500,
    ar="مسار الخدمة يدور عند «{stage}» دون أن يقف في مرحلة.",
    en="The flow turns in a circle at “{stage}” without stopping at any stage.",
    remedy_ar="صحّح الشروط وانشر إصدارًا جديدًا.",
    remedy_en="Correct the conditions and publish a new version.",
    mender=Mender.AUTHOR,
)

# --- structure: the pack is not loaded -----------------------------------------------------------

ENG_FLOW_KIND = declare(
    "ENG-1221",
    status=422,
    ar="«{stage}» تفرع أو التقاء أو اختيار، فلا إجراءات لها ولا مهل ولا نهاية.",
    en="“{stage}” is a fork, a join or a choice: it has no actions, deadlines or end of its own.",
    remedy_ar="ضع الإجراءات في المراحل التي ينتظر فيها الطلب.",
    remedy_en="Put the actions into the stages at which a case waits.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_BRANCH = declare(
    "ENG-1222",
    status=422,
    ar="المرحلة «{stage}» لا تصح في فرع من «{fork}»: هي بداية المسار أو نهاية أو في فرع آخر.",
    en="“{stage}” cannot be in a branch of “{fork}”: it is the start, an end or elsewhere.",
    remedy_ar="اجعل كل مرحلة في فرع واحد، وأبق البداية والنهايات خارج الفروع.",
    remedy_en="Keep each stage in one branch, and the start and the ends outside of branches.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_JUMP = declare(
    "ENG-1223",
    status=422,
    ar="«{stage}» تقود إلى «{to}» وهي داخل فرع لا يُدخل إليه إلا من تفرعه.",
    en="“{stage}” leads to “{to}”, which lies in a branch that only its fork may enter.",
    remedy_ar="اجعلها تقود إلى التفرع نفسه، أو إلى مرحلة خارج الفروع.",
    remedy_en="Lead to the fork itself, or to a stage outside of the branches.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_JOIN = declare(
    "ENG-1224",
    status=422,
    ar="التفرع «{fork}» يحتاج إلى التقاء واحد في المستوى نفسه، وله {count}.",
    en="The fork “{fork}” needs exactly one join beside it and has {count}.",
    remedy_ar="أضف مرحلة فيها join باسم التفرع.",
    remedy_en="Add one stage whose join names the fork, outside of its branches.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_ARRIVE = declare(
    "ENG-1225",
    status=422,
    ar="«{stage}» تقود إلى الالتقاء «{to}» وليست في فرع من تفرعه.",
    en="“{stage}” leads to the join “{to}” but is not in a branch of its fork.",
    remedy_ar="لا يصل إلى الالتقاء إلا ما خرج من تفرعه.",
    remedy_en="Only the branches of its own fork may lead to a join.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_DEFAULT = declare(
    "ENG-1226",
    status=422,
    ar="الاختيار «{stage}» يحتاج إلى طريق أخير واحد بلا شرط.",
    en="The choice “{stage}” needs exactly one way without a condition, and it comes last.",
    remedy_ar="أضف في آخر choose طريقًا بلا when.",
    remedy_en="Add a way without “when” at the end of “choose”.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_BACK = declare(
    "ENG-1227",
    status=422,
    ar="الإعادة «{action}» من «{stage}» تخرج من فرعها، فلا عودة بعدها إلى من طلبها.",
    en="“{action}” sends back from “{stage}” out of its branch, so nothing could return there.",
    remedy_ar="أعد إلى مرحلة في الفرع نفسه، أو احذف returns.",
    remedy_en="Send back to a stage of the same branch, or remove “returns”.",
    mender=Mender.AUTHOR,
)
ENG_FLOW_WAIT = declare(
    "ENG-1228",
    status=422,
    ar="المدة عند «{stage}» تُكتب إما after وإما working_days، وليس كليهما.",
    en="A time at “{stage}” is given either as “after” or as “working_days”, not both.",
    remedy_ar="احذف أحدهما؛ ولا تصح every مع أيام العمل.",
    remedy_en="Remove one of them; “every” does not go with working days.",
    mender=Mender.AUTHOR,
)

# --- checks: the pack is not published -----------------------------------------------------------

ENG_CHECK_JOIN = declare(
    "ENG-1341",
    status=422,
    ar="الالتقاء «{join}» لا يكتمل أبدًا: الفرع «{branch}» لا يصل إليه.",
    en="The join “{join}” can never complete: the branch “{branch}” does not lead to it.",
    remedy_ar="أنه الفرع بإجراء يقود إلى الالتقاء.",
    remedy_en="End the branch with an action that leads to the join.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_TOKEN = declare(
    "ENG-1342",
    status=422,
    ar="حالة الطلب في هذا المسار قد تبلغ {bytes} بايت، والحد {limit}.",
    en="The state of a case in this flow may reach {bytes} bytes; the bound is {limit}.",
    remedy_ar="قلل الفروع المتوازية أو المراحل ذات المؤقت، أو قصّر أسماءها.",
    remedy_en="Have fewer parallel branches or stages with a timer, or shorter names.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_CIRCLE = declare(
    "ENG-1343",
    status=422,
    ar="«{stage}» حلقة من الاختيارات والتفرعات لا يقف الطلب في أي منها.",
    en="“{stage}” is in a circle of choices and forks at none of which a case stops.",
    remedy_ar="ضع في الحلقة مرحلة ينتظر فيها الطلب.",
    remedy_en="Put a stage at which the case waits into the circle.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_GUARD = declare(
    "ENG-1344",
    status=422,
    ar="الإجراء «{action}» في «{stage}» يقع عند انقضاء المدة وله شرط، فقد لا يقع.",
    en="“{action}” at “{stage}” falls due with the time but has a condition: it may not happen.",
    remedy_ar="احذف الشرط، أو ليقد الإجراء إلى اختيار.",
    remedy_en="Remove the condition, or let the action lead to a choice.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_WITHDRAW = declare(
    "ENG-1345",
    status=422,
    ar="لا يستطيع مقدم الطلب أن يسحبه وهو في «{stage}».",
    en="The applicant cannot withdraw while the case is at “{stage}”.",
    remedy_ar="أضف إجراءً لدور applicant يقود إلى نهاية «withdrawn».",
    remedy_en="Add an action of the role applicant that leads to the end “withdrawn”.",
    mender=Mender.AUTHOR,
)
ENG_CHECK_SYSTEM_STEP = declare(
    "ENG-1346",
    status=422,
    ar="في «{stage}» ما يُسدد أو يُصدر، وليس فيها إجراء «{action}» يتخذه النظام.",
    en="At “{stage}” something is paid or issued, but there is no action “{action}” of the system.",
    remedy_ar="أضف إجراءً باسم «{action}» لدور system يقود إلى المرحلة التالية.",
    remedy_en="Add an action “{action}” of the role system that leads to the next stage.",
    mender=Mender.AUTHOR,
)
