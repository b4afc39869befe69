"""A message is written once in both languages and read by nobody else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.transactions.notices import access, service
from taysir.transactions.notices.models import Message
from taysir.transactions.notices.templates import fill, notice_templates

VALUES = {"service": {"ar": "تجديد رخصة", "en": "Renewal"}}


def send(**changes: Any) -> Message:
    arguments: dict[str, Any] = {
        "person_ref": "p1",
        "case_number": "TRF-2026-000001-1",
        "template": "submitted",
        "values": VALUES,
    }
    return service.send(**arguments | changes)


def test_a_message_is_sent_once(town: object) -> None:
    """A repeated task leaves one message; another case gets its own."""
    first = send()

    assert first.pk == send().pk
    assert first.pk != send(case_number="TRF-2026-000002-9").pk
    assert ("تجديد رخصة" in first.subject("ar"), "Renewal" in first.subject("en")) == (True, True)


def test_reading_is_noted_once(town: object) -> None:
    """The first opening counts."""
    message = send()
    assert access.unread_count("p1") == 1
    service.mark_read(message)
    first = message.read_at
    service.mark_read(message)

    assert message.read_at == first
    assert access.unread_count("p1") == 0


def test_somebody_elses_message_is_not_found(town: object) -> None:
    """Access goes by person."""
    message = send()

    assert access.message_of("p1", message_id=message.pk) == message
    for person, wanted in (("p2", message.pk), ("p1", uuid4())):
        with pytest.raises(Problem, match="TRX-0803"):
            access.message_of(person, message_id=wanted)


def test_an_unknown_template_is_refused() -> None:
    """The error lists the known ones."""
    with pytest.raises(Problem, match="TRX-0801"):
        fill("invented", case_number="x", values={})


@pytest.mark.parametrize(
    "values",
    [{}, {"service": {"ar": "x"}}, {"service": "x" * (limits.NOTICE_VALUE_CHARS + 1)}],
)
def test_a_missing_value_is_refused(values: dict[str, Any]) -> None:
    """A notice is never sent with a gap."""
    with pytest.raises(Problem, match="TRX-0802"):
        fill("submitted", case_number="x", values=values)


@given(st.text(max_size=200))
def test_a_value_is_printed_as_it_is(text: str) -> None:
    """Braces in a value are text and reach nothing."""
    filled = fill("submitted", case_number="{service}", values={"service": text})

    assert text in filled.subject_en
    assert "{service}" in filled.body_ar


@pytest.mark.parametrize("name", sorted(notice_templates()))
def test_every_template_needs_what_it_says(name: str) -> None:
    """Each kind is filled by exactly the values that it names."""
    needs = notice_templates()[name].needs
    filled = fill(name, case_number="TRF-1", values={need: f"<{need}>" for need in needs})
    texts = filled.subject_ar + filled.body_ar, filled.subject_en + filled.body_en

    for text in texts:
        assert all(f"<{need}>" in text for need in needs)
        assert "{" not in text
