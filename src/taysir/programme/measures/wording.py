"""The names of figures and steps for people, in Arabic; English lies in ``locale/en.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from taysir.ui.texts import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a figure is named and explained; each text is translated when it is shown."""

    name: str
    above: str
    below: str
    guard: str


_TIME_ABOVE: Final = mark("المعاملة التي يقع عندها الرقم")
_TIME_BELOW: Final = mark("المعاملات التي صدر فيها قرار")
_GROSS: Final = mark("الوقت كما عاشه المستفيد، دون خصم أي انتظار")
_NET: Final = mark("يُخصم وقت انتظار المستفيد والجهات الأخرى والسداد؛ ويُعرض الإجمالي بجانبه دائما")

WORDINGS: Final[dict[str, Wording]] = {
    "take_up": Wording(
        name=mark("معدل استخدام القنوات الإلكترونية"),
        above=mark("طلبات قدمها المستفيد إلكترونيا بنفسه"),
        below=mark("كل الطلبات المقدمة بأي قناة"),
        guard=mark("الطلب الذي يقدمه موظف نيابة عن المستفيد لا يُحسب إلكترونيا"),
    ),
    "prefill": Wording(
        name=mark("نسبة التعبئة المسبقة"),
        above=mark("حقول عبأتها السجلات ولم يعترض عليها المستفيد"),
        below=mark("كل الحقول المعبأة في الطلبات المقدمة"),
        guard=mark("الحقل الذي غيّره المستفيد أو اعترض عليه لا يُحسب"),
    ),
    "once_only": Wording(
        name=mark("مخالفات مبدأ المرة الواحدة"),
        above=mark("طُلب من المستفيد ما يملكه سجل متصل"),
        below=mark("كل ما طُلب من المستفيد"),
        guard=mark("ما تملكه السجلات يُعرف من التبادل نفسه، لا من تصريح الجهة"),
    ),
    "straight_through": Wording(
        name=mark("القرار الآلي"),
        above=mark("قرارات صدرت دون تدخل موظف"),
        below=mark("كل القرارات"),
        guard=mark("أي خطوة لموظف في المعاملة تخرجها من البسط"),
    ),
    "evidence": Wording(
        name=mark("اكتمال الإثبات"),
        above=mark("أسئلة للسجلات لها رقم تبادل موقّع"),
        below=mark("كل الأسئلة الموجهة إلى السجلات"),
        guard=mark("السؤال الذي لا رقم تبادل له يبقى في المقام"),
    ),
    "time_median_gross": Wording(
        name=mark("وسيط مدة الإنجاز، إجمالي"), above=_TIME_ABOVE, below=_TIME_BELOW, guard=_GROSS
    ),
    "time_p90_gross": Wording(
        name=mark("مدة إنجاز تسعة أعشار المعاملات، إجمالي"),
        above=_TIME_ABOVE,
        below=_TIME_BELOW,
        guard=_GROSS,
    ),
    "time_median_net": Wording(
        name=mark("وسيط مدة الإنجاز، صاف"), above=_TIME_ABOVE, below=_TIME_BELOW, guard=_NET
    ),
    "time_p90_net": Wording(
        name=mark("مدة إنجاز تسعة أعشار المعاملات، صاف"),
        above=_TIME_ABOVE,
        below=_TIME_BELOW,
        guard=_NET,
    ),
}

OUTCOMES: Final[dict[str, str]] = {"granted": mark("الموافقة"), "refused": mark("الرفض")}

STEPS: Final[dict[str, str]] = {
    "started": mark("بدأ الطلب"),
    "page_shown": mark("عُرضت صفحة"),
    "field_prefilled": mark("عبأ سجل حقلا"),
    "field_typed": mark("كتب المستفيد حقلا"),
    "field_disputed": mark("اعترض المستفيد على حقل"),
    "evidence_requested": mark("سؤال إلى سجل"),
    "evidence_received": mark("أجاب السجل"),
    "evidence_delayed": mark("تأخر الإثبات"),
    "evidence_not_found": mark("لا إثبات في السجل"),
    "evidence_declined": mark("رُفض السؤال"),
    "evidence_unreachable": mark("السجل لا يجيب"),
    "document_requested": mark("طُلب مستند"),
    "submitted": mark("قُدم الطلب"),
    "clock_stopped": mark("توقف احتساب الوقت"),
    "clock_started": mark("عاد احتساب الوقت"),
    "rule_run": mark("طُبقت القواعد"),
    "fee_issued": mark("صدرت فاتورة"),
    "fee_paid": mark("سُددت الفاتورة"),
    "decided": mark("صدر القرار"),
    "output_issued": mark("صدرت الوثيقة"),
    "notified": mark("أُبلغ المستفيد"),
    "withdrawn": mark("سُحب الطلب"),
}
