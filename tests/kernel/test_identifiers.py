"""Identifiers are read in one spelling, compared by what they say, and numbers are UUIDs."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId, random_number

_SERVICE = "WAHA/GOV/TRF/licences/renewal"


def test_an_identifier_is_read_and_written_in_the_same_spelling() -> None:
    """What was parsed is written as it was, and its owner is part of it."""
    service = ServiceId.parse(_SERVICE)
    assert str(service) == _SERVICE
    assert service.owner == MemberId("WAHA", "GOV", "TRF")
    assert service.subsystem == SubsystemId.parse("WAHA/GOV/TRF/licences")


def test_equal_identifiers_are_one_key() -> None:
    """Two identifiers of the same parts are equal and hash alike; those of other parts are not."""
    known = {ServiceId.parse(_SERVICE): 1, MemberId("WAHA", "GOV", "TRF"): 2}
    assert known[MemberId("WAHA", "GOV", "TRF").subsystem("licences").service("renewal")] == 1
    assert ServiceId.parse(_SERVICE) != ServiceId.parse("WAHA/GOV/TRF/licences/other")
    assert ServiceId.parse(_SERVICE).subsystem != ServiceId.parse(_SERVICE)


@pytest.mark.parametrize("text", ["", "WAHA/GOV", "WAHA/GOV/", "WAHA/GOV/T F", "WAHA/GOV/TRF/x"])
def test_other_spellings_are_refused(text: str) -> None:
    """A missing part, an empty one, a space and a part too many are refused."""
    with pytest.raises(Problem, match="KRN-0001"):
        MemberId.parse(text)


@given(st.binary(min_size=16, max_size=16))
def test_a_random_number_is_the_uuid_that_the_library_makes_of_the_same_bytes(data: bytes) -> None:
    """Every 16 bytes give a UUID of version 4 as the standard spells it."""
    assert random_number(data) == str(uuid.UUID(bytes=data, version=4))
