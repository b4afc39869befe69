"""What a worker process and the process that writes the node say to each other.

Both ways go frames of ``link`` over a pair of sockets that nobody else can reach. A question is a
message whose statement is one of the words below and whose body is its MessagePack value; an answer
has the value, or the word ``problem`` with a code and its parameters. No question is answered here.
"""

from __future__ import annotations

from typing import Final

import msgspec

from taysir.exchange.admission import Asked
from taysir.exchange.descriptions import ContractBreak
from taysir.exchange.errors import EXC_JOURNAL
from taysir.exchange.frames import Message
from taysir.exchange.http import Request, Response
from taysir.exchange.link import LinkBounds
from taysir.exchange.model import StoredExchange
from taysir.kernel import limits
from taysir.kernel.errors import CATALOGUE, Problem

ADMIT: Final = b"admit"
LEAVE: Final = b"leave"
APPEND: Final = b"append"
REFUSED: Final = b"refused"
COUNT: Final = b"count"
BREAK: Final = b"break"
FACE: Final = b"face"
"""What a worker asks or tells the writing process."""

LOOK: Final = b"look"
KEYS: Final = b"keys"
DRAIN: Final = b"drain"
"""What the writing process tells a worker."""

PROBLEM: Final = b"problem"

BOUNDS: Final = LinkBounds(
    frame_bytes=limits.WORKER_FRAME_BYTES,
    waiting_bytes=limits.WORKER_BYTES_WAITING,
    calls=limits.WORKER_ASKS,
)


class Refused(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A message that was refused unsigned."""

    token: bytes
    code: str
    tls_thumbprint: str


class Counted(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A request that a face refused before it became a call."""

    face: str
    code: str


class _Trouble(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    code: str
    params: dict[str, str | int]


_ENCODER: Final = msgspec.msgpack.Encoder()
encode = _ENCODER.encode
decode_asked = msgspec.msgpack.Decoder(Asked).decode
decode_exchange = msgspec.msgpack.Decoder(StoredExchange).decode
decode_refused = msgspec.msgpack.Decoder(Refused).decode
decode_counted = msgspec.msgpack.Decoder(Counted).decode
decode_break = msgspec.msgpack.Decoder(ContractBreak).decode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_response = msgspec.msgpack.Decoder(Response).decode
decode_number = msgspec.msgpack.Decoder(int).decode
decode_numbers = msgspec.msgpack.Decoder(list[int]).decode
_decode_trouble = msgspec.msgpack.Decoder(_Trouble).decode


def answer_to(message: Message, value: object = None) -> Message:
    """Return the answer to a question."""
    return Message(message.number, b"", b"", (), b"" if value is None else encode(value))


def problem_to(message: Message, problem: Problem) -> Message:
    """Return the answer to a question that is refused."""
    trouble = _Trouble(code=problem.code, params=problem.params)
    return Message(message.number, PROBLEM, b"", (), encode(trouble))


def value_of(answer: Message) -> bytes:
    """Return the value of an answer, or raise its problem; one of a defect is EXC-0130."""
    if answer.statement != PROBLEM:
        return answer.body
    trouble = _decode_trouble(answer.body)
    kind = CATALOGUE.get(trouble.code)
    if kind is None:
        raise journal_trouble(trouble.code)
    raise Problem(kind, **trouble.params)


def journal_trouble(reason: str) -> Problem:
    """Return the refusal of a worker that cannot reach what keeps evidence."""
    return Problem(EXC_JOURNAL, reason=reason, retry_after_s=limits.JOURNAL_RETRY_AFTER_S)
