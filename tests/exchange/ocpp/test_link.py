"""One station's connection, over a wire that a test holds."""

import asyncio

import pytest

from readyby.errors import Unreachable
from readyby.exchange.ocpp.link import StationLink


class Wire:
    """Takes frames and answers none; ends when told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.ended = asyncio.Event()

    def __aiter__(self) -> "Wire":
        return self

    async def __anext__(self) -> str:
        await self.ended.wait()
        raise StopAsyncIteration

    async def send(self, frame: str) -> None:
        self.sent.append(frame)


async def begun() -> tuple[Wire, StationLink, asyncio.Task, asyncio.Task]:
    wire = Wire()
    link = StationLink("CP1", wire, answer=None, call_within_s=10, messages_per_s=10)
    serving = asyncio.create_task(link.serve())
    calling = asyncio.create_task(link.call("Reset", {"type": "Soft"}))
    while not wire.sent:
        await asyncio.sleep(0)
    return wire, link, serving, calling


async def test_who_waits_for_a_station_that_goes_away_is_told_at_once():
    wire, _, serving, calling = await begun()
    wire.ended.set()
    with pytest.raises(Unreachable, match="CP1 went away"):
        async with asyncio.timeout(1):
            await calling
    await serving


async def test_who_is_told_to_end_as_the_station_goes_away_ends():
    wire, link, _, calling = await begun()
    wire.ended.set()
    while link.is_open:
        await asyncio.sleep(0)
    calling.cancel()
    await asyncio.wait({calling})
    assert calling.cancelled()
