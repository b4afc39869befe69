"""The named persons of the State of Waha, one for every edge case of the sample services.

Each has a fixed identity number and a story told in days relative to today, so that "expired 60
days ago" stays true whenever the country is started: ``population.refresh`` writes their rows anew
on the first start of a day. ``expects`` says what the renewal service must answer; journeys and
tests read it from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from taysir.kernel.identity_number import Holder, IdentityNumber

FIT, FIT_WITH_GLASSES, UNFIT = 1, 2, 3
"""Result codes of the Ministry of Health's register."""


class Outcome(StrEnum):
    """What becomes of a persona's renewal when nothing else happens."""

    GRANTED = "granted"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the renewal service must answer; ``reason`` is a code of its pack."""

    outcome: Outcome
    reason: str = "renewed"
    late_years: int = 0
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceStory:
    """A licence that expires so many days from today (or ago) and whole years before."""

    expires_in_days: int
    and_years_ago: int = 0
    categories: tuple[str, ...] = ("B",)
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FitnessStory:
    """A fitness test taken so many days ago, valid for a year."""

    days_ago: int = 20
    result: int = FIT


@dataclass(frozen=True, slots=True, kw_only=True)
class FineStory:
    """A traffic fine; unpaid unless it says when it was paid."""

    amount_qirsh: int
    days_ago: int
    paid_minutes_ago: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One named person: who, what the registries hold, and what must come of it."""

    code: str
    serial: int
    name_ar: tuple[str, str, str, str]
    name_en: tuple[str, str, str, str]
    story_ar: str
    story_en: str
    expects: Expectation = Expectation(outcome=Outcome.GRANTED)
    holder: Holder = Holder.CITIZEN
    nationality: str = "WA"
    sex: str = "M"
    age_years: int = 38
    licence: LicenceStory | None = LicenceStory(expires_in_days=45)
    fitness: FitnessStory | None = FitnessStory()
    fines: tuple[FineStory, ...] = field(default=())
    suspended_days_ago: int | None = None
    died_days_ago: int | None = None
    identity_expires_in_days: int = 900
    featured: bool = False

    @property
    def national_id(self) -> str:
        """The identity number; its serial is below those of the generated population."""
        return IdentityNumber.of_serial(self.holder, self.serial).digits

    @property
    def full_name_ar(self) -> str:
        """The four parts of the Arabic name."""
        return " ".join(self.name_ar)

    @property
    def full_name_en(self) -> str:
        """The four parts of the Latin name."""
        return " ".join(self.name_en)


def _refused(reason: str) -> Expectation:
    return Expectation(outcome=Outcome.REFUSED, reason=reason)


