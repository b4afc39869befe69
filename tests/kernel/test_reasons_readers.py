"""What the libraries that read our input say is told in Arabic: each is made to say it here."""

from __future__ import annotations

import re
import sqlite3
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.kernel.reasons import LIBRARY_WORDS_CHARACTERS, reason_in_arabic, reason_of
from tests.architecture.test_reasons import english_words


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """Something with a member of every kind."""

    a: int
    b: Literal["x", "y"] = "x"
    c: Annotated[int, msgspec.Meta(ge=1, le=5)] = 2
    d: tuple[str, ...] = ()
    e: Annotated[str, msgspec.Meta(pattern="^a$", max_length=3, min_length=1)] = "a"
    f: Annotated[tuple[int, ...], msgspec.Meta(min_length=1)] = (1,)


def in_arabic(read: Callable[[], object], kind: type[Exception]) -> str:
    """Return the Arabic of what a library says."""
    with pytest.raises(kind) as said:
        read()
    text = getattr(said.value, "problem", None) or str(said.value)
    arabic = reason_in_arabic(text)
    assert arabic != text
    return arabic


@pytest.mark.parametrize(
    "document",
    [
        '{"a": "x"}',
        "{}",
        '{"a": 1, "z": 2}',
        '{"a": 1, "b": "q"}',
        '{"a": 1, "c": 9}',
        '{"a": 1, "c": 0}',
        '{"a": 1, "d": [3]}',
        '{"a": 1, "e": "zz"}',
        '{"a": 1, "e": "aaaaa"}',
        '{"a": 1, "e": ""}',
        '{"a": 1, "f": []}',
        '{"a": 1',
        '{"a": 1}x',
        '{"a" 1}',
        '{"a": 1 "b": "x"}',
        '{"a": 1, "d": ["x" "y"]}',
        '{"a": 1, "d": ["x",]}',
        '{"a": 1,}',
        "{1: 1}",
        '{"a": -}',
        '{"a": 1, "e": "\\x"}',
        '{"a": 1, "e": "\\u00zz"}',
        "",
        "[1]",
    ],
)
def test_a_fault_of_json_is_told_in_arabic(document: str) -> None:
    """Its place and its values stay; the types of JSON stand in back quotes."""
    arabic = in_arabic(lambda: msgspec.json.decode(document, type=Read), msgspec.DecodeError)
    assert english_words(re.sub(r"'[^']*'", "", arabic)) == []


@pytest.mark.parametrize(
    "document",
    [
        "a: b: c",
        "a:\n  - x\n b: 1",
        "a: [1",
        "a: {b: 1",
        "a: [1}",
        "a: {b]",
        "\t- x",
        "a:\n\t- x",
        'a: "x',
        "a: %x",
        "a: @b",
        "- a\nb: 1",
        "a: - b",
        'a: "\\q"',
        "a: !x!y z",
        "a\nb: 1",
        "a: &\n",
        "a: \x01",
        "? a\n? - b\n  c: ? d",
    ],
)
def test_a_fault_of_yaml_is_told_in_arabic(document: str) -> None:
    """As the reader of packs meets it: its problem without the place, which stands beside it."""
    with pytest.raises(yaml.YAMLError) as said:
        list(yaml.parse(document, Loader=yaml.CSafeLoader))
    arabic = reason_in_arabic(getattr(said.value, "problem", None) or said.value.args[-1])
    assert english_words(arabic) == []
    assert re.search("[ء-ي]", arabic)


def test_a_fault_of_a_database_is_told_in_arabic(tmp_path: Path) -> None:
    """A file that is none, a folder that is not there, a table that nobody made."""
    (tmp_path / "x.sqlite").write_bytes(b"no database at all" * 100)

    def query(file: Path, text: str) -> list[Any]:
        database = sqlite3.connect(file)
        try:
            return database.execute(text).fetchall()
        finally:
            database.close()

    for file, text in (
        (tmp_path / "x.sqlite", "SELECT * FROM sqlite_master"),
        (tmp_path / "none" / "x.sqlite", "SELECT 1"),
        (tmp_path / "y.sqlite", "SELECT * FROM missing_one"),
    ):
        arabic = in_arabic(partial(query, file, text), sqlite3.DatabaseError)
        assert english_words(arabic) == []


def test_a_fault_of_keys_and_certificates_is_told_in_arabic(tmp_path: Path) -> None:
    """Files of another kind, and a locked key without its password."""
    other = tmp_path / "other.pem"
    other.write_text("not PEM")
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for read, kind in (
        (lambda: context.load_verify_locations(other), ssl.SSLError),
        (lambda: context.load_cert_chain(other), ssl.SSLError),
        (lambda: x509.load_pem_x509_certificate(b"x"), ValueError),
        (lambda: x509.load_der_x509_certificate(b"x"), ValueError),
        (lambda: serialization.load_pem_private_key(b"x", None), ValueError),
        (lambda: serialization.load_pem_private_key(locked, None), TypeError),
        (lambda: serialization.load_pem_private_key(locked, b"other"), ValueError),
    ):
        assert english_words(in_arabic(read, kind)) == []


@pytest.mark.parametrize(
    ("document", "place"),
    [("a: b: c", "السطر 1، العمود 5"), ("x: 1\na: [1", "السطر 2، العمود 6")],
)
def test_a_fault_of_a_yaml_file_is_told_with_its_place(document: str, place: str) -> None:
    """Line and column come with what is wrong, all of it in Arabic."""
    with pytest.raises(yaml.YAMLError) as said:
        yaml.safe_load(document)
    arabic = reason_in_arabic(reason_of(said.value))
    assert arabic.startswith(place)
    assert english_words(arabic) == []


def test_words_of_a_library_without_arabic_are_quoted_as_the_librarys() -> None:
    """A reader sees that the words are not ours, and where they stand; long ones are cut."""
    with pytest.raises(yaml.YAMLError) as said:
        yaml.safe_load("a: *x")
    assert reason_in_arabic(reason_of(said.value)) == (
        "السطر 1، العمود 4: نص المكتبة البرمجية «found undefined alias 'x'»"
    )
    assert reason_of(ValueError("x" * LIBRARY_WORDS_CHARACTERS)) == (
        f'the library says "{"x" * LIBRARY_WORDS_CHARACTERS}"'
    )
    assert reason_of(ValueError("x" * (LIBRARY_WORDS_CHARACTERS + 1))) == (
        f'the library says "{"x" * LIBRARY_WORDS_CHARACTERS}"'
    )
    assert reason_of(ValueError()) == 'the library says "ValueError"'


def test_the_operating_systems_words_need_no_quotes() -> None:
    """The number and the path of the exception are left out: the error names the file itself."""
    gone = FileNotFoundError(2, "No such file or directory", "/nowhere")
    assert reason_of(gone) == "No such file or directory"
