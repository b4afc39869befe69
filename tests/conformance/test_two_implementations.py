"""The product and the second implementation judge anything alike, not only the vectors."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.conformance import product, second_implementation
from tests.conformance.test_vectors import ROWS, found
from tests.examples import examples

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**54), 2**54),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["", "a", "GET", "request", "2026-01-01T00:00:00Z", "0" * 64, "WAHA/GOV/X"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES_OF_HEADERS = st.sampled_from(["a", "b", "host", "x-road-id", "accept"])


def rows(name: str) -> list[dict[str, Any]]:
    return [vector for named, vector in ROWS if named == name]


TOKENS = [vector["token"] for vector in rows("statements") if "code" not in vector]
DOCUMENTS = [vector["document"] for vector in rows("agreements") if "code" not in vector]
CONSENTS = [vector["token"] for vector in rows("consents") if "code" not in vector]
FRAMES = [bytes.fromhex(vector["hex"]) for vector in rows("frames")]
NOTES = [vector for vector in rows("notes") if "note" in vector]
PROOFS = [vector for vector in rows("notes") if "proof" in vector]


def agree(name: str, vector: dict[str, Any]) -> None:
    ours = found(product, name, vector)
    theirs = found(second_implementation, name, vector)
    assert ours == theirs, vector


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """Draw a text with a few characters changed, dropped or put in."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(["", "A", "-", ".", "=", "\n", " ", "0", "b", "é"]))
        text = text[:at] + put + text[at + draw(st.integers(0, 2)) :]
    return text


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Draw a JSON value with one member replaced, dropped or added, at any depth."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(changed(value[name]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(changed(value[at])), *value[at + 1 :]]
    if isinstance(value, dict) and draw(st.booleans()):
        name = draw(st.sampled_from([*sorted(value), "extra"]))
        return {k: v for k, v in value.items() if k != name} or {name: draw(VALUES)}
    return draw(VALUES)


@examples(150)
@given(st.data(), st.sampled_from(TOKENS))
def test_damaged_tokens(data: st.DataObject, token: str) -> None:
    agree("statements", {"token": data.draw(damaged(token))})


@examples(150)
@given(st.data(), st.sampled_from(TOKENS))
def test_tokens_that_say_something_else(data: st.DataObject, token: str) -> None:
    parts = token.split(".")
    part = data.draw(st.integers(0, len(parts) - 2))
    content = base64.urlsafe_b64decode(parts[part] + "==")
    told = json.loads(content) if content.startswith(b"{") else {}
    spelled = json.dumps(
        data.draw(changed(told)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    raw = spelled.encode("utf-8", "surrogatepass")
    parts[part] = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    agree("statements", {"token": ".".join(parts)})


@examples(150)
@given(st.data(), st.sampled_from(DOCUMENTS))
def test_terms_that_say_something_else(data: st.DataObject, document: str) -> None:
    told = data.draw(changed(json.loads(document)))
    spelled = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if "\\ud" not in spelled and not any("\ud800" <= c <= "\udfff" for c in spelled):
        agree("agreements", {"document": spelled, "accepts": {}, "ends": []})


@examples(100)
@given(st.data(), st.sampled_from(CONSENTS))
def test_damaged_consents(data: st.DataObject, token: str) -> None:
    agree("consents", {"token": data.draw(damaged(token)), "revocation": ""})


@examples(200)
@given(
    st.one_of(VALUES.map(lambda value: json.dumps(value, ensure_ascii=False)), st.text(max_size=20))
)
@example("[1E400]")
@example("[-0.0, 1e-7, 1.5E+3]")
@example('["\\ud83d\\ude00", "\\ud800"]')
@example('{"a":1,"\\u0061":2}')
def test_json_texts(text: str) -> None:
    if not any("\ud800" <= character <= "\udfff" for character in text):
        agree("canonical", {"text": text})


@examples(150)
@given(st.data(), st.sampled_from(FRAMES))
def test_damaged_frames(data: st.DataObject, frame: bytes) -> None:
    """The length is put right, so that the contents are looked at."""
    content = bytearray(frame[4:])
    for _ in range(data.draw(st.integers(0, 2))):
        if content:
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] = data.draw(st.sampled_from([0, 1, 3, 0x90, 0x91, 0xC0, 0xC4, 0xCC, 0xD9]))
    agree("frames", {"hex": (len(content).to_bytes(4, "big") + bytes(content)).hex()})


@examples(100)
@given(st.data(), st.sampled_from(NOTES))
def test_damaged_notes(data: st.DataObject, vector: dict[str, Any]) -> None:
    agree("notes", {**vector, "note": data.draw(damaged(vector["note"]))})


@examples(100)
@given(st.data(), st.sampled_from(PROOFS))
def test_damaged_proofs(data: st.DataObject, vector: dict[str, Any]) -> None:
    agree("notes", {**vector, "proof": data.draw(damaged(vector["proof"]))})


@given(st.text(max_size=30), st.sampled_from(["member", "subsystem", "service"]))
@example("WAHA/GOV/TRF\n", "member")
def test_identifiers(text: str, kind: str) -> None:
    agree("identifiers", {"kind": kind, "text": text})


@given(st.lists(st.tuples(NAMES_OF_HEADERS, st.text("xyz", max_size=3)), max_size=6))
def test_headers(pairs: list[tuple[str, str]]) -> None:
    agree("headers", {"headers": [list(pair) for pair in pairs]})


POINTERS = st.sampled_from(["/a", "/a/b", "/b", "/a~1b", "/a/b/c", "/c/0", "/"])


@examples(150)
@given(
    st.lists(POINTERS, unique=True, max_size=4),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.text("ab", max_size=2)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "b", "c", "a/b", "0", ""]), inner, max_size=4)
        ),
    ),
)
def test_projections(fields: list[str], body: Any) -> None:
    """The order of members is the provider's, so values are compared."""
    vector = {"fields": fields, "body": json.dumps(body)}
    said = [found(one, "projections", vector) for one in (product, second_implementation)]
    assert json.loads(said[0]["projected"]) == json.loads(said[1]["projected"])
    assert said[0]["digest"] == said[1]["digest"]
