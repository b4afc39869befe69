"""A witness cosigns growth and nothing else: C2SP tlog-witness, both sides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.log_requests import Answer, Unreachable
from taysir.exchange.witness import AddCheckpoint, Witness, WitnessAsker, WitnessPeer
from taysir.kernel import limits
from taysir.kernel.checkpoint import COSIGNATURE, open_note, sign_note
from taysir.kernel.errors import Problem
from tests.exchange.logs import LOG, WITNESSES, MemoryJournal, note_signer, open_log, record

PEER = WitnessPeer(
    name=WITNESSES[0].name, url="http://w.invalid/witness", keys=(WITNESSES[0].public,)
)


def witness(folder: Path) -> Witness:
    """A witness that knows one log."""
    logs = {LOG.name: (LOG.public,)}
    return Witness(folder, signer=WITNESSES[0], logs=lambda: logs, now_s=lambda: 1_795_510_800)


def over(judge: Witness) -> Callable[[str, bytes], Answer]:
    """Ask a witness without a network."""

    def ask(url: str, body: bytes) -> Answer:
        answer = judge.add_checkpoint(body)
        return Answer(answer.status, answer.body)

    return ask


def test_growth_is_cosigned(tmp_path: Path) -> None:
    """Checkpoint after checkpoint, with a proof from the one before."""
    journal = MemoryJournal()
    log = open_log(tmp_path / "log", journal)
    judge = witness(tmp_path / "witness")
    asker = WitnessAsker(log, ask=over(judge))
    for count in (3, 300, 1):
        journal.grow(count)
        log.catch_up()
        log.publish()

        lines = asker.cosign(log.note, peer=PEER)

        _checkpoint, signatures = open_note(log.note + lines, keys=PEER.keys)
        assert [(s.name, s.at) for s in signatures] == [(PEER.name, 1_795_510_800)]
    assert judge.last_seen(LOG.name) == log.checkpoint


def test_a_log_that_forgot_asks_again(tmp_path: Path) -> None:
    """A restarted log learns from the refusal how much the witness has seen."""
    journal = MemoryJournal()
    journal.grow(5)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    judge = witness(tmp_path / "witness")
    WitnessAsker(log, ask=over(judge)).cosign(log.note, peer=PEER)
    journal.grow(4)
    log.catch_up()
    log.publish()

    assert WitnessAsker(log, ask=over(judge)).cosign(log.note, peer=PEER)


def test_a_second_history_is_not_cosigned(tmp_path: Path) -> None:
    """The same size with another root, and a larger tree that is no extension: both refused."""
    first, other = MemoryJournal(), MemoryJournal()
    first.grow(5)
    other.grow(5)
    other.rows[2] = record(2, text="other")
    log = open_log(tmp_path / "log", first)
    log.publish()
    judge = witness(tmp_path / "witness")
    WitnessAsker(log, ask=over(judge)).cosign(log.note, peer=PEER)
    forked = open_log(tmp_path / "fork", other)
    forked.publish()

    with pytest.raises(Problem, match="EXC-0543"):
        WitnessAsker(forked, ask=over(judge)).cosign(forked.note, peer=PEER)
    other.grow(4)
    forked.catch_up()
    forked.publish()
    with pytest.raises(Problem, match="HTTP 422"):
        WitnessAsker(forked, ask=over(judge)).cosign(forked.note, peer=PEER)
    assert judge.last_seen(LOG.name) == log.checkpoint


def test_a_log_that_went_back_is_told(tmp_path: Path) -> None:
    """A log with fewer records than the witness has seen gets no signature."""
    journal = MemoryJournal()
    journal.grow(5)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    judge = witness(tmp_path / "witness")
    WitnessAsker(log, ask=over(judge)).cosign(log.note, peer=PEER)
    shorter = MemoryJournal(journal.rows[:3])
    back = open_log(tmp_path / "back", shorter)
    back.publish()

    with pytest.raises(Problem, match="has seen 5 records"):
        WitnessAsker(back, ask=over(judge)).cosign(back.note, peer=PEER)


def test_the_witness_remembers_across_restarts(tmp_path: Path) -> None:
    """What was cosigned is on disk before the answer."""
    journal = MemoryJournal()
    journal.grow(2)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    WitnessAsker(log, ask=over(witness(tmp_path / "w"))).cosign(log.note, peer=PEER)

    again = witness(tmp_path / "w")

    assert again.last_seen(LOG.name).size == 2
    assert again.add_checkpoint(AddCheckpoint(0, (), log.note).encode()).status == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda log: b"", 400),
        (lambda log: b"old 00\n\n" + log.note, 400),
        (lambda log: b"old 9\n\n" + log.note, 400),
        (lambda log: b"old 0\n\nnot a note\n", 400),
        (lambda log: b"old 0\n" + b"YQ==\n" + b"\n" + log.note, 400),
        (lambda log: b"old 1\n\n" + log.note, 409),
        (lambda log: b"old 0\n" + b"A" * 43 + b"=\n\n" + log.note, 422),
        (
            lambda log: (
                b"old 0\n\n" + sign_note(log.checkpoint, signer=note_signer("WAHA/log/civ"))
            ),
            403,
        ),
        (lambda log: b"old 0\n\n" + log.note, 200),
    ],
)
def test_each_refusal_has_the_status_of_the_protocol(
    tmp_path: Path, change: Callable[..., bytes], status: int
) -> None:
    """Malformed 400, unknown key 403, wrong old size 409, wrong proof 422, right 200."""
    journal = MemoryJournal()
    journal.grow(3)
    log = open_log(tmp_path / "log", journal)
    log.publish()

    assert witness(tmp_path / "w").add_checkpoint(change(log)).status == status


def test_an_unknown_log_is_not_found(tmp_path: Path) -> None:
    """Only the logs that the federation names are witnessed."""
    other = note_signer("WAHA/log/unknown")
    journal = MemoryJournal()
    journal.grow(3)
    log = open_log(tmp_path / "log", journal, signer=other)
    log.publish()

    request = AddCheckpoint(0, (), log.note).encode()
    assert witness(tmp_path / "w").add_checkpoint(request).status == 404


def test_proof_lines_are_bounded(tmp_path: Path) -> None:
    """63 hashes are read, 64 are not."""
    note = b"x"
    most = limits.WITNESS_PROOF_HASHES

    assert AddCheckpoint.parse(AddCheckpoint(1, (bytes(32),) * most, note).encode()) is not None
    assert AddCheckpoint.parse(AddCheckpoint(1, (bytes(32),) * (most + 1), note).encode()) is None


def test_requests_are_bounded(tmp_path: Path) -> None:
    """A longer request than a proof and a note can be is refused unread."""
    judge = witness(tmp_path)

    assert judge.add_checkpoint(b"x" * (limits.WITNESS_REQUEST_BYTES + 1)).status == 400


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    """The parser never fails, and what it accepts it writes back the same."""
    request = AddCheckpoint.parse(body)

    assert request is None or AddCheckpoint.parse(request.encode()) == request


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(500, b""), "HTTP 500"),
        (Answer(409, b"many\n"), "no size"),
        (Answer(200, b""), "no signature"),
        (Answer(200, b"\xe2\x80\x94 x AAAAAAAA\n"), "no signature"),
    ],
)
def test_a_witness_that_answers_badly_counts_for_nothing(
    tmp_path: Path, answer: Answer, reason: str
) -> None:
    """Only a valid signature by the registered key is taken."""
    journal = MemoryJournal()
    journal.grow(1)
    log = open_log(tmp_path, journal)
    log.publish()

    with pytest.raises(Problem, match=reason):
        WitnessAsker(log, ask=lambda url, body: answer).cosign(log.note, peer=PEER)


def test_a_forged_cosignature_is_refused(tmp_path: Path) -> None:
    """A signature by another key under the witness's name does not count."""
    journal = MemoryJournal()
    journal.grow(1)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    wrong = witness(tmp_path / "w")
    wrong._signer = note_signer("other", kind=COSIGNATURE)

    with pytest.raises(Problem, match="no signature"):
        WitnessAsker(log, ask=over(wrong)).cosign(log.note, peer=PEER)


def test_a_silent_witness_is_reported(tmp_path: Path) -> None:
    """No answer is an error that names the witness."""
    journal = MemoryJournal()
    journal.grow(1)
    log = open_log(tmp_path, journal)
    log.publish()

    def silent(url: str, body: bytes) -> Answer:
        raise Unreachable("TimeoutError")

    with pytest.raises(Problem, match="TimeoutError"):
        WitnessAsker(log, ask=silent).cosign(log.note, peer=PEER)
