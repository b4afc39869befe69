"""Generates case events for the properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from taysir.programme.measures.events import Event, Step

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def _event(case: int, seq: int, parts: tuple[Step, int, str, str, str, str]) -> Event:
    step, minutes, field, role, by, exchange = parts
    return Event(
        event_id=f"event-{case}-{seq}",
        case=f"case-{case:016d}",
        service="WAHA/GOV/TRF/licence-renewal",
        service_version="v1",
        agency="WAHA/GOV/TRF",
        seq=seq,
        step=step.value,
        at=START + timedelta(minutes=minutes),
        channel="web",
        actor_role=role,
        exchange_id="carrier",
        data={"field": field, "by": by, "exchange": exchange},
    )


_PARTS = st.tuples(
    st.sampled_from(list(Step)),
    st.integers(0, 500),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["applicant", "system", "officer"]),
    st.sampled_from(["auto", "officer"]),
    st.sampled_from(["", "x-1"]),
)

histories = st.lists(st.lists(_PARTS, max_size=12), max_size=6).map(
    lambda cases: [
        _event(number, seq, parts)
        for number, case in enumerate(cases)
        for seq, parts in enumerate(case)
    ]
)
