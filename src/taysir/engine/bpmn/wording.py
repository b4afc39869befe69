"""Makes codes, texts, roles and times of a flow from the names that people write in a drawing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from datetime import timedelta
from typing import Final

from taysir.engine.bpmn.names import SYSTEM_TASKS
from taysir.engine.definition import Role
from taysir.engine.dmn.xml_tree import Element
from taysir.engine.durations import format_duration, parse_duration

CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_ARABIC: Final = re.compile("[\u0621-\u064a]")
_WEEKS: Final = re.compile(r"P([0-9]{1,3})W", re.ASCII)
_FEEL_DURATION: Final = re.compile(r'=?\s*duration\(\s*"([^"]*)"\s*\)')
_CYCLE: Final = re.compile(r"R/(P.+)", re.ASCII)

_ROLE_WORDS: Final = (
    (Role.OFFICER, ("officer", "clerk", "employee", "موظف")),
    (Role.SUPERVISOR, ("supervisor", "manager", "director", "مشرف", "مدير")),
    (Role.APPLICANT, ("applicant", "citizen", "customer", "person", "مقدم", "مستفيد", "مواطن")),
    (Role.PARTNER, ("partner", "شريك", "الخاصة المعينة")),
    (Role.PARTNER, ("partner", "office", "contractor", "شريك", "مكتب")),
    (Role.REGISTRY, ("registry", "agency", "external", "سجل", "جهه", "جهة")),
    (Role.SYSTEM, ("system", "automat", "نظام")),
)
_ENDS: Final = (
    ("refused", ("refus", "reject", "den", "رفض", "مرفوض")),
    ("withdrawn", ("withdr", "cancel", "سحب", "إلغاء", "الغي", "ألغي")),
    ("lapsed", ("laps", "expire", "timeout", "انقض")),
    ("granted", ("grant", "approv", "accept", "issued", "موافق", "صدر", "منح")),
)


def code_from(*candidates: str, taken: Container[str], otherwise: str) -> str:
    """Return the first candidate that makes a code, numbered if it is taken."""
    made = next((code for text in candidates if (code := _code(text))), otherwise)
    if made not in taken:
        return made
    return next(code for number in range(2, 10_000) if (code := f"{made}_{number}") not in taken)


def _code(text: str) -> str:
    if CODE.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    while words and not words[0][0].isalpha():
        words.pop(0)
    return "_".join(words)[:48].rstrip("_")


def english_of(name: str) -> str:
    """Return the English part of a name, to make a code of."""
    return " ".join(part for part in _parts(name) if not _ARABIC.search(part))


def texts_from(name: str) -> tuple[dict[str, str], bool]:
    """Return a name in both languages, and whether one of them had to stand for the other."""
    arabic = " ".join(part for part in _parts(name) if _ARABIC.search(part))
    english = english_of(name)
    return {"ar": arabic or english, "en": english or arabic}, not (arabic and english)


def _parts(name: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n| / ", name) if part.strip()]


def own_texts(own: Element | None) -> dict[str, str] | None:
    """Return the texts that our own export wrote, exactly."""
    if own is None:
        return None
    arabic, english = own.first("ar"), own.first("en")
    if arabic is None or english is None:
        return None
    return {"ar": arabic.text, "en": english.text}


def role_from(lane: str, *, kind: str) -> Role:
    """Return the role that a lane names, or that usually does this kind of task."""
    folded = lane.casefold()
    for role, words in _ROLE_WORDS:
        if any(word in folded for word in words):
            return role
    return Role.SYSTEM if kind in SYSTEM_TASKS else Role.OFFICER


def outcome_from(*texts: str) -> str:
    """Return the outcome that the names of an end speak of, or nothing."""
    folded = " ".join(texts).casefold()
    return next((end for end, words in _ENDS if any(word in folded for word in words)), "")


def duration_from(text: str) -> str | None:
    """Return a duration as packs write it, or None if it is not one of fixed length."""
    plain = text.strip()
    if match := _FEEL_DURATION.fullmatch(plain):
        plain = match.group(1)
    if match := _WEEKS.fullmatch(plain):
        return format_duration(timedelta(weeks=int(match.group(1))))
    return plain if parse_duration(plain) is not None else None


def cycle_from(text: str) -> str | None:
    """Return the interval of an endless cycle (``R/PT15M``), or None."""
    match = _CYCLE.fullmatch(text.strip())
    return duration_from(match.group(1)) if match else None
