"""A packed journal is the same journal in less room, also while its node runs."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.fsck import check_node
from taysir.exchange.journal import Journal
from taysir.exchange.journal_pack import pack_journal
from taysir.exchange.journal_store import GENESIS, Place, Record, chain_hash
from taysir.exchange.model import StoredExchange
from taysir.exchange.segments import SegmentStore
from taysir.exchange.segments_packed import (
    BrokenPackError,
    PackHead,
    pack_records,
    packed_payload,
    packed_records,
)
from taysir.exchange.segments_reading import segment_files
from taysir.kernel.errors import Problem
from tests.examples import examples
from tests.exchange.test_erasure import about


def url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def statement(number: int, chance: random.Random) -> bytes:
    """Text of the form and size of a signed statement."""
    said = {
        "agreement": "a" * 64,
        "body_digest": url(chance.randbytes(32)).decode(),
        "from": "WAHA/GOV/ASK/portal",
        "id": f"e-{number}",
        "to": "WAHA/GOV/ANS/population/persons",
        "purpose": "licence-renewal",
        "type": "request",
        "zone": "waha-1",
        "time_ms": 1_795_563_514_989 + number,
    }
    payload = json.dumps(said).encode()
    return b".".join((url(b'{"alg":"ES256"}'), url(payload), url(chance.randbytes(64))))


def exchange(number: int, chance: random.Random) -> StoredExchange:
    return msgspec.structs.replace(
        about(f"s-{number % 9}", number),
        request=statement(number, chance),
        response=statement(number, chance),
        response_body=chance.randbytes(100),
    )


def fill(folder: Path, *, count: int = 300) -> None:
    async def run() -> None:
        chance = random.Random(1)
        journal = Journal(folder, segment_bytes=1 << 16)
        every = [exchange(number, chance) for number in range(count)]
        for at in range(0, count, 10):
            await journal.append_many(every[at : at + 10])
        await journal.close()

    asyncio.run(run())


def all_records(folder: Path) -> list[Record]:
    store = SegmentStore(folder / "segments")
    kept = list(store.records())
    store.close()
    return kept


def test_a_packed_journal_gives_the_same_records_at_the_same_places(tmp_path: Path) -> None:
    fill(tmp_path)
    before = all_records(tmp_path)
    done = pack_journal(tmp_path)
    assert done.segments > 2
    assert done.bytes_after < done.bytes_before / 2
    assert all_records(tmp_path) == before
    store = SegmentStore(tmp_path / "segments")
    assert all(store.read(record.place) == record.payload for record in before[::7])
    assert [r.payload for r in store.records(start=150)] == [r.payload for r in before[150:]]
    store.close()
    assert check_node(tmp_path).clean
    assert pack_journal(tmp_path).segments == 0


def test_a_running_node_reads_and_writes_while_it_is_packed(tmp_path: Path) -> None:
    fill(tmp_path)

    async def run() -> None:
        chance = random.Random(2)
        journal = Journal(tmp_path, segment_bytes=1 << 16)
        reading = journal.exchanges()
        first = [next(reading) for _ in range(5)]
        await asyncio.to_thread(pack_journal, tmp_path)
        assert len(first) + sum(1 for _ in reading) == 300
        assert journal.find("e-3")[0].exchange_id == "e-3"
        assert await journal.append(exchange(300, chance)) == 300
        await journal.close()

    asyncio.run(run())
    assert check_node(tmp_path).clean


def test_a_segment_that_a_crash_left_beside_its_packed_form_is_cleared_up(tmp_path: Path) -> None:
    fill(tmp_path)
    first = segment_files(tmp_path / "segments")[0]
    data = first.read_bytes()
    pack_journal(tmp_path)
    first.write_bytes(data)
    report = check_node(tmp_path, repair=True)
    assert [(fault.problem.code, fault.repaired) for fault in report.faults] == [("EXC-0812", True)]
    assert not first.exists()
    assert check_node(tmp_path).records == 300


def test_the_command_says_how_much_room_it_made(tmp_path: Path) -> None:
    fill(tmp_path)
    result = CliRunner().invoke(
        build_app(["journal"]), ["journal", "pack", str(tmp_path), "--json"]
    )
    said = json.loads(result.stdout)
    assert (result.exit_code, said["ok"]) == (0, True)
    assert said["bytes_before"] > said["bytes_after"] > 0
    again = CliRunner().invoke(build_app(["journal"]), ["journal", "pack", str(tmp_path)])
    assert "No closed segment is left to pack" in again.output


def test_a_damaged_segment_is_not_packed(tmp_path: Path) -> None:
    fill(tmp_path)
    file = segment_files(tmp_path / "segments")[1]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(Problem, match="EXC-0131"):
        pack_journal(tmp_path)
    assert file.read_bytes() == bytes(data)
    assert not list((tmp_path / "segments").glob("*.draft"))


@examples(15)
@given(where=st.floats(0, 0.999), bit=st.integers(0, 7))
def test_a_changed_bit_in_a_packed_segment_is_found(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    fill(folder, count=60)
    pack_journal(folder)
    file = segment_files(folder / "segments")[0]
    data = bytearray(file.read_bytes())
    data[int(len(data) * where)] ^= 1 << bit
    file.write_bytes(data)
    assert not check_node(folder).clean


PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.integers(-(2**40), 2**40),
            st.text(max_size=20),
            st.lists(st.binary(max_size=30), min_size=2, max_size=5).map(
                lambda parts: b".".join(url(part) for part in parts)
            ),
            st.sampled_from([b"ab.cd", b"AB.C", b"AAB.AAA", b"-_.__"]),
        ),
        max_size=6,
    ).map(msgspec.msgpack.encode),
)


@examples(80)
@given(payloads=st.lists(PAYLOADS, min_size=1, max_size=8))
def test_whatever_a_record_holds_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]
) -> None:
    chain, records = GENESIS, []
    for number, payload in enumerate(payloads):
        chain = chain_hash(chain, payload)
        place = Place(1, 100 * number + 52)
        records.append(Record(position=number, chain=chain, payload=payload, place=place))
    head = PackHead(position=0, before=GENESIS, after=chain, records=len(records))
    file = tmp_path_factory.mktemp("one") / "00000001.packed"
    file.write_bytes(b"".join(pack_records(records, head=head)))
    assert list(packed_records(file)) == [(r.place.offset, r.payload) for r in records]
    assert packed_payload(file, records[-1].place.offset) == payloads[-1]
    with pytest.raises(BrokenPackError):
        packed_payload(file, 51)
