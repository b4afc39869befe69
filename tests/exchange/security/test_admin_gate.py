"""Web pages and strangers at the admin face: refused before anything is looked at."""

from __future__ import annotations

import asyncio

import pytest

from taysir.exchange.admin_gate import AdminGate, is_loopback
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.keys.ring import KeyReport


class NoKeys:
    """A desk without keys that remembers whether it was told to read them again."""

    reloaded = False

    def report(self) -> list[KeyReport]:
        """Describe no keys."""
        return []

    def reload(self) -> None:
        """Remember it."""
        self.reloaded = True


async def everything(_request: Request) -> Response:
    """Stand for the face behind the gate: it gives whatever it is asked for."""
    return json_response({"secret": True})


def asked(
    target: str,
    *,
    host: str = "127.0.0.1:8081",
    method: str = "GET",
    token: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> int:
    """The status of the gate's answer."""
    gate = AdminGate(
        everything,
        keys=NoKeys(),
        token=token,
        is_ours=lambda name: is_loopback(name.rpartition(":")[0].strip("[]") or name),
    )
    head = ((b"host", host.encode()), *headers)
    request = Request(method=method, target=target.encode(), headers=head)

    async def run() -> int:
        return (await gate(request)).status

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost:8081", "[::1]:8081", "127.0.0.1"])
def test_this_machine_may_ask(host: str) -> None:
    """By any of its own names."""
    assert asked("/admin/exchanges", host=host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example:8081", "", "0.0.0.0:1"],
)
def test_a_name_that_was_pointed_at_this_machine_gives_itself_away(host: str) -> None:
    """DNS rebinding: the browser speaks to loopback, but for another name."""
    assert asked("/admin/exchanges", host=host) == 403


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b"http://127.0.0.1:8081"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_web_page_is_refused_whatever_it_may_do(origin: bytes, method: str) -> None:
    """A form of another site could otherwise read the keys anew or erase a person."""
    for token in (b"", b"secret"):
        given = ((b"origin", origin), (b"authorization", b"Bearer secret"))
        status = asked("/admin/keys/reload", method=method, headers=given, token=token)
        assert status == 403


@pytest.mark.parametrize(
    "given", [b"", b"Bearer", b"Bearer ", b"Bearer secreT", b"bearer secret", b"Bearer secret2"]
)
def test_only_the_whole_token_opens_the_face(given: bytes) -> None:
    """A token that is nearly right is wrong; the host does not help."""
    assert asked("/admin/exchanges", token=b"secret", headers=((b"authorization", given),)) == 403
    good = ((b"authorization", b"Bearer secret"),)
    assert asked("/admin/exchanges", token=b"secret", headers=good) == 200


@pytest.mark.parametrize(
    "target",
    [
        "/live/../admin/exchanges",
        "/live/%2e%2e/admin/exchanges",
        "/live%2f..%2fadmin/exchanges",
        "/live;/admin/exchanges",
        "/live?x=/admin/exchanges#",
        "//live",
        "/LIVE",
        "http://127.0.0.1/live",
    ],
)
def test_the_open_paths_open_nothing_else(target: str) -> None:
    """What answers everybody is exactly those paths, as the face behind reads them."""
    path = target.partition("?")[0]
    wanted = 200 if path.rstrip("/") == "/live" else 403
    assert asked(target, token=b"secret") == wanted


def test_a_repeated_token_or_host_does_not_help() -> None:
    """The first one counts, as everywhere."""
    twice = ((b"authorization", b"Bearer wrong"), (b"authorization", b"Bearer secret"))
    assert asked("/admin/exchanges", token=b"secret", headers=twice) == 403
    assert asked("/admin/x", host="evil.example", headers=((b"host", b"127.0.0.1"),)) == 403
