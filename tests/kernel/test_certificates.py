"""Certificates have one use, a chain and a time; everything else is refused."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.certificates import (
    Subject,
    Use,
    Validity,
    identity_of,
    issue,
    issue_crl,
    load_certificate,
    new_key,
    self_signed,
    verify_chain,
    verify_crl,
)
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer, open_compact, sign_compact, thumbprint, verify_es256

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def authority(serial: int) -> Signer:
    """A self-signed authority."""
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office")
    return self_signed(subject, key=new_key(), serial=serial, validity=Validity.days(100, now=NOW))


ROOT, OTHER, KEY = authority(1), authority(2), new_key()
ANCHORS = [ROOT.certificate_der]
SUBJECTS = {
    use: Subject(use=use, identifier="WAHA/GOV/TRF", organization="الإدارة العامة للمرور")
    for use in Use
}
LEAVES = {
    use: issue(
        SUBJECTS[use],
        public_key=KEY.public_key(),
        issuer=ROOT,
        serial=10,
        validity=Validity.days(30, now=NOW),
        hosts=["127.0.0.1", "node.example"],
    )
    for use in Use
    if use is not Use.AUTHORITY
}


@pytest.mark.parametrize("use", LEAVES)
def test_a_certificate_serves_its_use_only(use: Use) -> None:
    """It is accepted for its use, names its owner, and is refused for every other use."""
    certificate = verify_chain(LEAVES[use], anchors=ANCHORS, at=NOW, use=use)

    assert identity_of(certificate) == (use, "WAHA/GOV/TRF")
    for other in set(Use) - {use}:
        with pytest.raises(Problem):
            verify_chain(LEAVES[use], anchors=ANCHORS, at=NOW, use=other)


@pytest.mark.parametrize("days", [-1, 31])
def test_outside_its_time_it_is_refused(days: int) -> None:
    """Before the start and after the end."""
    with pytest.raises(Problem) as caught:
        verify_chain(
            LEAVES[Use.MEMBER], anchors=ANCHORS, at=NOW + timedelta(days=days), use=Use.MEMBER
        )
    assert "does not hold" in str(caught.value)


def test_revoked_or_by_another_authority_it_is_refused() -> None:
    """A same-named authority with another key is another authority."""
    leaf = LEAVES[Use.MEMBER]
    with pytest.raises(Problem):
        verify_chain(leaf, anchors=ANCHORS, at=NOW, use=Use.MEMBER, revoked={thumbprint(leaf)})
    with pytest.raises(Problem):
        verify_chain(leaf, anchors=[OTHER.certificate_der], at=NOW, use=Use.MEMBER)


def test_a_revocation_list_is_its_authoritys() -> None:
    """Serial numbers with times; a list by somebody else is refused."""
    validity = Validity.days(1, now=NOW)
    crl = issue_crl(ROOT, revoked=[(10, NOW)], number=1, validity=validity)

    assert verify_crl(crl, issuer_der=ROOT.certificate_der) == {10: NOW}
    with pytest.raises(Problem):
        verify_crl(crl, issuer_der=OTHER.certificate_der)


def test_a_token_is_bound_to_key_type_and_spelling() -> None:
    """Signing twice gives the same bytes; another key, type or spelling is refused."""
    signer = Signer(LEAVES[Use.MEMBER], KEY)
    token = sign_compact(b"x", signer=signer, header={"typ": "t"})

    assert token == sign_compact(b"x", signer=signer, header={"typ": "t"})
    open_compact(token, typ="t").verify(KEY.public_key())
    with pytest.raises(Problem):
        open_compact(token, typ="t").verify(new_key().public_key())
    for bad in (token + b"=", token.replace(b".", b"..", 1), b"", token[:-1]):
        with pytest.raises(Problem):
            open_compact(bad, typ="t").verify(KEY.public_key())
    with pytest.raises(Problem):
        open_compact(token, typ="other")
    assert not verify_es256(KEY.public_key(), data=b"x", signature=b"")


@given(st.binary(max_size=200))
def test_garbage_is_no_certificate(data: bytes) -> None:
    """The reader never fails in another way than by its own error."""
    with contextlib.suppress(Problem):
        load_certificate(data)
    with contextlib.suppress(Problem):
        verify_crl(data, issuer_der=ROOT.certificate_der)
    with contextlib.suppress(Problem):
        open_compact(data, typ="t")
