"""What can be wrong with a BPMN file, and what of it a flow leaves out; each with its line."""

from __future__ import annotations

from taysir.kernel.errors import Mender, declare

ENG_BPMN_UNSUPPORTED = declare(
    "ENG-1401",
    status=422,
    ar="العنصر {element} «{name}» لا تدعمه مسارات الخدمات.",
    en="The element {element} “{name}” is not supported in the flow of a service.",
    remedy_ar="ارسمه بمهام وبوابات حصرية أو متوازية ومؤقتات؛ القائمة في مرجع المسارات.",
    remedy_en="Draw it with tasks, exclusive or parallel gateways and timers.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_STRUCTURE = declare(
    "ENG-1402",
    status=422,
    ar="الملف ليس مسارا واحدا قابلا للقراءة: {what} ({count}).",
    en="The file is not one readable process: {what} ({count}).",
    remedy_ar="اجعل فيه عملية واحدة لها بداية واحدة ونهاية.",
    remedy_en="Have one process with one start and an end.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_REFERENCE = declare(
    "ENG-1403",
    status=422,
    ar="«{name}» يشير إلى «{reference}» وليس في العملية.",
    en="“{name}” refers to “{reference}”, which is not in the process.",
    remedy_ar="صل الطرف بعنصر، أو احذفه.",
    remedy_en="Connect the loose end to an element, or delete it.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_WAYS = declare(
    "ENG-1404",
    status=422,
    ar="العنصر {element} «{name}» له {count} من الطرق الخارجة، وهذا لا يصح له.",
    en="The element {element} “{name}” has {count} ways out, which it cannot have.",
    remedy_ar="ضع بعد المهمة بوابة واحدة تتفرع منها الطرق، ولكل مهمة وبوابة طريق خارج.",
    remedy_en="Let each task and gateway have a way out, and ways part only at a gateway.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_CONDITION = declare(
    "ENG-1405",
    status=422,
    ar="البوابة «{name}» تحتاج إلى شرط على كل طريق وطريق افتراضي واحد.",
    en="The gateway “{name}” needs a condition on each way and one default way.",
    remedy_ar="اكتب شرطا بلغة FEEL على كل طريق، وعلّم الباقي بأنه الافتراضي.",
    remedy_en="Write a FEEL condition on each way and mark the remaining one as default.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_TIME = declare(
    "ENG-1406",
    status=422,
    ar="المؤقت «{name}» وقته «{time}» لا يُقرأ.",
    en="The time “{time}” of the timer “{name}” cannot be read.",
    remedy_ar="اكتب مدة بالأيام والساعات مثل P3D أو PT4H، أو R/PT15M للمتكرر.",
    remedy_en="Write days and hours such as P3D or PT4H, or R/PT15M for a repeating timer.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_BRANCH = declare(
    "ENG-1407",
    status=422,
    ar="فروع البوابة «{name}» لا تلتقي في بوابة واحدة، أو تتداخل.",
    en="The branches of the gateway “{name}” do not meet at one gateway, or overlap.",
    remedy_ar="اجعل كل فروع البوابة المتوازية تنتهي في بوابة متوازية واحدة.",
    remedy_en="Let all branches of a parallel gateway end at one parallel gateway.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_LEFT_OUT = declare(
    "ENG-1408",
    status=422,
    ar="العنصر {element} «{name}» لا أثر له في المسار وتُرك.",
    en="The element {element} “{name}” moves no case and is left out.",
    remedy_ar="انقل ما يهم منه إلى ملفات الحزمة.",
    remedy_en="Take what matters of it to the files of the pack.",
    mender=Mender.AUTHOR,
)
ENG_BPMN_ASSUMED = declare(
    "ENG-1409",
    status=422,
    ar="«{name}»: افتُرض {what} = {value}.",
    en="“{name}”: assumed {what} = {value}.",
    remedy_ar="راجعه وصححه في flow.yaml.",
    remedy_en="Look it over and correct it in flow.yaml.",
    mender=Mender.AUTHOR,
)
