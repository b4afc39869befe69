"""Events are read strictly, and nothing that may be personal passes."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.programme.measures.events import digest_of, read_events

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SENDER = "WAHA/GOV/TRF"


def sent(**changes: Any) -> dict[str, Any]:
    """Return one good event, changed."""
    return {
        "event_id": "0b0e6c1e-0000-4000-8000-000000000001",
        "case": "a" * 32,
        "service": "WAHA/GOV/TRF/licence-renewal",
        "service_version": "f" * 64,
        "agency": SENDER,
        "seq": 0,
        "step": "field_typed",
        "at": "2026-11-24T11:59:00.000Z",
        "channel": "web",
        "actor_role": "applicant",
        "clock": "running",
        "data": {"field": "renewal.years"},
    } | changes


def read(*events: Any) -> Any:
    return read_events(json.dumps(events).encode(), sender=SENDER, now=NOW)


def refused(*events: Any) -> str:
    with pytest.raises(Problem) as caught:
        read(*events)
    return caught.value.code


def test_a_good_event_is_read() -> None:
    """An event comes out as it was sent."""
    (event,) = read(sent())

    assert (event.step, event.data) == ("field_typed", {"field": "renewal.years"})


@pytest.mark.parametrize(
    "data",
    [
        {"value": "5"},
        {"field": "سارة الواحي"},
        {"field": "Sara Alwahi"},
        {"field": "3000000004"},
        {"exchange": "x/3000000004/y"},
        {"reasons": ["sara lives here"]},
        {"reasons": "traffic-16"},
        {"amount_minor": "4000"},
        {"amount_minor": True},
        {"field": {"name": "x"}},
        {"field": "x" * (limits.CASE_EVENT_TEXT_CHARS + 1)},
        {"reasons": ["r"] * (limits.CASE_EVENT_LIST_ITEMS + 1)},
    ],
)
def test_content_is_refused(data: dict[str, Any]) -> None:
    """Free text, values, identity numbers and unknown members refuse the batch."""
    assert refused(sent(data=data)) == "PRG-0102"


def test_data_at_its_bounds_is_read() -> None:
    """The longest text and the longest list pass."""
    data = {
        "field": "x" * limits.CASE_EVENT_TEXT_CHARS,
        "reasons": ["r"] * limits.CASE_EVENT_LIST_ITEMS,
    }

    assert read(sent(data=data))[0].data == data


@pytest.mark.parametrize(
    "event",
    [
        sent(step="invented"),
        sent(national_id="3000000004"),
        sent(seq=-1),
        sent(at="2026-11-24T11:59:00"),
        sent(case="short"),
        {},
        [],
        None,
    ],
)
def test_a_malformed_event_is_refused(event: Any) -> None:
    """A wrong form refuses the batch."""
    assert refused(event) == "PRG-0101"


def test_a_refusal_never_repeats_content() -> None:
    """What was wrong is named by its place, not quoted."""
    with pytest.raises(Problem) as caught:
        read(sent(step="سارة-3000000004"))

    assert "سارة" not in str(caught.value.params)
    assert "3000000004" not in str(caught.value.params)


def test_another_agencys_events_are_refused() -> None:
    """Each agency reports its own cases."""
    assert refused(sent(agency="WAHA/GOV/COM")) == "PRG-0105"


def test_time_may_run_a_little_ahead() -> None:
    """Five minutes ahead pass, a second more does not."""
    edge = NOW + timedelta(seconds=limits.CASE_EVENT_AHEAD_S)

    assert read(sent(at=edge.isoformat()))
    assert refused(sent(at=(edge + timedelta(seconds=1)).isoformat())) == "PRG-0101"


def test_a_batch_has_a_bound() -> None:
    """The largest batch passes, one event more does not."""
    batch = [sent(event_id=f"event-{n:08d}", seq=n) for n in range(limits.CASE_EVENTS_BATCH + 1)]

    assert len(read(*batch[:-1])) == limits.CASE_EVENTS_BATCH
    assert refused(*batch) == "PRG-0103"


def test_bytes_have_a_bound() -> None:
    """A body beyond the bound is not even read."""
    with pytest.raises(Problem) as caught:
        read_events(b" " * (limits.CASE_EVENTS_BYTES + 1), sender=SENDER, now=NOW)

    assert caught.value.code == "PRG-0103"


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but a Problem leaves the reader."""
    with suppress(Problem):
        assert isinstance(read_events(body, sender=SENDER, now=NOW), list)


@given(
    st.dictionaries(
        st.sampled_from(["field", "source", "value", "reasons", "amount_minor"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_no_arabic_letter_ever_passes(data: dict[str, Any]) -> None:
    """Whatever the data, what passes holds no letter of a person's name."""
    try:
        (event,) = read(sent(data=data))
    except Problem:
        return
    assert json.dumps(event.data, ensure_ascii=False).isascii()


def test_copies_share_a_digest() -> None:
    """The same moment written differently is the same event."""
    (one,) = read(sent())
    (two,) = read(sent(at="2026-11-24T14:59:00+03:00"))
    (other,) = read(sent(seq=1))

    assert digest_of(one) == digest_of(two) != digest_of(other)
