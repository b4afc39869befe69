"""Law that changes by date: parameters with versions, and the country's register of articles.

A parameter (a rate, a limit) has versions; each is law from a day on, by an article. The version
for a day is the one enacted last among those that cover it. A version may apply to days before it
became law: then ``enacted`` is the day from which it is known, and ``because`` says why. The
register holds every article with its validity; it is read from a file of the country, or gathered
from packs, where two that contradict each other are found. Periods are split in ``periods.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taysir.engine.errors import ENG_VALIDITY
from taysir.engine.facts import Json
from taysir.engine.findings import Finding, PackErrors, Place, Text, finding
from taysir.engine.rulexml import Validity
from taysir.engine.shapes import shape_findings
from taysir.engine.source import Source, read_yaml

if TYPE_CHECKING:
    from taysir.engine.definition import Pack

LAW_NAME: Final = "law"
"""The variable under which expressions and rules see the parameters of the law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a parameter: what it is, on which days, by which article."""

    value: Json
    validity: Validity
    enacted: date | None = None
    article: str
    because: Text | None = None
    place: Place

    @property
    def is_retroactive(self) -> bool:
        """Whether it applies to days before the one on which it became law."""
        start = self.validity.start
        return self.enacted is not None and (start is None or start < self.enacted)

    @property
    def rank(self) -> tuple[date, date]:
        """What decides between two versions that cover the same day: the later law."""
        start = self.validity.start or date.min
        return (self.enacted or start, start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A dated value of the law, e.g. a fee for a year."""

    name: str
    label: Text
    is_money: bool
    versions: tuple[Version, ...]
    place: Place

    def on(self, day: date, *, known: date | None = None) -> Version | None:
        """Return the version for a day, as the law was known on another (None: all of it)."""
        covering = [
            version
            for version in self.versions
            if version.validity.covers(day)
            and (version.enacted is None or known is None or version.enacted <= known)
        ]
        return max(covering, key=lambda version: version.rank, default=None)

    def change_days(self) -> tuple[date, ...]:
        """Return the days on which the value may change."""
        starts = {v.validity.start for v in self.versions if v.validity.start}
        ends = {
            v.validity.end + timedelta(days=1)
            for v in self.versions
            if v.validity.end and v.validity.end < date.max
        }
        return tuple(sorted(starts | ends))


def build_parameters(source: Source, findings: list[Finding]) -> Mapping[str, Parameter]:
    """Build the parameters of ``law.yaml``; mistakes are added to ``findings``."""
    made: dict[str, Parameter] = {}
    for name, raw in source.value["parameters"].items():
        path = ("parameters", name)
        versions = [
            _version(item, source.at((*path, "versions", index)), findings)
            for index, item in enumerate(raw["versions"])
        ]
        made[name] = Parameter(
            name=name,
            label=raw["label"],
            is_money=raw.get("money", False),
            versions=tuple(version for version in versions if version),
            place=source.at(path),
        )
    return MappingProxyType(made)


def _version(raw: dict[str, Any], place: Place, findings: list[Finding]) -> Version | None:
    days = [_day(raw.get(key), place, findings) for key in ("from", "until", "enacted")]
    start, end, enacted = days
    if start is None:
        return None
    if end and end < start:
        findings.append(finding(ENG_VALIDITY, place, given=f"{start}/{end}"))
    return Version(
        value=raw["value"],
        validity=Validity(start, end),
        enacted=enacted,
        article=raw["article"],
        because=raw.get("because"),
        place=place,
    )


