"""Playing a message again, and what the connections between nodes accept."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator

import pytest

from taysir.exchange.admission import ReplayCache
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.tls import client_context, server_context
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.testing.nodes import HOST, TwoNodes, two_nodes
from tests.exchange.security.test_call_path import Recorder, carried

SKEW_MS = limits.CLOCK_SKEW_S * 1000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    """Two nodes of this file's own."""
    with two_nodes(tmp_path_factory.mktemp("replay"), backend=Recorder()) as nodes:
        yield nodes


def fresh(time_ms: int, *, now_ms: int) -> bool:
    """Whether a statement of a time counts as fresh, as both nodes decide it."""
    return abs(now_ms - time_ms) // 1000 <= limits.CLOCK_SKEW_S


def test_a_number_is_remembered_for_as_long_as_any_statement_with_it_is_fresh() -> None:
    """A statement dated ahead as far as it may be is fresh for longest; it is played at its end."""
    seen = ReplayCache()
    first = 1_000_000_000
    ahead = next(t for t in range(first + SKEW_MS + 2000, first, -1) if fresh(t, now_ms=first))
    last = next(n for n in range(ahead + SKEW_MS + 2000, ahead, -1) if fresh(ahead, now_ms=n))
    seen.accept("portal 1", now_ms=first)

    with pytest.raises(Problem) as refused:
        seen.accept("portal 1", now_ms=last)
    assert refused.value.code == "EXC-0112"


def test_a_clock_that_goes_back_forgets_nothing() -> None:
    """What was seen stays seen when the node's own clock is put back."""
    seen = ReplayCache()
    seen.accept("portal 1", now_ms=10_000_000)
    with pytest.raises(Problem):
        seen.accept("portal 1", now_ms=5_000_000)


def test_a_full_memory_refuses_instead_of_forgetting() -> None:
    """Nobody makes room for a replay by sending much."""
    seen = ReplayCache(capacity=2)
    for number in ("a", "b"):
        seen.accept(number, now_ms=0)
    with pytest.raises(Problem) as refused:
        seen.accept("c", now_ms=0)
    assert refused.value.code == "EXC-0116"
    with pytest.raises(Problem) as again:
        seen.accept("a", now_ms=0)
    assert again.value.code == "EXC-0112"


def test_another_spelling_of_a_signature_is_the_same_call(place: TwoNodes) -> None:
    """The number is what was seen, not the token: ECDSA has two signatures for one message."""
    number = f"once-{place.asking.runtime.now_ms()}"
    assert carried(place, id=number) == "answered"
    assert carried(place, id=number, path="/persons/8") == "EXC-0112"
    assert carried(place, id=number) == "EXC-0112"


def versions(place: TwoNodes, *, highest: ssl.TLSVersion) -> str:
    """What the face for other nodes says to a client that goes no higher."""
    settings = place.settings["asking"]
    context = client_context(settings)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = highest

    async def run() -> str:
        try:
            _reader, writer = await asyncio.open_connection(HOST, place.peer_port, ssl=context)
        except (ssl.SSLError, ConnectionError):
            return "refused"
        said = writer.get_extra_info("ssl_object").version()
        writer.close()
        return str(said)

    return asyncio.run_coroutine_threadsafe(run(), place.loop).result(20)


def test_between_nodes_there_is_tls_1_3_or_nothing(place: TwoNodes) -> None:
    """An older version, with its weaker ciphers and renegotiation, is not spoken."""
    assert versions(place, highest=ssl.TLSVersion.TLSv1_2) == "refused"
    assert versions(place, highest=ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_both_contexts_demand_certificates_and_offer_no_early_data(place: TwoNodes) -> None:
    """Early data could be played again by who recorded it; Python's TLS offers none."""
    settings = place.settings["answering"]
    served = server_context(settings, keys=KeyRing(settings))
    asking = client_context(settings)

    assert served.verify_mode is ssl.CERT_REQUIRED
    assert asking.verify_mode is ssl.CERT_REQUIRED
    assert served.minimum_version is asking.minimum_version is ssl.TLSVersion.TLSv1_3
    assert not hasattr(served, "max_early_data")
