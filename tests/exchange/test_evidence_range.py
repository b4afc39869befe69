"""A range of the journal is checked as strictly as single packages, for less."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.consent import SignedConsent
from taysir.exchange.contracts import agree
from taysir.exchange.evidence import seal_package
from taysir.exchange.evidence_log import STAMP_FILE, STATUS_FILE
from taysir.exchange.evidence_range import (
    AGREEMENTS_FILE,
    CHECKPOINT_FILE,
    NONE,
    RANGE_FILE,
    ExchangeRange,
    LoggedExchange,
    RangePackager,
    agreement_row,
)
from taysir.exchange.model import StoredExchange
from taysir.exchange.package import pack, unpack
from taysir.exchange.verifier_range import RangeReport, is_range, verify_range
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.checkpoint import signed_by_log
from taysir.kernel.errors import Problem
from tests.examples import examples
from tests.exchange.logged_country import logged_country, make, stamped_package
from tests.exchange.logs import MemoryJournal, record
from tests.exchange.small_country import CIV, NOW, TRF, exchange, terms
from tests.exchange.test_evidence_log import resealed
from tests.exchange.third_parties import ThirdParties

ANCHOR = logged_country().authority.root.certificate_der
START, COUNT = 3, 6


def texts(report: RangeReport) -> str:
    """Every finding of a report."""
    return "\n".join(f"{f.file}: {f.text['en']}" for f in report.findings)


def rows(**changes: Any) -> list[StoredExchange]:
    """Exchanges with numbers of their own; the fourth of the range with changes."""
    place, found = logged_country(), [record(i) for i in range(START)]
    for number in range(COUNT):
        request = {"id": f"3f0c5a8e-0000-4000-8000-{number:012d}"}
        response: dict[str, Any] = {}
        if number == 3:
            request |= changes.get("request", {})
            response |= changes.get("response", {})
        found.append(exchange(place, request=request, response=response))
    found[-1] = msgspec.structs.replace(found[-1], request=b"", response=b"")
    return [*found, record(99)]


def exported(
    journal_rows: list[StoredExchange],
    *,
    parties: ThirdParties | None = None,
    consents: Mapping[str, SignedConsent] = NONE,
) -> bytes:
    """The range of a journal with these rows."""
    place = logged_country()
    others = parties or make().parties
    journal = MemoryJournal(journal_rows)

    async def run() -> bytes:
        keeper = others.keeper()
        keeper.open(journal)
        await keeper.settle(len(journal_rows) - 1, timeout_s=10)
        packager = RangePackager(
            place.source(),
            signers={TRF: place.signers[TRF]},
            node="trf",
            prove=keeper.prove_range,
        )
        chosen = [
            msgspec.structs.replace(row, position=START + i)
            for i, row in enumerate(journal_rows[START : START + COUNT])
        ]
        package = packager(chosen, consents=consents)
        await keeper.close()
        return package

    return asyncio.run(run())


@lru_cache(maxsize=1)
def good() -> bytes:
    """A range in which everything holds."""
    return exported(rows())


def test_a_range_is_valid_and_stamped() -> None:
    """Five exchanges and a record without statements, under one checkpoint."""
    report = verify_range(good(), anchor=ANCHOR)

    assert texts(report) == ""
    assert (report.start, report.records, report.exchanges) == (START, COUNT, COUNT - 1)
    assert report.pending == ()
    assert report.state == "stamped"
    assert report.anchor_given


def test_progress_is_told() -> None:
    """Someone waits for the check of thousands."""
    seen: list[tuple[int, int]] = []

    verify_range(good(), anchor=ANCHOR, progress=lambda *told: seen.append(told))

    assert seen == [(0, COUNT)]


def test_a_range_and_a_single_package_are_told_apart() -> None:
    """By their manifest, not by their name."""
    assert is_range(good())
    assert not is_range(stamped_package())
    with pytest.raises(Problem, match="EXC-0532"):
        is_range(b"something")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"request": {"purpose": "curiosity"}}, "the purpose is not in the agreement"),
        ({"request": {"path": "/everything"}}, "does not permit this operation"),
        ({"request": {"agreement": "0" * 64}}, "its agreement is missing"),
        (
            {
                "request": {"sender": "WAHA/GOV/TRF/other"},
                "response": {"receiver": "WAHA/GOV/TRF/other"},
            },
            "not the agreement's consumer",
        ),
        ({"response": {"request": "A" * 43}}, "it answers another request"),
        ({"response": {"sender": "WAHA/GOV/TRF/x/y"}}, "not the member that it names"),
    ],
)
def test_signed_but_wrong_is_found_with_its_position(changes: dict[str, Any], reason: str) -> None:
    """The record that does not hold is named; the others are not."""
    report = verify_range(exported(rows(**changes)), anchor=ANCHOR)

    assert [f.file for f in report.findings] == [f"record {START + 3}"]
    assert reason in texts(report)


def _changed_range(
    files: dict[str, bytes], change: Callable[[list[LoggedExchange]], list[LoggedExchange]]
) -> None:
    found = msgspec.msgpack.decode(files[RANGE_FILE], type=ExchangeRange)
    records = tuple(change(list(found.records)))
    files[RANGE_FILE] = msgspec.msgpack.encode(ExchangeRange(found.start, records, found.proof))


def _swapped_answers(files: dict[str, bytes]) -> None:
    def swap(r: list[LoggedExchange]) -> list[LoggedExchange]:
        r[0], r[1] = (
            LoggedExchange(r[0].salt, r[0].request, r[1].response),
            LoggedExchange(r[1].salt, r[1].request, r[0].response),
        )
        return r

    _changed_range(files, swap)


def _dropped(files: dict[str, bytes]) -> None:
    _changed_range(files, lambda r: r[1:])


def _reordered(files: dict[str, bytes]) -> None:
    _changed_range(files, lambda r: [r[1], r[0], *r[2:]])


def _repeated(files: dict[str, bytes]) -> None:
    _changed_range(files, lambda r: [r[0], *r])


def _moved(files: dict[str, bytes]) -> None:
    found = msgspec.msgpack.decode(files[RANGE_FILE], type=ExchangeRange)
    files[RANGE_FILE] = msgspec.msgpack.encode(ExchangeRange(4, found.records, found.proof))


def _no_answer(files: dict[str, bytes]) -> None:
    _changed_range(files, lambda r: [LoggedExchange(r[0].salt, r[0].request, b""), *r[1:]])


def _emptied(files: dict[str, bytes]) -> None:
    _changed_range(files, lambda r: [])


def _unaccepted(files: dict[str, bytes]) -> None:
    rows_ = parse_json(files[AGREEMENTS_FILE])
    assert isinstance(rows_, dict)
    for row in rows_.values():
        row["accepts"].popitem()
    files[AGREEMENTS_FILE] = canonical_json(rows_)


def _renamed(files: dict[str, bytes]) -> None:
    rows_ = parse_json(files[AGREEMENTS_FILE])
    assert isinstance(rows_, dict)
    files[AGREEMENTS_FILE] = canonical_json({"f" * 64: next(iter(rows_.values()))})


def _other_checkpoint(files: dict[str, bytes]) -> None:
    files[CHECKPOINT_FILE] = unpack(exported([*rows(), record(100)]))[CHECKPOINT_FILE]


def _other_stamp(files: dict[str, bytes]) -> None:
    files[STAMP_FILE] = unpack(exported([*rows(), record(100)]))[STAMP_FILE]


def _stranger(files: dict[str, bytes]) -> None:
    files[STATUS_FILE] = ThirdParties(logged_country().folder / "stranger").status().der


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_swapped_answers, "it answers another request"),
        (_dropped, "not in the log as they are here|another range"),
        (_reordered, "not in the log as they are here"),
        (_repeated, "EXC|KRN|range|log"),
        (_moved, "log|range"),
        (_no_answer, "not in the log as they are here"),
        (_emptied, "it is empty"),
        (_unaccepted, "did not sign"),
        (_renamed, "not an agreement of this name"),
        (_other_checkpoint, "log"),
        (_other_stamp, "something else"),
        (_stranger, "not signed by the authority"),
    ],
)
def test_a_forging_producer_is_found_out(
    change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    """Dropped, reordered, repeated, swapped or foreign: found, though the manifest is signed."""
    files = unpack(good())
    change(files)

    report = verify_range(resealed(files), anchor=ANCHOR)

    assert not report.valid
    assert re.search(reason, texts(report))


@pytest.mark.parametrize(("file", "name"), [(STAMP_FILE, "time-stamp"), (STATUS_FILE, "status")])
def test_what_is_not_there_is_pending(file: str, name: str) -> None:
    """Less is proved, and the report says so."""
    files = unpack(good())
    del files[file]

    report = verify_range(resealed(files), anchor=ANCHOR)

    assert report.valid
    assert report.pending == (name,)
    assert report.state == ("stamped" if name == "status" else "pending")


def test_without_witnesses_it_is_pending() -> None:
    """The log's own signature is not enough."""
    files = unpack(good())
    files[CHECKPOINT_FILE] = signed_by_log(files[CHECKPOINT_FILE])

    assert verify_range(resealed(files), anchor=ANCHOR).pending == ("witnesses",)


