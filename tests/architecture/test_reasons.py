"""Arabic errors hold no English words: every reason that the source names has its Arabic."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from taysir.kernel.reasons import REASON_PARAMETERS, declared, reason_in_arabic
from taysir.kernel.reasons_readers_arabic import READERS_REASONS
from tests.architecture.test_errors import KINDS

SOURCE = Path(__file__).parents[2] / "src" / "taysir"

NO_ERRORS = {"country/personas.py", "testing/treasury.py"}
"""Files whose reasons are codes and belong to no error of the product."""

Said = dict[str, frozenset[str]]
"""The texts that a function may return or a constant holds, by its name."""

VALUE = "7"
"""Stands for a value of a reason while it is looked up: neither Latin nor Arabic."""

CODES = {"withheld", "person", "password"}
"""What programs are told and nobody reads: members of files, keys of texts."""

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


def shape(value: ast.expr, said: Said | None = None) -> Iterator[str]:
    """Yield each text that an expression may be, its values as ``VALUE``."""
    match value:
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if said is not None:
            yield from said.get(name, ())
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else VALUE for part in parts
            )
        case ast.IfExp(body=body, orelse=other):
            yield from shape(body, said)
            yield from shape(other, said)
        case ast.BoolOp(values=values):
            for one in values:
                yield from shape(one, said)


def sayings(trees: list[ast.Module]) -> Said:
    """Return the texts that functions return and constants hold, by their names.

    A function that returns what another one says is looked into, however many are in between.
    """
    values: dict[str, list[ast.expr]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and _is_text(node.returns):
                returned = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
                values.setdefault(node.name, []).extend(filter(None, returned))
        for node in tree.body:
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    values.setdefault(name, []).append(value)
    said: Said = {name: frozenset() for name in values}
    while True:
        more = {name: frozenset(_all(found, said)) for name, found in values.items()}
        if more == said:
            return said
        said = more


def _all(found: list[ast.expr], said: Said) -> Iterator[str]:
    for value in found:
        yield from shape(value, said)


def _is_text(returns: ast.expr | None) -> bool:
    return returns is not None and ast.unparse(returns) in ("str", "str | None")


def reasons(tree: ast.Module, said: Said | None = None) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each reason that a module gives to an error of its own."""
    takers = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from given(node, takers, said)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("reason", "fault"):
            yield from ((node.lineno, text) for text in shape(node.value, said))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "checks":
            yield from checked(node.value, said)


def checked(checks: ast.expr, said: Said | None) -> Iterator[tuple[int, str]]:
    """Yield the reasons in a table of checks: what must hold, and what is so otherwise."""
    for row in checks.elts if isinstance(checks, ast.Tuple | ast.List) else ():
        match row:
            case ast.Tuple(elts=[_, reason]):
                yield from ((reason.lineno, text) for text in shape(reason, said))


def given(
    call: ast.Call, takers: dict[str, list[str]], said: Said | None
) -> Iterator[tuple[int, str]]:
    """Yield the reasons in a call that makes an error, or that leads to one in the module."""
    name = ast.unparse(call.func).removeprefix("self.")
    if name not in {"Problem", "finding", *takers}:
        return
    for keyword in call.keywords:
        if keyword.arg in REASON_PARAMETERS:
            yield from ((call.lineno, text) for text in shape(keyword.value, said))
    accepted = [argument for argument in takers.get(name, []) if argument != "self"]
    for argument, value in zip(accepted, call.args, strict=False):
        if argument == "reason":
            yield from ((call.lineno, text) for text in shape(value, said))


def english_words(text: str) -> list[str]:
    """Return the Latin words of an Arabic text that are no technical names."""
    return re.findall("[A-Za-z]{2,}", TECHNICAL.sub(" ", text))


def test_every_reason_in_the_source_has_its_arabic() -> None:
    """A reason without a phrase declared for it would be English in an Arabic sentence."""
    assert KINDS
    trees = {
        file.relative_to(SOURCE): ast.parse(file.read_text("utf-8"))
        for file in sorted(SOURCE.rglob("*.py"))
        if file.relative_to(SOURCE).as_posix() not in NO_ERRORS
    }
    said = sayings(list(trees.values()))
    bare = [
        f"{file}:{line}: {text}"
        for file, tree in trees.items()
        for line, text in reasons(tree, said)
        if text not in CODES and english_words(reason_in_arabic(text))
    ]

    assert bare == [], "declare their Arabic with kernel.reasons.phrases"


def test_the_arabic_of_a_reason_holds_no_english_words() -> None:
    """Only names of formats, headers, members and settings are Latin in the Arabic of a reason."""
    mixed = {arabic: english_words(arabic.replace("{}", VALUE)) for arabic in declared().values()}

    assert {arabic: words for arabic, words in mixed.items() if words} == {}


def test_a_reason_keeps_its_values_in_arabic() -> None:
    """The Arabic has as many places for values as the English, unless a library said them."""
    uneven = [
        english
        for english, arabic in declared().items()
        if english not in READERS_REASONS
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
        "WORN: Final = 'held by a constant'\n"
        "def inner() -> str:\n    return WORN or 'returned'\n"
        "def outer() -> str:\n    return inner()\n"
        "raise Problem(KIND, reason=outer())\n"
        "checks = ((good, 'in a table'),)\n"
    )

    found = sorted(text for _, text in reasons(tree, sayings([tree])))

    assert found == [
        f"{VALUE} words",
        "handed on",
        "held by a constant",
        "in a table",
        "plain words",
        "returned",
        "these",
        "those",
    ]
    assert english_words("plain words") == ["plain", "words"]
