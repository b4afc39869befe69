"""A pack's YAML is read the same way by every reader, and every value knows its place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from taysir.engine.findings import PackErrors, Place
from taysir.engine.source import read_yaml
from taysir.kernel.limits import PACK_FILE_BYTES, PACK_NESTING


def codes(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(PackErrors) as caught:
        read_yaml(data, file="f.yaml")
    return [finding.code for finding in caught.value.findings]


def test_values_know_line_and_column() -> None:
    source = read_yaml(b"a:\n  - x\n  - b: 1\n", file="f.yaml")
    assert source.value == {"a": ["x", {"b": 1}]}
    assert source.at(("a", 0)) == Place("f.yaml", 2, 5)
    assert source.at(("a", 1, "b")) == Place("f.yaml", 3, 5)
    assert source.at(("a", 1, "missing")) == Place("f.yaml", 3, 5)


def test_words_and_dates_stay_text() -> None:
    source = read_yaml(b"no: no\non: 2026-01-31\noctal: 010\nquoted: '5'\n", file="f.yaml")
    assert source.value == {"no": "no", "on": "2026-01-31", "octal": 10, "quoted": "5"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1", "ENG-1003"),
        ("a: &x 1\nb: *x", "ENG-1005"),
        ("a: !!python/object:os.system {}", "ENG-1005"),
        ("? [a]\n: 1", "ENG-1005"),
        ("a: 1\na: 2", "ENG-1004"),
        (b"a: \xff", "ENG-1003"),
        ("a: \x00", "ENG-1003"),
    ],
)
def test_what_is_not_accepted_is_named(text: str | bytes, code: str) -> None:
    assert codes(text) == [code]


def test_nesting_is_bounded() -> None:
    read_yaml(b"[" * PACK_NESTING + b"]" * PACK_NESTING, file="f.yaml")
    deeper = PACK_NESTING + 1
    assert codes(b"[" * deeper + b"]" * deeper) == ["ENG-1005"]


def test_size_is_bounded() -> None:
    assert read_yaml(b"#" * PACK_FILE_BYTES, file="f.yaml").value is None
    assert codes(b"#" * (PACK_FILE_BYTES + 1)) == ["ENG-1002"]


def outcome(data: bytes) -> list[str]:
    try:
        read_yaml(data, file="f.yaml")
    except PackErrors as error:
        return [finding.message["ar"] for finding in error.findings]
    return ["read"]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_findings(data: bytes) -> None:
    assert all(outcome(data))


TREES = st.recursive(
    st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(TREES)
def test_what_a_writer_wrote_is_read_back(tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"')
    assert read_yaml(text.encode(), file="f.yaml").value == tree