def test_another_authority_is_not_trusted() -> None:
    """A country of one's own convinces nobody who knows the true authority."""
    other = ThirdParties(logged_country().folder / "stranger").root.certificate_der

    assert not verify_range(good(), anchor=other).valid


@examples(60)
@given(st.data())
def test_one_bit_is_found(data: st.DataObject) -> None:
    """Anywhere in the file."""
    changed = bytearray(good())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with contextlib.suppress(Problem):
        assert not verify_range(bytes(changed), anchor=ANCHOR).valid


@examples(60)
@given(st.data())
def test_garbage_never_breaks_the_check(data: st.DataObject) -> None:
    """Whole files replaced and sealed again: a finding, never a crash."""
    files = unpack(good())
    name = data.draw(st.sampled_from([RANGE_FILE, AGREEMENTS_FILE, CHECKPOINT_FILE, STAMP_FILE]))
    odd = st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"\x93\x00\x90\x90"])
    files[name] = data.draw(odd.filter(lambda new: new != files[name]))

    with contextlib.suppress(Problem):
        report = verify_range(pack(files), anchor=ANCHOR)
        assert not report.valid
        verify_range(resealed(files), anchor=ANCHOR)


def test_too_early_a_range_is_refused() -> None:
    """Records that are not under a checkpoint cannot be exported."""
    place = logged_country()
    packager = RangePackager(
        place.source(), signers=place.signers, node="trf", prove=lambda start, *, count: None
    )

    with pytest.raises(Problem, match="not under a checkpoint"):
        packager([record(1)])
    with pytest.raises(Problem, match="no records"):
        packager([])