PERSONAS: Final = (
    Persona(
        code="granted",
        serial=0,
        name_ar=("سالم", "ناصر", "حمد", "الواحي"),
        name_en=("Salem", "Nasser", "Hamad", "Al-Wahi"),
        story_ar="رخصته تنتهي بعد 45 يوما وكل شروطه مستوفاة: يُجدد له فورا.",
        story_en="His licence expires in 45 days and every condition is met: renewed at once.",
        featured=True,
    ),
    Persona(
        code="window-opens-today",
        serial=1,
        name_ar=("نورة", "خالد", "صالح", "السالمي"),
        name_en=("Noura", "Khalid", "Saleh", "Al-Salmi"),
        sex="F",
        story_ar="رخصتها تنتهي بعد 180 يوما: يبدأ تجديدها اليوم.",
        story_en="Her licence expires in 180 days: renewal opens today.",
        licence=LicenceStory(expires_in_days=180),
    ),
    Persona(
        code="too-early",
        serial=2,
        name_ar=("فهد", "سعد", "علي", "الحازمي"),
        name_en=("Fahad", "Saad", "Ali", "Al-Hazmi"),
        story_ar="رخصته تنتهي بعد 181 يوما: لم تبدأ مدة التجديد.",
        story_en="His licence expires in 181 days: renewal has not opened yet.",
        licence=LicenceStory(expires_in_days=181),
        expects=_refused("too-early"),
    ),
    Persona(
        code="expired-59-days",
        serial=3,
        name_ar=("ماجد", "طلال", "بدر", "الجابري"),
        name_en=("Majed", "Talal", "Badr", "Al-Jabri"),
        story_ar="انتهت رخصته قبل 59 يوما: يُجدد بلا غرامة تأخير.",
        story_en="His licence expired 59 days ago: renewed without a late fee.",
        licence=LicenceStory(expires_in_days=-59),
    ),
    Persona(
        code="expired-60-days",
        serial=4,
        name_ar=("ريم", "منصور", "سلطان", "الصالحي"),
        name_en=("Reem", "Mansour", "Sultan", "Al-Salhi"),
        sex="F",
        story_ar="انتهت رخصتها قبل 60 يوما: آخر يوم بلا غرامة تأخير.",
        story_en="Her licence expired 60 days ago: the last day without a late fee.",
        licence=LicenceStory(expires_in_days=-60),
    ),
    Persona(
        code="expired-61-days",
        serial=5,
        name_ar=("تركي", "فيصل", "نايف", "الفهدي"),
        name_en=("Turki", "Faisal", "Nayef", "Al-Fahdi"),
        story_ar="انتهت رخصته قبل 61 يوما: غرامة تأخير عن سنة واحدة.",
        story_en="His licence expired 61 days ago: a late fee for one started year.",
        licence=LicenceStory(expires_in_days=-61),
        expects=Expectation(outcome=Outcome.GRANTED, late_years=1),
        featured=True,
    ),
    Persona(
        code="expired-one-year-61-days",
        serial=6,
        name_ar=("هند", "راشد", "زيد", "الراشدي"),
        name_en=("Hind", "Rashed", "Zaid", "Al-Rashdi"),
        sex="F",
        story_ar="انتهت رخصتها قبل سنة و60 يوما ويوم: غرامة تأخير عن سنتين.",
        story_en="Her licence expired 1 year, 60 days and a day ago: a late fee for two years.",
        licence=LicenceStory(expires_in_days=-61, and_years_ago=1),
        expects=Expectation(outcome=Outcome.GRANTED, late_years=2),
    ),
    Persona(
        code="died-yesterday",
        serial=7,
        name_ar=("حمود", "ثامر", "جابر", "المنصوري"),
        name_en=("Hamoud", "Thamer", "Jaber", "Al-Mansouri"),
        age_years=71,
        story_ar="توفي أمس وسجلت الأحوال المدنية الوفاة: لا تُجدد رخصته.",
        story_en="He died yesterday and the civil register knows: his licence is not renewed.",
        died_days_ago=1,
        expects=_refused("holder-deceased"),
    ),
    Persona(
        code="fitness-not-arrived",
        serial=8,
        name_ar=("عائشة", "يوسف", "موسى", "العامري"),
        name_en=("Aisha", "Yousef", "Musa", "Al-Ameri"),
        sex="F",
        story_ar="اجتازت فحص اللياقة اليوم ولم تصل نتيجته إلى السجل: ينتظر طلبها ولا يُرفض.",
        story_en="She passed the fitness test today, not yet in the register: the case waits.",
        fitness=None,
        expects=Expectation(outcome=Outcome.WAITING, reason="fitness-awaited"),
        featured=True,
    ),
    Persona(
        code="fitness-expired",
        serial=9,
        name_ar=("وليد", "هشام", "كمال", "البدري"),
        name_en=("Waleed", "Hisham", "Kamal", "Al-Badri"),
        story_ar="انتهت صلاحية فحص لياقته قبل 35 يوما.",
        story_en="His fitness test was valid until 35 days ago.",
        fitness=FitnessStory(days_ago=400),
        expects=_refused("fitness-expired"),
    ),
    Persona(
        code="unfit",
        serial=10,
        name_ar=("باسم", "رائد", "جمال", "التميمي"),
        name_en=("Basem", "Raed", "Jamal", "Al-Tamimi"),
        story_ar="نتيجة فحص لياقته: غير لائق.",
        story_en="The result of his fitness test is unfit.",
        fitness=FitnessStory(result=UNFIT),
        expects=_refused("unfit"),
    ),
    Persona(
        code="glasses",
        serial=11,
        name_ar=("ليلى", "إبراهيم", "إسماعيل", "الكندي"),
        name_en=("Layla", "Ibrahim", "Ismail", "Al-Kindi"),
        sex="F",
        story_ar="لائقة بشرط النظارة: يظهر القيد على رخصتها الجديدة.",
        story_en="Fit with glasses: the restriction is printed on her new licence.",
        fitness=FitnessStory(result=FIT_WITH_GLASSES),
        expects=Expectation(outcome=Outcome.GRANTED, restrictions=("glasses",)),
    ),
    Persona(
        code="unpaid-fine",
        serial=12,
        name_ar=("نواف", "مشعل", "متعب", "العتيبي"),
        name_en=("Nawaf", "Mishal", "Miteb", "Al-Otaibi"),
        story_ar="عليه مخالفتان غير مسددتين مجموعهما 450 دينارا: يُرفض طلبه مع السبب.",
        story_en="He has two unpaid fines, 450 dinars together: refused with the reason.",
        fines=(
            FineStory(amount_qirsh=30_000, days_ago=40),
            FineStory(amount_qirsh=15_000, days_ago=12),
            FineStory(amount_qirsh=10_000, days_ago=300, paid_minutes_ago=400_000),
        ),
        expects=_refused("fines-unpaid"),
        featured=True,
    ),
    Persona(
        code="fine-just-paid",
        serial=13,
        name_ar=("أسماء", "عمر", "عثمان", "الهاشمي"),
        name_en=("Asma", "Omar", "Othman", "Al-Hashmi"),
        sex="F",
        story_ar="سددت مخالفتها قبل خمس دقائق: يُجدد لها.",
        story_en="She paid her fine five minutes ago: renewed.",
        fines=(FineStory(amount_qirsh=50_000, days_ago=25, paid_minutes_ago=5),),
    ),
    Persona(
        code="suspended",
        serial=14,
        name_ar=("غانم", "قاسم", "سليمان", "الحارثي"),
        name_en=("Ghanem", "Qasim", "Sulaiman", "Al-Harthi"),
        story_ar="خدماته موقوفة بقرار من وزارة العدل.",
        story_en="His services are suspended by a decision of the Ministry of Justice.",
        suspended_days_ago=90,
        expects=_refused("services-suspended"),
    ),
    Persona(
        code="two-categories",
        serial=15,
        name_ar=("صالح", "حسن", "حسين", "القحطاني"),
        name_en=("Saleh", "Hassan", "Hussein", "Al-Qahtani"),
        story_ar="رخصته لفئتين: خصوصي ونقل.",
        story_en="His licence covers two categories: private cars and trucks.",
        licence=LicenceStory(expires_in_days=45, categories=("B", "C")),
    ),
    Persona(
        code="identity-expired",
        serial=16,
        name_ar=("مها", "سامي", "شاكر", "العمري"),
        name_en=("Maha", "Sami", "Shaker", "Al-Omari"),
        sex="F",
        story_ar="انتهت صلاحية هويتها قبل 10 أيام.",
        story_en="Her identity card expired 10 days ago.",
        identity_expires_in_days=-10,
        expects=_refused("identity-expired"),
    ),
    Persona(
        code="no-licence",
        serial=17,
        name_ar=("أنس", "أيمن", "أسامة", "المالكي"),
        name_en=("Anas", "Ayman", "Osama", "Al-Malki"),
        age_years=19,
        story_ar="لا رخصة له في سجل المرور.",
        story_en="The traffic register holds no licence in his name.",
        licence=None,
        expects=_refused("no-licence"),
    ),
    Persona(
        code="long-names",
        serial=18,
        name_ar=(
            "عبد الرحمن مجد الدين",
            "عبد المجيد نور الدين",
            "عبد اللطيف سيف الإسلام",
            "آل عبد الوهاب الحضرمي",
        ),
        name_en=(
            "Abdulrahman Majduddin",
            "Abdulmajeed Nuruddin",
            "Abdullatif Saif Al-Islam",
            "Al Abdulwahab Al-Hadrami",
        ),
        story_ar="اسمه طويل جدا: يظهر كاملا في الصفحات وعلى الرخصة.",
        story_en="His name is very long: shown whole on pages and on the licence.",
    ),
    Persona(
        code="by-post",
        serial=19,
        name_ar=("خديجة", "عبد الله", "محمد", "البلوي"),
        name_en=("Khadija", "Abdullah", "Mohammed", "Al-Balawi"),
        sex="F",
        age_years=64,
        story_ar="تطلب رخصتها بالبريد إلى عنوانها الوطني.",
        story_en="She asks for her licence by post to her national address.",
    ),
    Persona(
        code="resident",
        serial=20,
        holder=Holder.RESIDENT,
        nationality="GB",
        name_ar=("كريستوفر", "ألكسندر", "جيمس", "ڤون طومسون"),
        name_en=("Christopher", "Alexander", "James", "Vaughan-Thompson"),
        story_ar="مقيم رقمه يبدأ بـ 4 واسمه لاتيني الأصل: يُجدد له.",
        story_en="A resident whose number begins with 4 and whose name is Latin: renewed.",
        featured=True,
    ),
)
"""Every persona, in the order in which sign-in offers them."""

BY_CODE: Final = {persona.code: persona for persona in PERSONAS}
"""The personas by their code."""

BY_NATIONAL_ID: Final = {persona.national_id: persona for persona in PERSONAS}
"""The personas by their identity number."""
