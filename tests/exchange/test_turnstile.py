"""A turnstile lets so many through in a turn, the rest in order, and forgets nobody."""

from __future__ import annotations

import asyncio

from taysir.exchange.turnstile import Turnstile


def test_so_many_pass_in_a_turn_and_the_rest_follow_in_order() -> None:
    """Ten calls through a turnstile of four: four, four, two, in their order."""

    async def run() -> list[tuple[int, int]]:
        turnstile = Turnstile(4, loop=asyncio.get_running_loop())
        passed: list[tuple[int, int]] = []
        turn = 0

        async def call(number: int) -> None:
            await turnstile.enter()
            passed.append((turn, number))

        tasks = [asyncio.create_task(call(number)) for number in range(10)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            turn += 1
        return passed

    passed = asyncio.run(run())
    assert [number for _turn, number in passed] == list(range(10))
    turns = sorted({turn for turn, _number in passed})
    assert [sum(1 for t, _n in passed if t == turn) for turn in turns] == [4, 4, 2]


def test_a_caller_that_gave_up_holds_no_place() -> None:
    """Those behind a cancelled call pass as if it had never been there."""

    async def run() -> None:
        turnstile = Turnstile(1, loop=asyncio.get_running_loop())
        tasks = [asyncio.create_task(turnstile.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait_for(asyncio.gather(tasks[0], tasks[2]), 5)

    asyncio.run(run())
