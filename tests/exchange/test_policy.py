"""The decision about a call: each condition refuses alone, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.model import (
    Agreement,
    Classification,
    Consent,
    Direction,
    Mode,
    Operation,
    Period,
    Quota,
    Zones,
)
from taysir.exchange.policy import CallFacts, decide_call, foreign_field, projector
from taysir.exchange.quota import QuotaCounters, period_start
from taysir.kernel.identifiers import MemberId

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONSUMER = MemberId("WAHA", "GOV", "ASK").subsystem("portal")
SERVICE = MemberId("WAHA", "GOV", "ANS").subsystem("population").service("persons")
CONSENT = Consent(
    hash="c" * 64,
    consumer=CONSUMER,
    service=SERVICE,
    purposes=frozenset({"tax-relief"}),
    subject="pseudonym",
    fields=frozenset({"/name", "/born"}),
    start=NOW - timedelta(days=1),
    end=NOW + timedelta(days=1),
    calls=3,
    per=Period.DAY,
)
AGREEMENT = Agreement(
    hash="a" * 64,
    consumer=CONSUMER,
    service=SERVICE,
    purposes=("tax-relief",),
    legal_basis="tax-law/12",
    operations=(
        Operation(method="GET", path="/persons/{id}"),
        Operation(method="POST", path="/persons"),
    ),
    request_fields=("/id", "/reason/code"),
    fields=("/name",),
    classification=Classification.RESTRICTED,
    zones=Zones(
        consumer=frozenset({"z1"}), processing=frozenset({"z2"}), storage=frozenset({"z3"})
    ),
    quotas=(
        Quota(calls=10, per=Period.MINUTE),
        Quota(calls=2, per=Period.DAY, purpose="tax-relief"),
    ),
    consent_required=True,
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW + timedelta(days=1),
)
CALL = CallFacts(
    method="POST",
    path="/persons",
    purpose="tax-relief",
    subject="pseudonym",
    body=b'{"id":"7","reason":{"code":"x"}}',
    body_type="application/json",
    zone="z1",
    processing_zone="z2",
    storage_zone="z3",
    at=NOW,
    calls=(9, 1),
    consent="c" * 64,
    held=CONSENT,
    consent_uses=2,
)


def codes(agreement: Agreement = AGREEMENT, **changes: Any) -> list[str]:
    """The codes against a call with changes."""
    call = msgspec.structs.replace(CALL, **changes)
    return [problem.code for problem in decide_call(agreement, call=call)]


def test_a_call_within_every_condition_passes() -> None:
    """All conditions are set, and none speaks against the call."""
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": NOW + timedelta(days=1)}, "EXC-0106"),
        ({"at": NOW - timedelta(days=1, seconds=1)}, "EXC-0106"),
        ({"method": "PUT"}, "EXC-0105"),
        ({"path": "/persons/"}, "EXC-0105"),
        ({"path": "/persons/7/more", "method": "GET"}, "EXC-0105"),
        ({"mode": Mode.EVENT}, "EXC-0127"),
        ({"consent": ""}, "EXC-0108"),
        ({"held": None}, "EXC-0118"),
        ({"consent": "d" * 64}, "EXC-0118"),
        ({"subject": "another"}, "EXC-0118"),
        ({"consent_uses": 3}, "EXC-0118"),
        ({"held": replace(CONSENT, purposes=frozenset({"other"}))}, "EXC-0118"),
        ({"held": replace(CONSENT, end=NOW)}, "EXC-0118"),
        ({"held": replace(CONSENT, start=NOW + timedelta(seconds=1))}, "EXC-0118"),
        ({"held": replace(CONSENT, revoked_at=NOW)}, "EXC-0118"),
        ({"held": replace(CONSENT, fields=frozenset({"/born"}))}, "EXC-0118"),
        ({"held": replace(CONSENT, consumer=SERVICE.subsystem)}, "EXC-0118"),
        ({"zone": "z2"}, "EXC-0109"),
        ({"processing_zone": "z1"}, "EXC-0109"),
        ({"storage_zone": ""}, "EXC-0109"),
        ({"calls": (10, 1)}, "EXC-0107"),
        ({"calls": (9, 2)}, "EXC-0107"),
        ({"body": b'{"id":"7","more":1}'}, "EXC-0119"),
        ({"body": b'{"reason":{"code":"x","text":"y"}}'}, "EXC-0119"),
        ({"body": b"not JSON"}, "EXC-0119"),
    ],
)
def test_each_condition_refuses_alone(changes: dict[str, Any], code: str) -> None:
    """One change, one reason."""
    assert set(codes(**changes)) - {"EXC-0118"} == ({code} - {"EXC-0118"})
    assert code in codes(**changes)


def test_every_reason_is_told_at_once() -> None:
    """Whoever mends one thing learns of the others too."""
    found = codes(method="PUT", consent="", zone="x", calls=(10, 2))

    assert found == ["EXC-0105", "EXC-0108", "EXC-0109", "EXC-0107", "EXC-0107"]


def test_a_consent_that_is_not_demanded_must_hold_when_it_is_named() -> None:
    """Nobody can wave with a consent that is not there."""
    free = replace(AGREEMENT, consent_required=False)

    assert codes(free, consent="", held=None) == []
    assert codes(free, held=None) == ["EXC-0118"]


def test_a_quota_of_another_purpose_does_not_count() -> None:
    """Each purpose has its own number."""
    other = replace(AGREEMENT, quotas=(Quota(calls=1, per=Period.DAY, purpose="other"),))

    assert codes(other, calls=(5,)) == []


class Past:
    """A journal that holds a number of answered calls."""

    def __init__(self, answered: int) -> None:
        self.answered = answered
        self.asked: list[tuple[str, int]] = []

    def answered_since(
        self, agreement: str, *, direction: Direction, since_ms: int, purpose: str = ""
    ) -> int:
        """Return the number, and remember for which purpose and since when was asked."""
        assert (len(agreement), direction) == (64, Direction.SENT)
        self.asked.append((purpose, since_ms))
        return self.answered


def test_quotas_count_in_their_own_period_and_survive_a_restart() -> None:
    """They begin from what the journal holds for their purpose, and anew each minute and day."""
    past = Past(1)
    counters, at_ms = QuotaCounters(past), int(NOW.timestamp() * 1000) + 30_000

    def before(now_ms: int) -> tuple[int, ...]:
        return counters.before(AGREEMENT, direction=Direction.SENT, now_ms=now_ms)

    def take(now_ms: int) -> None:
        counters.take(AGREEMENT, purpose="tax-relief", direction=Direction.SENT, now_ms=now_ms)

    assert before(at_ms) == (1, 1)
    take(at_ms)
    assert before(at_ms) == (2, 2)
    assert before(at_ms + 30_000) == (0, 2)
    take(at_ms + 30_000)
    assert before(at_ms + 30_000) == (1, 3)
    assert before(at_ms + 86_400_000) == (0, 0)
    minute, day = (period_start(p, now_ms=at_ms) for p in (Period.MINUTE, Period.DAY))
    assert past.asked == [("", minute), ("tax-relief", day)]


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (Period.MINUTE, datetime(2026, 11, 24, 9, 5, tzinfo=UTC)),
        (Period.HOUR, datetime(2026, 11, 24, 9, tzinfo=UTC)),
        (Period.DAY, datetime(2026, 11, 24, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_period_begins_in_utc(period: Period, start: datetime) -> None:
    """Minute, hour, day and calendar month."""
    moment = datetime(2026, 11, 24, 9, 5, 59, 999000, tzinfo=UTC)

    assert period_start(period, now_ms=int(moment.timestamp() * 1000)) == start.timestamp() * 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text("ab", min_size=1, max_size=1), JSON))
def test_what_is_projected_holds_nothing_foreign(value: dict[str, Any]) -> None:
    """Whatever the answer is, its projection passes the check of requests."""
    fields = ("/a/b", "/b")
    projected = projector(fields)(orjson.dumps(value))

    plain = isinstance(value.get("a"), dict | list) or "a" not in value
    if plain and "a" in orjson.loads(projected):
        assert _only_objects(value["a"]) is False or foreign_field(projected, fields=fields) is None


def _only_objects(value: Any) -> bool:
    if isinstance(value, list):
        return all(_only_objects(item) for item in value)
    return isinstance(value, dict)


def test_a_wider_field_contains_the_narrower_one() -> None:
    """Granting a member grants what is below it, in whatever order they are listed."""
    body = b'{"a":{"b":1,"c":2},"d":3}'
    for fields in (("/a", "/a/b"), ("/a/b", "/a")):
        assert orjson.loads(projector(fields)(body)) == {"a": {"b": 1, "c": 2}}