def test_an_agreement_that_no_request_names_is_found() -> None:
    """Whoever hands a range out cannot add documents that nothing speaks of."""
    files = unpack(good())
    rows_ = parse_json(files[AGREEMENTS_FILE])
    assert isinstance(rows_, dict)
    signers = logged_country().signers
    other = agree(
        terms(purposes=("other",)),
        consumer_signer=signers[TRF],
        provider_signer=signers[CIV],
        at=NOW,
    )
    files[AGREEMENTS_FILE] = canonical_json({**rows_, other.hash: agreement_row(other)})

    report = verify_range(resealed(files), anchor=ANCHOR)

    assert "nothing that was signed speaks of" in texts(report)


@pytest.mark.parametrize("more", [0, 1])
def test_a_package_is_as_long_as_a_verifier_reads(more: int) -> None:
    """At the bound it is made; beyond it the node says what to do."""
    signer, about = logged_country().signers[TRF], {"format": "test"}
    empty = len(seal_package({"exchanges.msgpack": b""}, about=about, signer=signer))
    # The manifest tells the length in more digits then.
    digits = len(str(limits.EVIDENCE_PACKAGE_BYTES)) - 1
    size = limits.EVIDENCE_PACKAGE_BYTES - empty - digits + more

    if more:
        with pytest.raises(Problem, match="take fewer records"):
            seal_package({"exchanges.msgpack": bytes(size)}, about=about, signer=signer)
    else:
        package = seal_package({"exchanges.msgpack": bytes(size)}, about=about, signer=signer)
        assert len(package) == limits.EVIDENCE_PACKAGE_BYTES
        assert set(unpack(package)) == {"exchanges.msgpack", "manifest.json", "manifest.jws"}


@pytest.mark.parametrize("more", [0, 1])
def test_findings_are_bounded(more: int) -> None:
    """At the bound all are told; beyond it the rest is not looked at."""
    one = exchange(logged_country(), request={}, response={"request": "A" * 43})
    count = limits.RANGE_FINDINGS + more
    bad = LoggedExchange(bytes(32), one.request, one.response)
    files = unpack(good())
    files[RANGE_FILE] = msgspec.msgpack.encode(ExchangeRange(0, (bad,) * count, ()))

    report = verify_range(resealed(files), anchor=ANCHOR)

    records = [f for f in report.findings if f.file.startswith("record ")]
    assert len(records) == len(report.findings) == limits.RANGE_FINDINGS