def _day(text: str | None, place: Place, findings: list[Finding]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        findings.append(finding(ENG_VALIDITY, place, given=str(text)))
        return None


# --- the register --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredArticle:
    """An article of a law with the days on which it is in force, and who rests on it."""

    code: str
    title: Text
    valid_from: date
    valid_until: date | None = None
    law: Text | None = None
    url: str = ""
    place: Place
    uses: tuple[str, ...] = ()

    def in_force(self, day: date) -> bool:
        """Whether the article is law on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def as_json(self) -> dict[str, object]:
        """Return the article for programs."""
        return {
            "code": self.code,
            "title": dict(self.title),
            "law": dict(self.law) if self.law else None,
            "from": self.valid_from.isoformat(),
            "until": self.valid_until.isoformat() if self.valid_until else None,
            "url": self.url,
            "uses": list(self.uses),
        }


@dataclass(frozen=True, slots=True)
class Register:
    """The articles of a country, by code."""

    articles: Mapping[str, RegisteredArticle]
    contradictions: tuple[tuple[RegisteredArticle, RegisteredArticle], ...] = field(default=())
    """Pairs of entries for one article that state different days."""

    def in_force(self, day: date) -> tuple[RegisteredArticle, ...]:
        """Return the articles that are law on a day."""
        return tuple(entry for entry in self.articles.values() if entry.in_force(day))


def read_register(data: bytes, *, file: str) -> Register:
    """Read a register of articles; raises :class:`PackErrors` with every mistake."""
    source = read_yaml(data, file=file)
    findings = shape_findings(source, "register")
    if findings:
        raise PackErrors(findings)
    made: dict[str, RegisteredArticle] = {}
    for code, raw in source.value["articles"].items():
        place = source.at(("articles", code))
        start = _day(raw["from"], place, findings)
        end = _day(raw.get("until"), place, findings)
        if start and end and end < start:
            findings.append(finding(ENG_VALIDITY, place, given=f"{start}/{end}"))
        made[code] = RegisteredArticle(
            code=code,
            title=raw["title"],
            valid_from=start or date.min,
            valid_until=end,
            law=raw.get("law"),
            url=raw.get("url", ""),
            place=place,
        )
    if findings:
        raise PackErrors(findings)
    return Register(MappingProxyType(made))


def write_register(register: Register) -> str:
    """Write a register as the file that :func:`read_register` reads, by code."""
    lines = [
        "# The articles that services rest on, and the days on which they are law.",
        "articles:",
    ]
    for code in sorted(register.articles):
        entry = register.articles[code]
        lines.append(f"  {code}:")
        lines.append(f"    title: {_pair(entry.title)}")
        if entry.law:
            lines.append(f"    law: {_pair(entry.law)}")
        lines.append(f'    from: "{entry.valid_from.isoformat()}"')
        if entry.valid_until:
            lines.append(f'    until: "{entry.valid_until.isoformat()}"')
        if entry.url:
            lines.append(f"    url: {_quoted(entry.url)}")
    return "\n".join(lines) + "\n"


def _pair(text: Text) -> str:
    return f"{{ar: {_quoted(text['ar'])}, en: {_quoted(text['en'])}}}"


def _quoted(text: str) -> str:
    """Write a text in double quotes; the escapes of JSON are those of YAML."""
    return msgspec.json.encode(text).decode()


def register_of(packs: Iterable[Pack]) -> Register:
    """Gather the articles that packs cite, with the services and rules that rest on each."""
    made: dict[str, RegisteredArticle] = {}
    contradictions: list[tuple[RegisteredArticle, RegisteredArticle]] = []
    for pack in packs:
        uses = _uses(pack)
        for code, article in pack.articles.items():
            entry = RegisteredArticle(
                code=code,
                title=article.title,
                valid_from=article.valid_from,
                valid_until=article.valid_until,
                url=article.url,
                place=article.place,
                uses=tuple(uses.get(code, ())),
            )
            before = made.get(code)
            if before is None:
                made[code] = entry
                continue
            if (before.valid_from, before.valid_until) != (entry.valid_from, entry.valid_until):
                contradictions.append((before, entry))
            made[code] = _joined(before, entry)
    return Register(MappingProxyType(made), tuple(contradictions))


def _joined(before: RegisteredArticle, entry: RegisteredArticle) -> RegisteredArticle:
    return RegisteredArticle(
        code=before.code,
        title=before.title,
        valid_from=before.valid_from,
        valid_until=before.valid_until,
        law=before.law,
        url=before.url or entry.url,
        place=before.place,
        uses=(*before.uses, *entry.uses),
    )


def _uses(pack: Pack) -> dict[str, list[str]]:
    """Return for each article what of a pack rests on it, as ``service: file decision row``."""
    uses: dict[str, list[str]] = {}
    service = pack.service.id
    for code in pack.service.legal_basis:
        uses.setdefault(code, []).append(service)
    uses.setdefault(pack.service.objection.article, []).append(f"{service}: objection")
    for file in pack.rules.files:
        for row in file.rows:
            named = f"{service}: {file.file} {row.decision} {row.number}"
            uses.setdefault(row.article, []).append(named)
    for parameter in pack.parameters.values():
        for version in parameter.versions:
            uses.setdefault(version.article, []).append(f"{service}: law.{parameter.name}")
    return uses


def words_of_validity(start: date, end: date | None) -> str:
    """Write a validity for people who compare two."""
    return f"{start.isoformat()}/{end.isoformat() if end else '…'}"
