"""RFC 8785 canonical JSON: one value has one spelling, so its hash is its name.

Agreements and the federation document are signed and named by the SHA-256 of their canonical
bytes. Reading is strict: what two readers could understand differently (a repeated key, a number
beyond the exact range, half a surrogate pair) is refused, because a signature over it would prove
nothing. Bytes → :func:`parse_json` → value → :func:`canonical_json` → bytes. No schema here.

Source: RFC 8785 (JCS), RFC 7493 (I-JSON).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from json.encoder import encode_basestring
from typing import Any, Final, NoReturn

from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, declare

KRN_NOT_CANONICAL = declare(
    "KRN-0201",
    status=400,
    ar="لا يمكن كتابة القيمة بصيغة JSON المعيارية: {reason}.",
    en="The value has no canonical JSON form: {reason}.",
    remedy_ar="استخدم نصوصا بترميز Unicode سليم وأعدادا ضمن المدى الدقيق وأسماء غير مكررة.",
    remedy_en="Use valid Unicode, numbers within the exact range and names that do not repeat.",
    mender=Mender.CALLER,
)
KRN_JSON = declare(
    "KRN-0202",
    status=400,
    ar="النص ليس JSON سليما: {reason}.",
    en="The text is not acceptable JSON: {reason}.",
    remedy_ar="أرسل مستند JSON واحدا بترميز UTF-8 وفق RFC 7493.",
    remedy_en="Send one JSON document in UTF-8 that follows RFC 7493.",
    mender=Mender.CALLER,
)

_EXACT_INTEGER: Final = 2**53 - 1
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
"""A text, or the rest of a document whose last text does not end: a pattern that only fits whole
texts would begin anew at every quotation mark of such a rest, for hours."""


def canonical_json(value: object) -> bytes:
    """Return the one canonical spelling of a JSON value.

    Accepts None, bool, int, float, str, and lists, tuples and dicts of them.

    Raises:
        Problem: KRN-0201 for any other type, NaN, infinities, integers beyond 2^53-1, lone
            surrogates and nesting beyond ``limits.JSON_NESTING``.
    """
    parts: list[str] = []
    _write(value, parts.append, depth=0)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError as cause:
        raise Problem(KRN_NOT_CANONICAL, reason="lone surrogate") from cause


def content_hash(value: object) -> str:
    """Return the SHA-256 of the canonical spelling, in hexadecimal: the value's name."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def parse_json(data: bytes) -> Any:
    """Read one JSON document strictly.

    Raises:
        Problem: KRN-0202 for bad UTF-8, bad syntax, repeated names, numbers without an exact
            double, and nesting beyond ``limits.JSON_NESTING``.
    """
    try:
        text = data.decode("utf-8")
        _refuse_deep(text)
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_exact,
            parse_float=_finite,
        )
    except UnicodeDecodeError as cause:
        raise Problem(KRN_JSON, reason="not UTF-8") from cause
    except json.JSONDecodeError as cause:
        raise Problem(KRN_JSON, reason=f"syntax at character {cause.pos}") from cause


def parse_canonical(data: bytes) -> Any:
    """Read a document and insist that it is spelled canonically, byte for byte."""
    value = parse_json(data)
    if canonical_json(value) != data:
        raise Problem(KRN_JSON, reason="not in canonical form (RFC 8785)")
    return value


def _refuse_deep(text: str) -> None:
    """Bound the nesting before the recursive reader sees the text."""
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > limits.JSON_NESTING:
                raise Problem(KRN_JSON, reason="nested too deeply")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Problem(KRN_JSON, reason="a name is repeated in one object")
    return result


def _no_constant(name: str) -> NoReturn:
    raise Problem(KRN_JSON, reason=f"{name} is not JSON")


def _exact(text: str) -> int | float:
    """Read an integer; beyond 2^53 only in the spelling of the double that it stands for."""
    if len(text) <= 17 and abs(int(text)) <= _EXACT_INTEGER:
        return int(text)
    number = _finite(text)
    if _number(number) != text:
        raise Problem(KRN_JSON, reason="an integer beyond the exact range")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Problem(KRN_JSON, reason="a number beyond the range of a double")
    return number


def _write(value: object, write: Any, *, depth: int) -> None:
    if depth > limits.JSON_NESTING:
        raise Problem(KRN_NOT_CANONICAL, reason="nested too deeply")
    if isinstance(value, str):
        write(encode_basestring(value))
    elif isinstance(value, dict):
        _write_object(value, write, depth=depth)
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            write(separator)
            _write(item, write, depth=depth + 1)
            separator = ","
        write("]" if value else "[]")
    else:
        write(_scalar(value))


def _write_object(value: dict[Any, Any], write: Any, *, depth: int) -> None:
    if not all(isinstance(name, str) for name in value):
        raise Problem(KRN_NOT_CANONICAL, reason="a name that is not text")
    separator = "{"
    for name in sorted(value, key=_utf16):
        write(f"{separator}{encode_basestring(name)}:")
        _write(value[name], write, depth=depth + 1)
        separator = ","
    write("}" if value else "{}")


def _utf16(name: str) -> bytes:
    """The sort key of RFC 8785 clause 3.2.3: UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if abs(value) > _EXACT_INTEGER:
            raise Problem(KRN_NOT_CANONICAL, reason="an integer beyond the exact range")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    raise Problem(KRN_NOT_CANONICAL, reason=f"type {type(value).__name__}")


def _number(value: float) -> str:
    """Spell a double as ECMAScript does (RFC 8785 clause 3.2.2.3).

    ``repr`` gives the same shortest digits; only the placing of point and exponent differs.
    """
    if not math.isfinite(value):
        raise Problem(KRN_NOT_CANONICAL, reason="NaN or infinity")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) + int(exponent_text or 0) - leading
    digits = digits.rstrip("0")
    return sign + _place_point(digits, point=point)


def _place_point(digits: str, *, point: int) -> str:
    """Write digits whose decimal point stands after ``point`` of them.

    Source: ECMA-262, Number::toString, radix 10.
    """
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
