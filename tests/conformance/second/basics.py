"""Clause 0: refusals, identifiers, strict and canonical JSON, base64url, times."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from datetime import datetime
from typing import Any

Json = Any
Document = dict[str, Any]

SKEW_S, LIFETIME_MS, BATCH_WAIT_MS, BATCH_MOST = 30, 60_000, 5_000, 1_024
FRAME_MOST, NESTING, LISTED_MOST = 8 * 2**20 + 256 * 2**10, 64, 512
CODE_MOST, DAYS_MOST, JWS_MOST, MESSAGES_MOST = 128, 3_660, 8 * 2**20, 1_024
HEAD_MOST, SIGNATURE_MOST, STATEMENT_MOST, NUMBER_MOST = 32 * 2**10, 128, 16 * 2**10, 255


class Refused(Exception):
    """The other side must be told this code."""

    def __init__(self, code: str, **more: Json) -> None:
        super().__init__(code)
        self.code, self.more = code, more


def require(holds: object, code: str) -> None:
    """Refuse unless something holds."""
    if not holds:
        raise Refused(code)


PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
LENGTHS = {"member": 3, "subsystem": 4, "service": 5}


def identify(kind: str, text: str) -> str:
    """Return an identifier of a kind."""
    parts = text.split("/")
    right = len(parts) == LENGTHS[kind] and all(PART.fullmatch(part) for part in parts)
    require(right, "KRN-0001")
    return text


def owner(identifier: str) -> str:
    """Return the member that owns a subsystem or service."""
    return "/".join(identifier.split("/")[:3])


def spell(value: Json) -> str:
    """Return canonical JSON (RFC 8785)."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{spell(name)}:{spell(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spell(item) for item in value) + "]"
    if isinstance(value, float):
        return spell_number(value)
    text = json.dumps(value, ensure_ascii=False)
    require(not re.search("[\ud800-\udfff]", text), "KRN-0201")
    return text


def spell_number(value: float) -> str:
    """Return a double as ECMAScript writes it."""
    if value == 0:
        return "0"
    sign, digits, exponent = ("-" if value < 0 else ""), *_digits(abs(value))
    if len(digits) <= exponent <= 21:
        return sign + digits.ljust(exponent, "0")
    if 0 < exponent <= 21:
        return f"{sign}{digits[:exponent]}.{digits[exponent:]}"
    if -6 < exponent <= 0:
        return f"{sign}0.{'0' * -exponent}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{exponent - 1:+d}"


def _digits(value: float) -> tuple[str, int]:
    mantissa, _, power = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), exponent


def read_json(data: bytes) -> Json:
    """Read JSON strictly."""

    def no_constant(_name: str) -> Json:
        raise Refused("KRN-0202")

    def unique(pairs: list[tuple[str, Json]]) -> Document:
        require(len({name for name, _ in pairs}) == len(pairs), "KRN-0202")
        return dict(pairs)

    def number(text: str) -> int | float:
        if "." not in text and "e" not in text.lower() and abs(int(text)) < 2**53:
            return int(text)
        value = float(text)
        require(math.isfinite(value), "KRN-0202")
        require("." in text or "e" in text.lower() or spell_number(value) == text, "KRN-0202")
        return value

    try:
        text = data.decode("utf-8")
        bare = re.sub(r'"(?:[^"\\]|\\.)*+(?:"|\Z)', "", text, flags=re.DOTALL)
        depth = deepest = 0
        for character in bare:
            depth += (character in "[{") - (character in "]}")
            deepest = max(depth, deepest)
        require(deepest <= NESTING, "KRN-0202")
        return json.loads(
            text,
            object_pairs_hook=unique,
            parse_int=number,
            parse_float=number,
            parse_constant=no_constant,
        )
    except ValueError as error:
        raise Refused("KRN-0202") from error


def read_canonical(data: bytes) -> Json:
    """Read JSON that must be in its canonical spelling."""
    value = read_json(data)
    require(spell(value).encode() == data, "KRN-0202")
    return value


def b64u(data: bytes) -> str:
    """Write base64url."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def un_b64u(text: str) -> bytes:
    """Read base64url in its one spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Refused("KRN-0205") from error
    require(b64u(data) == text, "KRN-0205")
    return data


def sha(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


def moment(text: Json, code: str) -> datetime:
    """Read a time of a document."""
    require(isinstance(text, str), code)
    require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII), code)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(code) from error


def canonical(vector: Document, _world: Document) -> Document:
    """Answer a vector of canonical JSON."""
    spelled = spell(read_json(vector["text"].encode()))
    return {"canonical": spelled, "sha256": sha(spelled.encode()).hex()}


def identifiers(vector: Document, _world: Document) -> Document:
    """Answer a vector of identifiers."""
    return {"text": identify(vector["kind"], vector["text"])}
