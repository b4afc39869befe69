"""RFC 3161: our authority's answers verify, and nothing else does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import algos, tsp
from hypothesis import given
from hypothesis import strategies as st

from taysir.country.time_stamping.face import KEY_NAME, time_stamping_face
from taysir.country.time_stamping.stamper import TimeStamper
from taysir.exchange.http import Request
from taysir.exchange.keyfiles import write_signer
from taysir.exchange.log_requests import Answer, Unreachable
from taysir.exchange.stamping import QUERY_TYPE, RemoteStamper, verify_stamp
from taysir.kernel import limits
from taysir.kernel.certificates import Subject, Use, Validity, issue, new_key
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer
from tests.examples import examples
from tests.exchange.third_parties import START, authority, time_stamper

ROOTS = (authority().certificate_der,)


def stamper(**changes: object) -> RemoteStamper:
    """A client of the sample authority without a network."""
    signer = changes.pop("signer", None) or time_stamper(authority())
    assert isinstance(signer, Signer)
    own = TimeStamper(signer, now=lambda: START, serial=lambda: 9)
    return RemoteStamper(
        "tsa",
        roots=lambda: ROOTS,
        now=lambda: START,
        post=lambda url, query: Answer(200, own.answer(query)),
    )


TOKEN = stamper().stamp(b"checkpoint")


def test_a_stamp_tells_its_time() -> None:
    """The time is the authority's, to the second."""
    assert verify_stamp(TOKEN, data=b"checkpoint", roots=ROOTS) == START


def test_a_stamp_is_over_these_bytes_only() -> None:
    """Other bytes or no accepted root: refused."""
    with pytest.raises(Problem, match="something else"):
        verify_stamp(TOKEN, data=b"other", roots=ROOTS)
    with pytest.raises(Problem, match="no time-stamp authority"):
        verify_stamp(TOKEN, data=b"checkpoint", roots=())


def test_a_nonce_binds_the_answer_to_the_question() -> None:
    """An old answer over the same bytes is not taken for a new one."""
    replay = RemoteStamper(
        "tsa", roots=lambda: ROOTS, now=lambda: START, post=lambda url, query: Answer(200, TOKEN)
    )

    with pytest.raises(Problem, match="Nonce mismatch"):
        replay.stamp(b"checkpoint")


@pytest.mark.parametrize("use", [Use.MEMBER, Use.NODE, Use.FEDERATION])
def test_only_a_time_stamping_certificate_stamps(use: Use) -> None:
    """A member's own certificate under the same root gives no third-party time."""
    key = new_key()
    der = issue(
        Subject(use=use, identifier="WAHA/GOV/TRF", organization="Traffic"),
        public_key=key.public_key(),
        issuer=authority(),
        serial=77,
        validity=Validity.days(30, now=START),
    )

    with pytest.raises(Problem, match="EXC-0544"):
        stamper(signer=Signer(der, key)).stamp(b"checkpoint")


@pytest.mark.parametrize(("seconds", "taken"), [(60, True), (61, False), (-60, True), (-61, False)])
def test_a_clock_far_from_ours_is_not_taken(seconds: int, taken: bool) -> None:
    """A minute apart is taken, a second more is not."""
    own = TimeStamper(time_stamper(authority()), now=lambda: START, serial=lambda: 1)
    client = RemoteStamper(
        "tsa",
        roots=lambda: ROOTS,
        now=lambda: START + timedelta(seconds=seconds),
        post=lambda url, query: Answer(200, own.answer(query)),
    )

    if taken:
        assert client.stamp(b"checkpoint")
    else:
        with pytest.raises(Problem, match="differ too much"):
            client.stamp(b"checkpoint")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(503, b""), "HTTP 503"),
        (Answer(200, b""), "not an RFC 3161 answer"),
        (Answer(200, b"x" * (limits.TIME_STAMP_BYTES + 1)), "too long"),
        (Answer(200, b"x" * limits.TIME_STAMP_BYTES), "not an RFC 3161 answer"),
    ],
)
def test_other_answers_are_refused(answer: Answer, reason: str) -> None:
    """Each with its reason."""
    client = RemoteStamper(
        "tsa", roots=lambda: ROOTS, now=lambda: START, post=lambda url, query: answer
    )

    with pytest.raises(Problem, match=reason):
        client.stamp(b"checkpoint")


def test_an_authority_that_is_gone_is_named() -> None:
    """No answer is a problem of its own."""

    def gone(url: str, query: bytes) -> Answer:
        raise Unreachable("ConnectionRefusedError")

    client = RemoteStamper("tsa", roots=lambda: ROOTS, now=lambda: START, post=gone)

    with pytest.raises(Problem, match="ConnectionRefusedError"):
        client.stamp(b"checkpoint")


def query(**changes: object) -> bytes:
    """A time-stamp request, with changes."""
    values: dict[str, object] = {
        "version": "v1",
        "message_imprint": tsp.MessageImprint(
            {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "hashed_message": bytes(32),
            }
        ),
        "cert_req": True,
        **changes,
    }
    return bytes(tsp.TimeStampReq(values).dump())


@pytest.mark.parametrize(
    ("request_der", "status"),
    [
        (query(), "granted"),
        (b"", "rejection"),
        (b"junk", "rejection"),
        (query(req_policy="1.2.3.4"), "rejection"),
        (
            query(
                message_imprint=tsp.MessageImprint(
                    {
                        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}),
                        "hashed_message": bytes(20),
                    }
                )
            ),
            "rejection",
        ),
    ],
)
def test_the_authority_grants_or_rejects(request_der: bytes, status: str) -> None:
    """Malformed requests, foreign policies and weak hashes are rejected in the protocol's words."""
    own = TimeStamper(time_stamper(authority()), now=lambda: START, serial=lambda: 1)

    answer = own.answer(request_der)

    found = tsp.PKIStatusInfo.load(tsp.TimeStampResp.load(answer).contents)
    assert found["status"].native == status


@examples(60)
@given(st.binary(max_size=100))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    """The authority never fails."""
    own = TimeStamper(time_stamper(authority()), now=lambda: START, serial=lambda: 1)

    assert own.answer(data).startswith(b"0")


@examples(60)
@given(st.binary(max_size=200))
def test_any_bytes_are_no_stamp(data: bytes) -> None:
    """The verifier refuses them in one way."""
    with pytest.raises(Problem, match="EXC-0544"):
        verify_stamp(data, data=b"checkpoint", roots=ROOTS)


async def _post(folder: Path, *, body: bytes, kind: str, method: str = "POST") -> int:
    face = time_stamping_face(folder)
    headers = ((b"content-type", kind.encode()),)
    answer = await face(Request(method=method, target=b"/time-stamp", headers=headers, body=body))
    return answer.status


@pytest.mark.parametrize(
    ("body", "kind", "method", "status"),
    [
        (query(), QUERY_TYPE, "POST", 200),
        (query(), "text/plain", "POST", 415),
        (query(), QUERY_TYPE, "GET", 415),
        (bytes(limits.TIME_STAMP_BYTES + 1), QUERY_TYPE, "POST", 413),
    ],
)
def test_the_face_takes_queries_only(
    tmp_path: Path, body: bytes, kind: str, method: str, status: int
) -> None:
    """RFC 3161 over HTTP (clause 3.4), and nothing else."""
    write_signer(tmp_path, name=KEY_NAME, signer=time_stamper(authority()))

    assert asyncio.run(_post(tmp_path, body=body, kind=kind, method=method)) == status
