"""Makes the reasons of a decision: texts filled with values, article titles, inputs with sources.

Also holds the engine's own words for what every service shares: evidence that has not come, an
agency that cannot be reached, a value in dispute, a question without an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from taysir.engine.decision import Input, Reason, ReasonKind, RuleRow, Words
from taysir.engine.definition import Lookup, Pack, ReasonText
from taysir.engine.facts import CaseFacts, EvidenceOutcome, Json
from taysir.engine.findings import Text
from taysir.engine.wording import both, fill, word_value
from taysir.kernel.errors import Language

_KEPT: Final[Text] = {
    "ar": "طلبك محفوظ ونعيد السؤال تلقائيًا. لا حاجة إلى تقديم طلب جديد.",
    "en": "Your application is kept and we ask again automatically. You need not apply again.",
}
_MISSING: Final[Mapping[EvidenceOutcome | None, tuple[str, Text]]] = {
    None: (
        "evidence-not-asked",
        {"ar": "لم نسأل بعد: {label}.", "en": "Not asked yet: {label}."},
    ),
    EvidenceOutcome.NOT_FOUND: (
        "evidence-not-found",
        {"ar": "لا توجد بياناتك بعد لدى: {label}.", "en": "Your record is not there yet: {label}."},
    ),
    EvidenceOutcome.UNREACHABLE: (
        "evidence-unreachable",
        {
            "ar": "تعذّر الاتصال بالجهة المصدر: {label}.",
            "en": "The source could not be reached: {label}.",
        },
    ),
    EvidenceOutcome.DECLINED: (
        "evidence-declined",
        {
            "ar": "لم تأذن الجهة المصدر بالاستعلام: {label}.",
            "en": "The source did not allow the request: {label}.",
        },
    ),
    EvidenceOutcome.INVALID: (
        "evidence-invalid",
        {
            "ar": "وصل من الجهة المصدر رد لا يمكن اعتماده: {label}.",
            "en": "The source sent an answer that cannot be relied on: {label}.",
        },
    ),
}
_STALE: Final[Text] = {
    "ar": "نتحقق من جديد قبل القرار: {label}.",
    "en": "Being checked again before the decision: {label}.",
}
_DISPUTED: Final[Text] = {
    "ar": "اعترضت على هذه القيمة: {label}. أحلنا اعتراضك إلى الجهة المصدر.",
    "en": "You dispute this value: {label}. Your dispute is with the source agency.",
}
_DISPUTED_REMEDY: Final[Text] = {
    "ar": "ننتظر تصحيح الجهة أو مراجعة الموظف. يمكنك سحب الاعتراض ليُنظر في الطلب كما هو.",
    "en": "We wait for its correction or an officer. You may withdraw the dispute to go on as is.",
}
_UNANSWERED: Final[Text] = {"ar": "لم تجب بعد: {label}.", "en": "Not answered yet: {label}."}
_UNANSWERED_REMEDY: Final[Text] = {
    "ar": "أجب عن السؤال لنكمل الطلب.",
    "en": "Answer the question to continue.",
}


class Reasoner:
    """Words the reasons of one case; a brief one leaves out all words and inputs."""

    def __init__(self, pack: Pack, facts: CaseFacts, *, brief: bool = False) -> None:
        self._pack = pack
        self._facts = facts
        self.brief = brief
        self._inputs: dict[str, Input] = {}

    def reason(
        self,
        text: ReasonText,
        kind: ReasonKind,
        *,
        rule: RuleRow | None = None,
        inputs: tuple[Input, ...] = (),
        lookup: str = "",
        values: Mapping[str, Json] | None = None,
    ) -> Reason:
        """Word a reason of the pack; the row's article wins over the text's own."""

        def word(name: str, language: Language) -> str:
            fact = self._pack.facts[name]
            value = (values or {}).get(name, self._facts.value(name))
            return word_value(fact, value, language)

        article = (rule.article if rule else "") or text.article
        if self.brief:
            return Reason(text.code, kind, {}, {}, article, {}, rule, (), lookup)
        return Reason(
            code=text.code,
            kind=kind,
            text=fill(text.text, word),
            remedy=fill(text.remedy, word),
            article=article,
            article_title=self.article_title(article),
            rule=rule,
            inputs=inputs,
            lookup=lookup,
        )

    def missing(self, lookup: Lookup) -> Reason:
        """Say that the evidence of a lookup is not there."""
        evidence = self._facts.evidence.get(lookup.name)
        outcome = evidence.outcome if evidence else None
        own = self._pack.reasons.get(lookup.waiting_reason)
        if outcome is EvidenceOutcome.NOT_FOUND and own is not None:
            return self.reason(own, ReasonKind.WAITING, lookup=lookup.name)
        code, text = _MISSING[outcome]
        return _shared(code, text, _KEPT, label=lookup.label, lookup=lookup.name)

    def stale(self, lookup: Lookup) -> Reason:
        """Say that an answer is too old to decide on."""
        return _shared("evidence-stale", _STALE, _KEPT, label=lookup.label, lookup=lookup.name)

    def disputed(self, name: str) -> Reason:
        """Say that the person disputes a value."""
        made = _shared(
            "value-disputed", _DISPUTED, _DISPUTED_REMEDY, label=self._pack.facts[name].label
        )
        return Reason(
            code=made.code,
            kind=made.kind,
            text=made.text,
            remedy=made.remedy,
            inputs=self.inputs((name,)),
        )

    def unanswered(self, name: str) -> Reason:
        """Say that a question is still open."""
        label = self._pack.facts[name].label
        return _shared("answer-missing", _UNANSWERED, _UNANSWERED_REMEDY, label=label)

    def inputs(self, names: Iterable[str]) -> tuple[Input, ...]:
        """Return facts with value, words and provenance; unknown ones too, as null."""
        if self.brief:
            return ()
        return tuple(self._inputs.get(name) or self._input(name) for name in names)

    def words_of(self, name: str, value: Json) -> Words:
        """Word a value of a fact in both languages."""
        return {} if self.brief else both(self._pack.facts[name], value)

    def article_title(self, code: str) -> Words:
        """Return the title of an article."""
        article = self._pack.articles.get(code)
        return dict(article.title) if article else {}

    def _input(self, name: str) -> Input:
        fact = self._pack.facts[name]
        known = self._facts.get(name)
        value = None if known is None else known.value
        made = Input(
            fact=name,
            label=dict(fact.label),
            value=value,
            words=both(fact, value),
            provenance=None if known is None else known.provenance,
            disputed=known is not None and known.disputed is not None,
        )
        self._inputs[name] = made
        return made


def _shared(code: str, text: Text, remedy: Text, *, label: Text, lookup: str = "") -> Reason:
    words: Words = {
        language: sentence.format(label=label[language]) for language, sentence in text.items()
    }
    return Reason(
        code=code, kind=ReasonKind.WAITING, text=words, remedy=dict(remedy), lookup=lookup
    )
