"""Bodies lie sealed; erasing a person makes theirs unreadable and leaves every proof as it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.erasure import SLOT_BYTES, BodyKeys, ErasedError, node_body_key
from taysir.exchange.journal import Journal
from taysir.exchange.journal_records import BODIES, FACTS, decode_exchange
from taysir.exchange.model import BodyState, CallOutcome, StoredExchange
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_reading import verify_segments
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from tests.examples import examples
from tests.exchange.test_journal import example

KEY = bytes(range(32))
BODY = "سلمى".encode()


def in_journal(folder: Path, work: Callable[[Journal], Awaitable[None]]) -> None:
    async def run() -> None:
        journal = Journal(folder, segment_bytes=1 << 16)
        try:
            await work(journal)
        finally:
            await journal.close()

    asyncio.run(run())


def said(erasure: StoredExchange) -> dict[str, object]:
    return dict(json.loads(erasure.request))


def about(subject: str, number: int) -> StoredExchange:
    return example(number, subject=subject, response_body=BODY, request_headers=b"a:b\n")


def test_every_field_of_an_exchange_has_its_place_in_the_record() -> None:
    assert {*FACTS, *BODIES, "bodies", "position"} == set(StoredExchange.__struct_fields__)


def test_no_body_lies_open_on_the_disk(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.append_many([about("s-1", 1), about("", 2)])
        assert [kept.response_body for kept in journal.exchanges()] == [BODY, BODY]

    in_journal(tmp_path, work)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not any(BODY in file.read_bytes() for file in files)


def test_erasing_a_subject_takes_their_bodies_and_nothing_else(tmp_path: Path) -> None:
    async def fill(journal: Journal) -> None:
        await journal.append_many([about("s-1", 1), about("s-2", 2), about("s-1", 3)])

    async def erase(journal: Journal) -> None:
        assert await journal.append(about("s-1", 4)) == 3
        erased = await journal.erase("s-1", reason="order 7", at_ms=5, number="x-1")
        assert (said(erased)["keys"], erased.position) == (1, 4)
        again = await journal.erase("s-1", reason="order 7", at_ms=6, number="x-2")
        assert said(again)["keys"] == 0
        assert await journal.append(about("s-1", 5)) == 6

    async def look(journal: Journal) -> None:
        kept = {one.exchange_id: one for one in journal.exchanges()}
        for number in (1, 3, 4):
            assert kept[f"e-{number}"] == msgspec.structs.replace(
                about("s-1", number),
                request_headers=b"",
                response_body=b"",
                bodies=BodyState.ERASED,
                position=kept[f"e-{number}"].position,
            )
        assert kept["e-2"].response_body == kept["e-5"].response_body == BODY
        assert [said(one) for one in kept.values() if one.outcome is CallOutcome.ERASED] == [
            {"erased": "s-1", "keys": 1, "reason": "order 7", "time_ms": 5},
            {"erased": "s-1", "keys": 0, "reason": "order 7", "time_ms": 6},
        ]
        shown = [one.exchange_id for one in journal.about("s-1", limit=9)]
        assert shown == ["e-5", "e-4", "e-3", "e-1"]

    in_journal(tmp_path, fill)
    in_journal(tmp_path, erase)
    in_journal(tmp_path, look)
    assert verify_segments(tmp_path / "segments") == 7


def test_a_journal_whose_keys_are_lost_still_proves_everything(tmp_path: Path) -> None:
    async def fill(journal: Journal) -> None:
        await journal.append(about("s-1", 1))

    in_journal(tmp_path, fill)
    keys = tmp_path / "body-keys" / "keys.bin"
    data = bytearray(keys.read_bytes())
    data[SLOT_BYTES + 40] ^= 1
    keys.write_bytes(data)

    async def look(journal: Journal) -> None:
        [kept] = journal.exchanges()
        assert (kept.bodies, kept.request) == (BodyState.LOST, b"request")

    in_journal(tmp_path, look)
    assert verify_segments(tmp_path / "segments") == 1


def test_another_node_s_key_opens_nothing(tmp_path: Path) -> None:
    BodyKeys(tmp_path, node_key=KEY).close()
    BodyKeys(tmp_path, node_key=KEY).close()
    with pytest.raises(Problem, match="EXC-0801"):
        BodyKeys(tmp_path, node_key=bytes(32))


def test_a_missing_node_key_is_not_made_anew_over_existing_keys(tmp_path: Path) -> None:
    file, keys = tmp_path / "bodies.key", tmp_path / "body-keys"
    made = node_body_key(file, keys=keys)
    assert node_body_key(file, keys=keys) == made
    assert file.stat().st_mode & 0o077 == 0
    BodyKeys(keys, node_key=made).close()
    file.unlink()
    with pytest.raises(Problem, match="EXC-0801"):
        node_body_key(file, keys=keys)
    file.write_bytes(made[:31])
    with pytest.raises(Problem, match="EXC-0801"):
        node_body_key(file, keys=keys)


def test_a_subject_that_was_forgotten_gets_another_key_and_erasing_finds_both(
    tmp_path: Path,
) -> None:
    keys = BodyKeys(tmp_path, node_key=KEY)
    first, _ = keys.cipher_for("s-0")
    for number in range(1, limits.BODY_KEYS_CACHED + 1):
        keys.cipher_for(f"s-{number}")
    second, _ = keys.cipher_for("s-0")
    assert (first, second) == (0, limits.BODY_KEYS_CACHED + 1)
    keys.flush()
    assert keys.erase("s-0") == 2
    for slot in (first, second):
        with pytest.raises(ErasedError):
            keys.cipher_of(slot)
    keys.cipher_of(1)
    keys.close()


@pytest.mark.parametrize("more", [0, 1])
def test_a_key_that_is_no_longer_at_hand_is_unwrapped_again(tmp_path: Path, more: int) -> None:
    keys = BodyKeys(tmp_path, node_key=KEY)
    first, cipher = keys.cipher_for("s-0")
    box = cipher.encrypt(bytes(12), b"body", None)
    for number in range(1, limits.BODY_CIPHERS_CACHED + more):
        keys.cipher_for(f"s-{number}")
    keys.flush()
    slot, again = keys.cipher_for("s-0")
    assert (slot, again is cipher) == (first, more == 0)
    assert again.decrypt(bytes(12), box, None) == b"body"
    keys.close()


@examples(30)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["use", "erase", "reopen"]), st.integers(0, 4)), max_size=25
    )
)
def test_keys_open_exactly_what_was_sealed_and_not_erased(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    keys = BodyKeys(folder, node_key=KEY)
    sealed: list[tuple[int, int, bytes]] = []
    erased: set[int] = set()
    for step, who in steps:
        if step == "use":
            slot, cipher = keys.cipher_for(f"s-{who}")
            keys.flush()
            sealed.append((who, slot, cipher.encrypt(bytes(12), b"%d" % who, None)))
        elif step == "erase":
            keys.erase(f"s-{who}")
            erased |= {slot for owner, slot, _ in sealed if owner == who}
        else:
            keys.close()
            keys = BodyKeys(folder, node_key=KEY)
    for who, slot, bytes_ in sealed:
        if slot in erased:
            with pytest.raises(ErasedError):
                keys.cipher_of(slot)
        else:
            assert keys.cipher_of(slot).decrypt(bytes(12), bytes_, None) == b"%d" % who
    keys.close()


@examples(30)
@given(kept=st.integers(0, 5 * SLOT_BYTES))
def test_a_power_cut_harms_no_key_that_was_flushed(
    tmp_path_factory: pytest.TempPathFactory, kept: int
) -> None:
    """Slots that were being written may be there in part; those before them open as ever."""
    folder = tmp_path_factory.mktemp("keys")
    keys = BodyKeys(folder, node_key=KEY)
    slot, cipher = keys.cipher_for("s-1")
    keys.flush()
    sealed = cipher.encrypt(bytes(12), b"body", None)
    synced = (folder / "keys.bin").read_bytes()
    for number in range(5):
        keys.cipher_for(f"new-{number}")
    keys.flush()
    keys.close()
    written = (folder / "keys.bin").read_bytes()
    at = 2 * SLOT_BYTES + kept
    (folder / "keys.bin").write_bytes(written[:at] + synced[at:])
    again = BodyKeys(folder, node_key=KEY)
    assert again.cipher_of(slot).decrypt(bytes(12), sealed, None) == b"body"
    for number in range(5, 10):
        later, other = again.cipher_for(f"new-{number}")
        again.flush()
        box = other.encrypt(bytes(12), b"later", None)
        assert again.cipher_of(later).decrypt(bytes(12), box, None) == b"later"
    assert again.erase("s-1") == 1
    again.close()


@examples(60)
@given(st.binary(max_size=80))
def test_bytes_that_are_no_record_are_named_as_damage(payload: bytes) -> None:
    with pytest.raises(Problem, match="EXC-0131"):
        decode_exchange(payload, position=0, keys=None)


def test_a_body_moved_to_another_exchange_does_not_open(tmp_path: Path) -> None:
    """The exchange's number is bound to its bodies, so that records cannot swap them."""

    async def fill(journal: Journal) -> None:
        await journal.append_many([about("s-1", 1), about("s-1", 2)])

    in_journal(tmp_path, fill)
    store = SegmentStore(tmp_path / "segments")
    one, two = (msgspec.msgpack.decode(record.payload) for record in store.records())
    store.close()
    one[2] = two[2]
    keys = BodyKeys(tmp_path / "body-keys", node_key=(tmp_path / "bodies.key").read_bytes())
    swapped = decode_exchange(msgspec.msgpack.encode(one), position=0, keys=keys)
    assert swapped.bodies is BodyState.LOST
    keys.close()
