"""Arabic errors hold no English words: every reason that the source names has its Arabic."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from taysir.kernel.reasons import REASON_PARAMETERS, declared, reason_in_arabic
from tests.architecture.test_errors import KINDS

SOURCE = Path(__file__).parents[2] / "src" / "taysir"

NO_ERRORS = {"country/personas.py", "testing/treasury.py"}
"""Files whose reasons are codes and belong to no error of the product."""

VALUE = "7"
"""Stands for a value of a reason while it is looked up: neither Latin nor Arabic."""

TECHNICAL = re.compile(
    r"""
    «in» | taysir\[postgres\] | https?://\S* | pkcs11: | /\S+ | `[^`]*` | \S+\.\S+ | \S*_\S*
    | [a-z]\S*[A-Z]\S* | SHA-256 | RFC\ \d+ | X\.509 | P-256 | ES256 | Ed25519 | X-Road-Client
    | content-type | base64(?:url)? | slot-id | module-path | pin-source | taysir\ keys
    | \b[A-Z]{2,}[A-Za-z]*(?:-\d+)?\b
    | \b(?:application|limit|yes|no|type|private|token|serial|object|id|secret|behalf|tar|psycopg)\b
    | \b(?:MiB|HTTP|PIN|Schema|Pointer|definitions|process|since|hijri|gregorian|date|public)\b
    | \b(?:key|column|parts|of|count|sum|check|pattern|table|pip|install|true|false)\b
    """,
    re.VERBOSE,
)
"""What stays as it is in both languages: names of formats, headers, members and settings."""


def shape(value: ast.expr) -> Iterator[str]:
    """Yield each text that an expression may be, its values as ``VALUE``."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else VALUE for part in parts
            )
        case ast.IfExp(body=body, orelse=other):
            yield from shape(body)
            yield from shape(other)
        case ast.BoolOp(values=values):
            for one in values:
                yield from shape(one)


def reasons(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each reason that a module gives to an error of its own."""
    takers = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from given(node, takers)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
            yield from ((node.lineno, text) for text in shape(node.value))


def given(call: ast.Call, takers: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """Yield the reasons in a call that makes an error, or that leads to one in the module."""
    name = ast.unparse(call.func).removeprefix("self.")
    if name not in {"Problem", "finding", *takers}:
        return
    for keyword in call.keywords:
        if keyword.arg in REASON_PARAMETERS:
            yield from ((call.lineno, text) for text in shape(keyword.value))
    accepted = [argument for argument in takers.get(name, []) if argument != "self"]
    for argument, value in zip(accepted, call.args, strict=False):
        if argument == "reason":
            yield from ((call.lineno, text) for text in shape(value))


def english_words(text: str) -> list[str]:
    """Return the Latin words of an Arabic text that are no technical names."""
    return re.findall("[A-Za-z]{2,}", TECHNICAL.sub(" ", text))


def test_every_reason_in_the_source_has_its_arabic() -> None:
    """A reason without a phrase declared for it would be English in an Arabic sentence."""
    assert KINDS
    bare = [
        f"{file.relative_to(SOURCE)}:{line}: {text}"
        for file in sorted(SOURCE.rglob("*.py"))
        if file.relative_to(SOURCE).as_posix() not in NO_ERRORS
        for line, text in reasons(ast.parse(file.read_text("utf-8")))
        if english_words(reason_in_arabic(text))
    ]

    assert bare == [], "declare their Arabic with kernel.reasons.phrases"


def test_the_arabic_of_a_reason_holds_no_english_words() -> None:
    """Only names of formats, headers, members and settings are Latin in the Arabic of a reason."""
    mixed = {arabic: english_words(arabic.replace("{}", VALUE)) for arabic in declared().values()}

    assert {arabic: words for arabic, words in mixed.items() if words} == {}


def test_a_reason_keeps_its_values_in_arabic() -> None:
    """The Arabic has as many places for values as the English."""
    uneven = [
        english
        for english, arabic in declared().items()
        if len(re.findall(r"\{\d?\}", arabic)) != english.count("{}")
    ]

    assert uneven == []


def test_an_english_reason_would_be_found() -> None:
    """The reading of the source sees plain, filled, chosen and handed-on reasons."""
    tree = ast.parse(
        "def refuse(what, reason): ...\n"
        "raise Problem(KIND, reason='plain words')\n"
        "raise Problem(KIND, reason=f'{count} words')\n"
        "reason = 'these' if odd else 'those'\n"
        "refuse(thing, 'handed on')\n"
    )

    found = sorted(text for _, text in reasons(tree))

    assert found == [f"{VALUE} words", "handed on", "plain words", "these", "those"]
    assert english_words("plain words") == ["plain", "words"]
