"""Many full pages open at once, as Streamlit's server sees them: websockets that refresh when they are told.

A hundred tabs of a browser would measure the browser; what a page asks of the server is the same from here.
"""

import asyncio
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from readyby.bench.driver_site import DriverSite

PAGES: Final = 100
SETTLING_S, WATCHING_S = 15.0, 30.0
RERUNS: Final = 20
PATIENCE_S: Final = 60.0


@dataclass(slots=True)
class OpenPage:
    """One page: its connection, its address, and how often it was drawn."""

    connection: ClientConnection
    query: str
    drawn: int = 0

    async def draw(self) -> float:
        """Ask for the whole page; milliseconds until it is there."""
        began = time.monotonic()
        await self.ask()
        async with asyncio.timeout(PATIENCE_S):
            await self._until_drawn()
        return (time.monotonic() - began) * 1000

    async def live(self) -> None:
        """Refresh what the server asks to be refreshed, as often as it says, until cancelled."""
        waiting: set[asyncio.Task[None]] = set()
        try:
            async for data in self.connection:
                message = _message(data)
                kind = message.WhichOneof("type")
                if kind == "auto_rerun":
                    task = asyncio.create_task(self._keep_asking(message.auto_rerun))
                    waiting.add(task)
                self.drawn += kind == "script_finished"
        finally:
            for task in waiting:
                task.cancel()

    async def _keep_asking(self, told: Any) -> None:
        while True:
            await asyncio.sleep(told.interval)
            await self.ask(told.fragment_id)

    async def ask(self, fragment_id: str = "") -> None:
        """Ask for the page, or for a part of it that is drawn again by itself."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = fragment_id
        message.rerun_script.is_auto_rerun = bool(fragment_id)
        await self.connection.send(message.SerializeToString())

    async def _until_drawn(self) -> None:
        async for data in self.connection:
            if _message(data).WhichOneof("type") == "script_finished":
                return


async def open_page(site: DriverSite, link: str) -> OpenPage:
    """A page by a driver's link: its cookie by the plain page, as a driver comes."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(link)
    ref = answer.headers["location"].rsplit("/", 1)[-1]
    cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    connection = await connect(
        f"{site.url.replace('http', 'ws', 1)}/_stcore/stream",
        additional_headers={"Cookie": cookies},
        max_size=None,
        open_timeout=PATIENCE_S,
    )
    return OpenPage(connection, query=f"s={ref}")


async def bench_open_pages(site: DriverSite) -> dict[str, float]:
    """A rerun's time, and what a hundred open pages take of one core and of memory."""
    before = site.process.memory_info().rss
    pages = [await open_page(site, site.links[number % len(site.links)]) for number in range(PAGES)]
    for page in pages:
        await page.draw()
    mb_per_page = (site.process.memory_info().rss - before) / 1e6 / len(pages)
    reruns = [await pages[0].draw() for _ in range(RERUNS)]
    living = [asyncio.create_task(page.live()) for page in pages]
    for page in pages:
        await page.ask()
    await asyncio.sleep(SETTLING_S)
    drawn, cpu_s = sum(page.drawn for page in pages), _cpu_s(site)
    await asyncio.sleep(WATCHING_S)
    cpu_share = (_cpu_s(site) - cpu_s) / WATCHING_S
    drawn_per_s = (sum(page.drawn for page in pages) - drawn) / WATCHING_S
    for task in living:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for page in pages:
        await page.connection.close()
    return {
        "rerun_ms": round(statistics.median(reruns), 1),
        "mb_per_page": round(mb_per_page, 2),
        "cpu_share": round(cpu_share, 3),
        "drawn_per_s": round(drawn_per_s, 1),
    }


def _cpu_s(site: DriverSite) -> float:
    times = site.process.cpu_times()
    return float(times.user + times.system)


def _message(data: str | bytes) -> ForwardMsg:
    """What Streamlit sends is binary."""
    message: ForwardMsg = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
    return message
