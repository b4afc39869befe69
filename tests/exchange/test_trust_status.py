"""Revocation status: the authority's list and no other, for the right time."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from taysir.exchange.log_archive import LogArchive
from taysir.exchange.log_requests import Answer, Unreachable
from taysir.exchange.trust_status import fetch_status, read_status
from taysir.kernel import limits
from taysir.kernel.certificates import (
    Subject,
    Use,
    Validity,
    issue_crl,
    load_certificate,
    new_key,
    self_signed,
)
from taysir.kernel.errors import Problem
from tests.exchange.third_parties import START, authority, time_stamper

HOUR = timedelta(hours=1)
ROOT = authority().certificate_der
STAMPER = time_stamper(authority()).certificate_der
SERIAL = load_certificate(STAMPER).serial_number
CRL = issue_crl(
    authority(),
    revoked=[(SERIAL, START)],
    number=1,
    validity=Validity(start=START, end=START + HOUR),
)


def test_a_list_tells_who_is_revoked_and_since_when() -> None:
    """The revoked certificate has a time, another has none."""
    status = read_status(CRL, authority=ROOT)

    assert status.revoked_at(STAMPER) == START
    assert status.revoked_at(ROOT) is None
    assert (status.issued_at, status.until) == (START, START + HOUR)


def test_a_list_stands_for_times_before_its_end() -> None:
    """To the second: what was signed when it had expired is not covered."""
    status = read_status(CRL, authority=ROOT)

    assert status.stands_for(START - HOUR)
    assert status.stands_for(START + HOUR - timedelta(seconds=1))
    assert not status.stands_for(START + HOUR)


def test_another_authoritys_list_is_refused() -> None:
    """Under the same name, too."""
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office")
    other = self_signed(subject, key=new_key(), serial=5, validity=Validity.days(9, now=START))
    forged = issue_crl(
        other, revoked=[], number=1, validity=Validity(start=START, end=START + HOUR)
    )

    with pytest.raises(Problem, match="not signed by the authority"):
        read_status(forged, authority=ROOT)


def test_lists_are_bounded() -> None:
    """One byte beyond is not looked at."""
    with pytest.raises(Problem, match="too long"):
        read_status(bytes(limits.STATUS_BYTES + 1), authority=ROOT)
    with pytest.raises(Problem, match="not signed"):
        read_status(bytes(limits.STATUS_BYTES), authority=ROOT)


@pytest.mark.parametrize("bit", range(8))
def test_one_bit_never_changes_what_a_list_says(bit: int) -> None:
    """Every bit of it: refused in the one way, or (X.509 has one such place) without meaning."""
    told = read_status(CRL, authority=ROOT)
    taken = []
    for place in range(len(CRL)):
        changed = bytearray(CRL)
        changed[place] ^= 1 << bit
        with contextlib.suppress(Problem):
            status = read_status(bytes(changed), authority=ROOT)
            assert dataclasses.replace(status, der=CRL) == told
            taken.append(place)

    assert len(taken) <= 1


@pytest.mark.parametrize(
    ("answer", "reason"), [(Answer(404, b""), "HTTP 404"), (Answer(200, b"x"), "not signed")]
)
def test_other_answers_are_refused(answer: Answer, reason: str) -> None:
    """Beside one that is taken."""
    assert fetch_status("u", authority=ROOT, get=lambda url: Answer(200, CRL)).der == CRL
    with pytest.raises(Problem, match=reason):
        fetch_status("u", authority=ROOT, get=lambda url: answer)


def test_an_authority_that_is_gone_is_reported() -> None:
    """The reason is that of the connection."""

    def gone(url: str) -> Answer:
        raise Unreachable("ConnectionRefusedError")

    with pytest.raises(Problem, match="ConnectionRefusedError"):
        fetch_status("u", authority=ROOT, get=gone)


def test_the_archive_gives_the_list_for_a_time(tmp_path: Path) -> None:
    """The first one issued after it; while there is none, one that was in force then."""
    archive = LogArchive(tmp_path / "archive.sqlite")
    for name, issued, until in ((b"one", 100, 200), (b"two", 150, 250), (b"three", 300, 400)):
        archive.keep_status(name, issued_ms=issued, until_ms=until)

    found = [archive.status_for(at) for at in (50, 100, 101, 260, 301, 399, 400)]
    archive.close()

    assert found == [b"one", b"one", b"two", b"three", b"three", b"three", b""]
