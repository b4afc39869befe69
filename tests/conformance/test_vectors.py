"""The product and a second implementation agree with every vector of the protocol."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from taysir.kernel.errors import CATALOGUE, Problem
from tests.conformance import product, second_implementation
from tests.conformance.second_implementation import Refused
from tests.vectors import generate

FOLDER = Path(generate.__file__).parent
WORLD = json.loads((FOLDER / "world.json").read_text("utf-8"))
NAMES = (
    "agreements", "answers", "calls", "canonical", "consents", "containers", "entries",
    "federation", "frames", "headers", "identifiers", "notes", "projections", "requests",
    "standing", "statements", "witness",
)  # fmt: skip
ROWS = [
    (name, vector)
    for name in NAMES
    for vector in json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["vectors"]
]
IDS = [
    f"{name}-{number}-{str(vector.get('name', number))[:40]}"
    for number, (name, vector) in enumerate(ROWS)
]
GIVEN = {
    "name", "token", "revocation", "document", "accepts", "ends", "statement", "request", "headers",
    "body", "tls", "seen", "calls_before", "consent_uses", "kind", "text", "fields", "note", "keys",
    "proof", "leaf", "hex", "method", "target", "agreements", "of", "salt", "response", "known",
    "asked", "log", "zip", "backend", "now_ms",
}  # fmt: skip


def found(implementation: ModuleType, name: str, vector: dict[str, Any]) -> dict[str, Any]:
    """Return what an implementation says to a vector: a refusal as its code."""
    try:
        said: dict[str, Any] = getattr(implementation, name)(vector, WORLD)
    except Problem as problem:
        return {"code": problem.code}
    except Refused as refused:
        return {"code": refused.code, **refused.more}
    return said


def expected(name: str, vector: dict[str, Any]) -> dict[str, Any]:
    """Return what a vector states beyond what it gives."""
    if "code" in vector:
        return {key: vector[key] for key in ("code", "status", "error") if key in vector}
    given = GIVEN - {"statement"} if name == "requests" else GIVEN
    given = given - {"leaf"} if name == "entries" else given
    given = given - {"kind"} if name == "frames" else given
    given = given - {"text"} if name == "identifiers" else given
    return {key: value for key, value in vector.items() if key not in given}


@pytest.mark.parametrize(("name", "vector"), ROWS, ids=IDS)
@pytest.mark.parametrize(
    "implementation", [product, second_implementation], ids=["product", "second"]
)
def test_a_vector_is_judged_as_it_says(
    implementation: ModuleType, name: str, vector: dict[str, Any]
) -> None:
    assert found(implementation, name, vector) == expected(name, vector)


def test_the_files_are_what_the_generator_writes() -> None:
    """Keys and signatures are fixed, so the same bytes come out each time."""
    made = generate.files()
    assert set(made) == {f"{name}.json" for name in (*NAMES, "world")}
    for name, text in made.items():
        assert (FOLDER / name).read_text("utf-8") == text, name


def test_every_code_of_a_vector_is_declared() -> None:
    codes = {vector["code"] for _, vector in ROWS if "code" in vector}
    assert codes <= set(CATALOGUE)


def test_the_second_implementation_uses_nothing_of_the_product() -> None:
    """Only the standard library and the primitives of ``cryptography``."""
    allowed = {"__future__", "base64", "collections", "cryptography", "datetime", "hashlib", "hmac"}
    allowed |= {"json", "math", "re", "struct", "typing", "zlib"}
    used = set()
    for file in sorted((Path(second_implementation.__file__).parent / "second").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                used |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                used.add(str(node.module).partition(".")[0])
    assert used <= allowed
