"""The pkcs11: URIs of the settings: read in one way, written in one way, secrets refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.keys.uri import TokenUri, parse_token_uri
from taysir.kernel import limits
from taysir.kernel.errors import Problem

MODULE = "?module-path=/usr/lib/x.so"
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs")), max_size=12
)


def test_a_whole_uri_is_read() -> None:
    uri = parse_token_uri(
        "pkcs11:token=My%20token;serial=01;slot-id=3;object=member;id=%01%FF;type=private"
        "?module-path=/usr/lib/x.so&pin-source=file:/run/pin"
    )
    assert uri == TokenUri(
        module="/usr/lib/x.so",
        token="My token",
        serial="01",
        slot=3,
        label="member",
        key_id=b"\x01\xff",
        pin_source="file:/run/pin",
    )
    assert uri.shown.endswith("id=%01%FF")


@given(
    token=words.filter(bool),
    label=words,
    key_id=st.binary(min_size=1, max_size=8),
    slot=st.none() | st.integers(0, 10**8),
    pin=words,
)
def test_what_is_written_is_read_back(
    token: str, label: str, key_id: bytes, slot: int | None, pin: str
) -> None:
    uri = TokenUri(
        module="/lib/x.so", token=token, slot=slot, label=label, key_id=key_id, pin_source=pin
    )
    assert parse_token_uri(str(uri)) == uri


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"pkcs11:token=t;object=k{MODULE}&pin-value=1234", "PIN"),
        (f"pkcs11:token=t;object=k;type=public{MODULE}", "private"),
        (f"pkcs11:token=t;object=k;model=m{MODULE}", "model"),
        (f"pkcs11:token=t;token=u;object=k{MODULE}", "twice"),
        (f"pkcs11:token=t;object={MODULE}", "object"),
        (f"pkcs11:token=t{MODULE}", "object or id"),
        (f"pkcs11:object=k{MODULE}", "slot-id"),
        (f"pkcs11:slot-id=x;object=k{MODULE}", "number"),
        ("pkcs11:token=t;object=k", "module-path"),
        ("pkcs11:token=t;object=k?module-path=x.so", "module-path"),
        (f"pkcs11:token=%FF;object=k{MODULE}", "UTF-8"),
        (f"pkcs11:token=%0A;object=k{MODULE}", "printed"),
        ("file:/x", "not a pkcs11"),
    ],
)
def test_a_wrong_uri_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_token_uri(text)
    assert caught.value.code == "EXC-0601"
    assert reason in str(caught.value.params["reason"])
    assert "1234" not in str(caught.value.params)


def test_a_uri_at_the_bound_is_read_and_one_character_more_is_not() -> None:
    head = f"pkcs11:token=t;object=k{MODULE}"
    text = head + "x" * (limits.KEY_REFERENCE_CHARS - len(head))
    assert parse_token_uri(text).token == "t"
    with pytest.raises(Problem):
        parse_token_uri(text + "x")
