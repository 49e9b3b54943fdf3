"""Who waits for a turn, and in which order."""

import asyncio

from readyby.exchange.turns import Turns


async def test_the_least_goes_first_and_equals_in_order():
    turns, order = Turns(1), []
    may_end = asyncio.Event()

    async def work(name: str, rank: float) -> None:
        async with turns.turn(rank):
            order.append(name)
            await may_end.wait()

    tasks = [asyncio.create_task(work("first", 9.0))]
    await asyncio.sleep(0)
    for name, rank in (("high", 6.0), ("low", 1.0), ("high too", 6.0), ("none", 0.0)):
        tasks.append(asyncio.create_task(work(name, rank)))
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "none", "low", "high", "high too"]


async def test_so_many_at_once_also_after_some_gave_up():
    turns, here, most = Turns(3), 0, 0

    async def work(rank: float) -> None:
        nonlocal here, most
        async with turns.turn(rank):
            here += 1
            most = max(most, here)
            try:
                await asyncio.sleep(0)
            finally:
                here -= 1

    tasks = [asyncio.create_task(work(float(number % 7))) for number in range(60)]
    await asyncio.sleep(0)
    for task in tasks[::4]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 3
    async with asyncio.timeout(5), turns.turn(0), turns.turn(0), turns.turn(0):
        assert here == 0
